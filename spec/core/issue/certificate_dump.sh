#!/bin/sh
# certificate_dump.sh PROGRAM - runs certificate_dump_test on the files of support/issuing_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on issuing "$1"
