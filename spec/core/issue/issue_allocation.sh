#!/bin/sh
# issue_allocation.sh PROGRAM - runs issue_allocation_test on the files of support/issuing_corpus.sh.
. "$(dirname "$0")/../support/corpus.sh"
run_on issuing "$1"
