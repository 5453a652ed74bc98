#!/bin/sh
# signing_request.sh PROGRAM - runs signing_request_test on the files of support/issuing_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on issuing "$1"
