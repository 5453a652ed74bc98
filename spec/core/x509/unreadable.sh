#!/bin/sh
# unreadable.sh PROGRAM - runs unreadable_test on the files of support/certificates_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on certificates "$1"
