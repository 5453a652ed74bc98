/* crl.c - CRLs: every entry that can be walked can be found. */
#include "fuzz.h"

#include "x509/crl.h"

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_crl *crl;
    tls_crl_entry entry, found;
    tls_certificate issuer;
    tls_revocation_policy policy;
    tls_buffer text = {NULL, 0, 0, 0};
    tls_der der;
    size_t count = 0;

    if (tls_crl_from_der(&crl, tls_bytes_make(data, length)) != TLS_OK)
        return 0;
    tls_der_init(&der, crl->revoked);
    while (tls_crl_next(&der, &entry)) {
        count++;
        fuzz_check(
            tls_crl_find(crl, &found, entry.serial) && tls_bytes_equal(found.serial, entry.serial));
    }
    fuzz_check(count == crl->revoked_count);
    memset(&issuer, 0, sizeof issuer);
    issuer.subject = issuer.issuer = crl->issuer;
    issuer.key_usage = TLS_KEY_USAGE_CRL_SIGN;
    issuer.distribution_points = crl->revoked;
    memset(&policy, 0, sizeof policy);
    policy.time = crl->this_update;
    fuzz_check(tls_crl_check(crl, &issuer, &policy) != TLS_OK);
    tls_crl_covers(crl, &issuer);
    tls_crl_number_text(&text, crl);
    tls_buffer_release(&text);
    tls_crl_release(crl);
    return 0;
}
