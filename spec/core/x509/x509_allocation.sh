#!/bin/sh
# x509_allocation.sh PROGRAM - runs x509_allocation_test on the files of support/certificates_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on certificates "$1"
