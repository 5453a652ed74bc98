/* trust_test.c - specs of trust stores. trust.sh runs it. */
#include <string.h>

#include "x509/trust.h"

#include "support/check.h"
#include "support/corpus.h"

static void
test_bundle(void)
{
    tls_bytes bundle = corpus_read(CORPUS_BUNDLE);
    tls_certificate_list *list;
    tls_trust_store *store;
    tls_trust_load_result result;
    size_t i, missing = 0;

    require(tls_certificates_load(&list, bundle) == TLS_OK, "bundle");
    require(tls_trust_store_new(&store) == TLS_OK, "store");
    tls_trust_store_load(store, &result, bundle);
    check(result.added == list->count && result.skipped == 0, "bundle as a trust store");
    check(tls_trust_store_load(store, &result, bundle) == TLS_OK && result.added == 0 &&
              result.duplicates == list->count && tls_trust_store_count(store) == list->count,
        "loaded twice, held once");
    for (i = 0; i < list->count; i++) {
        size_t position = 0;
        const tls_certificate *found;

        while ((found = tls_trust_store_find(store, &position, list->items[i]->subject_digest)) !=
               NULL)
            if (tls_bytes_equal(found->der, list->items[i]->der))
                break;
        missing += found == NULL;
        missing += tls_trust_store_contains(store, list->items[i]->der) == NULL;
    }
    check(missing == 0, "each is found by its subject");
    check_reason(tls_trust_store_load(store, &result, tls_bytes_of_string("nothing")),
        TLS_REASON_BAD_PEM, "no PEM");
    check(tls_trust_store_load(store, &result,
              tls_bytes_of_string(
                  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")) ==
                  TLS_REASON_BAD_CERTIFICATE &&
              result.skipped == 1,
        "nothing usable");
    tls_trust_store_release(store);
    tls_certificate_list_release(list);
    corpus_free(bundle);
}

static void
test_trust(void)
{
    tls_trust_store *store, *next = NULL;
    tls_certificate *root = corpus_certificate("root"), *other = corpus_certificate("other"),
                    *again = corpus_certificate("root");
    const tls_certificate *held, *dropped;
    tls_trust_load_result result;
    tls_bytes files[4];
    size_t position, i;

    require(
        tls_trust_store_new(&store) == TLS_OK && tls_trust_store_new(&next) == TLS_OK, "stores");
    files[0] = corpus_read("root.pem");
    files[1] = corpus_read("p256.key");
    files[2] = corpus_read("other.pem");
    files[3] = corpus_read("index.txt");
    check_reason(
        tls_trust_store_load_files(store, &result, files, 4), TLS_OK, "files of a directory");
    check(result.added == 2 && result.unusable == 2 && result.duplicates == 0, "what was in them");
    check_reason(tls_trust_store_load_files(store, &result, files, 4), TLS_OK, "again");
    check(result.added == 0 && result.duplicates == 2, "duplicates");
    check_reason(tls_trust_store_load_files(next, &result, files + 3, 1), TLS_REASON_BAD_PEM,
        "nothing in them");
    check_reason(tls_trust_store_load_files(next, NULL, NULL, 0), TLS_REASON_BAD_PEM, "no files");
    held = tls_trust_store_contains(store, root->der);
    check(held != NULL && held != again, "held");
    dropped = tls_trust_store_contains(store, other->der);
    check(dropped != NULL && dropped != other, "the other too");
    tls_trust_store_add(next, again);
    check_reason(tls_trust_store_replace(store, next), TLS_OK, "replace");
    check(tls_trust_store_count(store) == 1 && tls_trust_store_contains(store, root->der) == held &&
              tls_trust_store_contains(store, other->der) == NULL,
        "one is gone, the other is the same object");
    check(tls_bytes_equal(dropped->der, other->der), "whoever has that one still has it");
    position = 0;
    check(tls_trust_store_find(store, &position, other->subject_digest) == NULL,
        "nor is its subject found");
    tls_trust_store_release(next);
    require(tls_trust_store_new(&next) == TLS_OK, "store");
    check_reason(tls_trust_store_replace(store, next), TLS_OK, "by an empty one");
    check(tls_trust_store_count(store) == 0 && held->not_after > 0 &&
              tls_bytes_equal(held->der, root->der),
        "what was given away is still alive");
    for (i = 0; i < 100; i++) {
        tls_trust_store_release(next);
        require(tls_trust_store_new(&next) == TLS_OK, "store");
        if (i & 1)
            tls_trust_store_load_files(next, NULL, files, 4);
        tls_trust_store_replace(store, next);
    }
    check(tls_trust_store_contains(store, root->der) == held &&
              tls_trust_store_contains(store, other->der) == dropped,
        "the same objects come back");
    check_reason(tls_trust_store_replace(store, store), TLS_OK, "by itself");
    check(tls_trust_store_count(store) == 2, "changes nothing");
    for (i = 0; i < 4; i++)
        corpus_free(files[i]);
    tls_trust_store_release(store);
    tls_trust_store_release(next);
    tls_certificate_release(root);
    tls_certificate_release(other);
    tls_certificate_release(again);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_bundle();
    test_trust();
    return check_end();
}
