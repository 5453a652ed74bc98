#!/bin/sh
# signature.sh PROGRAM - runs signature_test on keys and signatures of the openssl program, and has openssl verify what
# it signed.
. "$(dirname "$0")/../support/corpus.sh"
prepare signature "$1"
cd "$copy"
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
        $(cat "$scheme.options") >/dev/null 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok - openssl does not verify $signature"
    fi
    count=$((count + 1))
done
# Every pair has a signature of ours, but for the one that the shortest key has no room for.
expected=$(cat ./*.schemes | grep -c .)
if [ $count -ne $((expected - 1)) ]; then
    failed=$((failed + 1))
    echo "not ok - $count signatures, not $((expected - 1))"
fi
echo "$passed passed, $failed failed"
[ $status -eq 0 ] && [ "$failed" -eq 0 ]
