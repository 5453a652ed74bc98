#!/bin/sh
# fuzz.sh - builds the libFuzzer targets of this directory and runs each for some time.
#   fuzz.sh [SECONDS [TARGET ...]]      60 seconds each; needs clang with its runtime (libclang-rt-dev)
#   CORPUS=/some/dir keeps what they find between runs, also the inputs that crash.
#   CC (clang), CFLAGS and LIBS (-lbearssl) say how to build; RESULTS is a file that gets a line for CI's sum.
# The last line is "N passed, N failed": targets that ran without and with a finding.
set -e
here=$(cd "$(dirname "$0")" && pwd)
tls=$here/../../csrc/tls
seconds=${1:-60}
[ $# -eq 0 ] || shift
dir=${CORPUS:-$(mktemp -d)}
mkdir -p "$dir"
[ -n "$CORPUS" ] || trap 'rm -rf "$dir"' EXIT
sh "$here/corpus.sh" "$dir"

export CC="${CC:-clang}"
export FLAGS="-std=c99 -D_DEFAULT_SOURCE -g -O1 -fno-omit-frame-pointer -Wall -Wextra -fno-sanitize-recover=undefined -I$tls -I$here $CFLAGS"
export OBJECTS="$dir/objects"
mkdir -p "$OBJECTS"
# A changed header makes every object again.
[ -z "$(find "$tls" -name '*.h' -newer "$OBJECTS/made" 2>/dev/null)" ] || rm -f "$OBJECTS"/*
printf '%s\n' "$tls"/*.c | xargs -P 2 -I '{}' sh -c 'o=$OBJECTS/$(basename "$1" .c).o
    [ "$o" -nt "$1" ] || exec $CC $FLAGS -fsanitize=fuzzer-no-link,address,undefined -c -o "$o" "$1"' compile '{}'
touch "$OBJECTS/made"

passed=0 failed=0
for target in ${*:-certificate key crl ocsp request pem}; do
    $CC $FLAGS -fsanitize=fuzzer,address,undefined -o "$dir/fuzz_$target" "$here/$target.c" \
        "$OBJECTS"/*.o ${LIBS:--lbearssl}
    if (cd "$dir" && "./fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 \
        -print_final_stats=1 -artifact_prefix="$dir/$target-" "$target" >"$target.log" 2>&1); then
        passed=$((passed + 1))
        echo "$target: $(sed -n 's/stat::number_of_executed_units: //p' "$dir/$target.log") runs"
    else
        failed=$((failed + 1))
        echo "$target: failed"
        tail -n 40 "$dir/$target.log"
    fi
done
[ -z "$RESULTS" ] || echo "$passed $failed fuzz" >>"$RESULTS"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
