/* messages.c - handshake messages of every type and version: what is parsed can be built again, and
 * is then the same bytes; every list in it can be walked to its end. */
#include "fuzz.h"

#include "wire/message.h"

static const unsigned versions[] = {0x0304, 0x0303, 0x0302, 0x0301, 0};
/* One of each key exchange and of each hash. */
static const unsigned suites[] = {0, 0x1301, 0x1302, 0xC02B, 0x009C, 0xC025, 0xC024, 0x009E};

static void
walk_hello(const tls_client_hello *hello)
{
    tls_reader reader;
    tls_bytes bytes;
    unsigned group;
    uint32_t age;
    size_t count;

    tls_reader_init(&reader, hello->alpn);
    while (tls_protocol_next(&reader, &bytes))
        ;
    fuzz_check(tls_reader_finish(&reader));
    tls_reader_init(&reader, hello->key_shares);
    while (tls_key_share_next(&reader, &group, &bytes))
        ;
    fuzz_check(tls_reader_finish(&reader));
    tls_reader_init(&reader, hello->psk_identities);
    for (count = 0; tls_psk_identity_next(&reader, &bytes, &age); count++)
        fuzz_check(bytes.length > 0);
    fuzz_check(tls_reader_finish(&reader));
    /* A binder for each. */
    tls_reader_init(&reader, hello->psk_binders);
    for (; count > 0; count--)
        fuzz_check(tls_read_vector8(&reader, 32).length >= 32);
    fuzz_check(tls_reader_finish(&reader));
    fuzz_check(hello->random.length == TLS_RANDOM_LENGTH);
    fuzz_check(hello->session_id.length <= TLS_SESSION_ID_MAXIMUM);
}

static void
walk_certificates(const tls_certificate_message *message)
{
    tls_reader reader;
    tls_certificate_entry entry;
    size_t count = 0;

    tls_reader_init(&reader, message->certificate_list);
    while (tls_certificate_next(&reader, &entry, message->is_13))
        count++;
    fuzz_check(tls_reader_finish(&reader) && count == message->certificate_count);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes input = tls_bytes_make(data, length);
    unsigned version = versions[fuzz_u8(&input) % (sizeof versions / sizeof *versions)];
    unsigned suite = suites[fuzz_u8(&input) % (sizeof suites / sizeof *suites)];
    tls_message message;
    tls_client_hello client_hello;
    tls_server_hello server_hello;
    tls_alert_message alert;
    tls_buffer built = {NULL, 0, 0, 0};
    unsigned type;
    size_t whole;

    tls_alert_parse(&alert, input);
    tls_change_cipher_spec_parse(input);
    tls_client_hello_parse(&client_hello, input);
    tls_server_hello_parse(&server_hello, input);
    if (tls_message_parse(&message, input, version, suite) != TLS_OK)
        return 0;
    fuzz_check(tls_message_header(input, &type, &whole) && whole == input.length);
    fuzz_check(type == (unsigned)message.type);
    if (message.type == TLS_HANDSHAKE_CLIENT_HELLO)
        walk_hello(&message.u.client_hello);
    if (message.type == TLS_HANDSHAKE_CERTIFICATE)
        walk_certificates(&message.u.certificate);
    fuzz_check(tls_message_build(&built, &message) == TLS_OK);
    fuzz_check(tls_bytes_equal(tls_buffer_view(&built), input));
    tls_buffer_release(&built);
    return 0;
}
