#!/bin/sh
# run.sh PROGRAM - runs every case of constant_time.c under memcheck. Fails if one reports, and if the planted one does not.
program=$1
wrong=0

# reports CASE PROCESSOR: how many, or what else happened
reports() {
    valgrind --error-limit=no "$program" "$1" "$2" >"$program.log" 2>&1 || { echo "exit $?"; return; }
    sed -n 's/.*ERROR SUMMARY: \([0-9]*\) errors.*/\1/p' "$program.log"
}

# run PROCESSOR CASE...
run() {
    processor=$1
    shift
    for case in "$@"; do
        found=$(reports "$case" "$processor")
        echo "  $case $processor: $found reports"
        [ "$found" = 0 ] || { wrong=1; cat "$program.log"; }
    done
}

# 0: none; 0x1c: AVX2, BMI2, ADX; 0xdc: AVX-512 and IFMA as well (kernel/processor.h)
rsa='private1024 private1056 private2048 public1024 public2048'
for processor in 0 0x1c; do
    run $processor multiply29 multiply23 multiply24 multiply25 sign23 sign24 sign25 $rsa
done
run 0xdc $rsa private3072 public3072
found=$(reports planted 0)
echo "  planted: $found reports"
case $found in 0 | *[!0-9]*) wrong=1 ;; esac
exit $wrong
