#!/bin/sh
# certificate.sh PROGRAM - runs certificate_test on the files of support/certificates_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on certificates "$1"
