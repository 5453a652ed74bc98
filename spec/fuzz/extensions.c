/* extensions.c - blocks of extensions in every place, and values of every type. */
#include "fuzz.h"

#include "wire/extension.h"

static void
walk_value(const tls_extension_value *value)
{
    tls_reader reader;
    tls_bytes bytes;
    unsigned group;
    uint32_t age;
    size_t count = 0;

    tls_reader_init(&reader, value->bytes);
    switch (value->kind) {
    case TLS_EXTENSION_KIND_PROTOCOLS:
        while (tls_protocol_next(&reader, &bytes))
            count++;
        break;
    case TLS_EXTENSION_KIND_VECTORS:
        while (tls_vector16_next(&reader, &bytes))
            count++;
        break;
    case TLS_EXTENSION_KIND_KEY_SHARES:
        while (tls_key_share_next(&reader, &group, &bytes))
            count++;
        break;
    case TLS_EXTENSION_KIND_PRE_SHARED_KEYS:
        while (tls_psk_identity_next(&reader, &bytes, &age))
            count++;
        break;
    case TLS_EXTENSION_KIND_U16_LIST:
        fuzz_check(value->list.length % 2 == 0 && tls_u16_list_count(value->list) == value->count);
        return;
    default:
        return;
    }
    fuzz_check(tls_reader_finish(&reader) && count == value->count);
}

/* A block that checks out can be taken apart and written again as it was. */
static void
check_good_block(tls_bytes block, unsigned place)
{
    tls_reader reader;
    tls_extension extension;
    tls_extension_value value;
    tls_bytes found;
    tls_buffer again = {NULL, 0, 0, 0}, less = {NULL, 0, 0, 0};
    size_t count = 0, left = 0, grease = 0;
    uint16_t type = 0;

    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension)) {
        type = (uint16_t)extension.type;
        count++;
        grease += tls_is_grease(type) != 0;
        fuzz_check(tls_extensions_find(block, type, &found) && found.data == extension.data.data);
        fuzz_check(tls_extension_parse(&value, type, place, extension.data) == TLS_OK);
        fuzz_check(tls_extension_places(type) == 0 || tls_extension_places(type) & place);
        tls_extension_write(&again, type, extension.data);
    }
    fuzz_check(tls_reader_finish(&reader));
    fuzz_check(tls_bytes_equal(tls_buffer_view(&again), block));
    tls_extensions_copy_except(&less, block, &type, count > 0);
    fuzz_check(!tls_extensions_find(tls_buffer_view(&less), type, &found) || count == 0);
    tls_reader_init(&reader, tls_buffer_view(&less));
    while (tls_extensions_next(&reader, &extension))
        left++;
    fuzz_check(tls_reader_finish(&reader) && left == (count > 0 ? count - 1 : 0));
    /* What is offered may be answered, but for GREASE (RFC 8701 section 3.1). */
    fuzz_check(
        (tls_extensions_check_offered(block, place, block, 0, NULL) == TLS_OK) == (grease == 0));
    tls_buffer_release(&again);
    tls_buffer_release(&less);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes input = tls_bytes_make(data, length);
    unsigned place = 1u << fuzz_u8(&input) % 8;
    unsigned type = fuzz_u16(&input), culprit;
    tls_bytes half;
    tls_buffer less = {NULL, 0, 0, 0};
    tls_extension_value value;
    uint16_t some = (uint16_t)type;

    if (tls_extension_parse(&value, type, place, input) == TLS_OK)
        walk_value(&value);
    tls_extensions_copy_except(&less, input, &some, 1);
    tls_buffer_release(&less);
    half = tls_bytes_make(input.data, input.length / 2);
    tls_extensions_check_offered(input, place, half, (int)(type & 1), &culprit);
    if (tls_extensions_check(input, place, &culprit) == TLS_OK)
        check_good_block(input, place);
    return 0;
}
