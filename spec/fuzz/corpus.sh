#!/bin/sh
# corpus.sh DIRECTORY SEEDS - makes a small corpus for each fuzz target, in DIRECTORY/TARGET: with the openssl CLI, and
# with SEEDS, the program of seeds.c.
set -e
dir=$1
[ ! "$dir/corpus.done" -nt "$2" ] || exit 0
for target in certificate key crl ocsp request pem messages extensions session ticket ech client_13 server_13 client_12 \
    server_12 hostile renegotiation late verification compressed_certificate ml_kem ed25519 password_cipher; do mkdir -p "$dir/$target"; done
"$2" "$dir"
work=$dir/work
mkdir -p "$work"
cd "$work"

der() { openssl "$1" -in "$2" -outform DER -out "$3" 2>/dev/null; }
for curve in P-256 P-384 P-521; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out $curve.key 2>/dev/null
    der ec $curve.key ../key/$curve.sec1
    openssl pkcs8 -topk8 -nocrypt -in $curve.key -outform DER -out ../key/$curve.pkcs8
    openssl pkey -in $curve.key -pubout -outform DER -out ../key/$curve.public
    openssl pkcs8 -topk8 -in $curve.key -passout pass:secret -iter 1 -outform DER -out ../key/$curve.encrypted
done
openssl genpkey -algorithm ED25519 -out ed25519.key
openssl pkey -in ed25519.key -outform DER -out ../key/ed25519.pkcs8
openssl pkey -in ed25519.key -pubout -outform DER -out ../key/ed25519.public
openssl pkcs8 -topk8 -in ed25519.key -passout pass:secret -iter 1 -outform DER -out ../key/ed25519.encrypted
# OneAsymmetricKey with its public half (RFC 5958)
{ printf '\060\121\002\001\001'; tail -c +6 ../key/ed25519.pkcs8; printf '\201\041\000'; tail -c 32 ../key/ed25519.public; } >../key/ed25519.v2
printf 'message' >message
openssl pkeyutl -sign -rawin -in message -inkey ed25519.key -out signature
{ tail -c 32 ../key/ed25519.public; cat signature message; } >../ed25519/good
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>/dev/null
openssl rsa -traditional -in rsa.key -outform DER -out ../key/rsa.pkcs1 2>/dev/null
openssl pkcs8 -topk8 -nocrypt -in rsa.key -outform DER -out ../key/rsa.pkcs8
openssl pkey -in rsa.key -pubout -outform DER -out ../key/rsa.public
for cipher in aes-128-cbc des3; do
    openssl pkcs8 -topk8 -in P-256.key -passout pass:secret -iter 1 -v2 $cipher -v2prf hmacWithSHA1 -outform DER \
        -out ../key/$cipher.encrypted
done
openssl pkcs8 -topk8 -in P-256.key -passout pass:secret -scrypt -scrypt_N 2 -outform DER -out ../key/scrypt.encrypted
openssl pkcs8 -topk8 -in P-256.key -passout pass:secret -iter 1 -v1 PBE-SHA1-3DES -outform DER -out ../key/pbe.encrypted
for kind in rsa ecdsa ed25519; do
    rm -f ssh.$kind
    ssh-keygen -q -t $kind -N '' -f ssh.$kind
    cp ssh.$kind ../key/$kind.openssh
    sed '/^-----/d' ssh.$kind | openssl base64 -d >../password_cipher/$kind.openssh
done
# its MacData, of 47 bytes
openssl pkcs12 -export -nocerts -inkey P-256.key -passout pass:secret -macalg sha1 -nomaciter 2>/dev/null | tail -c 47 >../password_cipher/mac

cat >conf <<CONF
[req]
distinguished_name = dn
[dn]
[ca_ext]
basicConstraints = critical,CA:TRUE,pathlen:3
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical,permitted;DNS:example.com,permitted;IP:192.0.2.0/255.255.255.0,excluded;email:.example.com
certificatePolicies = 2.5.29.32.0,@policy
policyConstraints = requireExplicitPolicy:3
[policy]
policyIdentifier = 1.2.3.4
CPS.1 = http://example.com/cps
userNotice.1 = @notice
[notice]
explicitText = UTF8:text
[leaf]
subjectAltName = DNS:www.example.com,DNS:*.example.com,IP:192.0.2.1,IP:2001:db8::1,email:a@example.com,URI:https://example.com/,RID:1.2.3,dirName:dir,otherName:1.2.3;UTF8:x
authorityKeyIdentifier = keyid,issuer
keyUsage = digitalSignature
extendedKeyUsage = serverAuth,clientAuth,1.2.3.4
authorityInfoAccess = OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/
crlDistributionPoints = URI:http://crl.example/c.crl
tlsfeature = status_request
1.3.6.1.4.1.11129.2.4.2 = DER:0439003700350000000000000000000000000000000000000000000000000000000000000000000000018BCFE568000000040300060102030405
[dir]
O = Org
CN = Inner
[ca]
default_ca = it
[it]
database = index
crlnumber = number
default_md = sha256
default_crl_days = 30
crl_extensions = crl_ext
[crl_ext]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@idp
[idp]
fullname = URI:http://crl.example/c.crl
onlyuser = TRUE
CONF
openssl req -x509 -new -config conf -extensions ca_ext -key P-256.key -subj '/C=DE/O=Org+OU=Unit/CN=CA' -days 3650 -out ca.pem
openssl req -new -config conf -reqexts leaf -key P-384.key -subj '/CN=leaf' -out full.csr 2>/dev/null ||
    openssl req -new -config conf -key P-384.key -subj '/CN=leaf' -out full.csr
openssl req -new -config conf -key rsa.key -subj '/CN=plain' -out plain.csr
openssl req -new -config conf -key ed25519.key -subj '/CN=ed' -out ed25519.csr
openssl req -x509 -new -config conf -extensions ca_ext -key ed25519.key -subj '/CN=ed' -days 3650 -out ed25519.pem
openssl x509 -req -in full.csr -CA ca.pem -CAkey P-256.key -set_serial 4660 -days 3650 -extfile conf -extensions leaf -out leaf.pem 2>/dev/null
openssl x509 -req -in plain.csr -CA ca.pem -CAkey P-256.key -set_serial 2 -days 3650 -out plain.pem 2>/dev/null
openssl req -x509 -new -config conf -key rsa.key -subj /CN=pss -sigopt rsa_padding_mode:pss -sha256 -days 3650 -out pss.pem
for f in ca leaf plain pss ed25519; do der x509 $f.pem ../certificate/$f; done
for f in full plain ed25519; do der req $f.csr ../request/$f; done

: >index
echo 01 >number
openssl ca -config conf -cert ca.pem -keyfile P-256.key -gencrl -out empty.crl 2>/dev/null
openssl ca -config conf -cert ca.pem -keyfile P-256.key -revoke leaf.pem -crl_compromise 20240102030405Z 2>/dev/null
openssl ca -config conf -cert ca.pem -keyfile P-256.key -revoke plain.pem -crl_reason superseded 2>/dev/null
openssl ca -config conf -cert ca.pem -keyfile P-256.key -gencrl -out full.crl 2>/dev/null
for f in empty full; do der crl $f.crl ../crl/$f; done
for f in leaf plain; do
    openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey P-256.key -issuer ca.pem -cert $f.pem -ndays 7 -noverify \
        -respout ../ocsp/$f >/dev/null 2>&1
done
openssl ocsp -index index -CA ca.pem -rsigner plain.pem -rkey rsa.key -issuer ca.pem -cert leaf.pem -ndays 7 -noverify \
    -resp_key_id -respout ../ocsp/delegated >/dev/null 2>&1

# Whole worlds for `verification`: a word of options, then pieces (see verification.c).
cat >chain.conf <<CONF
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[named]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
nameConstraints = critical,permitted;DNS:example.com,permitted;IP:192.0.2.0/255.255.255.0,permitted;IP:2001:db8::/ffff:ffff::,permitted;email:example.com,permitted;URI:.example.com,permitted;dirName:within
[excluded]
basicConstraints = critical,CA:TRUE
nameConstraints = critical,excluded;DNS:example.org,excluded;IP:198.51.100.0/255.255.255.0,excluded;email:.example.org,excluded;URI:example.org,excluded;dirName:without
[within]
O = Org
[without]
O = Other
[end]
subjectAltName = DNS:www.example.com,DNS:*.example.com,IP:192.0.2.1,IP:2001:db8::1,email:a@example.com,URI:https://www.example.com/
keyUsage = digitalSignature
extendedKeyUsage = serverAuth,clientAuth
tlsfeature = status_request
CONF
sign() { # REQUEST OUT ISSUER KEY SERIAL SECTION
    openssl x509 -req -in $1 -CA $3.pem -CAkey $4 -set_serial $5 -days 3650 -extfile chain.conf -extensions $6 -out $2.pem 2>/dev/null
}
request() { openssl req -new -config conf -key $2 -subj "/O=Org/CN=$1" -out $1.csr; }
openssl req -x509 -new -config conf -extensions root -config chain.conf -key P-256.key -subj '/O=Org/CN=root' -days 3650 -out root.pem 2>/dev/null ||
    { cat conf chain.conf >both.conf; openssl req -x509 -new -config both.conf -extensions root -key P-256.key -subj '/O=Org/CN=root' -days 3650 -out root.pem; }
for name in named excluded; do
    request $name P-384.key
    sign $name.csr $name root P-256.key 17 $name
    request end-$name rsa.key
    sign end-$name.csr end-$name $name P-384.key 33 end
    for issuer in root $name; do
        case $issuer in root) key=P-256.key listed=$name ;; *) key=P-384.key listed=end-$name ;; esac
        : >index
        openssl ca -config conf -cert $issuer.pem -keyfile $key -gencrl -out $issuer-$name.crl 2>/dev/null
        openssl ocsp -index index -CA $issuer.pem -rsigner $issuer.pem -rkey $key -issuer $issuer.pem -cert $listed.pem \
            -ndays 7 -noverify -respout $listed.unknown >/dev/null 2>&1
        openssl ca -config conf -cert $issuer.pem -keyfile $key -revoke $listed.pem -crl_reason keyCompromise 2>/dev/null
        openssl ca -config conf -cert $issuer.pem -keyfile $key -gencrl -out $issuer-$name-revoked.crl 2>/dev/null
        openssl ocsp -index index -CA $issuer.pem -rsigner $issuer.pem -rkey $key -issuer $issuer.pem -cert $listed.pem \
            -ndays 7 -noverify -respout $listed.revoked >/dev/null 2>&1
        sed 's/^R\t\([^\t]*\)\t[^\t]*/V\t\1\t/' index >index.good
        openssl ocsp -index index.good -CA $issuer.pem -rsigner $issuer.pem -rkey $key -issuer $issuer.pem -cert $listed.pem \
            -ndays 7 -noverify -respout $listed.good >/dev/null 2>&1
    done
done
octet() { printf "\\$(printf %03o "$1")"; }
# piece KIND FILE: a signature is good when its last bit is 0.
piece() {
    case $2 in *.pem) openssl x509 -in $2 -outform DER -out piece ;; *.crl) openssl crl -in $2 -outform DER -out piece ;; *) cp $2 piece ;; esac
    length=$(($(wc -c <piece)))
    octet $1
    octet $((length / 256))
    octet $((length % 256))
    head -c $((length - 1)) piece
    printf '\002'
}
world() { # NAME WORD PIECES: the word in two octal numbers of its low bytes
    to=../verification/$1
    { printf '\000\000'; octet $2; octet $3; } >$to
    shift 3
    while [ $# -gt 0 ]; do
        piece $1 $2 >>$to
        shift 2
    done
}
for name in named excluded; do
    for server in 0 1 2 3 5; do world $name-$server 0 $server 0 end-$name.pem 0 $name.pem 1 root.pem; done
    for mode in 0 32 64; do
        world $name-crls-$mode 0 $mode 0 end-$name.pem 0 $name.pem 1 root.pem 2 $name-$name.crl 2 root-$name.crl
        world $name-revoked-$mode 0 $mode 0 end-$name.pem 0 $name.pem 1 root.pem 2 $name-$name-revoked.crl 2 root-$name.crl
        world $name-ca-revoked-$mode 0 $mode 0 end-$name.pem 0 $name.pem 1 root.pem 2 $name-$name.crl 2 root-$name-revoked.crl
        for status in good revoked unknown; do
            world $name-$status-$mode 1 $mode 0 end-$name.pem 0 $name.pem 1 root.pem 3 end-$name.$status 3 $name.good
        done
    done
done

cp leaf.pem full.csr full.crl P-256.key ../pem/
cat plain.pem P-521.key >../pem/several
printf '%s' 'CN=www.example.com,OU=a+O=b\, c,1.2.3=#0C0141,C=DE' >../pem/name
printf '%s' '192.0.2.0/24' >../pem/address
cd ..
rm -rf "$work"
touch corpus.done
