"""A TLS peer on Python's ssl, told what to do in JSON as its argument, as node_peer.js is.

Beside that, a server with "later" and "cafile" asks for the client's certificate when it gets the line "authenticate"
(RFC 8446 section 4.6.2), and a client with "later" offers to show its own then.
"""
import json
import socket
import ssl
import sys

VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
CURVES = {"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}


def context_of(job):
    is_server = job["role"] == "server"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = VERSIONS[job.get("minimum", "TLSv1.2")]
    context.maximum_version = VERSIONS[job.get("maximum", "TLSv1.3")]
    if job.get("cafile"):
        context.load_verify_locations(job["cafile"])
        context.verify_mode = ssl.CERT_REQUIRED
    if job.get("later"):
        context.post_handshake_auth = True
    if job.get("certfile"):
        context.load_cert_chain(job["certfile"], job["keyfile"])
    if job.get("alpn"):
        context.set_alpn_protocols(job["alpn"])
    if job.get("group"):
        context.set_ecdh_curve(CURVES[job["group"]])
    return context


def about(stream, line):
    certificate = stream.getpeercert() or {}
    subject = dict(pair for item in certificate.get("subject", ()) for pair in item)
    return json.dumps({
        "version": stream.version(), "resumed": stream.session_reused, "peer": subject.get("commonName"),
        "alpn": stream.selected_alpn_protocol(), "line": line,
    })


def serve(job, context):
    listener = socket.create_server(("127.0.0.1", 0))
    print("port %d" % listener.getsockname()[1], flush=True)
    while True:
        plain, _ = listener.accept()
        plain.settimeout(20)
        try:
            with context.wrap_socket(plain, server_side=True) as stream:
                for line in stream.makefile("r", encoding="ascii", newline="\n"):
                    line = line.rstrip("\n")
                    if line == "authenticate":
                        stream.verify_client_post_handshake()  # nothing can be asked of the stream until it is over
                        stream.sendall(b'{"line": "authenticate"}\n')
                    else:
                        stream.sendall(about(stream, line).encode() + b"\n")
        except OSError as error:
            print("refused %s" % error, flush=True)


def connect(job, context):
    session = None
    for _ in range(job.get("times", 1)):
        with socket.create_connection(("127.0.0.1", job["port"]), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as stream:
                stream.sendall(b"hello\n")
                reader = stream.makefile("r", encoding="ascii", newline="\n")
                line = reader.readline().rstrip("\n")
                print(about(stream, line), flush=True)
                if job.get("later"):
                    stream.sendall(b"hello again\n")
                    reader.readline()
                session = stream.session
                stream.unwrap()


def main():
    job = json.loads(sys.argv[1])
    context = context_of(job)
    try:
        (serve if job["role"] == "server" else connect)(job, context)
    except (ssl.SSLError, OSError) as error:
        print(json.dumps({"error": getattr(error, "reason", None) or str(error)}), flush=True)
        sys.exit(1)


main()
