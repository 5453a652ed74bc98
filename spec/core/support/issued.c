/* issued.c - certificates that we issued, as openssl sees them. */
#include "issue/certificate_dump.h"
#include "support/check.h"
#include "support/corpus.h"
#include "support/issued.h"
#include "support/shell.h"

/* The dump, line by line, as openssl prints it; newer ones end some extensions with an empty line.
 */
static void
dumps_as_openssl(const char *file, const char *text, size_t length)
{
    tls_buffer openssl = {NULL, 0, 0, 0};
    size_t i = 0, line = 1;

    shell_run(&openssl,
        "openssl x509 -in %s -noout -text -nameopt RFC2253,-esc_msb,utf8 | "
        "sed 's/IP Address:2001:DB8:0:0:0:0:0:1/IP Address:2001:db8::1/; /^$/d'",
        file);
    while (i < length && i < openssl.length && text[i] == (char)openssl.data[i])
        line += text[i++] == '\n';
    check(i == length && i == openssl.length, "%s: dump differs from openssl's at line %u", file,
        (unsigned)line);
    tls_buffer_release(&openssl);
}

void
check_issued(const char *file, const tls_certificate *certificate)
{
    tls_buffer text = {NULL, 0, 0, 0};

    corpus_write_pem(file, "CERTIFICATE", certificate->der);
    tls_certificate_dump(&text, certificate);
    dumps_as_openssl(file, (const char *)text.data, text.length);
    tls_buffer_release(&text);
}
