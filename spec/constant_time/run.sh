#!/bin/sh
# run.sh PROGRAM - runs every case of constant_time.c under memcheck. Fails if one reports, and if the planted one does not.
program=$1
wrong=0

# reports CASE PROCESSOR: how many, or what else happened
reports() {
    valgrind --error-limit=no "$program" "$1" "$2" >"$program.log" 2>&1 || { echo "exit $?"; return; }
    sed -n 's/.*ERROR SUMMARY: \([0-9]*\) errors.*/\1/p' "$program.log"
}

# 0: none; 0x1c: AVX2, BMI2, ADX (kernel/processor.h)
for processor in 0 0x1c; do
    for case in multiply29 multiply23 multiply24 multiply25 sign23 sign24 sign25 private1024 private1056 private2048 \
        public1024 public2048; do
        found=$(reports $case $processor)
        echo "  $case $processor: $found reports"
        [ "$found" = 0 ] || { wrong=1; cat "$program.log"; }
    done
done
found=$(reports planted 0)
echo "  planted: $found reports"
case $found in 0 | *[!0-9]*) wrong=1 ;; esac
exit $wrong
