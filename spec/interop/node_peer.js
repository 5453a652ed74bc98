// A TLS peer on Node's tls module, told what to do in JSON as its argument.
//
// {"role": "server", "certfile", "keyfile", "cafile": with it clients must show a certificate, "minimum", "maximum",
//  "alpn": [...], "group"} prints the port, and answers each line with one of JSON about the connection.
// {"role": "client", "port", "cafile", "certfile", "keyfile", "minimum", "maximum", "alpn", "group", "times"} connects so
//  many times, with the session of the connection before, says "hello" and prints what it knows and the answer.
"use strict";
const fs = require("fs");
const tls = require("tls");

const job = JSON.parse(process.argv[2]);
const read = (path) => (path ? fs.readFileSync(path) : undefined);

function settings() {
  const options = {
    cert: read(job.certfile),
    key: read(job.keyfile),
    ca: read(job.cafile),
    minVersion: job.minimum || "TLSv1.2",
    maxVersion: job.maximum || "TLSv1.3",
    ALPNProtocols: job.alpn,
  };
  if (job.group) options.ecdhCurve = job.group;
  return options;
}

function about(stream) {
  const certificate = stream.getPeerCertificate();
  return {
    version: stream.getProtocol(),
    resumed: stream.isSessionReused(),
    authorized: stream.authorized,
    peer: certificate && certificate.subject ? certificate.subject.CN : null,
    alpn: stream.alpnProtocol || null,
    exported: stream.exportKeyingMaterial(32, "EXPORTER-spec").toString("hex"),
  };
}

// Calls back for each line.
function lines(stream, found) {
  let text = "";
  stream.on("data", (piece) => {
    text += piece;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      found(text.slice(0, end));
      text = text.slice(end + 1);
    }
  });
}

function serve() {
  const options = settings();
  if (job.cafile) Object.assign(options, { requestCert: true, rejectUnauthorized: true });
  const server = tls.createServer(options, (stream) => {
    stream.on("error", (error) => console.log("error " + error.message));
    lines(stream, (line) => stream.write(JSON.stringify(Object.assign(about(stream), { line })) + "\n"));
  });
  server.on("tlsClientError", (error) => console.log("refused " + (error.code || error.message)));
  server.listen(0, "127.0.0.1", () => console.log("port " + server.address().port));
}

function connect(left, session) {
  const stream = tls.connect(
    Object.assign(settings(), { host: "127.0.0.1", port: job.port, servername: "localhost", session }),
    () => stream.write("hello\n"));
  let latest = session;
  stream.on("session", (ticket) => (latest = ticket));
  stream.on("error", (error) => {
    console.log(JSON.stringify({ error: error.code || error.message }));
    process.exit(1);
  });
  lines(stream, (line) => {
    console.log(JSON.stringify(Object.assign(about(stream), { line })));
    stream.end();
  });
  stream.on("close", () => left > 1 && connect(left - 1, latest));
}

if (job.role === "server") serve();
else connect(job.times || 1);
