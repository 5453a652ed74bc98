/* imported_identity.c - see imported_identity.h. */
#include "wire/imported_identity.h"

#include "wire/codec.h"
#include "wire/registry.h"

/* TLS KDF Identifiers (RFC 9258 section 10). */
enum { HKDF_SHA256 = 1, HKDF_SHA384 = 2 };

static int
hash_of_kdf(uint32_t kdf)
{
    switch (kdf) {
    case HKDF_SHA256:
        return TLS_HASH_SHA256;
    case HKDF_SHA384:
        return TLS_HASH_SHA384;
    default:
        return 0;
    }
}

int
tls_imported_identity_parse(tls_imported_identity *out, tls_bytes identity)
{
    tls_reader reader;

    tls_reader_init(&reader, identity);
    out->external_identity = tls_read_vector16(&reader, 1);
    out->context = tls_read_vector16(&reader, 0);
    out->target_protocol = (unsigned)tls_read_u16(&reader);
    out->target_hash = hash_of_kdf(tls_read_u16(&reader));
    return tls_reader_finish(&reader);
}

int
tls_imported_identity_usable(const tls_imported_identity *identity)
{
    return identity->target_protocol == TLS_VERSION_13 && identity->target_hash != 0;
}

void
tls_imported_identity_write(tls_buffer *out, const tls_imported_identity *identity)
{
    tls_write_vector16(out, identity->external_identity);
    tls_write_vector16(out, identity->context);
    tls_write_u16(out, identity->target_protocol);
    tls_write_u16(out, identity->target_hash == TLS_HASH_SHA384 ? HKDF_SHA384 : HKDF_SHA256);
}
