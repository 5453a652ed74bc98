/* handshakes.c - the cases of whole connections in memory: from here on all that the system gives
 * at random is secret, and so is all that is made of it, in the handshake, in records, in tickets
 * and in sessions, until it is sent. */
#include <unistd.h>

#include "constant_time.h"
#include "support/pair.h"

static int entropy_is_secret;

/* In the place of libc's. The bytes are others in each run, as they must: keys need no more here
 * than to be different. */
int
getentropy(void *out, size_t length)
{
    FILE *device = fopen("/dev/urandom", "rb");
    size_t n = device != NULL ? fread(out, 1, length, device) : 0;

    if (device != NULL)
        fclose(device);
    if (entropy_is_secret)
        SECRET(out, length);
    return n == length ? 0 : -1;
}

/* says: what arrives is a secret as long as the keys are, although what was sent is none here: so
 * it shows that not all was told on the way. */
static int
says(pair *p, side *from, side *to)
{
    static const char text[] = "what only these two may know";
    unsigned char undefined = 0;
    size_t n;

    if (tls_connection_write(from->c, &n, text, sizeof text) != TLS_OK || n != sizeof text)
        return 0;
    pair_pump(p);
    if (to->data_length != sizeof text || VALGRIND_GET_VBITS(to->data, &undefined, 1) != 1 ||
        undefined == 0)
        return 0;
    PUBLIC(to->data, sizeof text);
    return memcmp(to->data, text, sizeof text) == 0;
}

static int
talk(pair *p, int resumed)
{
    tls_connection_info info;

    pair_open(p);
    pair_pump(p);
    info = info_of(&p->client);
    return info.established && info_of(&p->server).established && !info.resumed == !resumed &&
           says(p, &p->client, &p->server) && says(p, &p->server, &p->client);
}

/* connection: two of this version, the second of which resumes the first by a ticket. */
static int
connection(int version)
{
    identity who = identity_load(ec_certificate, ec_key);
    pair p;
    int good;

    entropy_is_secret = 1;
    pair_init(&p, &who);
    p.client_options.version_max = p.server_options.version_max = (unsigned)version;
    p.server_options.ticket_count = 1;
    good = tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now) == TLS_OK;
    good = good && talk(&p, 0) && resume_next(&p) && talk(&p, 1);
    if (!good)
        puts(trouble(&p));
    forget_session(&p);
    pair_free(&p);
    tls_ticket_keys_release(p.server_options.ticket_keys);
    identity_unload(&who);
    return good;
}

/* encrypted: with an Encrypted ClientHello. */
static int
encrypted(int unused)
{
    const tls_ech_key_options options = {"public.example", 32, TLS_GROUP_X25519};
    identity who = identity_load(ec_certificate, ec_key);
    tls_buffer list = {NULL, 0, 0, 0};
    pair p;
    int good;

    (void)unused;
    entropy_is_secret = 1;
    pair_init(&p, &who);
    good = tls_ech_keys_new(&p.server_options.ech_keys) == TLS_OK &&
           tls_ech_keys_generate(p.server_options.ech_keys, &options, 0) == TLS_OK &&
           tls_ech_keys_config_list(p.server_options.ech_keys, &list) == TLS_OK;
    p.client_options.ech = tls_buffer_view(&list);
    good = good && talk(&p, 0) && info_of(&p.server).ech == TLS_ECH_ACCEPTED;
    if (!good)
        puts(trouble(&p));
    pair_free(&p);
    tls_ech_keys_release(p.server_options.ech_keys);
    tls_buffer_release(&list);
    identity_unload(&who);
    return good;
}

const test_case handshake_cases[] = {
    {"handshake-ech", encrypted, 0, ""},
    {"connection-13", connection, TLS_VERSION_13, ""},
    {"connection-12", connection, TLS_VERSION_12, ""},
    {NULL, NULL, 0, NULL},
};
