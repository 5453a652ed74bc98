#!/bin/sh
# signed_certificate_timestamp.sh PROGRAM - runs signed_certificate_timestamp_test on the files of support/issuing_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on issuing "$1"
