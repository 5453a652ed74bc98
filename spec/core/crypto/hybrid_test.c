/* hybrid_test.c - the hybrid groups: the order and the lengths of their parts, one key of a curve
 * for several groups, and what a peer may not send (draft-ietf-tls-ecdhe-mlkem). */
#include <string.h>

#include "crypto/hybrid.h"
#include "crypto/key_exchange.h"
#include "support/check.h"
#include "wire/registry.h"

#define SECRETS TLS_SHARED_SECRET_MAXIMUM

/* draft-ietf-tls-ecdhe-mlkem sections 4.1 to 4.3. */
static const struct {
    unsigned group, curve;
    size_t client_length, server_length, secret_length;
    size_t kem_at_client, kem_at_server, kem_in_secret; /* where ML-KEM's part begins */
    size_t curve_at_client, curve_at_server, curve_in_secret;
} groups[] = {
    {TLS_GROUP_X25519MLKEM768, TLS_GROUP_X25519, 1216, 1120, 64, 0, 0, 0, 1184, 1088, 32},
    {TLS_GROUP_SECP256R1MLKEM768, TLS_GROUP_SECP256R1, 1249, 1153, 64, 65, 65, 32, 0, 0, 0},
    {TLS_GROUP_SECP384R1MLKEM1024, TLS_GROUP_SECP384R1, 1665, 1665, 80, 97, 97, 48, 0, 0, 0},
};
#define GROUPS (sizeof groups / sizeof groups[0])

static tls_bytes
part(tls_bytes whole, size_t at, size_t length)
{
    return tls_bytes_make(whole.data + at, length);
}

/* Both parts are found by what each does alone. */
static void
test_order(size_t i)
{
    const tls_hybrid *hybrid = tls_hybrid_find(groups[i].group);
    const tls_ml_kem *kem = hybrid->kem;
    tls_key_exchange_key client, server, curve;
    unsigned char ours[SECRETS], theirs[SECRETS], alone[SECRETS];
    size_t ours_length, theirs_length, alone_length;
    tls_bytes sent, answered, private_key;

    require(tls_key_exchange_generate(&client, groups[i].group, NULL, 0) == TLS_OK, "a key");
    sent = tls_key_exchange_share(&client);
    require(
        tls_key_exchange_answer(&server, groups[i].group, theirs, &theirs_length, sent) == TLS_OK,
        "an answer");
    answered = tls_key_exchange_share(&server);
    check_number(sent.length, groups[i].client_length, "the client's share");
    check_number(tls_group_share_length(groups[i].group), groups[i].client_length, "is told");
    check_number(answered.length, groups[i].server_length, "the server's share");
    require(tls_key_exchange_shared(&client, ours, &ours_length, answered) == TLS_OK, "a secret");
    check(ours_length == groups[i].secret_length && theirs_length == ours_length &&
              memcmp(ours, theirs, ours_length) == 0,
        "both sides agree");

    private_key = tls_bytes_make(
        client.hybrid->bytes + client.hybrid->matrix_length + sent.length, kem->private_length);
    check(tls_ml_kem_decapsulate(kem, alone, private_key,
              part(answered, groups[i].kem_at_server, kem->ciphertext_length), NULL) == TLS_OK &&
              memcmp(alone, ours + groups[i].kem_in_secret, 32) == 0,
        "ML-KEM's parts");
    check(tls_bytes_equal(part(sent, groups[i].kem_at_client, kem->public_length),
              tls_ml_kem_public_key(kem, private_key.data)),
        "ML-KEM's key");
    curve = client;
    curve.group = groups[i].curve;
    curve.hybrid = NULL;
    check(tls_key_exchange_shared(&curve, alone, &alone_length,
              part(answered, groups[i].curve_at_server, client.public_length)) == TLS_OK &&
              memcmp(alone, ours + groups[i].curve_in_secret, alone_length) == 0 &&
              tls_bytes_equal(part(sent, groups[i].curve_at_client, client.public_length),
                  tls_key_exchange_share(&curve)),
        "the curve's parts");
    check(tls_key_exchange_memory(&client) > kem->private_length &&
              tls_key_exchange_memory(&client) < 14000 && tls_key_exchange_memory(&curve) == 0,
        "memory");
    tls_key_exchange_wipe(&client);
    tls_key_exchange_wipe(&server);
    check(client.hybrid == NULL && server.hybrid == NULL, "wiped");
}

static int
answer_refused(size_t i, const unsigned char *share, size_t length)
{
    tls_key_exchange_key key, zero;
    unsigned char out[SECRETS];
    size_t out_length = 0;
    enum tls_reason reason = tls_key_exchange_answer(
        &key, groups[i].group, out, &out_length, tls_bytes_make(share, length));
    int is_refused;

    memset(&zero, 0, sizeof zero);
    is_refused = reason == TLS_REASON_ILLEGAL_PARAMETER && out_length == 0 &&
                 memcmp(&key, &zero, sizeof key) == 0;
    tls_key_exchange_wipe(&key);
    return is_refused;
}

static int
shared_refused(const tls_key_exchange_key *key, const unsigned char *share, size_t length)
{
    unsigned char out[SECRETS];
    size_t out_length = 0;

    return tls_key_exchange_shared(key, out, &out_length, tls_bytes_make(share, length)) ==
               TLS_REASON_ILLEGAL_PARAMETER &&
           out_length == 0;
}

static void
test_refusals(size_t i)
{
    tls_key_exchange_key client, server;
    unsigned char sent[TLS_HYBRID_SHARE_MAXIMUM + 2] = {0}, out[SECRETS];
    unsigned char answered[TLS_HYBRID_SHARE_MAXIMUM + 2] = {0};
    size_t n, m, j, length, curve_length;
    unsigned wrong = 0;

    require(tls_key_exchange_generate(&client, groups[i].group, NULL, 0) == TLS_OK &&
                tls_key_exchange_answer(&server, groups[i].group, out, &length,
                    tls_key_exchange_share(&client)) == TLS_OK,
        "keys");
    n = groups[i].client_length;
    m = groups[i].server_length;
    curve_length = client.public_length;
    memcpy(sent, tls_key_exchange_share(&client).data, n);
    memcpy(answered, tls_key_exchange_share(&server).data, m);
    for (j = 0; j < sizeof sent; j++)
        wrong += (j != n && !answer_refused(i, sent, j)) +
                 (j != m && !shared_refused(&client, answered, j));
    check_number(wrong, 0, "other lengths that were taken");

    /* Twelve ones are no number below q; a first number, and a last one. */
    sent[groups[i].kem_at_client] = 0xFF;
    sent[groups[i].kem_at_client + 1] |= 0x0F;
    check(answer_refused(i, sent, n), "a key that is not reduced");
    memcpy(sent, tls_key_exchange_share(&client).data, n);
    sent[groups[i].kem_at_client + (n - curve_length) - 33] = 0xFF;
    sent[groups[i].kem_at_client + (n - curve_length) - 34] |= 0xF0;
    check(answer_refused(i, sent, n), "a key whose last number is not reduced");
    memcpy(sent, tls_key_exchange_share(&client).data, n);
    check(!answer_refused(i, sent, n), "the key as it was");

    /* No point, or one of small order. */
    memset(sent + groups[i].curve_at_client, 0, curve_length);
    check(answer_refused(i, sent, n), "no point, from a client");
    memset(answered + groups[i].curve_at_server, 0, curve_length);
    check(shared_refused(&client, answered, m), "no point, from a server");
    tls_key_exchange_wipe(&client);
    tls_key_exchange_wipe(&server);
}

/* A ciphertext that was altered is no error: the secret differs. */
static void
test_altered(size_t i)
{
    tls_key_exchange_key client, server;
    unsigned char answered[TLS_HYBRID_SHARE_MAXIMUM], ours[SECRETS], theirs[SECRETS];
    size_t length, at = groups[i].kem_in_secret;

    require(tls_key_exchange_generate(&client, groups[i].group, NULL, 0) == TLS_OK &&
                tls_key_exchange_answer(&server, groups[i].group, theirs, &length,
                    tls_key_exchange_share(&client)) == TLS_OK,
        "keys");
    memcpy(answered, tls_key_exchange_share(&server).data, groups[i].server_length);
    answered[groups[i].kem_at_server + 500] ^= 1;
    check(tls_key_exchange_shared(&client, ours, &length,
              tls_bytes_make(answered, groups[i].server_length)) == TLS_OK &&
              memcmp(ours + at, theirs + at, 32) != 0 &&
              memcmp(ours + groups[i].curve_in_secret, theirs + groups[i].curve_in_secret, 32) == 0,
        "an altered ciphertext");
    tls_key_exchange_wipe(&client);
    tls_key_exchange_wipe(&server);
}

/* Groups of one ClientHello that have a curve in common share its key, whichever comes first. */
static void
test_borrowed(size_t i)
{
    tls_key_exchange_key keys[4];
    const tls_hybrid *hybrid = tls_hybrid_find(groups[i].group);
    unsigned char out[SECRETS], same[SECRETS];
    size_t length, j;
    tls_key_exchange_key server;

    memset(keys, 0, sizeof keys);
    check(tls_key_exchange_generate(&keys[0], TLS_GROUP_SECP521R1, NULL, 0) == TLS_OK &&
              tls_key_exchange_generate(&keys[1], groups[i].group, keys, 1) == TLS_OK &&
              tls_key_exchange_generate(&keys[2], groups[i].curve, keys, 2) == TLS_OK &&
              tls_key_exchange_generate(&keys[3], groups[i].group, keys + 2, 1) == TLS_OK,
        "keys");
    check(memcmp(keys[1].secret, keys[2].secret, keys[2].length) == 0 &&
              memcmp(keys[1].secret, keys[3].secret, keys[2].length) == 0 &&
              memcmp(keys[0].secret, keys[1].secret, 32) != 0,
        "one key of the curve");
    check(tls_bytes_equal(tls_key_exchange_share(&keys[2]),
              part(tls_key_exchange_share(&keys[1]), groups[i].curve_at_client,
                  keys[2].public_length)),
        "one public key");
    check(keys[2].hybrid == NULL && keys[2].group == hybrid->curve, "which is no hybrid");
    check(!tls_bytes_equal(part(tls_key_exchange_share(&keys[1]), groups[i].kem_at_client, 1184),
              part(tls_key_exchange_share(&keys[3]), groups[i].kem_at_client, 1184)),
        "and two of ML-KEM");
    for (j = 0; j < 4; j++) {
        check(tls_key_exchange_answer(&server, keys[j].group, out, &length,
                  tls_key_exchange_share(&keys[j])) == TLS_OK &&
                  tls_key_exchange_shared(
                      &keys[j], same, &length, tls_key_exchange_share(&server)) == TLS_OK &&
                  memcmp(out, same, length) == 0,
            "key %u agrees", (unsigned)j);
        tls_key_exchange_wipe(&server);
        tls_key_exchange_wipe(&keys[j]);
    }
}

int
main(void)
{
    size_t i;

    for (i = 0; i < GROUPS; i++) {
        check_about("%s: ", tls_registry_name(TLS_REGISTRY_GROUP, groups[i].group));
        check(tls_group_supported(groups[i].group) && tls_group_is_hybrid(groups[i].group) &&
                  !tls_group_is_curve(groups[i].group) && !tls_group_is_hybrid(groups[i].curve),
            "what it is");
        test_order(i);
        test_refusals(i);
        test_altered(i);
        test_borrowed(i);
    }
    return check_end();
}
