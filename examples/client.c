/* client.c - fetches a page over HTTPS with the TLS core alone, which knows no sockets.
 *   cc client.c $(pkg-config --cflags --libs tlscore) -o client; ./client HOST [PORT [CAFILE]] */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <tls.h>
#include <unistd.h>

static void
need(int ok, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "client: %s\n", why);
    exit(1);
}

int
main(int argc, char **argv)
{
    static char pem[1 << 20], request[400];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *address;
    tls_context_options settings = {0}; /* a client of TLS 1.2 and 1.3 that verifies its server */
    tls_connection_options options = {.server_name = argv[1]};
    tls_context *context;
    tls_connection *tls;
    enum tls_event event;
    tls_bytes bytes;
    size_t n, asked = 0;
    int fd = -1;

    need(argc > 1, "usage: client HOST [PORT [CAFILE]]");
    FILE *file = fopen(argc > 3 ? argv[3] : "/etc/ssl/certs/ca-certificates.crt", "rb");
    need(file != NULL && (n = fread(pem, 1, sizeof pem, file)) > 0, "the CA file cannot be read");
    need(tls_trust_store_new(&settings.trust) == TLS_OK, "no memory");
    need(!tls_trust_store_load(settings.trust, NULL, tls_bytes_make(pem, n)), "a bad CA file");
    need(tls_context_new(&context, &settings) == TLS_OK, "no context");
    need(tls_connection_new(&tls, context, &options) == TLS_OK, "no connection");
    need(getaddrinfo(argv[1], argc > 2 ? argv[2] : "443", &hints, &list) == 0, "no such host");
    for (address = list; address != NULL && fd < 0; address = address->ai_next) {
        fd = socket(address->ai_family, address->ai_socktype, 0);
        if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
            fd = (close(fd), -1);
    }
    freeaddrinfo(list);
    need(fd >= 0, "nobody listens there");
    signal(SIGPIPE, SIG_IGN);
    int length = snprintf(request, sizeof request, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", argv[1]);
    do {
        event = tls_connection_step(tls);
        if (event == TLS_EVENT_DATA) {
            if (!asked) /* the handshake is over: the server is who it should be */
                need(tls_connection_write(tls, &asked, request, length) == TLS_OK, "not asked");
            while ((bytes = tls_connection_plaintext(tls)).length > 0) {
                fwrite(bytes.data, 1, bytes.length, stdout);
                tls_connection_plaintext_consume(tls, bytes.length);
            }
        }
        while ((bytes = tls_connection_output(tls)).length > 0) {
            ssize_t sent = write(fd, bytes.data, bytes.length);
            need(sent > 0, "the connection is broken");
            tls_connection_output_consume(tls, sent);
        }
        if (event == TLS_EVENT_WANT_READ) {
            unsigned char *room = tls_connection_input(tls, &n);
            ssize_t got = read(fd, room, n);
            tls_connection_input_commit(tls, got > 0 ? got : 0);
            if (got <= 0)
                tls_connection_feed_end(tls);
        }
    } while (event != TLS_EVENT_CLOSED && event != TLS_EVENT_FAILED);
    need(event == TLS_EVENT_CLOSED, tls_connection_failure_text(tls));
    tls_connection_free(tls);
    tls_context_release(context);
    tls_trust_store_release(settings.trust);
    return 0;
}
