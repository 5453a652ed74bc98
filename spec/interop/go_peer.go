// A TLS peer on Go's crypto/tls, told what to do in JSON as its argument, as node_peer.js is.
//
// {"role": "server", "certfile", "keyfile", "cafile": with it clients must show a certificate, "minimum", "maximum",
//
//	"alpn": [...], "groups": [...], "tickets": false turns resumption off, "ech": [{"config", "key"}] in base64}
//
// prints the port, and answers each line with one of JSON about the connection.
// {"role": "client", "port", "cafile", "certfile", "keyfile", "minimum", "maximum", "alpn", "groups", "times",
//
//	"server_name": default "localhost", "ech": a config list in base64}
//
// connects so many times, with the session of the connection before, says "hello" and prints what it knows and the
// answer.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
)

type echKey struct {
	Config string `json:"config"`
	Key    string `json:"key"`
}

type job struct {
	Role       string          `json:"role"`
	Port       int             `json:"port"`
	Certfile   string          `json:"certfile"`
	Keyfile    string          `json:"keyfile"`
	Cafile     string          `json:"cafile"`
	Minimum    string          `json:"minimum"`
	Maximum    string          `json:"maximum"`
	ALPN       []string        `json:"alpn"`
	Groups     []string        `json:"groups"`
	Tickets    *bool           `json:"tickets"`
	Times      int             `json:"times"`
	ServerName string          `json:"server_name"`
	ECH        json.RawMessage `json:"ech"`
}

type report struct {
	Version    string `json:"version"`
	Resumed    bool   `json:"resumed"`
	HelloRetry bool   `json:"hello_retry"`
	Group      string `json:"group"`
	Suite      string `json:"cipher_suite"`
	Peer       string `json:"peer,omitempty"`
	ALPN       string `json:"alpn,omitempty"`
	ServerName string `json:"server_name,omitempty"`
	ECH        bool   `json:"ech"`
	Exported   string `json:"exported"`
	Line       string `json:"line"`
}

var versions = map[string]uint16{
	"TLSv1.0": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}

var groups = map[string]tls.CurveID{
	"x25519": tls.X25519, "secp256r1": tls.CurveP256, "secp384r1": tls.CurveP384, "secp521r1": tls.CurveP521,
	"X25519MLKEM768": tls.X25519MLKEM768, "SecP256r1MLKEM768": tls.SecP256r1MLKEM768,
	"SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func decode(text string) []byte {
	bytes, err := base64.StdEncoding.DecodeString(text)
	must(err)
	return bytes
}

func settings(work *job) *tls.Config {
	config := &tls.Config{
		MinVersion: versions[work.Minimum], MaxVersion: versions[work.Maximum], NextProtos: work.ALPN,
		SessionTicketsDisabled: work.Tickets != nil && !*work.Tickets,
	}
	for _, name := range work.Groups {
		group, known := groups[name]
		if !known {
			must(errors.New("unknown group " + name))
		}
		config.CurvePreferences = append(config.CurvePreferences, group)
	}
	if work.Certfile != "" {
		pair, err := tls.LoadX509KeyPair(work.Certfile, work.Keyfile)
		must(err)
		config.Certificates = []tls.Certificate{pair}
	}
	if work.Cafile != "" {
		pem, err := os.ReadFile(work.Cafile)
		must(err)
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(pem)
		config.ClientCAs = config.RootCAs
	}
	return config
}

func about(stream *tls.Conn, line string) []byte {
	state := stream.ConnectionState()
	exported, err := state.ExportKeyingMaterial("EXPORTER-spec", nil, 32)
	must(err)
	told := report{
		Version: map[uint16]string{
			tls.VersionTLS10: "TLSv1.0", tls.VersionTLS11: "TLSv1.1", tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3",
		}[state.Version],
		Resumed: state.DidResume, HelloRetry: state.HelloRetryRequest, Suite: tls.CipherSuiteName(state.CipherSuite),
		ALPN: state.NegotiatedProtocol, ServerName: state.ServerName, ECH: state.ECHAccepted,
		Exported: hex.EncodeToString(exported), Line: line,
	}
	for name, group := range groups {
		if group == state.CurveID {
			told.Group = name
		}
	}
	if len(state.PeerCertificates) > 0 {
		told.Peer = state.PeerCertificates[0].Subject.CommonName
	}
	text, err := json.Marshal(told)
	must(err)
	return append(text, '\n')
}

func answer(plain net.Conn, config *tls.Config) {
	stream := tls.Server(plain, config)
	defer stream.Close()
	if err := stream.Handshake(); err != nil {
		fmt.Println("refused", err)
		return
	}
	lines := bufio.NewScanner(stream)
	for lines.Scan() {
		stream.Write(about(stream, lines.Text()))
	}
	if err := lines.Err(); err != nil {
		fmt.Println("error", err)
	}
}

func serve(work *job) {
	config := settings(work)
	if work.Cafile != "" {
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if work.ECH != nil {
		var keys []echKey
		must(json.Unmarshal(work.ECH, &keys))
		for _, key := range keys {
			config.EncryptedClientHelloKeys = append(config.EncryptedClientHelloKeys, tls.EncryptedClientHelloKey{
				Config: decode(key.Config), PrivateKey: decode(key.Key), SendAsRetry: true,
			})
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	for {
		plain, err := listener.Accept()
		must(err)
		go answer(plain, config)
	}
}

// rejected says what a server that refused Encrypted ClientHello gave to try again with.
func rejected(err error) {
	var rejection *tls.ECHRejectionError
	if errors.As(err, &rejection) {
		fmt.Println("rejected", base64.StdEncoding.EncodeToString(rejection.RetryConfigList))
		os.Exit(1)
	}
	must(err)
}

func connect(work *job) {
	config := settings(work)
	config.ServerName = work.ServerName
	if config.ServerName == "" {
		config.ServerName = "localhost"
	}
	config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	if work.ECH != nil {
		var list string
		must(json.Unmarshal(work.ECH, &list))
		config.EncryptedClientHelloConfigList = decode(list)
	}
	for left := max(work.Times, 1); left > 0; left-- {
		stream, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", work.Port), config)
		rejected(err)
		_, err = stream.Write([]byte("hello\n"))
		must(err)
		lines := bufio.NewScanner(stream)
		if !lines.Scan() {
			fmt.Println("no answer:", lines.Err())
			os.Exit(1)
		}
		os.Stdout.Write(about(stream, lines.Text()))
		stream.Close()
	}
}

func main() {
	var work job
	must(json.Unmarshal([]byte(os.Args[1]), &work))
	if work.Role == "server" {
		serve(&work)
	} else {
		connect(&work)
	}
}
