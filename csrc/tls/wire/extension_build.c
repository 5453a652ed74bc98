/* extension_build.c - writing extensions; see extension.h. */
#include "wire/extension.h"

static size_t
begin_extension(tls_buffer *block, unsigned type)
{
    tls_write_u16(block, type);
    return tls_write_begin16(block);
}

void
tls_extension_write(tls_buffer *block, unsigned type, tls_bytes data)
{
    tls_write_u16(block, type);
    tls_write_vector16(block, data);
}

void
tls_extension_write_empty(tls_buffer *block, unsigned type)
{
    tls_write_u16(block, type);
    tls_write_u16(block, 0);
}

void
tls_extension_write_server_name(tls_buffer *block, tls_bytes host_name)
{
    size_t extension = begin_extension(block, TLS_EXTENSION_SERVER_NAME);
    size_t list = tls_write_begin16(block);

    tls_write_u8(block, 0); /* host_name: RFC 6066 section 3 */
    tls_write_vector16(block, host_name);
    tls_write_end16(block, list);
    tls_write_end16(block, extension);
}

void
tls_extension_write_u16_list(tls_buffer *block, unsigned type, const uint16_t *values, size_t count)
{
    size_t extension = begin_extension(block, type);
    size_t list = tls_write_begin16(block);

    tls_write_u16_values(block, values, count);
    tls_write_end16(block, list);
    tls_write_end16(block, extension);
}

void
tls_extension_write_supported_versions(tls_buffer *block, const uint16_t *versions, size_t count)
{
    size_t extension = begin_extension(block, TLS_EXTENSION_SUPPORTED_VERSIONS);
    size_t list = tls_write_begin8(block);

    tls_write_u16_values(block, versions, count);
    tls_write_end8(block, list);
    tls_write_end16(block, extension);
}

void
tls_extension_write_vector8(tls_buffer *block, unsigned type, tls_bytes contents)
{
    size_t extension = begin_extension(block, type);

    tls_write_vector8(block, contents);
    tls_write_end16(block, extension);
}

void
tls_extension_write_vector16(tls_buffer *block, unsigned type, tls_bytes contents)
{
    size_t extension = begin_extension(block, type);

    tls_write_vector16(block, contents);
    tls_write_end16(block, extension);
}

void
tls_extension_write_alpn(tls_buffer *block, const tls_bytes *names, size_t count)
{
    size_t extension = begin_extension(block, TLS_EXTENSION_ALPN);
    size_t list = tls_write_begin16(block);
    size_t i;

    for (i = 0; i < count; i++)
        tls_write_vector8(block, names[i]);
    tls_write_end16(block, list);
    tls_write_end16(block, extension);
}

void
tls_extension_write_u16(tls_buffer *block, unsigned type, unsigned number)
{
    size_t extension = begin_extension(block, type);

    tls_write_u16(block, number);
    tls_write_end16(block, extension);
}

void
tls_extension_write_u8(tls_buffer *block, unsigned type, unsigned number)
{
    size_t extension = begin_extension(block, type);

    tls_write_u8(block, number);
    tls_write_end16(block, extension);
}

static void
write_share(tls_buffer *block, unsigned group, tls_bytes key)
{
    tls_write_u16(block, group);
    tls_write_vector16(block, key);
}

void
tls_extension_write_key_share(tls_buffer *block, unsigned group, tls_bytes key)
{
    size_t extension = begin_extension(block, TLS_EXTENSION_KEY_SHARE);

    write_share(block, group, key);
    tls_write_end16(block, extension);
}

void
tls_extension_write_key_shares(
    tls_buffer *block, const uint16_t *groups, const tls_bytes *keys, size_t count)
{
    size_t extension = begin_extension(block, TLS_EXTENSION_KEY_SHARE);
    size_t list = tls_write_begin16(block);
    size_t i;

    for (i = 0; i < count; i++)
        write_share(block, groups[i], keys[i]);
    tls_write_end16(block, list);
    tls_write_end16(block, extension);
}

void
tls_extension_write_status_request(tls_buffer *block)
{
    size_t extension = begin_extension(block, TLS_EXTENSION_STATUS_REQUEST);

    tls_write_u8(block, 1);  /* ocsp */
    tls_write_u16(block, 0); /* responder_id_list */
    tls_write_u16(block, 0); /* request_extensions */
    tls_write_end16(block, extension);
}

static int
contains(const uint16_t *types, size_t count, unsigned type)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (types[i] == type)
            return 1;
    return 0;
}

void
tls_extensions_copy_except(tls_buffer *out, tls_bytes block, const uint16_t *types, size_t count)
{
    tls_reader reader;
    tls_extension extension;

    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension))
        if (!contains(types, count, extension.type))
            tls_extension_write(out, extension.type, extension.data);
}
