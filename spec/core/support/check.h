/* check.h - the checks of the C unit tests. Each one is counted; one that fails says its file and
 * line and what it is about. With VERBOSE=1 in the environment those that hold say so too.
 *   check(condition, "format", ...)                what must hold; returns whether it does
 *   check_reason(got, TLS_REASON_X, "format", ...) and the other kinds also print what they got
 *   require(condition, "format", ...)              without which the program cannot go on
 * main ends with `return check_end();`, which prints the line that .ci/suite reads. */
#ifndef CHECK_H
#define CHECK_H

#include "base/bytes.h"
#include "base/error.h"

#define CHECK_HERE __FILE__, __LINE__

#define check(condition, ...) check_at(CHECK_HERE, (condition) != 0, __VA_ARGS__)
#define check_number(got, expected, ...)                                                           \
    check_number_at(CHECK_HERE, (long long)(got), (long long)(expected), __VA_ARGS__)
#define check_reason(got, expected, ...) check_reason_at(CHECK_HERE, got, expected, __VA_ARGS__)
/* Strings; NULL equals only NULL. */
#define check_text(got, expected, ...) check_text_at(CHECK_HERE, got, expected, __VA_ARGS__)
/* tls_bytes, and a string or hexadecimal digits in a string. */
#define check_bytes(got, expected, ...) check_bytes_at(CHECK_HERE, got, expected, __VA_ARGS__)
#define check_string(got, expected, ...)                                                           \
    check_bytes_at(CHECK_HERE, got, tls_bytes_of_string(expected), __VA_ARGS__)
#define check_hex(got, expected, ...) check_hex_at(CHECK_HERE, got, expected, __VA_ARGS__)
#define require(condition, ...) require_at(CHECK_HERE, (condition) != 0, __VA_ARGS__)

/* check_about says what the checks that follow are about: it stands before what they say. */
void check_about(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* check_failures: how many failed until here. */
unsigned check_failures(void);

/* check_end prints "N passed, N failed" and returns the exit status. */
int check_end(void);

/* What the macros call. */
int check_at(const char *file, int line, int condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int check_number_at(const char *file, int line, long long got, long long expected,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
int check_reason_at(const char *file, int line, enum tls_reason got, enum tls_reason expected,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
int check_text_at(const char *file, int line, const char *got, const char *expected,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
int check_bytes_at(const char *file, int line, tls_bytes got, tls_bytes expected,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
int check_hex_at(const char *file, int line, tls_bytes got, const char *expected,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
void require_at(const char *file, int line, int condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
