#!/bin/sh
# signature_forgery.sh PROGRAM - runs signature_forgery_test on the files of support/signature_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on signature "$1"
