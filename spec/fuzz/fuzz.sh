#!/bin/sh
# fuzz.sh - builds the libFuzzer targets of this directory and runs each for some time, JOBS (2) at once.
#   fuzz.sh [SECONDS [TARGET ...]]      40 seconds each; needs clang with its runtime (libclang-rt-dev)
#   CORPUS=/some/dir keeps what they find between runs, also the inputs that crash.
#   CC (clang), CFLAGS and LIBS (-lbearssl) say how to build; RESULTS is a file that gets a line for CI's sum.
# The last line is "N passed, N failed": targets that ran without and with a finding.
set -e
here=$(cd "$(dirname "$0")" && pwd)
tls=$(cd "$here/../../csrc/tls" && pwd)
core=$(cd "$here/../core" && pwd)
SECONDS_EACH=${1:-40}
[ $# -eq 0 ] || shift
DIR=${CORPUS:-$(mktemp -d)}
mkdir -p "$DIR"
[ -n "$CORPUS" ] || trap 'rm -rf "$DIR"' EXIT
jobs=${JOBS:-2}
targets=${*:-certificate key crl ocsp request pem messages extensions session ticket ech client_13 server_13 client_12 server_12 hostile renegotiation late \
    verification compressed_certificate ml_kem ed25519 password_cipher}

CC="${CC:-clang}"
FLAGS="-std=c99 -D_DEFAULT_SOURCE -g -O1 -fno-omit-frame-pointer -Wall -Wextra -fno-sanitize-recover=undefined -I$tls -I$here -I$core $CFLAGS"
OBJECTS="$DIR/objects"
TLS=$tls
export CC FLAGS TLS OBJECTS DIR SECONDS_EACH
mkdir -p "$OBJECTS"
# A changed header, or other flags, make every object again.
echo "$CC $FLAGS" >"$OBJECTS/flags.new"
if ! cmp -s "$OBJECTS/flags.new" "$OBJECTS/flags" ||
    [ -n "$(find "$tls" "$here" "$core/support" -name '*.h' -newer "$OBJECTS/made" 2>/dev/null)" ]; then
    find "$OBJECTS" -name '*.o' -exec rm -f {} +
    mv -f "$OBJECTS/flags.new" "$OBJECTS/flags"
fi
# fuzz_random.c stands in for random.c.
{ find "$tls" -name '*.c' ! -name random.c; find "$here" -name '*.c'; echo "$core/support/certificates.c"; } |
    xargs -P "$jobs" -I '{}' sh -c 'o=$OBJECTS/${1#"$TLS"/}
    case $1 in "$TLS"/*) o=${o%.c}.o ;; *) o=$OBJECTS/fuzz_$(basename "$1" .c).o ;; esac
    mkdir -p "$(dirname "$o")"
    [ "$o" -nt "$1" ] || exec $CC $FLAGS -fsanitize=fuzzer-no-link,address,undefined -c -o "$o" "$1"' compile '{}'
touch "$OBJECTS/made"

# Everything but the other targets.
library=
for source in "$tls"/*/*.c; do
    object=${source#"$tls"/}
    [ "${source##*/}" = random.c ] || library="$library $OBJECTS/${object%.c}.o"
done
library="$library $OBJECTS/fuzz_fuzz_random.o $OBJECTS/fuzz_fuzz_pair.o $OBJECTS/fuzz_certificates.o ${LIBS:--lbearssl}"
link() { $CC -fsanitize="$1",address,undefined -o "$DIR/$2" "$OBJECTS/fuzz_${2#fuzz_}.o" $library $3; }

link fuzzer-no-link fuzz_seeds
for target in $targets; do
    case $target in
    hostile | renegotiation | late)
        link fuzzer "fuzz_$target" "$OBJECTS/fuzz_fuzz_breaker.o -Wl,--wrap=tls_record_seal,--wrap=tls13_send" ;;
    verification) link fuzzer fuzz_verification -Wl,--wrap=tls_verify_signature ;;
    *) link fuzzer "fuzz_$target" ;;
    esac
done
sh "$here/corpus.sh" "$DIR" "$DIR/fuzz_seeds"

printf '%s\n' $targets | xargs -P "$jobs" -I '{}' sh -c 'cd "$DIR" || exit 1
    if "./fuzz_$1" -max_total_time="$SECONDS_EACH" -timeout=20 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 \
        -artifact_prefix="$DIR/$1-" "$1" >"$1.log" 2>&1; then
        echo "$1: $(sed -n "s/stat::number_of_executed_units: //p" "$1.log") runs"
        rm -f "$1.failed"
    else
        echo "$1: failed"
        touch "$1.failed"
        tail -n 40 "$1.log"
    fi' run '{}'

passed=0 failed=0
for target in $targets; do
    if [ -e "$DIR/$target.failed" ]; then failed=$((failed + 1)); else passed=$((passed + 1)); fi
done
[ -z "$RESULTS" ] || echo "$passed $failed fuzz" >>"$RESULTS"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
