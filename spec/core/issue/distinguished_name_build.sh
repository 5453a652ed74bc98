#!/bin/sh
# distinguished_name_build.sh PROGRAM - runs distinguished_name_build_test on the files of support/issuing_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on issuing "$1"
