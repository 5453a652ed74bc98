# signature_corpus.sh - keys of many sizes, and signatures, made with the openssl program; sourced by corpus.sh in the
# directory that they go to.
#   KEY.key, KEY.pub, KEY.schemes   a key, and what it can sign with
#   SCHEME.digest, SCHEME.options   what is signed, and how openssl is told to
#   KEY.SCHEME.theirs               openssl's signature

# options SCHEME: of openssl pkeyutl
options() {
    hash=${1##*_}
    case $1 in
    rsa_pss_*) echo "-pkeyopt digest:$hash -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest -pkeyopt rsa_mgf1_md:$hash" ;;
    rsa_pkcs1_*) echo "-pkeyopt digest:$hash -pkeyopt rsa_padding_mode:pkcs1" ;;
    *) echo "-pkeyopt digest:$hash" ;;
    esac
}

for bits in 1024 2048 2049 2050 2051 2052 2053 2054 2055 3072 4096; do
    # openssl makes no modulus of an odd number of bits.
    if [ $((bits % 2)) -ne 0 ]; then
        "$program" rsa . "$bits"
    else
        rsa "$bits" "rsa$bits"
    fi
done
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss2048.key 2>/dev/null
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 \
    -pkeyopt rsa_pss_keygen_mgf1_md:sha384 -pkeyopt rsa_pss_keygen_saltlen:48 -out pss384.key 2>/dev/null
for bits in 256 384 521; do
    ec P-$bits ec$bits
done
for key in *.key; do
    openssl pkey -in "$key" -pubout -out "${key%.key}.pub"
    case $key in
    rsa*) schemes='rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pkcs1_sha1 rsa_pkcs1_sha224
        rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512' ;;
    pss384*) schemes=rsa_pss_pss_sha384 ;;
    pss*) schemes='rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512' ;;
    *) schemes='ecdsa_sha1 ecdsa_sha224 ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512' ;;
    esac
    echo "$schemes" | tr -s ' \n' '\n\n' >"${key%.key}.schemes"
    for scheme in $schemes; do
        options "$scheme" >"$scheme.options"
        printf 'message for %s' "$scheme" | openssl dgst "-${scheme##*_}" -binary >"$scheme.digest"
        # The shortest key has no room for the longest hash.
        [ "$key $scheme" != "rsa1024.key rsa_pss_rsae_sha512" ] || continue
        # shellcheck disable=SC2046
        openssl pkeyutl -sign -inkey "$key" -in "$scheme.digest" -out "${key%.key}.$scheme.theirs" $(cat "$scheme.options")
    done
done
# Not one of those above: no scheme of TLS has another hash in MGF1.
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 \
    -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:48 -out narrow.key 2>/dev/null
