/* unreadable.c - see unreadable.h. A sentence begins with what the bytes are, so that a file's name
 * or an option's can stand before it. */
#include "x509/unreadable.h"

#include <stdio.h>
#include <string.h>

#include "asn1/pem.h"
#include "key/key_describe.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/der_kind.h"

/* How each is called, and which DER it is; in the order of enum tls_wanted. */
static const struct {
    const char *name;
    const char *article;
    enum tls_der_kind kind;
} wants[] = {
    {"certificate", "a certificate", TLS_DER_KIND_CERTIFICATE},
    {"private key", "a private key", TLS_DER_KIND_PRIVATE_KEY},
    {"CRL", "a CRL", TLS_DER_KIND_CRL},
    {"certificate request", "a certificate request", TLS_DER_KIND_REQUEST},
    {"OCSP response", "an OCSP response in DER", TLS_DER_KIND_OCSP_RESPONSE},
};

static const char pkcs12_advice[] = ": `openssl pkcs12 -in FILE -nodes -out FILE.pem` takes out "
                                    "its certificates and its key";
static const char pkcs7_advice[] =
    ": `openssl pkcs7 -in FILE -print_certs -out FILE.pem` takes out its certificates (-inform DER "
    "where it is not PEM)";
static const char openssh_advice[] =
    ": `ssh-keygen -p -m PKCS8 -f FILE` rewrites the file as PEM that can be read";
static const char usable_keys[] = ", which cannot be used: RSA of 1024 to 4096 bits, P-256, P-384, "
                                  "P-521 and Ed25519 can";

static void
put(tls_buffer *out, const char *text)
{
    tls_buffer_append(out, text, strlen(text));
}

static void
put_number(tls_buffer *out, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    put(out, text);
}

/* put_instead: "PKCS#12, where a certificate belongs: openssl …" */
static void
put_instead(tls_buffer *out, enum tls_wanted wanted, const char *what, const char *advice)
{
    put(out, what);
    put(out, ", where ");
    put(out, wants[wanted].article);
    put(out, " belongs");
    put(out, advice);
}

/* ---- Text without PEM ---- */

static int
begins_with(tls_bytes bytes, const char *start)
{
    return bytes.length >= strlen(start) && memcmp(bytes.data, start, strlen(start)) == 0;
}

static int
ends_with(tls_bytes bytes, const char *end)
{
    size_t length = strlen(end);

    return bytes.length >= length && memcmp(bytes.data + bytes.length - length, end, length) == 0;
}

int
tls_looks_like_path(tls_bytes bytes)
{
    static const char *const starts[] = {"/", "./", "../", "~/"};
    static const char *const ends[] = {".pem", ".crt", ".cer", ".cert", ".key", ".der", ".crl",
        ".csr", ".req", ".p12", ".pfx", ".p7b", ".p7c", ".ca-bundle", ".ocsp", ".txt"};
    size_t i;

    if (bytes.length == 0 || bytes.length > 4096)
        return 0;
    for (i = 0; i < bytes.length; i++)
        if (bytes.data[i] < 0x20 || bytes.data[i] == 0x7F)
            return 0;
    for (i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (begins_with(bytes, starts[i]))
            return 1;
    for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(bytes, ends[i]))
            return 1;
    return bytes.length > 3 && bytes.data[1] == ':' && bytes.data[2] == '\\';
}

static int
is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static tls_bytes
trim(tls_bytes bytes)
{
    while (bytes.length > 0 && is_space(bytes.data[0]))
        bytes = tls_bytes_make(bytes.data + 1, bytes.length - 1);
    while (bytes.length > 0 && is_space(bytes.data[bytes.length - 1]))
        bytes.length--;
    return bytes;
}

/* UTF-16 with its byte order mark, or without: text in which every other byte is zero. */
static int
is_utf16(tls_bytes bytes)
{
    size_t i, first = 0, second = 0, end = bytes.length < 64 ? bytes.length & ~(size_t)1 : 64;

    if (begins_with(bytes, "\xFF\xFE") || begins_with(bytes, "\xFE\xFF"))
        return 1;
    for (i = 0; i < end; i += 2) {
        first += bytes.data[i] == 0;
        second += bytes.data[i + 1] == 0;
    }
    return end >= 8 && (first == end / 2 || second == end / 2);
}

static int
is_base64(tls_bytes bytes)
{
    tls_buffer out = {NULL, 0, 0, 0};
    int good = bytes.length >= 64 && tls_base64_decode(&out, bytes);

    tls_buffer_release(&out);
    return good;
}

static void
explain_text(tls_buffer *out, enum tls_wanted wanted, tls_bytes bytes)
{
    static const struct {
        const char *start, *what, *advice;
    } known[] = {
        {"PuTTY-User-Key-File", "a PuTTY key",
            ": `puttygen FILE -O private-openssh -o FILE.pem` converts it"},
        {"ssh-rsa ", "an OpenSSH public key", ""},
        {"ssh-ed25519 ", "an OpenSSH public key", ""},
        {"ssh-dss ", "an OpenSSH public key", ""},
        {"ecdsa-sha2-", "an OpenSSH public key", ""},
        {"---- BEGIN SSH2 ", "an SSH2 key", ""},
        {"\xFE\xED\xFE\xED", "a Java keystore",
            ": `keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype "
            "PKCS12` makes PKCS#12 of it"},
        {"\x1F\x8B", "a gzip file", ""},
        {"PK\x03\x04", "a ZIP file", ""},
        {"{", "JSON", ""},
        {"<", "HTML or XML", ""},
    };
    tls_bytes text = trim(bytes);
    size_t i;

    if (text.length == 0) {
        put_instead(out, wanted, bytes.length == 0 ? "nothing (it is empty)" : "white space", "");
        return;
    }
    if (is_utf16(bytes)) {
        put_instead(out, wanted, "UTF-16 text", ": save it as ASCII or UTF-8");
        return;
    }
    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (begins_with(text, known[i].start)) {
            put_instead(out, wanted, known[i].what, known[i].advice);
            return;
        }
    }
    if (tls_looks_like_path(text))
        put_instead(out, wanted, "the path of a file", ": give what the file holds");
    else if (is_base64(text))
        put_instead(out, wanted, "base64 without BEGIN and END lines", "");
    else
        put_instead(out, wanted, "neither PEM nor DER", "");
}

/* ---- DER ---- */

/* What is asked about, which every explanation hands on. */
typedef struct input {
    enum tls_wanted wanted;
    tls_bytes bytes;
    const tls_bytes *password;
    enum tls_reason reason;
} input;

static void
explain_key(tls_buffer *out, const input *in)
{
    size_t before = out->length;

    tls_private_key_describe(out, in->bytes, in->password);
    if (out->length == before)
        return;
    put(out, in->reason == TLS_REASON_UNSUPPORTED_KEY
                 ? usable_keys
                 : ", which is damaged: its parts do not fit together");
}

/* explain_other names DER that is something else. Returns 0 where it knows none. */
static int
explain_other(tls_buffer *out, enum tls_wanted wanted, enum tls_der_kind kind)
{
    switch (kind) {
    case TLS_DER_KIND_UNKNOWN:
        return 0;
    case TLS_DER_KIND_PKCS12:
        put_instead(out, wanted, "PKCS#12", pkcs12_advice);
        return 1;
    case TLS_DER_KIND_PKCS7:
        put_instead(out, wanted, "PKCS#7", pkcs7_advice);
        return 1;
    case TLS_DER_KIND_PUBLIC_KEY:
        put_instead(out, wanted, "a public key", "");
        return 1;
    default:
        put_instead(out, wanted, wants[kind - TLS_DER_KIND_CERTIFICATE].article, "");
        return 1;
    }
}

/* explain_length tells DER that was cut short, or that something follows. */
static int
explain_length(tls_buffer *out, tls_bytes bytes)
{
    uint64_t length = tls_der_length(bytes);

    if (length == 0 || length == bytes.length)
        return 0;
    if (length < bytes.length) {
        put_number(out, bytes.length - length);
        put(out, " bytes follow it");
    } else {
        put(out, "it is cut short: ");
        put_number(out, bytes.length);
        put(out, " bytes of ");
        put_number(out, length);
    }
    return 1;
}

/* explain_der is about the DER of `name`, such as "certificate 2 of 3". */
static void
explain_der(tls_buffer *out, const input *in, const char *name, tls_bytes der)
{
    enum tls_der_kind kind = tls_der_kind(der);
    size_t before = out->length;

    if (kind != wants[in->wanted].kind && explain_other(out, in->wanted, kind))
        return;
    put(out, name);
    put(out, ": ");
    if (explain_length(out, der))
        return;
    if (in->wanted == TLS_WANTED_CERTIFICATE) {
        tls_certificate_fault(out, der);
    } else if (in->wanted == TLS_WANTED_PRIVATE_KEY) {
        out->length = before;
        explain_key(out, in);
    } else {
        put(out, "its contents are malformed");
    }
}

/* ---- PEM ---- */

static int
is_wanted(enum tls_wanted wanted, tls_bytes label)
{
    tls_bytes unused;

    switch (wanted) {
    case TLS_WANTED_CERTIFICATE:
        return tls_certificate_block(&unused, label, tls_bytes_make(NULL, 0));
    case TLS_WANTED_PRIVATE_KEY:
        return ends_with(label, "PRIVATE KEY");
    case TLS_WANTED_CRL:
        return tls_bytes_equal_string(label, "X509 CRL");
    case TLS_WANTED_REQUEST:
        return ends_with(label, "CERTIFICATE REQUEST");
    default:
        return 0;
    }
}

static size_t
count_wanted(enum tls_wanted wanted, tls_bytes text)
{
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    size_t count = 0;

    tls_pem_init(&pem, text);
    while (tls_pem_next(&pem, &block, &der))
        count += is_wanted(wanted, block.label) != 0;
    tls_buffer_release(&der);
    return count;
}

static void
put_label(tls_buffer *out, tls_bytes label)
{
    size_t i;

    for (i = 0; i < label.length; i++)
        tls_buffer_append(out,
            label.data[i] < 0x20 || label.data[i] > 0x7E ? "?" : (const char *)label.data + i, 1);
}

/* put_labels names the first blocks: "a PRIVATE KEY, an X509 CRL". */
static void
put_labels(tls_buffer *out, tls_bytes text)
{
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    tls_bytes last = {NULL, 0};
    int count = 0;

    tls_pem_init(&pem, text);
    while (count < 3 && tls_pem_next(&pem, &block, &der)) {
        if (count > 0 && tls_bytes_equal(block.label, last))
            continue;
        last = block.label;
        put(out, count++ > 0 ? ", " : "");
        put(out, last.length != 0 && last.data[0] != '\0' && strchr("AEIORX", last.data[0]) != NULL
                     ? "an "
                     : "a ");
        put_label(out, last);
    }
    tls_buffer_release(&der);
}

/* explain_labels is about PEM without any block that is wanted. */
static void
explain_labels(tls_buffer *out, enum tls_wanted wanted, tls_bytes text)
{
    static const struct {
        const char *label, *what, *advice;
    } known[] = {
        {"PKCS7", "PKCS#7", pkcs7_advice},
        {"CMS", "PKCS#7 (CMS)", pkcs7_advice},
        {"PKCS12", "PKCS#12", pkcs12_advice},
    };
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    int found;
    size_t i;

    tls_pem_init(&pem, text);
    found = tls_pem_next(&pem, &block, &der);
    tls_buffer_release(&der);
    if (!found) {
        put(out, "the BEGIN line of PEM is damaged");
        return;
    }
    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (tls_bytes_equal_string(block.label, known[i].label)) {
            put_instead(out, wanted, known[i].what, known[i].advice);
            return;
        }
    }
    put_labels(out, text);
    put_instead(out, wanted, "", "");
}

/* put_line: "in line 7" of `text`, where `at` is. */
static void
put_line(tls_buffer *out, tls_bytes text, const unsigned char *at)
{
    const unsigned char *p;
    size_t line = 1;

    for (p = text.data; p < at; p++)
        line += *p == '\n' || (*p == '\r' && p[1] != '\n');
    put(out, " in line ");
    put_number(out, line);
}

static void
explain_base64(tls_buffer *out, tls_bytes text, tls_bytes body)
{
    static const char good[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n\v\f";
    size_t i;

    for (i = 0; i < body.length; i++)
        if (memchr(good, body.data[i], sizeof good - 1) == NULL)
            break;
    if (trim(body).length == 0) {
        put(out, "nothing stands between its BEGIN and END lines");
    } else if (i == body.length) {
        put(out, "its base64 is damaged: characters or padding are missing, or too many");
    } else if (body.data[i] == '\\' && i + 1 < body.length &&
               (body.data[i + 1] == 'n' || body.data[i + 1] == 'r')) {
        put(out, "its base64 has the two characters \\ and n where lines should end");
    } else {
        put(out, "its base64 is damaged");
        put_line(out, text, body.data + i);
    }
}

static void
explain_fault(tls_buffer *out, const tls_pem_block *block, tls_bytes text)
{
    switch (block->fault) {
    case TLS_PEM_NO_END:
        put(out, "it is cut short: its END line is missing");
        break;
    case TLS_PEM_OTHER_END:
        put(out, "its END line does not say what its BEGIN line says");
        put_line(out, text, block->body.data + block->body.length);
        break;
    default:
        explain_base64(out, text, block->body);
    }
}

/* is_good returns 1 if this one of several can be read: the fault is in another. */
static int
is_good(enum tls_wanted wanted, tls_bytes der)
{
    tls_certificate *certificate = NULL;
    tls_crl *crl = NULL;
    int good = 0;

    if (wanted == TLS_WANTED_CERTIFICATE)
        good = tls_certificate_from_der(&certificate, der) == TLS_OK;
    if (wanted == TLS_WANTED_CRL)
        good = tls_crl_from_der(&crl, der) == TLS_OK;
    tls_certificate_release(certificate);
    tls_crl_release(crl);
    return good;
}

/* explain_contents is about a block that is wanted and cannot be read. */
static void
explain_contents(tls_buffer *out, const input *in, const char *name, const tls_pem_block *block,
    tls_bytes contents)
{
    if (!block->valid) {
        put(out, name);
        put(out, ": ");
        explain_fault(out, block, in->bytes);
    } else if (tls_bytes_equal_string(block->label, "OPENSSH PRIVATE KEY")) {
        put(out, "a key in OpenSSH's own format");
        put(out, openssh_advice);
    } else if (block->encrypted) {
        explain_key(out, in);
    } else {
        explain_der(out, in, name, contents);
    }
}

/* explain_block finds the first block that is wanted and cannot be read. */
static void
explain_block(tls_buffer *out, const input *in)
{
    size_t count = count_wanted(in->wanted, in->bytes), number = 0;
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    tls_bytes contents;
    char name[64];

    if (count == 1 || in->wanted == TLS_WANTED_PRIVATE_KEY || in->wanted == TLS_WANTED_REQUEST)
        count = 0; /* only the first is read */
    snprintf(name, sizeof name, "the %s", wants[in->wanted].name);
    tls_pem_init(&pem, in->bytes);
    while (tls_pem_next(&pem, &block, &der)) {
        if (!is_wanted(in->wanted, block.label))
            continue;
        number++;
        contents = tls_buffer_view(&der);
        tls_certificate_block(&contents, block.label, contents);
        if (block.valid && is_good(in->wanted, contents))
            continue;
        if (count != 0)
            snprintf(name, sizeof name, "%s %lu of %lu", wants[in->wanted].name,
                (unsigned long)number, (unsigned long)count);
        explain_contents(out, in, name, &block, contents);
        break;
    }
    tls_buffer_release(&der);
}

void
tls_unreadable(tls_buffer *out, enum tls_wanted wanted, tls_bytes bytes, const tls_bytes *password,
    enum tls_reason reason)
{
    input in = {wanted, bytes, password, reason};
    char name[64];

    if (tls_pem_looks_like(bytes)) {
        if (count_wanted(wanted, bytes) == 0)
            explain_labels(out, wanted, bytes);
        else
            explain_block(out, &in);
    } else if (bytes.length != 0 && bytes.data[0] == TLS_DER_SEQUENCE &&
               !tls_looks_like_path(bytes)) {
        snprintf(name, sizeof name, "the %s", wants[wanted].name);
        explain_der(out, &in, name, bytes);
    } else {
        explain_text(out, wanted, bytes);
    }
}

void
tls_unusable_key(tls_buffer *out, tls_bytes public_key_info)
{
    tls_public_key_describe(out, public_key_info);
    put(out, usable_keys);
}
