#!/bin/sh
# run.sh LIST TESTS… - runs unit tests, and the specs of SPEC, with every kernel and with every fallback: BearSSL alone,
# the portable kernels, and those of each name beside BearSSL for the rest. LIST is the program of list.c; .ci/suite has
# the environment that it is given. What this processor cannot run is named.
set -u
list=$1
shift
wrong=0
names=$(BEARSSL_LUA_KERNELS=auto "$list" | awk '$2 != "portable" && !seen[$2]++ { print $2 }')
output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT

for words in none portable $names; do
    export BEARSSL_LUA_KERNELS="$words"
    LABEL=kernels-$words
    export LABEL
    "$list" | awk -v name="$words" '$2 == name && $3 == "lacks" { print "  LEFT OUT: " $1 ", " $2 ": not for this processor" }'
    if ! "$list" | awk -v name="$words" '($3 == "runs") != ($2 == name && $3 != "lacks") { print "  not chosen so: " $0; wrong = 1 }
        $3 == "runs" { some = 1 } END { exit wrong || (name != "none" && !some ? 3 : 0) }' >"$output"; then
        if [ -s "$output" ]; then
            cat "$output"
            wrong=1
        else
            echo "  $words: nothing of it runs here"
        fi
        continue
    fi
    if .ci/suite "$@" >"$output" 2>&1; then
        tail -n 1 "$output"
    else
        cat "$output"
        wrong=1
    fi
done
exit $wrong
