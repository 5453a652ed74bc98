#!/bin/sh
# run.sh PROGRAM OBJECTS… - runs every case of constant_time.c under memcheck, and looks for divisions in the kernels'
# objects. Fails if a case has a report, or a wrong result, and if one that is planted has none.
set -u

# one PROGRAM CASE IMPLEMENTATION PROCESSOR: a line to say, the log of what is wrong, and its mark.
if [ "$1" = --one ]; then
    log=$LOGS/$3-$4.log
    valgrind --error-limit=no --num-callers=8 --suppressions="$SUPPRESSIONS" "$2" "$3" "$4" "$5" >"$log" 2>&1
    status=$?
    found=$(sed -n 's/.*ERROR SUMMARY: \([0-9]*\) errors.*/\1/p' "$log")
    good=yes
    [ $status -eq 0 ] || good=
    case $3 in
    planted-*) [ "${found:-0}" != 0 ] || good= ;;
    *) [ "${found:-1}" = 0 ] || good= ;;
    esac
    line="  $3, $4: ${found:-no} reports"
    [ $status -eq 0 ] || line="$line, exit $status"
    [ -n "$good" ] || { line="$line: FAILED"; touch "$LOGS/wrong"; }
    echo "$line"
    [ -n "$good" ] || cat "$log"
    exit 0
fi

program=$1
shift
SUPPRESSIONS=$(dirname "$0")/public.supp
LOGS=$program.logs
KEYS=$program.keys
export SUPPRESSIONS LOGS KEYS
rm -rf "$LOGS" "$KEYS"
mkdir -p "$LOGS" "$KEYS"

# Keys in files
for pair in rsa:RSA:rsa_keygen_bits:2048 p256:EC:ec_paramgen_curve:P-256 p384:EC:ec_paramgen_curve:P-384 \
    p521:EC:ec_paramgen_curve:P-521; do
    name=${pair%%:*}
    pair=${pair#*:}
    openssl genpkey -quiet -algorithm "${pair%%:*}" -pkeyopt "${pair#*:}" -out "$KEYS/$name.pem" 2>/dev/null ||
        openssl genpkey -algorithm "${pair%%:*}" -pkeyopt "${pair#*:}" -out "$KEYS/$name.pem" 2>/dev/null || exit 1
    openssl pkcs8 -topk8 -nocrypt -in "$KEYS/$name.pem" -outform DER -out "$KEYS/$name.der" || exit 1
done
openssl genpkey -algorithm ED25519 -outform DER -out "$KEYS/ed25519.der" || exit 1
openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 10 -passout pass:pw -in "$KEYS/p256.pem" -outform DER \
    -out "$KEYS/p256.encrypted" || exit 1
ssh-keygen -q -t rsa -b 2048 -N '' -f "$KEYS/openssh" && sed '/^-----/d' "$KEYS/openssh" | base64 -d >"$KEYS/openssh.der" || exit 1

"$program" list >"$LOGS/list" || exit 1
sed -n 's/^left-out \([^ ]*\) \([^ ]*\) \(.*\)/  LEFT OUT: \1, \2: not for \3/p' "$LOGS/list"
if grep '^missing ' "$LOGS/list"; then
    echo 'FAILED: kernels without a case'
    touch "$LOGS/wrong"
fi
grep -v '^left-out \|^missing ' "$LOGS/list" | xargs -P 2 -n 3 sh "$0" --one "$program"

# divisions FILE…: instructions that divide, whose time depends on what they divide.
divisions() {
    objdump -d --no-show-raw-insn "$@" | grep -cE '[[:space:]](i?div[bwlq]?|[us]div)[[:space:]]'
}
[ "$(divisions "$program.planted.o")" -gt 0 ] || { echo 'FAILED: a planted division is not seen'; touch "$LOGS/wrong"; }
found=$(divisions "$@")
echo "  divisions in the kernels: $found"
[ "$found" -eq 0 ] || touch "$LOGS/wrong"

[ ! -e "$LOGS/wrong" ] || { echo 'constant-time: FAILED'; exit 1; }
echo 'constant-time: no branch, index or division depends on a secret'
