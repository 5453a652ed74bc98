/* side.c - running one side. */
#include <stdio.h>
#include <string.h>

#include "key/signature.h"
#include "support/check.h"
#include "support/inside.h"
#include "support/side.h"

static void
append_text(char *text, const char *prefix, tls_bytes more, const char *suffix)
{
    size_t length = strlen(text);

    snprintf(text + length, TEXT_MAXIMUM - length, "%s%.*s%s", prefix, (int)more.length,
        (const char *)more.data, suffix);
}

static void
answer_question(side *s)
{
    const tls_question *q = tls_connection_question(s->c);
    unsigned char out[TLS_SIGNATURE_MAXIMUM];
    size_t length;

    check(tls_connection_stage(s->c) == NULL, "a question is no stage");
    s->decisions[q->decision]++;
    if (q->decision == TLS_DECISION_KEYLOG)
        append_text(s->keylog, "", q->u.keylog.line, "\n");
    if (s->answer != NULL && s->answer(s, q))
        return;
    if (q->decision == TLS_DECISION_SIGN && s->id != NULL) {
        length = tls_sign_scheme(s->id->key, out, q->u.sign.scheme, q->u.sign.digest);
        (void)tls_connection_answer_signature(s->c, tls_bytes_make(out, length));
    } else {
        (void)tls_connection_answer_default(s->c);
    }
}

static void
note_stage(side *s)
{
    static const char *const arrows[] = {" >", " <", " ="};
    const tls_stage_event *event = tls_connection_stage(s->c);

    append_text(
        s->stages, arrows[event->direction], tls_bytes_of_string(tls_stage_name(event->stage)), "");
    if (s->seen != NULL)
        s->seen(s, event);
}

static void
read_early(side *s)
{
    tls_bytes early = tls_connection_early_data(s->c);

    s->early_events++;
    if (s->keep || s->early_length + early.length > DATA_MAXIMUM)
        return;
    if (early.length > 0)
        memcpy(s->early + s->early_length, early.data, early.length);
    s->early_length += early.length;
    tls_connection_early_data_consume(s->c, early.length);
}

/* read_plaintext returns 1 when it took some. */
static int
read_plaintext(side *s)
{
    tls_bytes plaintext = tls_connection_plaintext(s->c);

    if (s->keep || s->data_length + plaintext.length > DATA_MAXIMUM)
        return 0;
    memcpy(s->data + s->data_length, plaintext.data, plaintext.length);
    s->data_length += plaintext.length;
    tls_connection_plaintext_consume(s->c, plaintext.length);
    return 1;
}

int
side_run(side *s)
{
    int busy = 0;

    if (s->waiting > 0) {
        if (--s->waiting > 0)
            return 1;
        answer_question(s);
    }
    for (;;) {
        s->last = inside_step(s->c);
        switch (s->last) {
        case TLS_EVENT_STAGE:
            note_stage(s);
            break;
        case TLS_EVENT_DECISION:
            if (s->late > 0 && tls_connection_question(s->c)->decision != TLS_DECISION_KEYLOG) {
                s->waiting = s->late;
                return 1;
            }
            answer_question(s);
            break;
        case TLS_EVENT_EARLY_DATA:
            read_early(s);
            break;
        case TLS_EVENT_DATA:
            /* Without plaintext it says that the handshake is over. */
            if (tls_connection_plaintext(s->c).length > 0 && !read_plaintext(s))
                return busy;
            break;
        default:
            check(tls_connection_stage(s->c) == NULL, "nothing to report, so no stage");
            check(s->last != TLS_EVENT_WANT_READ || !inside_has_events(s->c),
                "what waits to be reported comes before reading on");
            return busy;
        }
        busy = 1;
    }
}

static void
note_sent(side *s, const unsigned char *data, size_t length)
{
    while (length > 0) {
        if (s->record_left > 0) {
            size_t n = length < s->record_left ? length : s->record_left;

            s->record_left -= n;
            data += n;
            length -= n;
            continue;
        }
        s->header[s->header_length++] = *data++;
        length--;
        if (s->header_length < sizeof s->header)
            continue;
        s->header_length = 0;
        s->record_left = tls_get16(s->header + 3);
        if (s->record_count < RECORDS_MAXIMUM) {
            s->records[s->record_count].type = s->header[0];
            s->records[s->record_count++].length = s->record_left;
        }
    }
}

int
side_move(side *from, side *to, size_t chunk)
{
    tls_bytes output = tls_connection_output(from->c);
    size_t n = output.length;

    if (chunk > 0 && n > chunk)
        n = chunk;
    if (n == 0)
        return 0;
    n = tls_connection_feed(to->c, output.data, n);
    note_sent(from, output.data, n);
    tls_connection_output_consume(from->c, n);
    return n > 0;
}

void
side_forget(side *s)
{
    s->waiting = 0;
    s->stages[0] = s->keylog[0] = '\0';
    memset(s->decisions, 0, sizeof s->decisions);
    s->early_events = 0;
    s->early_length = s->data_length = 0;
    s->record_count = s->record_left = s->header_length = 0;
}

tls_connection_info
info_of(const side *s)
{
    tls_connection_info info;

    tls_connection_get_info(s->c, &info);
    return info;
}

size_t
sent_of_type(const side *s, unsigned type)
{
    size_t count = 0, i;

    for (i = 0; i < s->record_count; i++)
        count += s->records[i].type == type;
    return count;
}
