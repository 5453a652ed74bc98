# corpus.sh - sourced by a NAME.sh of a room, which says with which files the suite's program is to run:
#     run_on certificates "$1"      one of the corpora that NAME_corpus.sh in this directory make
# A corpus is made once, below $CORPUS, and again after a day, since certificates in it
# expire, or when what makes it has changed. Each run has a copy of its
# own, so that programs may write there, and may run at the same time.
#   ROUNDS=n  random mutations of each kind

set -e
support=$(cd "$(dirname "$0")/../support" && pwd)
corpora=${CORPUS:-$support/../../../build/corpus}
copy=
making=
trap 'rm -rf "$copy" "$making"' EXIT
trap 'exit 1' HUP INT TERM

# corpus NAME makes it when it is not there. It gets its name when it is complete; whoever is second throws away
# what he made.
corpus() {
    kept=$corpora/$1
    [ -z "$(find "$kept" -prune \( -mtime +0 -o ! -newer "$support/$1_corpus.sh" \) 2>/dev/null)" ] || rm -rf "$kept"
    [ ! -d "$kept" ] || return 0
    mkdir -p "$corpora"
    making=$kept.$$
    rm -rf "$making"
    mkdir "$making"
    (
        cd "$making"
        # shellcheck source=/dev/null
        . "$support/$1_corpus.sh"
    ) </dev/null
    mv "$making" "$kept"
    rm -rf "${kept:?}/${making##*/}"
    making=
}

# prepare CORPUS PROGRAM sets $program, and $copy to a directory with the files.
prepare() {
    program=$2
    case $program in /*) ;; *) program=$PWD/$program ;; esac
    corpus "$1"
    copy=$(mktemp -d)
    cp -R "$kept/." "$copy"
}

run_on() {
    prepare "$1" "$2"
    # shellcheck disable=SC2086
    "$program" "$copy" $ROUNDS
}

# What the corpora are made with.
ec() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:"$1" -out "$2.key" 2>/dev/null
}
rsa() {
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:"$1" -out "$2.key" 2>/dev/null
}
# certify NAME SUBJECT ISSUER DAYS EXTENSIONS [more options]: NAME.pem with the key NAME.key, or $KEY.key, signed with
# ISSUER.key, or $ISSUERKEY.key
certify() {
    name=$1 subject=$2 issuer=$3 days=$4 ext=$5
    shift 5
    printf '%b\n' "$ext" >"$name.ext"
    openssl req -new -utf8 -key "${KEY:-$name}.key" -subj "$subject" -out "$name.csr"
    if [ "$issuer" = self ]; then
        openssl x509 -req -in "$name.csr" -signkey "${KEY:-$name}.key" -days "$days" \
            -extfile "$name.ext" -out "$name.pem" "$@" 2>/dev/null
    else
        openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "${ISSUERKEY:-$issuer}.key" \
            -CAcreateserial -days "$days" -extfile "$name.ext" -out "$name.pem" "$@" 2>/dev/null
    fi
}
