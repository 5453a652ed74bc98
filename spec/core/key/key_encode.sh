#!/bin/sh
# key_encode.sh PROGRAM - runs key_encode_test on the files of support/issuing_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on issuing "$1"
