# certificates_corpus.sh - keys, certificates and chains, good and bad, made with the openssl program; sourced by corpus.sh
# in the directory that they go to.

ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid'
ca_plain='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash'
san='subjectAltName=DNS:www.example.com,DNS:*.wild.example.com,IP:192.0.2.1,IP:2001:db8::1,email:a@example.com,URI:https://example.com/x,dirName:dn\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\nauthorityInfoAccess=OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/i.der\ncrlDistributionPoints=URI:http://crl.example/c.crl,URI:http://crl2.example/c.crl'
dn='\n[dn]\nO=Some Org\nCN=Inner'
leaf="basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth,1.2.3.4\ntlsfeature=status_request\n$san$dn"

ec P-256 root
certify root '/C=DE/O=Test, Inc.+OU=a/CN=Root One' self 3650 "$ca_plain"
rsa 2048 root2
certify root2 '/CN=Root Two' self 3650 "$ca_plain"
ec P-384 int
certify int '/O=Test/CN=Intermediate' root 3650 "$ca" -sha384
KEY=int certify int_cross '/O=Test/CN=Intermediate' root2 3650 "$ca"
KEY=int certify int_expired '/O=Test/CN=Intermediate' root 1 "$ca"
ec P-384 int_other
certify int_other '/O=Test/CN=Intermediate' root 3650 \
    'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign'

rsa 2048 rsa2048; rsa 3072 rsa3072; rsa 4096 rsa4096
ec P-256 p256; ec P-384 p384; ec P-521 p521
for kind in rsa2048 rsa3072 rsa4096 p256 p384 p521; do
    certify $kind '/CN=www.example.com' int 3650 "$leaf"
    openssl pkcs8 -topk8 -nocrypt -in $kind.key -outform DER -out $kind.pkcs8.der
    case $kind in
    rsa*) openssl rsa -traditional -in $kind.key -out $kind.traditional 2>/dev/null
        openssl rsa -traditional -in $kind.key -outform DER -out $kind.traditional.der 2>/dev/null ;;
    *) openssl ec -in $kind.key -out $kind.traditional 2>/dev/null
        openssl ec -in $kind.key -outform DER -out $kind.traditional.der 2>/dev/null ;;
    esac
done
for kind in rsa2048 rsa3072 rsa4096 p256 p384 p521; do
    for hash in sha256 sha384 sha512; do
        KEY=$kind certify ca_$kind "/CN=CA $kind" self 3650 "$ca_plain"
        KEY=p256 ISSUERKEY=$kind certify by_${kind}_$hash '/CN=x' ca_$kind 3650 \
            'subjectAltName=DNS:www.example.com' -$hash
    done
done
# What must be refused: too long, three primes, another curve; and a compressed point, which need not.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4104 -out rsa4104.key 2>/dev/null
openssl req -x509 -new -key rsa4104.key -subj /CN=big -days 3650 -out rsa4104.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3 -out primes3.key 2>/dev/null
ec secp256k1 k1
openssl req -x509 -new -key k1.key -subj /CN=k1 -days 3650 -out k1.pem
openssl ec -in p256.key -conv_form compressed -out compressed.key 2>/dev/null
openssl ec -in p256.key -no_public -out nopublic.key 2>/dev/null
openssl pkcs8 -topk8 -in p256.key -passout pass:x -out encrypted8.key
openssl pkcs8 -topk8 -in p256.key -passout pass:x -outform DER -out encrypted8.der
openssl rsa -traditional -aes128 -passout pass:x -in rsa2048.key -out encrypted1.key 2>/dev/null
(openssl ecparam -name prime256v1; cat p256.traditional) >withparams.key
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out psskey.key 2>/dev/null
certify psskey '/CN=www.example.com' int 3650 "$leaf"

export KEY=p256
certify short '/CN=www.example.com' int 1 "$leaf"
certify cn_only '/CN=www.example.com' int 3650 'basicConstraints=CA:FALSE'
certify selfsigned '/CN=www.example.com' self 3650 'subjectAltName=DNS:www.example.com'
certify sha1 '/CN=www.example.com' int 3650 "$leaf" -sha1
certify pss '/CN=www.example.com' root2 3650 "$leaf" -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
certify pss512 '/CN=www.example.com' root2 3650 "$leaf" -sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:64
certify pkcs1 '/CN=www.example.com' root2 3650 "$leaf" -sha512
certify client '/CN=client' int 3650 'extendedKeyUsage=clientAuth\nsubjectAltName=DNS:www.example.com'
certify signonly '/CN=x' int 3650 'keyUsage=keyCertSign\nsubjectAltName=DNS:www.example.com'
certify critical '/CN=x' int 3650 'subjectAltName=DNS:www.example.com\n1.2.3.4.5=critical,DER:0500'
ISSUERKEY=p256 certify by_leaf '/CN=x' p256 3650 'subjectAltName=DNS:www.example.com'
certify utf8 '/O=Fußball/CN=Name ﷰ︀ﻯ 漢字 😀' int 3650 "$leaf"
unset KEY
openssl genpkey -algorithm ED448 -out ed448.key
certify ed448 '/CN=x' int 3650 'subjectAltName=DNS:www.example.com'
openssl genpkey -algorithm ED25519 -out ed.key
certify ed '/CN=x' int 3650 'subjectAltName=DNS:www.example.com'
rsa 1024 weak
certify weak '/CN=x' int 3650 'subjectAltName=DNS:www.example.com'

ec P-256 plen; ec P-256 plen2
certify plen '/CN=Plen' root 3650 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign'
certify plen2 '/CN=Plen2' plen 3650 "$ca_plain"
KEY=p256 certify plen_leaf '/CN=x' plen2 3650 'subjectAltName=DNS:www.example.com'
KEY=p256 certify plen_good '/CN=x' plen 3650 'subjectAltName=DNS:www.example.com'
ec P-256 nosign
certify nosign '/CN=NoSign' root 3650 'basicConstraints=critical,CA:TRUE\nkeyUsage=cRLSign'
KEY=p256 certify nosign_leaf '/CN=x' nosign 3650 'subjectAltName=DNS:www.example.com'
ec P-256 ekuint
certify ekuint '/CN=EkuInt' root 3650 "$ca_plain\nextendedKeyUsage=clientAuth"
KEY=p256 certify ekuint_leaf '/CN=x' ekuint 3650 'subjectAltName=DNS:www.example.com'

ec P-256 nc
certify nc '/CN=NC' root 3650 "$ca_plain\nnameConstraints=critical,permitted;DNS:example.com,permitted;IP:192.0.2.0/255.255.255.0,permitted;email:example.com,permitted;dirName:okdn,excluded;DNS:bad.example.com,permitted;URI:.example.com\n[okdn]\nO=Good"
nc_leaf() { KEY=p256 certify "$1" "$2" nc 3650 "subjectAltName=$3"; }
nc_leaf nc_good /O=Good/CN=x DNS:www.example.com,DNS:example.com,IP:192.0.2.9,email:a@example.com,URI:https://u@www.example.com:80/
nc_leaf nc_good2 /O=good 'DNS:*.www.example.com'
nc_leaf nc_bad_dns /O=Good DNS:www.example.org,DNS:www.example.com
nc_leaf nc_bad_suffix /O=Good DNS:notexample.com
nc_leaf nc_bad_excluded /O=Good DNS:x.bad.example.com
nc_leaf nc_bad_wildcard /O=Good 'DNS:*.example.com'
nc_leaf nc_bad_ip /O=Good DNS:www.example.com,IP:192.0.3.1
nc_leaf nc_bad_ip6 /O=Good DNS:www.example.com,IP:2001:db8::1
nc_leaf nc_bad_email /O=Good DNS:www.example.com,email:a@sub.example.com
nc_leaf nc_bad_email_dn /O=Good/emailAddress=a@evil.org DNS:www.example.com
nc_leaf nc_bad_dn /O=Evil DNS:www.example.com
nc_leaf nc_bad_uri /O=Good DNS:www.example.com,URI:http://example.com/

# What openssl says about each certificate of the system's bundle, for comparison.
awk '/-----BEGIN CERTIFICATE/{n++} n{print > sprintf("bundle%03d.crt", n)}' /etc/ssl/certs/ca-certificates.crt
for f in bundle*.crt utf8.pem p256.pem root.pem; do
    openssl x509 -in "$f" -noout -nameopt RFC2253,-esc_msb,utf8 -subject -issuer -serial -dates \
        -dateopt iso_8601 -fingerprint -sha256
done >bundle.expected
rm -f bundle*.crt
