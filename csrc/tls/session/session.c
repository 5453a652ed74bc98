/* session.c - sessions: making, fitting, exporting and importing (session.h, tls.h). */
#include "session/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"
#include "wire/codec.h"
#include "x509/server_name.h"
#include "x509/verify.h"

/* The encoding's first bytes: a magic word and a version of the encoding. */
static const char magic[] = "bearssl-lua session 5";

tls_session *
tls_session_new(const char *server_name, tls_bytes alpn, tls_certificate_list *chain)
{
    tls_session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return NULL;
    session->references = 1;
    session->server_name = tls_bytes_to_string(tls_bytes_of_string(server_name));
    tls_buffer_append(&session->alpn, alpn.data, alpn.length);
    if (chain != NULL)
        session->peer_chain = tls_certificate_list_retain(chain);
    if (session->server_name == NULL || session->alpn.failed) {
        tls_session_release(session);
        return NULL;
    }
    return session;
}

tls_session *
tls_session_copy(const tls_session *session)
{
    tls_session *copy =
        tls_session_new(session->server_name, tls_buffer_view(&session->alpn), session->peer_chain);

    if (copy == NULL)
        return NULL;
    copy->role = session->role;
    copy->version = session->version;
    copy->suite = session->suite;
    memcpy(copy->id, session->id, sizeof copy->id);
    copy->id_length = session->id_length;
    memcpy(copy->master_secret, session->master_secret, sizeof copy->master_secret);
    memcpy(copy->policy, session->policy, sizeof copy->policy);
    copy->level = session->level;
    copy->judged = session->judged;
    copy->verdict = session->verdict;
    memcpy(copy->judge, session->judge, sizeof copy->judge);
    copy->created = session->created;
    copy->expires = session->expires;
    copy->extended_master_secret = session->extended_master_secret;
    memcpy(copy->end_point, session->end_point, sizeof copy->end_point);
    copy->end_point_length = session->end_point_length;
    copy->age_add = session->age_add;
    copy->max_early_data = session->max_early_data;
    copy->issued = session->issued;
    tls_buffer_append(
        &copy->peer_key_info, session->peer_key_info.data, session->peer_key_info.length);
    if (copy->peer_key_info.failed) {
        tls_session_release(copy);
        return NULL;
    }
    return copy;
}

tls_session *
tls_session_retain(const tls_session *session)
{
    /* Counting is not a change that anyone can see. */
    tls_session *counted = (tls_session *)(uintptr_t)session;

    counted->references++;
    return counted;
}

void
tls_session_release(tls_session *session)
{
    if (session == NULL || --session->references > 0)
        return;
    free(session->server_name);
    tls_buffer_release(&session->alpn);
    tls_buffer_release(&session->ticket);
    tls_buffer_release(&session->peer_key_info);
    tls_certificate_list_release(session->peer_chain);
    tls_wipe(session, sizeof *session);
    free(session);
}

int
tls_session_fits(const tls_session *session, enum tls_role role, const char *server_name,
    const unsigned char policy[TLS_POLICY_LENGTH], enum tls_verification_level required,
    int64_t now)
{
    tls_bytes made_for = tls_server_name_canonical(tls_bytes_of_string(session->server_name));
    tls_bytes name = tls_server_name_canonical(tls_bytes_of_string(server_name));

    return session->role == role && tls_bytes_equal(made_for, name) &&
           memcmp(session->policy, policy, TLS_POLICY_LENGTH) == 0 && session->level >= required &&
           session->created <= now && now < session->expires;
}

void
tls_session_get_info(const tls_session *session, tls_session_info *out)
{
    memset(out, 0, sizeof *out);
    out->role = session->role;
    out->version = session->version;
    out->suite = session->suite;
    out->id = tls_bytes_make(session->id, session->id_length);
    out->server_name = session->server_name;
    out->created = session->created;
    out->expires = session->expires;
    out->peer_verified = session->level == TLS_LEVEL_VERIFIED;
    out->peer_accepted = session->level != TLS_LEVEL_NONE;
    out->alpn = tls_buffer_view(&session->alpn);
    out->extended_master_secret = session->extended_master_secret;
    out->has_ticket = session->ticket.length > 0;
    out->max_early_data = session->max_early_data;
    out->peer_key_info = tls_buffer_view(&session->peer_key_info);
    if (session->peer_chain != NULL) {
        out->peer_chain = (const tls_certificate *const *)session->peer_chain->items;
        out->peer_chain_count = session->peer_chain->count;
    }
}

enum tls_reason
tls_session_export(const tls_session *session, tls_buffer *out)
{
    size_t chain, i;

    tls_write_bytes(out, tls_bytes_of_string(magic));
    tls_write_u8(out, (uint32_t)session->role);
    tls_write_u16(out, session->version);
    tls_write_u16(out, session->suite);
    tls_write_vector8(out, tls_bytes_make(session->id, session->id_length));
    tls_write_bytes(out, tls_bytes_make(session->master_secret, sizeof session->master_secret));
    tls_write_bytes(out, tls_bytes_make(session->policy, sizeof session->policy));
    tls_write_u8(out, (uint32_t)session->level);
    /* By its code: the numbers are another build's own. Empty: not judged. */
    tls_write_vector8(
        out, tls_bytes_of_string(session->judged ? tls_reason_code(session->verdict) : ""));
    tls_write_bytes(out, tls_bytes_make(session->judge, sizeof session->judge));
    tls_write_u8(out, (uint32_t)session->extended_master_secret);
    tls_write_time(out, session->created);
    tls_write_time(out, session->expires);
    tls_write_u32(out, session->age_add);
    tls_write_u32(out, session->max_early_data);
    tls_write_time(out, session->issued);
    tls_write_vector8(out, tls_bytes_of_string(session->server_name));
    tls_write_vector8(out, tls_buffer_view(&session->alpn));
    tls_write_vector16(out, tls_buffer_view(&session->ticket));
    tls_write_vector8(out, tls_bytes_make(session->end_point, session->end_point_length));
    tls_write_vector16(out, tls_buffer_view(&session->peer_key_info));
    chain = tls_write_begin24(out);
    for (i = 0; session->peer_chain != NULL && i < session->peer_chain->count; i++)
        tls_write_vector24(out, session->peer_chain->items[i]->der);
    tls_write_end24(out, chain);
    return tls_write_result(out);
}

/* read_chain: certificates were parsed once already, but the string came from outside. */
static enum tls_reason
read_chain(tls_session *session, tls_reader *reader)
{
    tls_certificate *items[TLS_CHAIN_MAXIMUM];
    size_t count = 0, i;
    enum tls_reason reason = TLS_OK;
    tls_reader chain;

    tls_reader_enter24(reader, &chain, 0);
    while (reason == TLS_OK && !tls_reader_at_end(&chain)) {
        tls_bytes der = tls_read_vector24(&chain, 1);

        if (tls_reader_failed(&chain) || count == TLS_CHAIN_MAXIMUM ||
            tls_certificate_from_der(&items[count], der) != TLS_OK)
            reason = TLS_REASON_BAD_SESSION;
        else
            count++;
    }
    tls_reader_leave(reader, &chain);
    if (reason == TLS_OK && count > 0)
        reason = tls_certificate_list_make(&session->peer_chain, items, count);
    for (i = 0; i < count; i++)
        tls_certificate_release(items[i]);
    return reason;
}

static int
read_fixed(tls_reader *reader, void *out, size_t length)
{
    tls_bytes bytes = tls_read_bytes(reader, length);

    if (bytes.length != length)
        return 0;
    memcpy(out, bytes.data, length);
    return 1;
}

/* sane: times come from outside with the rest; differences of those that pass do not overflow. */
static int
sane(int64_t time)
{
    const int64_t limit = (int64_t)1 << 60;

    return time > -limit && time < limit;
}

/* read_verdict: a code that is not known here is another version's. */
static int
read_verdict(tls_session *session, tls_reader *reader)
{
    tls_bytes code = tls_read_vector8(reader, 0);
    int i;

    session->judged = code.length > 0;
    for (i = TLS_OK; session->judged && i < TLS_REASON_COUNT; i++) {
        session->verdict = (enum tls_reason)i;
        if (tls_bytes_equal_string(code, tls_reason_code(session->verdict)))
            break;
    }
    return i < TLS_REASON_COUNT && read_fixed(reader, session->judge, sizeof session->judge);
}

static enum tls_reason
read_session(tls_session *session, tls_reader *reader)
{
    tls_bytes id, name, alpn, ticket, end_point, key_info;
    tls_public_key key;
    uint32_t role, level, extended;

    /* Of what a ticket brings the master secret alone is one: see below. */
    TLS_DECLASSIFY(reader->next, tls_reader_left(reader) < 6 ? tls_reader_left(reader) : 6);
    role = tls_read_u8(reader);
    session->version = (unsigned)tls_read_u16(reader);
    session->suite = (unsigned)tls_read_u16(reader);
    id = tls_read_vector8(reader, 0);
    if (id.length > sizeof session->id ||
        !read_fixed(reader, session->master_secret, sizeof session->master_secret))
        return TLS_REASON_BAD_SESSION;
    TLS_DECLASSIFY(id.data, id.length);
    TLS_DECLASSIFY(reader->next, tls_reader_left(reader));
    if (!read_fixed(reader, session->policy, sizeof session->policy))
        return TLS_REASON_BAD_SESSION;
    level = tls_read_u8(reader);
    if (!read_verdict(session, reader))
        return TLS_REASON_BAD_SESSION;
    extended = tls_read_u8(reader);
    session->created = tls_read_time(reader);
    session->expires = tls_read_time(reader);
    session->age_add = tls_read_u32(reader);
    session->max_early_data = tls_read_u32(reader);
    session->issued = tls_read_time(reader);
    name = tls_read_vector8(reader, 0);
    alpn = tls_read_vector8(reader, 0);
    ticket = tls_read_vector16(reader, 0);
    end_point = tls_read_vector8(reader, 0);
    key_info = tls_read_vector16(reader, 0);
    if (tls_reader_failed(reader) || role > TLS_ROLE_SERVER || level > TLS_LEVEL_VERIFIED ||
        extended > 1 || end_point.length > sizeof session->end_point || !sane(session->created) ||
        !sane(session->expires) || !sane(session->issued) ||
        (key_info.length > 0 && tls_public_key_parse(&key, key_info) != TLS_OK) ||
        (name.length > 0 && memchr(name.data, 0, name.length) != NULL))
        return TLS_REASON_BAD_SESSION;
    session->role = (enum tls_role)role;
    session->level = (enum tls_verification_level)level;
    session->extended_master_secret = (int)extended;
    if (id.length > 0)
        memcpy(session->id, id.data, id.length);
    session->id_length = id.length;
    if (end_point.length > 0)
        memcpy(session->end_point, end_point.data, end_point.length);
    session->end_point_length = end_point.length;
    free(session->server_name);
    session->server_name = tls_bytes_to_string(name);
    if (session->server_name == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_append(&session->alpn, alpn.data, alpn.length);
    tls_buffer_append_last(&session->ticket, ticket.data, ticket.length);
    tls_buffer_append_last(&session->peer_key_info, key_info.data, key_info.length);
    if (session->alpn.failed || session->ticket.failed || session->peer_key_info.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    return read_chain(session, reader);
}

enum tls_reason
tls_session_import(tls_session **out, tls_bytes encoded)
{
    tls_reader reader;
    tls_session *session;
    enum tls_reason reason;

    *out = NULL;
    tls_reader_init(&reader, encoded);
    TLS_DECLASSIFY(encoded.data, encoded.length < strlen(magic) ? encoded.length : strlen(magic));
    if (!tls_bytes_equal_string(tls_read_bytes(&reader, strlen(magic)), magic))
        return TLS_REASON_BAD_SESSION;
    session = tls_session_new("", tls_bytes_make(NULL, 0), NULL);
    if (session == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    reason = read_session(session, &reader);
    if (reason == TLS_OK && !tls_reader_finish(&reader))
        reason = TLS_REASON_BAD_SESSION;
    if (reason != TLS_OK) {
        tls_session_release(session);
        return reason;
    }
    *out = session;
    return TLS_OK;
}
