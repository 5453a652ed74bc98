/* check.c - counting checks, and saying which fail. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

static unsigned passed, failed;
static char about[200];

void
check_about(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(about, sizeof about, format, arguments);
    va_end(arguments);
}

unsigned
check_failures(void)
{
    return failed;
}

int
check_end(void)
{
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

static void
say(const char *verdict, const char *file, int line, const char *format, va_list arguments)
{
    printf("%s - %s:%d: ", verdict, file, line);
    if (about[0] != '\0')
        printf("%s: ", about);
    vprintf(format, arguments);
    printf("\n");
}

static int
note(const char *file, int line, int good, const char *format, va_list arguments)
{
    if (good)
        passed++;
    else
        failed++;
    if (!good || getenv("VERBOSE") != NULL)
        say(good ? "ok" : "not ok", file, line, format, arguments);
    return good;
}

int
check_at(const char *file, int line, int condition, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    note(file, line, condition, format, arguments);
    va_end(arguments);
    return condition;
}

int
check_number_at(
    const char *file, int line, long long got, long long expected, const char *format, ...)
{
    va_list arguments;
    int good = got == expected;

    va_start(arguments, format);
    note(file, line, good, format, arguments);
    va_end(arguments);
    if (!good)
        printf("#   got: %lld, expected: %lld\n", got, expected);
    return good;
}

static const char *
code_of(enum tls_reason reason)
{
    return reason == TLS_OK ? "ok" : tls_reason_code(reason);
}

int
check_reason_at(const char *file, int line, enum tls_reason got, enum tls_reason expected,
    const char *format, ...)
{
    va_list arguments;
    int good = got == expected;

    va_start(arguments, format);
    note(file, line, good, format, arguments);
    va_end(arguments);
    if (!good)
        printf("#   got: %s, expected: %s\n", code_of(got), code_of(expected));
    return good;
}

int
check_text_at(
    const char *file, int line, const char *got, const char *expected, const char *format, ...)
{
    va_list arguments;
    int good = got == expected || (got != NULL && expected != NULL && strcmp(got, expected) == 0);

    va_start(arguments, format);
    note(file, line, good, format, arguments);
    va_end(arguments);
    if (!good)
        printf("#   got: %s, expected: %s\n", got != NULL ? got : "NULL",
            expected != NULL ? expected : "NULL");
    return good;
}

/* print_bytes: as text where they are, otherwise as hexadecimal digits. */
static void
print_bytes(const char *name, tls_bytes bytes)
{
    size_t i;
    int text = bytes.length > 0;

    for (i = 0; i < bytes.length; i++)
        text = text && bytes.data[i] >= ' ' && bytes.data[i] <= '~';
    printf("#   %s: ", name);
    for (i = 0; i < bytes.length; i++)
        printf(text ? "%c" : "%02x", bytes.data[i]);
    printf("\n");
}

int
check_bytes_at(
    const char *file, int line, tls_bytes got, tls_bytes expected, const char *format, ...)
{
    va_list arguments;
    int good = tls_bytes_equal(got, expected);

    va_start(arguments, format);
    note(file, line, good, format, arguments);
    va_end(arguments);
    if (!good) {
        print_bytes("got", got);
        print_bytes("expected", expected);
    }
    return good;
}

static int
hex_equals(tls_bytes got, const char *expected)
{
    size_t i;

    if (strlen(expected) != 2 * got.length)
        return 0;
    for (i = 0; i < got.length; i++) {
        char digits[3] = {expected[2 * i], expected[2 * i + 1], '\0'};
        char *end;

        if (strtoul(digits, &end, 16) != got.data[i] || *end != '\0')
            return 0;
    }
    return 1;
}

int
check_hex_at(
    const char *file, int line, tls_bytes got, const char *expected, const char *format, ...)
{
    va_list arguments;
    int good = hex_equals(got, expected);
    size_t i;

    va_start(arguments, format);
    note(file, line, good, format, arguments);
    va_end(arguments);
    if (!good) {
        printf("#   got: ");
        for (i = 0; i < got.length; i++)
            printf("%02x", got.data[i]);
        printf("\n#   expected: %s\n", expected);
    }
    return good;
}

void
require_at(const char *file, int line, int condition, const char *format, ...)
{
    va_list arguments;

    if (condition)
        return;
    va_start(arguments, format);
    note(file, line, 0, format, arguments);
    va_end(arguments);
    (void)check_end();
    exit(1);
}
