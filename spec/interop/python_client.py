"""A TLS client on Python's ssl, told what to do in JSON as its argument; it prints what happened, in JSON.

The job: {"port", "server_name", "cafile", "certfile", "keyfile", "alpn": [...], "ciphers", "minimum",
"maximum", "tickets": true to ask for them, "send": bytes to send and get back, "request": text of an HTTP request, "again": true to
connect a second time with the session of the first}.
"""
import hashlib
import json
import select
import socket
import ssl
import sys

VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def context_of(job):
    context = ssl.create_default_context(cafile=job["cafile"])
    context.set_ciphers(job.get("ciphers", "ALL:@SECLEVEL=0"))
    if not job.get("tickets"):
        context.options |= ssl.OP_NO_TICKET
    context.minimum_version = VERSIONS[job.get("minimum", "TLSv1.2")]
    context.maximum_version = VERSIONS[job.get("maximum", "TLSv1.3")]
    if job.get("alpn"):
        context.set_alpn_protocols(job["alpn"])
    if job.get("certfile"):
        context.load_cert_chain(job["certfile"], job["keyfile"])
    return context


def echo(stream, length):
    """Sends and receives at once, in one thread: two must not use the same stream."""
    data = (bytes(range(251)) * (length // 251 + 1))[:length]
    digest, sent, received = hashlib.sha256(), 0, 0
    stream.setblocking(False)
    while received < length:
        moved = False
        if sent < length:
            try:
                sent += stream.send(data[sent:sent + 16384])
                moved = True
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
        try:
            piece = stream.recv(65536)
            if not piece:
                raise EOFError("the server closed early, after %d bytes" % received)
            digest.update(piece)
            received += len(piece)
            moved = True
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        if not moved:
            select.select([stream], [stream] if sent < length else [], [], 10)
    stream.settimeout(20)
    return digest.hexdigest() == hashlib.sha256(data).hexdigest()


def converse(job, context, session=None):
    result = {}
    with socket.create_connection(("127.0.0.1", job["port"]), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=job["server_name"], session=session) as stream:
            result["version"] = stream.version()
            result["cipher"] = stream.cipher()[0]
            result["alpn"] = stream.selected_alpn_protocol()
            result["reused"] = stream.session_reused
            result["tls_unique"] = (stream.get_channel_binding("tls-unique") or b"").hex()
            result["end_point"] = hashlib.sha256(stream.getpeercert(binary_form=True)).hexdigest()
            result["subject"] = dict(pair for item in stream.getpeercert()["subject"] for pair in item)
            if job.get("send"):
                result["echoed"] = echo(stream, job["send"])
            if job.get("request"):
                stream.sendall(job["request"].encode())
                reply = b""
                while True:
                    piece = stream.recv(65536)
                    if not piece:
                        break
                    reply += piece
                result["reply"] = reply.decode("latin-1")
            session = stream.session
            if not job.get("request"):
                stream.unwrap()  # close_notify both ways
                result["unwrapped"] = True
    return result, session


def main():
    job = json.loads(sys.argv[1])
    context = context_of(job)
    try:
        result, session = converse(job, context)
        if job.get("again"):
            result["second"], _ = converse(job, context, session)
    except (ssl.SSLError, OSError, EOFError) as error:
        result = {"error": type(error).__name__, "reason": getattr(error, "reason", None), "text": str(error)}
    print(json.dumps(result))


main()
