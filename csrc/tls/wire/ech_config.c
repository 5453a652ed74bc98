/* ech_config.c - see ech_config.h. */
#include "wire/ech_config.h"

#include <string.h>

#define LABEL_MAXIMUM 63
#define MANDATORY 0x8000u /* section 4.2: the high-order bit of an extension's type */

/* read_extensions: each type once; data is not looked at, for no extension is known. */
static int
read_extensions(tls_reader *reader)
{
    tls_u16_set seen;
    tls_reader list;
    int mandatory = 0;

    tls_u16_set_clear(&seen);
    tls_reader_enter16(reader, &list, 0);
    while (!tls_reader_at_end(&list)) {
        unsigned type = (unsigned)tls_read_u16(&list);

        (void)tls_read_vector16(&list, 0);
        if (!tls_u16_set_add(&seen, type))
            tls_reader_fail(&list);
        mandatory |= (type & MANDATORY) != 0;
    }
    tls_reader_leave(reader, &list);
    return mandatory;
}

/* read_contents: ECHConfigContents. */
static int
read_contents(tls_ech_config *config, tls_bytes contents)
{
    tls_reader reader;

    tls_reader_init(&reader, contents);
    config->config_id = (unsigned)tls_read_u8(&reader);
    config->kem = (unsigned)tls_read_u16(&reader);
    config->public_key = tls_read_vector16(&reader, 1);
    config->suites = tls_read_vector16(&reader, 4);
    config->maximum_name_length = (unsigned)tls_read_u8(&reader);
    config->public_name = tls_read_vector8(&reader, 1);
    config->mandatory = read_extensions(&reader);
    return tls_reader_finish(&reader) && config->suites.length % 4 == 0;
}

int
tls_ech_config_next(tls_reader *reader, tls_ech_config *config)
{
    const unsigned char *start = reader->next;
    tls_bytes contents;

    if (tls_reader_at_end(reader))
        return 0;
    memset(config, 0, sizeof *config);
    config->version = (unsigned)tls_read_u16(reader);
    contents = tls_read_vector16(reader, 0);
    if (config->version == TLS_ECH_VERSION && !tls_reader_failed(reader) &&
        !read_contents(config, contents))
        tls_reader_fail(reader);
    if (tls_reader_failed(reader))
        return 0;
    config->raw = tls_bytes_make(start, (size_t)(reader->next - start));
    return 1;
}

enum tls_reason
tls_ech_config_list_open(tls_reader *reader, tls_bytes list)
{
    tls_reader outer;

    tls_reader_init(&outer, list);
    tls_reader_enter16(&outer, reader, 4);
    return tls_reader_finish(&outer) && !tls_reader_failed(reader) ? TLS_OK : TLS_REASON_DECODE;
}

enum tls_reason
tls_ech_config_list_check(tls_bytes list)
{
    tls_ech_config config;
    tls_reader reader;
    enum tls_reason reason = tls_ech_config_list_open(&reader, list);

    while (reason == TLS_OK && tls_ech_config_next(&reader, &config))
        ;
    return reason == TLS_OK && tls_reader_failed(&reader) ? TLS_REASON_DECODE : reason;
}

static int
is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* is_number: all digits, or "0x" and nothing but hexadecimal digits. */
static int
is_number(tls_bytes label)
{
    int hexadecimal =
        label.length >= 2 && label.data[0] == '0' && (label.data[1] == 'x' || label.data[1] == 'X');
    size_t i;

    for (i = hexadecimal ? 2 : 0; i < label.length; i++) {
        unsigned char c = label.data[i];

        if (!is_digit(c) && !(hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))))
            return 0;
    }
    return 1;
}

/* is_label: letters, digits and hyphens, which stand inside (RFC 5890 section 2.3.1). */
static int
is_label(tls_bytes label)
{
    size_t i;

    if (label.length == 0 || label.length > LABEL_MAXIMUM || label.data[0] == '-' ||
        label.data[label.length - 1] == '-')
        return 0;
    for (i = 0; i < label.length; i++) {
        unsigned char c = label.data[i];

        if (!is_digit(c) && c != '-' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
            return 0;
    }
    return 1;
}

int
tls_ech_public_name_is_valid(tls_bytes name)
{
    tls_bytes label = {name.data, 0};
    size_t i;

    for (i = 0; i < name.length; i++) {
        if (name.data[i] != '.') {
            label.length++;
            continue;
        }
        if (!is_label(label))
            return 0;
        label = tls_bytes_make(name.data + i + 1, 0);
    }
    return is_label(label) && !is_number(label);
}

void
tls_ech_config_write(tls_buffer *out, const tls_ech_config *config)
{
    size_t contents;

    tls_write_u16(out, TLS_ECH_VERSION);
    contents = tls_write_begin16(out);
    tls_write_u8(out, config->config_id);
    tls_write_u16(out, config->kem);
    tls_write_vector16(out, config->public_key);
    tls_write_vector16(out, config->suites);
    tls_write_u8(out, config->maximum_name_length);
    tls_write_vector8(out, config->public_name);
    tls_write_vector16(out, tls_bytes_make(NULL, 0));
    tls_write_end16(out, contents);
}
