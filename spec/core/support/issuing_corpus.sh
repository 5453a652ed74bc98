# issuing_corpus.sh - keys, requests, CRLs and OCSP responses, good and bad, made with the openssl program; sourced by
# corpus.sh in the directory that they go to.

ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash'
leaf='subjectAltName=DNS:www.example.com\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash'

rsa 2048 rsa2048; rsa 3072 rsa3072; rsa 4096 rsa4096
ec P-256 p256; ec P-384 p384; ec P-521 p521
for kind in rsa2048 rsa3072 rsa4096 p256 p384 p521; do
    openssl pkcs8 -topk8 -nocrypt -in $kind.key -outform DER -out $kind.pkcs8.der
    openssl pkey -in $kind.key -pubout -outform DER -out $kind.public.der
    case $kind in
    rsa*) openssl rsa -traditional -in $kind.key -outform DER -out $kind.traditional.der 2>/dev/null ;;
    *) openssl ec -in $kind.key -outform DER -out $kind.traditional.der 2>/dev/null ;;
    esac
done
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key 2>/dev/null
for cipher in aes-128-cbc aes-192-cbc aes-256-cbc des3; do
    openssl pkcs8 -topk8 -in p256.key -passout pass:secret -v2 $cipher -out encrypted_$cipher.key
done
for prf in hmacWithSHA1 hmacWithSHA224 hmacWithSHA256 hmacWithSHA384 hmacWithSHA512; do
    openssl pkcs8 -topk8 -in rsa2048.key -passout pass:secret -v2 aes256 -v2prf $prf -iter 5000 -out encrypted_$prf.key
done
openssl pkcs8 -topk8 -in p256.key -passout pass:secret -outform DER -out encrypted.der
openssl pkcs8 -topk8 -in p256.key -passout pass:secret -v1 PBE-SHA1-3DES -out pbes1.key
openssl pkcs8 -topk8 -in p256.key -passout pass:secret -v1 PBE-SHA1-RC4-128 -provider legacy -provider default -out pbes1_rc4.key
openssl pkcs8 -topk8 -in p256.key -passout pass:secret -scrypt -out scrypt.key
openssl pkcs8 -topk8 -in p256.key -passout pass:secret -iter 10000001 -out toomany.key
for cipher in aes128 aes192 aes256 des3; do
    openssl rsa -traditional -$cipher -passout pass:secret -in rsa2048.key -out traditional_$cipher.key 2>/dev/null
done
openssl ec -aes128 -passout pass:secret -in p256.key -out traditional_ec.key 2>/dev/null
# OpenSSL 3 has these only in a provider that is not loaded by default; what no cipher of ours reads needs no ciphertext of its own
sed 's/^DEK-Info: .*/DEK-Info: DES-CBC,0011223344556677/' traditional_des3.key >traditional_des.key
sed 's/^DEK-Info: .*/DEK-Info: AES-256-CBC,0011/' traditional_aes256.key >traditional_cut.key

# A small PKI, with a database that openssl's ca and ocsp commands read.
ec P-256 root; certify root '/C=DE/O=Test/CN=Root' self 3650 "$ca"
rsa 2048 int; certify int '/O=Test/CN=Intermediate' root 3650 "$ca"
for name in good revoked hold unknown; do
    ec P-256 $name; certify $name "/CN=$name" int 3650 "$leaf"
done
ec P-256 staple; certify staple '/CN=staple' int 3650 "$leaf\ntlsfeature=status_request"
ec P-256 other; certify other '/CN=Other' self 3650 "$ca"
# The same name as the intermediate's, another key.
ec P-256 twin; certify twin '/O=Test/CN=Intermediate' root 3650 "$ca"
ec P-256 nosign; certify nosign '/O=Test/CN=NoSign' root 3650 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign'
ec P-256 below; certify below '/CN=below' nosign 3650 "$leaf"
ec P-256 responder; certify responder '/CN=Responder' int 3650 'extendedKeyUsage=OCSPSigning\nnoCheck=ignored'
ec P-256 wronguse; certify wronguse '/CN=WrongUse' int 3650 'extendedKeyUsage=serverAuth'
ec P-256 stranger; certify stranger '/CN=Stranger' other 3650 'extendedKeyUsage=OCSPSigning'

: >index.txt; echo 01 >crlnumber
cat >ca.conf <<CONF
[ca]
default_ca = it
[it]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 30
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
[delta]
2.5.29.27 = critical,DER:020101
[indirect]
issuingDistributionPoint = critical,@idp
[idp]
indirectCRL = TRUE
[user]
issuingDistributionPoint = critical,@user_idp
[user_idp]
onlyuser = TRUE
[onlyca]
issuingDistributionPoint = critical,@ca_idp
[ca_idp]
onlyCA = TRUE
[reasons]
issuingDistributionPoint = critical,@reasons_idp
[reasons_idp]
onlysomereasons = keyCompromise
[point]
issuingDistributionPoint = critical,@point_idp
[point_idp]
fullname = URI:http://crl.example/c.crl
[critical]
1.2.3.4.5 = critical,DER:0500
[critical_identifier]
2.5.29.35 = critical,DER:30048002AABB
[critical_freshest]
2.5.29.46 = critical,DER:3000
[critical_number]
2.5.29.20 = critical,DER:020101
CONF
gencrl() { openssl ca -config ca.conf -gencrl -cert "$2.pem" -keyfile "$2.key" -out "$1.crl" $3 2>/dev/null; }
openssl ca -config ca.conf -cert int.pem -keyfile int.key -valid good.pem 2>/dev/null
openssl ca -config ca.conf -cert int.pem -keyfile int.key -valid staple.pem 2>/dev/null
gencrl empty int
openssl ca -config ca.conf -cert int.pem -keyfile int.key -revoke revoked.pem -crl_compromise 20240102030405Z 2>/dev/null
openssl ca -config ca.conf -cert int.pem -keyfile int.key -revoke hold.pem -crl_hold holdInstructionReject 2>/dev/null
gencrl int int
gencrl sha512 int '-md sha512'
gencrl sha1 int '-md sha1'
gencrl by_twin twin
gencrl by_other other
gencrl short int '-crlhours 1'
for kind in delta indirect user onlyca reasons point critical critical_identifier critical_freshest; do
    gencrl $kind int "-crlexts $kind"
done
# openssl writes a number of its own where it has a file for them.
grep -v '^crlnumber' ca.conf >unnumbered.conf
openssl ca -config unnumbered.conf -gencrl -cert int.pem -keyfile int.key -crlexts critical_number \
    -out critical_number.crl 2>/dev/null
# CRLs of the root, which revoke the intermediate or nobody.
cp index.txt index.saved; : >index.txt
gencrl root root
openssl ca -config ca.conf -cert root.pem -keyfile root.key -revoke int.pem -crl_reason CACompromise 2>/dev/null
gencrl root_revokes_int root
gencrl nosign nosign
cp index.saved index.txt

# ocsp NAME CERTIFICATE SIGNER [options]
ocsp() {
    name=$1 certificate=$2 signer=$3
    shift 3
    openssl ocsp -index index.txt -CA int.pem -rsigner $signer.pem -rkey $signer.key -issuer int.pem \
        -cert $certificate.pem -respout $name.ocsp -noverify -ndays 7 "$@" >/dev/null 2>&1
}
ocsp good good int
ocsp revoked revoked int
ocsp hold hold int
ocsp unknown unknown int
ocsp delegated good responder
ocsp by_key good responder -resp_key_id
ocsp no_certificates good responder -resp_no_certs
ocsp wronguse good wronguse
ocsp stranger good stranger
ocsp nonce good int -nonce
ocsp staple staple int
openssl ocsp -index index.txt -CA int.pem -rsigner int.pem -rkey int.key -sha256 -issuer int.pem \
    -cert good.pem -respout sha256.ocsp -noverify -ndays 7 >/dev/null 2>&1

# Requests
printf '[req]\ndistinguished_name=dn\nreq_extensions=ext\n[dn]\n[ext]\nsubjectAltName=DNS:a.example.com,IP:192.0.2.1,IP:2001:db8::1\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:TRUE\ntlsfeature=status_request\n' >req.conf
openssl req -new -config req.conf -key p256.key -subj '/C=DE/O=Org+OU=Unit/CN=Requester' -out full.csr
openssl req -new -key rsa2048.key -subj '/CN=plain' -out plain.csr
openssl req -new -key p521.key -subj '/' -out nobody.csr
openssl req -new -key rsa2048.key -subj '/CN=sha1' -sha1 -out sha1.csr
