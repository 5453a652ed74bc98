/* aead_scratch_test.c - what a record leaves on the stack: of the key, the round keys, GHASH's key,
 * Poly1305's key and the stream that the text was added to nothing is found afterwards. */
#include <string.h>

#include "support/aeads.h"
#include "support/check.h"
#include "support/painted_stack.h"

#define TEXT_LENGTH 5000
#define POLY1305_KEY 32

static const aead *tried;
static int encrypt;
static tls_aes_gcm_key gcm; /* whose owner wipes it */
static unsigned char key[32], nonce[AEADS_NONCE], text[TEXT_LENGTH], tag[AEADS_TAG];

static void
start(void)
{
    tried->aes_gcm(&gcm, key, tried->key_length);
}

static void
run(void)
{
    static const unsigned char additional[13] = {1, 2, 3};

    if (tried->aes_gcm != NULL)
        gcm.run(&gcm, encrypt, nonce, tls_bytes_make(additional, sizeof additional), text,
            sizeof text, tag);
    else
        tried->chacha20_poly1305(key, nonce, text, sizeof text, additional, sizeof additional, tag,
            br_chacha20_ct_run, encrypt);
}

static void
prepare(void)
{
    size_t i;

    for (i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)((i + 3) * 141 >> 1);
    for (i = 0; i < sizeof nonce; i++)
        nonce[i] = (unsigned char)(i * 59 + 7);
    memset(text, 0, sizeof text);
}

/* Text that is all zeros becomes the stream. */
static void
check_stream(void)
{
    static unsigned char stream[TEXT_LENGTH];

    memcpy(stream, text, sizeof stream);
    encrypt = 0;
    painted_stack_run(run);
    check(!painted_stack_has(stream, sizeof stream), "opened: the stream is left");
}

static void
check_opened_text(void)
{
    size_t i;

    for (i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)((i + 1) * 77 >> 3);
    encrypt = 1;
    run();
    encrypt = 0;
    painted_stack_run(run);
    check(!painted_stack_has(text, sizeof text), "opened: the text is left");
}

static int
has_round_keys(void)
{
    size_t length = (gcm.as.blocks.rounds + 1) * sizeof gcm.as.blocks.round_keys[0];

    return painted_stack_has(gcm.as.blocks.round_keys[0], length);
}

static void
try_gcm(void)
{
    prepare();
    start();
    run(); /* the linker keeps registers on the stack when it binds a function; core.so is bound */
    prepare();
    painted_stack_run(start);
    check(!painted_stack_has(key, tried->key_length), "the key is left");
    check(!has_round_keys(), "started: round keys are left");
    encrypt = 1;
    painted_stack_run(run);
    check(!has_round_keys(), "sealed: round keys are left");
    check(!painted_stack_has(gcm.as.blocks.powers[0], sizeof gcm.as.blocks.powers),
        "sealed: powers of the hash key are left");
    check_stream();
    check(!painted_stack_has(gcm.as.blocks.powers[0], sizeof gcm.as.blocks.powers),
        "opened: powers of the hash key are left");
    check_opened_text();
}

static void
try_chacha20(void)
{
    unsigned char poly1305_key[POLY1305_KEY] = {0};

    prepare();
    br_chacha20_ct_run(key, nonce, 0, poly1305_key, sizeof poly1305_key);
    encrypt = 1;
    painted_stack_run(run);
    check(!painted_stack_has(key, sizeof key), "sealed: the key is left");
    check(!painted_stack_has(poly1305_key, sizeof poly1305_key), "sealed: Poly1305's key is left");
    check_stream();
    check(!painted_stack_has(key, sizeof key), "opened: the key is left");
    check_opened_text();
}

static void
try_primitive(enum tls_primitive primitive, size_t key_length)
{
    aead list[8];
    size_t i, count = aeads_of(list, primitive, key_length);

    for (i = 0; i < count; i++) {
        tried = &list[i];
        if (!tried->is_kernel) /* BearSSL's code does not wipe its stack */
            continue;
        check_about("%s, key of %d bytes", tried->name, (int)key_length);
        if (primitive == TLS_PRIMITIVE_AES_GCM)
            try_gcm();
        else
            try_chacha20();
    }
}

int
main(void)
{
    if (PAINTED_STACK_HAS_OWN_FRAMES) {
        try_primitive(TLS_PRIMITIVE_AES_GCM, 16);
        try_primitive(TLS_PRIMITIVE_AES_GCM, 32);
        try_primitive(TLS_PRIMITIVE_CHACHA20_POLY1305, 32);
    }
    check(1, "done");
    return check_end();
}
