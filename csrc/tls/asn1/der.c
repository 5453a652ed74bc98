/* der.c - see der.h. X.690 numbers below. */
#include "asn1/der.h"

#include <string.h>

void
tls_der_init(tls_der *der, tls_bytes input)
{
    der->next = input.data;
    der->end = input.length ? input.data + input.length : input.data;
    der->depth = 0;
    der->failed = 0;
}

int
tls_der_failed(const tls_der *der)
{
    return der->failed;
}

void
tls_der_fail(tls_der *der)
{
    der->failed = 1;
}

int
tls_der_at_end(const tls_der *der)
{
    return der->failed || der->next == der->end;
}

int
tls_der_peek(const tls_der *der)
{
    return tls_der_at_end(der) ? -1 : der->next[0];
}

static tls_bytes
failure(tls_der *der)
{
    der->failed = 1;
    return tls_bytes_make(NULL, 0);
}

tls_bytes
tls_der_read_any(tls_der *der, unsigned *tag, tls_bytes *whole)
{
    const unsigned char *start = der->next;
    const unsigned char *p = start;
    size_t available, length;
    unsigned count;
    tls_bytes contents;

    if (tag != NULL)
        *tag = 0;
    if (whole != NULL)
        *whole = tls_bytes_make(NULL, 0);
    if (der->failed)
        return failure(der);
    available = (size_t)(der->end - p);
    if (available < 2)
        return failure(der);
    /* 8.1.2.4: tag numbers above 30 take several bytes. X.509 has none. */
    if ((p[0] & 0x1F) == 0x1F)
        return failure(der);
    if (tag != NULL)
        *tag = p[0];
    length = p[1];
    p += 2;
    available -= 2;
    if (length >= 0x80) {
        /* 8.1.3.5, 10.1: the long form, definite and as short as possible. */
        count = (unsigned)length & 0x7F;
        if (count == 0 || count > 4 || available < count || p[0] == 0)
            return failure(der);
        length = 0;
        available -= count;
        while (count-- > 0)
            length = (length << 8) | *p++;
        if (length < 0x80)
            return failure(der);
    }
    if (length > available)
        return failure(der);
    contents = tls_bytes_make(p, length);
    der->next = p + length;
    if (whole != NULL)
        *whole = tls_bytes_make(start, (size_t)(der->next - start));
    return contents;
}

tls_bytes
tls_der_read(tls_der *der, unsigned tag)
{
    unsigned found;
    tls_bytes contents = tls_der_read_any(der, &found, NULL);

    if (der->failed || found != tag)
        return failure(der);
    return contents;
}

tls_bytes
tls_der_read_whole(tls_der *der, unsigned tag)
{
    unsigned found;
    tls_bytes whole;

    tls_der_read_any(der, &found, &whole);
    if (der->failed || found != tag)
        return failure(der);
    return whole;
}

int
tls_der_optional(tls_der *der, tls_bytes *contents, unsigned tag)
{
    if (tls_der_peek(der) != (int)tag)
        return 0;
    *contents = tls_der_read(der, tag);
    return !der->failed;
}

void
tls_der_enter(tls_der *der, tls_der *inner, unsigned tag)
{
    tls_bytes contents = tls_der_read(der, tag);

    tls_der_init(inner, contents);
    inner->depth = der->depth + 1;
    if (der->failed || inner->depth > TLS_DER_DEPTH)
        inner->failed = der->failed = 1;
}

void
tls_der_leave(tls_der *der, const tls_der *inner)
{
    if (!tls_der_finish(inner))
        der->failed = 1;
}

int
tls_der_finish(const tls_der *der)
{
    return !der->failed && der->next == der->end;
}

int
tls_der_boolean(tls_der *der)
{
    tls_bytes value = tls_der_read(der, TLS_DER_BOOLEAN);

    /* 11.1: TRUE is FF. */
    if (value.length != 1 || (value.data[0] != 0x00 && value.data[0] != 0xFF)) {
        der->failed = 1;
        return 0;
    }
    return value.data[0] == 0xFF;
}

tls_bytes
tls_der_integer(tls_der *der)
{
    tls_bytes value = tls_der_read(der, TLS_DER_INTEGER);

    if (value.length == 0)
        return failure(der);
    /* 8.3.2: the first nine bits are not all equal. */
    if (value.length > 1 && ((value.data[0] == 0x00 && value.data[1] < 0x80) ||
                                (value.data[0] == 0xFF && value.data[1] >= 0x80)))
        return failure(der);
    return value;
}

tls_bytes
tls_der_unsigned(tls_der *der)
{
    tls_bytes value = tls_der_integer(der);

    if (der->failed || value.data[0] >= 0x80)
        return failure(der);
    if (value.data[0] == 0)
        value = tls_bytes_make(value.data + 1, value.length - 1);
    return value;
}

uint32_t
tls_der_small(tls_der *der, uint32_t maximum)
{
    tls_bytes value = tls_der_unsigned(der);
    uint32_t number = 0;
    size_t i;

    if (value.length > 4) {
        der->failed = 1;
        return 0;
    }
    for (i = 0; i < value.length; i++)
        number = (number << 8) | value.data[i];
    if (number > maximum) {
        der->failed = 1;
        return 0;
    }
    return number;
}

tls_bytes
tls_der_bit_string(tls_der *der, unsigned *unused)
{
    tls_bytes value = tls_der_read(der, TLS_DER_BIT_STRING);
    unsigned spare;

    if (unused != NULL)
        *unused = 0;
    if (value.length == 0)
        return failure(der);
    spare = value.data[0];
    if (spare > 7 || (spare != 0 && (value.length == 1 || unused == NULL)))
        return failure(der);
    /* 11.2.1: unused bits are zero. */
    if (spare != 0 && (value.data[value.length - 1] & ((1u << spare) - 1)) != 0)
        return failure(der);
    if (unused != NULL)
        *unused = spare;
    return tls_bytes_make(value.data + 1, value.length - 1);
}

tls_bytes
tls_der_oid(tls_der *der)
{
    tls_bytes value = tls_der_read(der, TLS_DER_OID);
    size_t i;
    int first = 1;

    if (value.length == 0 || (value.data[value.length - 1] & 0x80) != 0)
        return failure(der);
    for (i = 0; i < value.length; i++) {
        /* 8.19.2: a subidentifier does not begin with 80. */
        if (first && value.data[i] == 0x80)
            return failure(der);
        first = (value.data[i] & 0x80) == 0;
    }
    return value;
}

static int
two_digits(const unsigned char *p)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return -1;
    return (p[0] - '0') * 10 + (p[1] - '0');
}

static int
days_in_month(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0))
        return 29;
    return days[month - 1];
}

int64_t
tls_der_time(tls_der *der)
{
    unsigned tag;
    tls_bytes value = tls_der_read_any(der, &tag, NULL);
    const unsigned char *p = value.data;
    int field[5]; /* month, day, hour, minute, second */
    int year, high, i;

    /* RFC 5280 4.1.2.5.1, 4.1.2.5.2: seconds are there, the zone is Z, no fractions.
     * Neither form has a leap second. */
    if (tag == TLS_DER_UTC_TIME && value.length == 13) {
        year = two_digits(p);
        if (year < 0)
            goto bad;
        year += year >= 50 ? 1900 : 2000;
        p += 2;
    } else if (tag == TLS_DER_GENERALIZED_TIME && value.length == 15) {
        high = two_digits(p);
        year = two_digits(p + 2);
        if (high < 0 || year < 0)
            goto bad;
        year += high * 100;
        p += 4;
    } else {
        goto bad;
    }
    for (i = 0; i < 5; i++, p += 2) {
        field[i] = two_digits(p);
        if (field[i] < 0)
            goto bad;
    }
    if (*p != 'Z' || field[0] < 1 || field[0] > 12 || field[1] < 1 ||
        field[1] > days_in_month(year, field[0]) || field[2] > 23 || field[3] > 59 || field[4] > 59)
        goto bad;
    return tls_time_from_date(year, field[0], field[1], field[2], field[3], field[4]);
bad:
    der->failed = 1;
    return 0;
}

/* Days between 1970-01-01 and a date: count years from March, so that the leap day comes last. */
int64_t
tls_time_from_date(int year, int month, int day, int hour, int minute, int second)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = era * 146097 + day_of_era - 719468;

    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

static char *
put_digits(char *p, int value, int count)
{
    int i;

    for (i = count - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + count;
}

void
tls_time_text(char out[21], int64_t seconds)
{
    const int64_t lowest = tls_time_from_date(0, 1, 1, 0, 0, 0);
    const int64_t highest = tls_time_from_date(9999, 12, 31, 23, 59, 59);
    int64_t days, era, day_of_era, year_of_era, day_of_year, month;
    int rest;
    char *p = out;

    if (seconds < lowest)
        seconds = lowest;
    if (seconds > highest)
        seconds = highest;
    days = seconds / 86400;
    rest = (int)(seconds % 86400);
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    day_of_era = days - era * 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153;
    p = put_digits(p, (int)(year_of_era + era * 400 + (month >= 10)), 4);
    *p++ = '-';
    p = put_digits(p, (int)(month < 10 ? month + 3 : month - 9), 2);
    *p++ = '-';
    p = put_digits(p, (int)(day_of_year - (153 * month + 2) / 5 + 1), 2);
    *p++ = 'T';
    p = put_digits(p, rest / 3600, 2);
    *p++ = ':';
    p = put_digits(p, rest / 60 % 60, 2);
    *p++ = ':';
    p = put_digits(p, rest % 60, 2);
    *p++ = 'Z';
    *p = '\0';
}

static void
append_number(tls_buffer *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    tls_buffer_append(out, digits + at, sizeof digits - at);
}

void
tls_oid_text(tls_buffer *out, tls_bytes oid)
{
    uint64_t value = 0;
    size_t i;
    int first = 1;

    for (i = 0; i < oid.length; i++) {
        if (value > UINT64_MAX >> 7) {
            /* Not seen in practice (a UUID arc would be): say that there is more, not a wrong
             * number. */
            tls_buffer_append(out, ".?", 2);
            return;
        }
        value = (value << 7) | (oid.data[i] & 0x7F);
        if ((oid.data[i] & 0x80) != 0)
            continue;
        if (first) {
            /* 8.19.4: the first two arcs share a subidentifier. */
            uint64_t arc = value < 40 ? 0 : value < 80 ? 1 : 2;

            append_number(out, arc);
            value -= arc * 40;
            first = 0;
        }
        tls_buffer_append(out, ".", 1);
        append_number(out, value);
        value = 0;
    }
}

int
tls_oid_from_text(tls_buffer *out, const char *text)
{
    uint64_t arc, first = 0;
    unsigned index = 0;
    unsigned char encoded[10];
    size_t at;

    for (;;) {
        if (*text < '0' || *text > '9')
            return 0;
        for (arc = 0; *text >= '0' && *text <= '9'; text++) {
            if (arc > UINT64_MAX / 16)
                return 0;
            arc = arc * 10 + (uint64_t)(*text - '0');
        }
        if (index == 0) {
            if (arc > 2)
                return 0;
            first = arc;
        } else {
            if (index == 1) {
                if (first < 2 && arc >= 40)
                    return 0;
                arc += first * 40;
            }
            at = sizeof encoded;
            encoded[--at] = arc & 0x7F;
            while ((arc >>= 7) != 0)
                encoded[--at] = 0x80 | (arc & 0x7F);
            tls_buffer_append(out, encoded + at, sizeof encoded - at);
        }
        index++;
        if (*text == '\0')
            return index >= 2;
        if (*text++ != '.')
            return 0;
    }
}
