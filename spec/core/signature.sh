#!/bin/sh
# signature.sh PROGRAM - makes keys and signatures with the openssl program, runs PROGRAM (signature_test) on
# them, and has openssl verify what it signed.
#   CORPUS=/some/dir keeps the keys there and uses them again.
set -e
program=$1
dir=${CORPUS:-$(mktemp -d)}
mkdir -p "$dir"
[ -n "$CORPUS" ] || trap 'rm -rf "$dir"' EXIT
cd "$dir"

rsa_keys='1024 2048 2049 2050 2051 2052 2053 2054 2055 3072 4096'

# options SCHEME: of openssl pkeyutl
options() {
    hash=${1##*_}
    case $1 in
    rsa_pss_*) echo "-pkeyopt digest:$hash -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest -pkeyopt rsa_mgf1_md:$hash" ;;
    rsa_pkcs1_*) echo "-pkeyopt digest:$hash -pkeyopt rsa_padding_mode:pkcs1" ;;
    *) echo "-pkeyopt digest:$hash" ;;
    esac
}

if [ ! -f done ]; then
    for bits in $rsa_keys; do
        # openssl makes no modulus of an odd number of bits.
        if [ $((bits % 2)) -ne 0 ]; then
            "$program" . "$bits"
            continue
        fi
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:"$bits" -out "rsa$bits.key" 2>/dev/null
    done
    openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss2048.key 2>/dev/null
    openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 \
        -pkeyopt rsa_pss_keygen_mgf1_md:sha384 -pkeyopt rsa_pss_keygen_saltlen:48 -out pss384.key 2>/dev/null
    # no scheme of TLS has another hash in MGF1
    openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 \
        -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:48 -out narrow.pem 2>/dev/null
    for bits in 256 384 521; do
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-$bits -out "ec$bits.key"
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
            printf 'message for %s' "$scheme" | openssl dgst "-${scheme##*_}" -binary >"$scheme.digest"
            # The shortest key has no room for the longest hash.
            [ "$key $scheme" != "rsa1024.key rsa_pss_rsae_sha512" ] || continue
            # shellcheck disable=SC2046
            openssl pkeyutl -sign -inkey "$key" -in "$scheme.digest" -out "${key%.key}.$scheme.theirs" $(options "$scheme")
        done
    done
    touch done
fi

rm -f ./*.ours
status=0
"$program" . >log 2>&1 || status=$?
cat log
passed=$(sed -n '$s/^\([0-9]*\) passed, [0-9]* failed$/\1/p' log)
failed=$(sed -n '$s/^[0-9]* passed, \([0-9]*\) failed$/\1/p' log)
[ -n "$failed" ] || { echo "0 passed, 1 failed"; exit 1; }
count=0
for signature in *.ours; do
    name=${signature%.ours}
    key=${name%%.*}
    scheme=${name#*.}
    # shellcheck disable=SC2046
    if openssl pkeyutl -verify -pubin -inkey "$key.pub" -in "$scheme.digest" -sigfile "$signature" \
        $(options "$scheme") >/dev/null 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok - openssl does not verify $signature"
    fi
    count=$((count + 1))
done
# Every pair but the one that is left out above has a signature of ours.
expected=$(cat ./*.schemes | grep -c .)
if [ $count -ne $((expected - 1)) ]; then
    failed=$((failed + 1))
    echo "not ok - $count signatures, not $((expected - 1))"
fi
echo "$passed passed, $failed failed"
[ $status -eq 0 ] && [ "$failed" -eq 0 ]
