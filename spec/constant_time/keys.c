/* keys.c - the cases of private keys: signing, decrypting, reading and writing them. The keys come
 * in files, from the directory in the environment's KEYS. */
#include "base/bytes.h"
#include "asn1/pem.h"
#include "constant_time.h"
#include "crypto/hash.h"
#include "key/key_bearssl.h"
#include "key/key_encode.h"
#include "key/key_file.h"
#include "key/rsa_pss.h"
#include "key/signature.h"

/* How many bits a factor has is public to BearSSL and to us: its first byte stays in the clear. */
#define CLEAR 1

static tls_bytes
read_file(const char *name)
{
    static unsigned char data[8192];
    char path[512];
    size_t length;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", getenv("KEYS"), name);
    file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    length = fread(data, 1, sizeof data - 1, file);
    fclose(file);
    data[length] = 0;
    return tls_bytes_make(data, length);
}

static tls_private_key *
load(const char *name)
{
    tls_private_key *key;

    if (tls_private_key_decode(&key, read_file(name)) != TLS_OK) {
        fprintf(stderr, "cannot read %s\n", name);
        exit(2);
    }
    return key;
}

static const char *
name_of(int curve, const char *ending)
{
    static char name[32];

    snprintf(name, sizeof name, "%s.%s",
        curve == 0    ? "rsa"
        : curve == 23 ? "p256"
        : curve == 24 ? "p384"
        : curve == 29 ? "ed25519"
                      : "p521",
        ending);
    return name;
}

static void
hide(unsigned char *number, size_t length)
{
    SECRET(number + CLEAR, length - CLEAR);
}

static void
hide_key(const tls_private_key *key)
{
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);
    tls_bytes exponent = tls_private_key_exponent(key);

    if (tls_private_key_ed25519(key) != NULL) {
        SECRET(tls_private_key_ed25519(key), 32);
        return;
    }
    if (rsa == NULL) {
        SECRET(tls_private_key_ec(key)->x, tls_private_key_ec(key)->xlen);
        return;
    }
    hide(rsa->p, rsa->plen);
    hide(rsa->q, rsa->qlen);
    hide(rsa->dp, rsa->dplen);
    hide(rsa->dq, rsa->dqlen);
    hide(rsa->iq, rsa->iqlen);
    SECRET(exponent.data + CLEAR, exponent.length - CLEAR);
}

static int
sign(int scheme)
{
    int curve = scheme == TLS_SCHEME_ECDSA_SECP256R1_SHA256 ? 23
                : scheme == TLS_SCHEME_ED25519              ? 29
                                                            : 0;
    tls_private_key *key = load(name_of(curve, "der"));
    unsigned char out[TLS_SIGNATURE_MAXIMUM], digest[32] = {7};
    size_t length;

    hide_key(key);
    length = tls_sign_scheme(key, out, (unsigned)scheme, tls_bytes_make(digest, sizeof digest));
    PUBLIC(&length, sizeof length);
    PUBLIC(out, sizeof out);
    return tls_verify_scheme(tls_private_key_public(key), (unsigned)scheme,
               tls_bytes_make(digest, sizeof digest), tls_bytes_make(out, length)) == TLS_OK;
}

/* Neither the padding's verdict nor what was decrypted is public. */
static int
premaster(int good)
{
    tls_private_key *key = load("rsa.der");
    size_t length = tls_private_key_public(key)->modulus.length;
    unsigned char data[512];
    br_x509_pkey pkey;
    uint32_t decrypted;

    memset(data, 0x77, sizeof data);
    data[0] = 0;
    if (good) { /* PKCS#1 type 2, RFC 8017 section 7.2.1 */
        data[1] = 2;
        data[length - 49] = 0;
        data[length - 48] = 3;
        data[length - 47] = 3;
        tls_public_key_to_bearssl(&pkey, tls_private_key_public(key));
        br_rsa_public_get_default()(data, length, &pkey.key.rsa);
    }
    hide_key(key);
    SECRET(data, sizeof data);
    decrypted = tls_decrypt_premaster(key, data, length);
    PUBLIC(&decrypted, sizeof decrypted);
    PUBLIC(data, sizeof data);
    return decrypted == (uint32_t)good && (!good || (data[0] == 3 && data[47] == 0x77));
}

/* hide_numbers: the private numbers of PKCS#8: all INTEGERs of a PKCS#1 structure but the modulus
 * (the version and the exponent are short), the OCTET STRING of an ECPrivateKey or of a
 * CurvePrivateKey. Headers, lengths and the bytes by which a length is seen to be the least stay in
 * the clear. */
static void
hide_numbers(unsigned char *p, const unsigned char *end, int depth, int *count, int is_rsa)
{
    while (p < end) {
        unsigned tag = p[0];
        size_t n = p[1], header = 2, i;

        if (n >= 0x80) {
            header += n & 0x7F;
            for (n = 0, i = 2; i < header; i++)
                n = n << 8 | p[i];
        }
        if ((tag & 0x20) != 0 ||
            (tag == 0x04 && (p[header] == 0x30 || p[header] == 0x04) && depth == 1))
            hide_numbers(p + header, p + header + n, depth + 1, count, is_rsa);
        else if (is_rsa && tag == 0x02 && n > 3) {
            if (++*count > 1)
                SECRET(p + header + 1 + CLEAR, n - 1 - CLEAR);
        } else if (!is_rsa && tag == 0x04 && n > 3)
            SECRET(p + header + CLEAR, n - CLEAR);
        p += header + n;
    }
}

static int
decode(int curve)
{
    tls_bytes der = read_file(name_of(curve, "der"));
    tls_private_key *key;
    int count = 0;
    enum tls_reason reason;

    hide_numbers(
        (unsigned char *)(uintptr_t)der.data, der.data + der.length, 0, &count, curve == 0);
    reason = tls_private_key_decode(&key, der);
    PUBLIC(&reason, sizeof reason);
    return reason == TLS_OK;
}

/* A line of the base64. */
static int
decode_pem(int unused)
{
    tls_bytes text = read_file("rsa.pem");
    unsigned char *body = (unsigned char *)strchr((const char *)text.data, '\n') + 1;
    tls_buffer der = {NULL, 0, 0, 0};
    tls_pem_block block;
    tls_pem pem;

    (void)unused;
    SECRET(body + 65, 64);
    tls_pem_init(&pem, text);
    return tls_pem_next(&pem, &block, &der) && block.valid;
}

static int
encode(int curve)
{
    tls_private_key *key = load(name_of(curve, "der"));
    tls_buffer out = {NULL, 0, 0, 0};
    enum tls_reason reason;

    hide_key(key);
    reason = tls_private_key_encode_pem(&out, key, TLS_KEY_FORMAT_PKCS8);
    PUBLIC(&reason, sizeof reason);
    return reason == TLS_OK && out.length > 100;
}

/* The password, and what is under it; that is read by the cases above. */
static int
decrypt(int unused)
{
    unsigned char secret[] = "pw";
    tls_bytes password = tls_bytes_make(secret, 2), der;
    tls_buffer plain = {NULL, 0, 0, 0};

    (void)unused;
    SECRET(secret, 2);
    if (tls_private_key_decrypt(&plain, read_file("p256.encrypted"), &password) != TLS_OK)
        return 0;
    PUBLIC(plain.data, plain.length);
    der = read_file("p256.der");
    return tls_bytes_equal(tls_buffer_view(&plain), der);
}

/* All of the private section of OpenSSH's format. */
static int
openssh(int unused)
{
    tls_bytes bytes = read_file("openssh.der");
    tls_buffer plain = {NULL, 0, 0, 0};
    enum tls_reason reason;

    (void)unused;
    /* That of a key of 2048 bits has more than 1024 bytes, what stands before it 400. */
    SECRET((void *)(uintptr_t)(bytes.data + bytes.length - 1024), 1024);
    reason = tls_private_key_from_openssh(&plain, bytes);
    PUBLIC(&reason, sizeof reason);
    return reason == TLS_OK && plain.length > 1000;
}

const test_case key_cases[] = {
    {"openssh-rsa", openssh, 0, ""},
    {"sign-pss", sign, TLS_SCHEME_RSA_PSS_RSAE_SHA256, "rsa"},
    {"sign-pkcs1", sign, TLS_SCHEME_RSA_PKCS1_SHA256, ""},
    {"sign-ecdsa", sign, TLS_SCHEME_ECDSA_SECP256R1_SHA256, ""},
    {"sign-ed25519", sign, TLS_SCHEME_ED25519, "x25519"},
    {"premaster-good", premaster, 1, "rsa"},
    {"premaster-bad", premaster, 0, ""},
    {"decode-rsa", decode, 0, "rsa"},
    {"decode-p256", decode, 23, ""},
    {"decode-p384", decode, 24, ""},
    {"decode-p521", decode, 25, ""},
    {"decode-ed25519", decode, 29, "x25519"},
    {"decode-pem", decode_pem, 0, ""},
    {"decrypt", decrypt, 0, ""},
    {"encode-rsa", encode, 0, ""},
    {"encode-p256", encode, 23, ""},
    {"encode-ed25519", encode, 29, ""},
    {NULL, NULL, 0, NULL},
};
