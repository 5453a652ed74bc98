/* certificate_dump_test.c - the system's certificates, printed as openssl prints them.
 * certificate_dump.sh runs it. */
#include "issue/certificate_dump.h"

#include "support/shell.h"
#include "support/corpus.h"

/* The system's certificates, as openssl prints them; but for what each prints in its own way. */
static void
test_bundle_dump(void)
{
    tls_bytes bundle = corpus_read("/etc/ssl/certs/ca-certificates.crt");
    tls_certificate_list *list;
    tls_buffer ours = {NULL, 0, 0, 0};
    size_t i;

    if (tls_certificates_load(&list, bundle) == TLS_OK) {
        for (i = 0; i < list->count; i++)
            tls_certificate_dump(&ours, list->items[i]);
        corpus_write("dump.ours", tls_buffer_view(&ours));
        tls_certificate_list_release(list);
        /* On purpose: DirName in RFC 4514 form, user notices in UTF-8, and in hex the extensions
         * that only openssl knows or prints as text (Microsoft's, Netscape's, SET's,
         * privateKeyUsagePeriod). */
        check_shell(NULL,
            "awk '/-----BEGIN/{n++} {print > sprintf(\"bundle%03d.crt\", n)}' "
            "/etc/ssl/certs/ca-certificates.crt; "
            "for f in bundle*.crt; do openssl x509 -in $f -noout -text -nameopt "
            "RFC2253,-esc_msb,utf8; done >dump.openssl; "
            "rm -f bundle*.crt; diff dump.ours dump.openssl | grep '^[<>] .' | grep -v "
            "'DirName:\\|\\.\\.\\.\\|C\\.A\\|02:01:0[01]\\|1e:04:00:43:00:41' >dump.differences; "
            "test $(wc -l <dump.differences) -lt 24");
    }
    tls_buffer_release(&ours);
    corpus_free(bundle);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_bundle_dump();
    return check_end();
}
