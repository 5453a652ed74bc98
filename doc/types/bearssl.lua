---@meta bearssl
-- Types of bearssl for Lua, for the Lua language server. doc/api.md explains them.

---@class bearssl
---@field _VERSION string
---@field stages string[] names of the stage handlers
---@field decisions string[] names of the decision handlers
---@field codes table<bearssl.Code, {kind: bearssl.CodeKind, alert?: string, message: string}> codes stay; new ones may come
local bearssl = {}

---A code is short and stable ("certificate_expired", "wantread", "closed", "alert_handshake_failure" …).
---@alias bearssl.Code string

---@alias bearssl.CodeKind "again"|"end"|"certificate"|"protocol"|"input"|"handler"|"local"

---@alias bearssl.Version "TLSv1.0"|"TLSv1.1"|"TLSv1.2"|"TLSv1.3"
---@alias bearssl.Verify "required"|"report"|"optional"|"none" "report": clients; "optional": servers
---@alias bearssl.Binding "tls-exporter"|"tls-unique"|"tls-server-end-point"

---Makes a context. Misuse raises; what a file, certificate or key is to blame for is returned.
---@param options? bearssl.ContextOptions
---@return bearssl.Context? context
---@return string? message
---@return bearssl.Code? code
function bearssl.context(options) end

---@class bearssl.ConnectOptions: bearssl.WrapOptions
---@field context? bearssl.Context|bearssl.ContextOptions default one that all such connections share
---@field connector? fun(host: string, port: integer, seconds?: number): any, string? a connected socket; or nil, message

---Connects, and shakes hands: a stream to a server that has proven who it is.
---@param host string
---@param port integer
---@param options? bearssl.ConnectOptions
---@return bearssl.Stream? stream
---@return string? message
---@return bearssl.Code? code
function bearssl.connect(host, port, options) end

---Suite names of a policy in order of preference, or all that are known.
---@param policy? "modern"|"compatible"
---@return string[]
function bearssl.suites(policy) end

---@return string[]
function bearssl.groups() end

---@return string[]
function bearssl.versions() end

---@return string[]
function bearssl.signature_algorithms() end

---What computes each primitive: `sha256 = "sha-ni"`, or `"bearssl"`.
---@return table<string, string>
function bearssl.kernels() end

---What this build has of what is optional.
---@class bearssl.Features
---@field certificate_compression bearssl.Compression[] best first

---@alias bearssl.Compression "brotli"|"zstd"|"zlib"

---@return bearssl.Features
function bearssl.features() end

---@class bearssl.TraceOptions
---@field secrets? boolean keep what decrypts the packets that pcap writes; default false
---@field limit? integer bytes of ciphertext that are kept; default 16 MiB

---Watches a connection from now on, best from before its handshake.
---@param object bearssl.Stream|bearssl.Connection
---@param options? bearssl.TraceOptions
---@return bearssl.Tracer? tracer
---@return string? message
---@return bearssl.Code? code "closed"
function bearssl.trace(object, options) end

---What to resume for a handler that yields; nil in the main thread.
---@return thread?
function bearssl.running() end

bearssl.certificate = {}

---Reads PEM or DER.
---@param bytes string
---@return bearssl.Certificate[]? chain leaf first
---@return string? message
---@return bearssl.Code? code
function bearssl.certificate.load(bytes) end

---@param path string a file, or a directory of PEM files
---@return bearssl.Certificate[]? chain
---@return string? message
---@return bearssl.Code? code
function bearssl.certificate.open(path) end

---@class bearssl.IssueOptions
---@field request? bearssl.Request|string
---@field key? bearssl.Key|string
---@field certificate? bearssl.Certificate|string
---@field issuer? bearssl.Certificate|string
---@field issuer_key? bearssl.Key|string
---@field password? bearssl.Password
---@field subject? string|table
---@field names? string|(string|{type: string, value: string})[]
---@field days? number default 365; 3650 with ca
---@field not_before? number
---@field not_after? number
---@field serial? string|integer hexadecimal
---@field ca? boolean default false
---@field path_length? integer
---@field key_usage? string|string[]|false
---@field extended_key_usage? string|string[]|false
---@field name_constraints? {permitted?: string|table, excluded?: string|table}
---@field ocsp_uris? string|string[]
---@field issuer_uris? string|string[]
---@field crl_uris? string|string[]
---@field must_staple? boolean default false
---@field extensions? {oid: string, critical?: boolean, value: string}[]
---@field accept? ("names"|"key_usage"|"extended_key_usage"|"must_staple")[] default {"names"}
---@field hash? "sha256"|"sha384"|"sha512"

---@alias bearssl.Password string|fun(path?: string): string?, string?

---@param options bearssl.IssueOptions
---@return bearssl.Certificate? certificate
---@return string? message
---@return bearssl.Code? code
function bearssl.certificate.issue(options) end

---@param options bearssl.IssueOptions
---@return bearssl.Certificate? certificate
---@return bearssl.Key|string key_or_message
---@return bearssl.Code? code
function bearssl.certificate.selfsigned(options) end

bearssl.request = {}

---@param bytes string PEM or DER
---@return bearssl.Request? request
---@return string? message
---@return bearssl.Code? code
function bearssl.request.load(bytes) end

---@param path string
---@return bearssl.Request? request
---@return string? message
---@return bearssl.Code? code
function bearssl.request.open(path) end

---Makes a certification request, signed with its key.
---@param options {key: bearssl.Key|string, password?: bearssl.Password, subject?: string|table, names?: string|table, key_usage?: string|string[]|false, extended_key_usage?: string|string[]|false, extensions?: table[]}
---@return bearssl.Request? request
---@return string? message
---@return bearssl.Code? code
function bearssl.request.new(options) end

bearssl.crl = {}

---@type string[] why a certificate can be revoked
bearssl.crl.reasons = {}

---@param options {issuer: bearssl.Certificate|string, issuer_key: bearssl.Key|string, password?: bearssl.Password, this_update?: number, next_update?: number, days?: number, number?: string|integer, revoked?: table}
---@return bearssl.Crl? crl
---@return string? message
---@return bearssl.Code? code
function bearssl.crl.new(options) end

---@param bytes string PEM or DER
---@return bearssl.Crl[]? list
---@return string? message
---@return bearssl.Code? code
function bearssl.crl.load(bytes) end

---@param path string
---@return bearssl.Crl[]? list
---@return string? message
---@return bearssl.Code? code
function bearssl.crl.open(path) end

bearssl.ocsp = {}

---@param options {certificate: bearssl.Certificate|string, issuer: bearssl.Certificate|string, issuer_key?: bearssl.Key|string, responder?: bearssl.Certificate|string, responder_key?: bearssl.Key|string, password?: bearssl.Password, status?: "good"|"revoked"|"unknown", revocation_time?: number, reason?: string, this_update?: number, next_update?: number, days?: number}
---@return bearssl.OcspResponse? response
---@return string? message
---@return bearssl.Code? code
function bearssl.ocsp.new(options) end

---@param bytes string DER
---@return bearssl.OcspResponse? response
---@return string? message
---@return bearssl.Code? code
function bearssl.ocsp.load(bytes) end

---@param path string
---@return bearssl.OcspResponse? response
---@return string? message
---@return bearssl.Code? code
function bearssl.ocsp.open(path) end

---@param certificate bearssl.Certificate|string
---@param issuer bearssl.Certificate|string
---@return string? der
---@return string? message
---@return bearssl.Code? code
function bearssl.ocsp.request(certificate, issuer) end

bearssl.key = {}

---@type string[] what generate makes: "rsa", "secp256r1", "secp384r1", "secp521r1", "ed25519"
bearssl.key.kinds = {}

---One of bearssl.key.kinds; of a curve, any of its names in any case of letters ("P-256", "prime256v1" …: doc/api.md).
---@alias bearssl.KeyKind "rsa"|"secp256r1"|"secp384r1"|"secp521r1"|"ed25519"|string

---@param kind bearssl.KeyKind
---@param bits? integer RSA: 2048 … 4096, default 2048
---@return bearssl.Key? key
---@return string? message
---@return bearssl.Code? code
function bearssl.key.generate(kind, bits) end

---@param bytes string PEM or DER; PKCS#8, PKCS#1 or SEC 1
---@param password? bearssl.Password
---@return bearssl.Key? key
---@return string? message
---@return bearssl.Code? code
function bearssl.key.load(bytes, password) end

---@param path string
---@return bearssl.Key? key
---@return string? message
---@return bearssl.Code? code
---@param password? bearssl.Password
function bearssl.key.open(path, password) end

---A key that only the sign and decrypt handlers can use.
---@param certificate bearssl.Certificate
---@return bearssl.Key
function bearssl.key.external(certificate) end

bearssl.trust = {}

---The system's trusted certificates, loaded once. SSL_CERT_FILE and SSL_CERT_DIR come first.
---@return bearssl.Trust? store
---@return string? message
---@return bearssl.Code? code
function bearssl.trust.system() end

---@param bytes string PEM or DER
---@return bearssl.Trust? store
---@return string? message
---@return bearssl.Code? code
function bearssl.trust.load(bytes) end

---@param path string a file or a directory
---@return bearssl.Trust? store
---@return string? message
---@return bearssl.Code? code
function bearssl.trust.open(path) end

---@param list? (bearssl.Certificate|string|table)[]
---@return bearssl.Trust? store
---@return string? message
---@return bearssl.Code? code
function bearssl.trust.new(list) end

bearssl.session = {}

---@param bytes string what session:export() gave
---@return bearssl.Session? session
---@return string? message
---@return bearssl.Code? code
function bearssl.session.import(bytes) end

bearssl.ech = {}

---@class bearssl.EchKeyOptions
---@field public_name string whose certificate clients see that use another key
---@field maximum_name_length? integer 0 … 255 (0): of the names that are hidden
---@field kem? "x25519"|"secp256r1" default "x25519"

---@param options bearssl.EchKeyOptions
---@return bearssl.EchKeys? keys
---@return string? message
---@return bearssl.Code? code
function bearssl.ech.generate(options) end

---@param pem string blocks PRIVATE KEY and ECHCONFIG
---@return bearssl.EchKeys? keys
---@return string? message
---@return bearssl.Code? code
function bearssl.ech.load(pem) end

---@param path string of a file with what load takes
---@return bearssl.EchKeys? keys
---@return string? message
---@return bearssl.Code? code
function bearssl.ech.open(path) end

---@class bearssl.EchConfig
---@field version integer
---@field usable boolean a client of ours would take it
---@field raw string
---@field config_id? integer
---@field kem? integer
---@field public_key? string
---@field suites? {kdf: integer, aead: integer}[]
---@field maximum_name_length? integer
---@field public_name? string
---@field mandatory? boolean it has an extension that must be known and is not

---@param list string an ECHConfigList
---@return bearssl.EchConfig[]? configs
---@return string? message
---@return bearssl.Code? code
function bearssl.ech.configs(list) end

---@param list string an ECHConfigList
---@return true? usable
---@return string? message
---@return bearssl.Code? code
function bearssl.ech.check(list) end

bearssl.ticket_keys = {}

---@param options? {rotation?: integer, overlap?: integer, time?: number} seconds; 86400 each
---@return bearssl.TicketKeys? keys
---@return string? message
---@return bearssl.Code? code
function bearssl.ticket_keys.new(options) end

---@param bytes string what keys:export() gave
---@return bearssl.TicketKeys? keys
---@return string? message
---@return bearssl.Code? code
function bearssl.ticket_keys.import(bytes) end

---@class bearssl.Credential
---@field certificate? string|bearssl.Certificate|bearssl.Certificate[]
---@field key? string|bearssl.Key|"external"
---@field certfile? string PEM: the whole chain, leaf first
---@field keyfile? string
---@field password? bearssl.Password
---@field name? string for select handlers
---@field ocsp_response? string DER, server
---@field ocspfile? string

---@alias bearssl.Trusted bearssl.Trust|bearssl.Certificate|string a string is PEM, DER, a path or "system"

---@class bearssl.ContextOptions
---@field mode? "client"|"server" default "client"
---@field min_version? bearssl.Version default "TLSv1.2"
---@field max_version? bearssl.Version default "TLSv1.3"
---@field suites? string|string[] a policy or RFC names, policies among them; default "modern"
---@field groups? string[] default X25519MLKEM768, x25519, secp256r1, secp384r1, secp521r1
---@field signature_algorithms? string[]
---@field signature_algorithms_cert? string[] of certificates; default the same
---@field certificate_authorities? boolean|bearssl.Trust|(string|bearssl.Certificate)[] whose names are sent; server: true
---@field certificate_compression? bearssl.Compression[]|false TLS 1.3; default all that were built in
---@field alpn? string[]
---@field alpn_required? boolean default false
---@field trust? bearssl.Trust|string|bearssl.Trusted[] a store, PEM, "system" (a client's default), or a list
---@field cafile? string
---@field capath? string
---@field verify? bearssl.Verify client: "required"; server: "none"
---@field verify_depth? integer 0 … 16, default 8: intermediates allowed, self-issued ones not counted
---@field certificate? string|bearssl.Certificate|bearssl.Certificate[]
---@field key? string|bearssl.Key
---@field certfile? string PEM: the whole chain, leaf first
---@field keyfile? string
---@field password? bearssl.Password of encrypted keys
---@field crls? string|bearssl.Crl|(string|bearssl.Crl)[]
---@field revocation? "if_known"|"leaf"|"path" default "if_known"
---@field staple? "none"|"if_must"|"required" client, default "if_must"
---@field pins? (string|bearssl.Certificate|bearssl.Key)[] base64 SHA-256 of public keys
---@field clock_skew? number seconds, default 0
---@field verdict_cache? integer good verdicts on chains remembered for a minute, 0 … 1024; client: 64, server: 0
---@field credentials? bearssl.Credential[]
---@field ocsp_response? string DER, server
---@field ocspfile? string server
---@field session_cache? integer server: sessions, 1000; client: server names, 100
---@field session_lifetime? integer seconds, default 7200
---@field tickets? boolean|"always" default true
---@field ticket_keys? bearssl.TicketKeys server; default keys of its own
---@field ech? string client, TLS 1.3: an ECHConfigList (RFC 9849)
---@field ech_keys? bearssl.EchKeys server, TLS 1.3
---@field ech_backend? boolean server, TLS 1.3, default false
---@field ticket_count? integer server, TLS 1.3: 0 … 16, default 2
---@field server_certificate_types? ("x509"|"raw_public_key")[] TLS 1.3, in order of preference
---@field client_certificate_types? ("x509"|"raw_public_key")[] TLS 1.3, in order of preference
---@field new_session_count? integer client, TLS 1.3: 0 … 255, tickets asked for after a full handshake
---@field resumption_count? integer client, TLS 1.3: 0 … 255, tickets asked for after a resumed one
---@field extended_master_secret? boolean|"required" default true
---@field max_fragment_length? 512|1024|2048|4096 client
---@field extensions? {id: integer, raw: string}[] client
---@field dh_bits_minimum? integer client, DHE: 2048 … 8192, default 2048
---@field record_size? integer 512 … 16384, default 16384
---@field record_size_limit? integer 64 … 16384 (RFC 8449)
---@field client_hello_limit? integer server: 512 … 131396 bytes, default 16384
---@field record_padding? integer TLS 1.3: bytes, default 0
---@field key_shares? integer client, TLS 1.3: 1 … 4, default 1, or 2 where the first group is a hybrid one
---@field grease? boolean client, default true
---@field middlebox_compatibility? boolean TLS 1.3, default true
---@field retry_cookie? boolean server, TLS 1.3, default false
---@field psk_ke? boolean TLS 1.3, default false
---@field post_handshake_auth? boolean client, TLS 1.3, default false
---@field max_early_data? integer server, TLS 1.3: bytes, default 0
---@field early_data_window? integer server, TLS 1.3: seconds, default 10
---@field key_update_after? integer TLS 1.3: records
---@field client_preference? boolean default false
---@field renegotiation? boolean up to TLS 1.2, default false
---@field handlers? bearssl.Handlers
---@field clock? fun(): number seconds since the epoch
---@field keylogfile? string secrets are appended to it, for Wireshark

---@class bearssl.RenegotiateOptions
---@field verify? bearssl.Verify server: from now on

---@class bearssl.ConnectionOptions
---@field server_name? string|false a client must say it: a DNS name in A-label form, or an address
---@field session? bearssl.Session|false false: none; nil: what the context keeps
---@field ech? string|false client, TLS 1.3: an ECHConfigList instead of the context's; false: none
---@field alpn? string[] instead of the context's
---@field pins? (string|bearssl.Certificate|bearssl.Key)[] instead of the context's
---@field fallback_scsv? boolean client, RFC 7507: a second attempt with an older max_version
---@field early_data? string client, with a session; at most 32768 bytes
---@field early_data_resend? boolean default false
---@field min_version? bearssl.Version within the context's
---@field max_version? bearssl.Version within the context's
---@field verify? bearssl.Verify
---@field handlers? bearssl.Handlers

---@class bearssl.WrapOptions: bearssl.ConnectionOptions
---@field timeout? number seconds; nil waits for ever, 0 never
---@field max_line? integer bytes of a line that receive takes; nil: any number
---@field received? string what has been read of the transport already
---@field truncation? "refuse"|"allow" an end without close_notify; default "refuse"
---@field wait? fun(fd: integer, mode: "read"|"write", seconds?: number): boolean?, string? true; or nil, "timeout"

---@class bearssl.Context
local Context = {}

---@param transport any socket, descriptor number, cosocket, socket of Copas or cqueues, luv handle, stream, or bearssl.TransportFunctions
---@param options? bearssl.WrapOptions
---@return bearssl.Stream? stream
---@return string? message
---@return bearssl.Code? code
function Context:wrap(transport, options) end

---@param options? bearssl.ConnectionOptions
---@return bearssl.Connection? connection
---@return string? message
---@return bearssl.Code? code
function Context:connection(options) end

function Context:flush_sessions() end

---@return bearssl.Trust? store that the context trusts
function Context:trust() end

---@return bearssl.TicketKeys? keys of a server that issues tickets
function Context:ticket_keys() end

---@return bearssl.ContextInfo
function Context:info() end

---@class bearssl.ContextInfo
---@field mode "client"|"server"
---@field min_version bearssl.Version
---@field max_version bearssl.Version
---@field suites string[]
---@field groups string[]
---@field signature_algorithms string[]
---@field signature_algorithms_cert? string[]
---@field certificate_compression bearssl.Compression[]
---@field alpn? string[]
---@field verify bearssl.Verify
---@field tickets boolean|"always"
---@field extended_master_secret boolean|"required"
---@field staple? "none"|"if_must"|"required" client
---@field max_fragment_length? integer
---@field renegotiation boolean
---@field key_shares? integer client, TLS 1.3: how many are sent
---@field grease boolean
---@field middlebox_compatibility boolean
---@field retry_cookie boolean
---@field ech_backend boolean
---@field psk_ke boolean
---@field post_handshake_auth boolean
---@field ticket_count integer
---@field server_certificate_types ("x509"|"raw_public_key")[]
---@field client_certificate_types ("x509"|"raw_public_key")[]
---@field new_session_count? integer client: nil where no number is asked for
---@field resumption_count? integer
---@field max_early_data integer
---@field record_size_limit? integer
---@field record_padding integer
---@field key_update_after? integer
---@field verify_depth integer
---@field clock_skew number
---@field verdict_cache integer
---@field alpn_required boolean
---@field session_cache integer
---@field session_lifetime integer
---@field dh_bits_minimum? integer
---@field record_size integer
---@field client_hello_limit? integer
---@field client_preference boolean
---@field early_data_window? integer
---@field sessions integer
---@field pooled_buffers integer

---@class bearssl.TransportFunctions
---@field read fun(n: integer): string?, string?, string?
---@field write fun(bytes: string): integer?, string?, integer?
---@field settimeout? fun(seconds?: number)
---@field close? fun()
---@field getfd? fun(): integer

---A stage handler; nil or true goes on, nil or false with a reason ends the connection.
---@alias bearssl.StageHandler fun(connection: bearssl.Stream|bearssl.Connection, message: bearssl.Message): boolean?, string?

---@class bearssl.Handlers
---@field client_hello? bearssl.StageHandler|false
---@field hello_retry_request? bearssl.StageHandler|false
---@field server_hello? bearssl.StageHandler|false
---@field encrypted_extensions? bearssl.StageHandler|false
---@field certificate? bearssl.StageHandler|false
---@field certificate_status? bearssl.StageHandler|false
---@field server_key_exchange? bearssl.StageHandler|false
---@field certificate_request? bearssl.StageHandler|false
---@field server_hello_done? bearssl.StageHandler|false
---@field client_key_exchange? bearssl.StageHandler|false
---@field certificate_verify? bearssl.StageHandler|false
---@field change_cipher_spec? bearssl.StageHandler|false
---@field finished? bearssl.StageHandler|false
---@field new_session_ticket? bearssl.StageHandler|false
---@field end_of_early_data? bearssl.StageHandler|false
---@field key_update? bearssl.StageHandler|false
---@field hello_request? bearssl.StageHandler|false
---@field application_data? bearssl.StageHandler|false
---@field alert? bearssl.StageHandler|false
---@field authenticated? bearssl.StageHandler|false
---@field established? bearssl.StageHandler|false
---@field closed? bearssl.StageHandler|false
---@field select? (fun(connection: bearssl.Stream|bearssl.Connection, hello: bearssl.Message): (bearssl.Selection|bearssl.Context)?, string?)|false
---@field session_load? (fun(connection: bearssl.Stream|bearssl.Connection, question: {session_id?: string, server_name?: string, early_data: boolean}): (bearssl.Session|string)?, string?)|false
---@field session_store? (fun(connection: bearssl.Stream|bearssl.Connection, question: {session: bearssl.Session, session_id: string, server_name?: string, lifetime: number}): boolean?, string?)|false
---@field verify? (fun(connection: bearssl.Stream|bearssl.Connection, question: bearssl.VerifyQuestion): (boolean|"accept")?, string?)|false
---@field client_certificate? (fun(connection: bearssl.Stream|bearssl.Connection, request: bearssl.Message): (bearssl.Credential|false)?, string?)|false
---@field sign? (fun(connection: bearssl.Stream|bearssl.Connection, question: bearssl.SignQuestion): string?, string?)|false
---@field decrypt? (fun(connection: bearssl.Stream|bearssl.Connection, question: {ciphertext: string, certificate: bearssl.Certificate}): string?, string?)|false
---@field psk? (fun(connection: bearssl.Stream|bearssl.Connection, question: {identity?: string, imported?: {external_identity: string, context: string, target_hash: "sha256"|"sha384"}, server_name?: string}): ({identity?: string, key: string, hash?: "sha256"|"sha384", imported?: boolean, context?: string}|false)?, string?)|false
---@field early_data? (fun(connection: bearssl.Stream|bearssl.Connection, question: {session?: bearssl.Session, server_name?: string, alpn?: string}): boolean?, string?)|false
---@field keylog? fun(connection: bearssl.Stream|bearssl.Connection, question: {line: string})|false

---@class bearssl.Message
---@field stage string
---@field state? string where the handshake stood
---@field direction? "sent"|"received"
---@field version? bearssl.Version
---@field length integer
---@field raw string
---@field [string] any fields by stage: the RFCs' names

---@class bearssl.VerifyQuestion
---@field chain bearssl.Certificate[] as received, leaf first
---@field key? bearssl.Key a raw public key; then there is no chain
---@field path bearssl.Certificate[] as far as it was built
---@field verdict "ok"|bearssl.Code
---@field verified boolean
---@field message? string
---@field index? integer which of the chain is at fault
---@field server_name? string
---@field ocsp_response? string DER, stapled by the server

---@class bearssl.SignQuestion
---@field key bearssl.Key its public half
---@field scheme? string
---@field scheme_id integer
---@field hash? string nil for Ed25519, which signs the message
---@field message string what to sign
---@field digest? string its hash; nil for Ed25519
---@field certificate bearssl.Certificate

---@class bearssl.Selection: bearssl.Credential its `name`: of one of the context's
---@field context? bearssl.Context
---@field alpn? string
---@field min_version? bearssl.Version
---@field max_version? bearssl.Version
---@field suites? string|string[] not empty

---@class bearssl.Stream
local Stream = {}

---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Stream:handshake() end

---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Stream:dohandshake() end

---@param data string|number
---@param i? integer
---@param j? integer
---@return integer? last index of the last byte sent
---@return string? message
---@return integer? sent index of the last byte sent before it failed
---@return bearssl.Code? code
function Stream:send(data, i, j) end

---@param pattern? "*l"|"*a"|"l"|"a"|integer
---@param prefix? string
---@return string? data
---@return string? message
---@return string? partial
---@return bearssl.Code? code
function Stream:receive(pattern, prefix) end

---@param max? integer default 16384
---@return string? data
---@return string? message
---@return string? partial
---@return bearssl.Code? code
function Stream:receiveany(max) end

---Early data, of a server's stream: code "no_early_data" when there is none any more.
---@param max? integer default 16384
---@return string? data
---@return string? message
---@return string? partial always ""
---@return bearssl.Code? code
function Stream:receive_early(max) end

---@class bearssl.UpdateKeysOptions
---@field request? boolean the peer shall do the same

---@param options? bearssl.UpdateKeysOptions
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Stream:update_keys(options) end

---@class bearssl.RequestCertificateOptions
---@field wait? boolean until the client has answered

---@param options? bearssl.RequestCertificateOptions
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Stream:request_certificate(options) end

---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Stream:send_ticket() end

---@param options? bearssl.RenegotiateOptions
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Stream:renegotiate(options) end

---@param how? "send"
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Stream:shutdown(how) end

---@return true
function Stream:close() end

---@param reason bearssl.Code|string a code that has an alert, or any text
---@param text? string the message; a code stands behind "refused: "
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Stream:fail(reason, text) end

---@param seconds? number nil waits for ever, 0 never
---@param mode? string accepted, means nothing
---@return true
function Stream:settimeout(seconds, mode) end

---@return integer?
function Stream:getfd() end

---@return boolean
function Stream:dirty() end

---@return ("read"|"write")?
function Stream:want() end

---For cqueues.poll: getfd().
---@return integer?
function Stream:pollfd() end

---For cqueues.poll.
---@return "r"|"w"
function Stream:events() end

---For cqueues.poll: 0 where dirty() is true.
---@return number?
function Stream:timeout() end

---@param field? string
---@return bearssl.Info|any
function Stream:info(field) end

---@return bearssl.Session?
function Stream:session() end

---@param label string usually "EXPORTER-…"
---@param length integer 1 … 65535
---@param context? string none and "" are different
---@return string? material
---@return string? message
---@return bearssl.Code? code
function Stream:export_keying_material(label, length, context) end

---@param label string
---@param length integer 1 … 65535
---@param context? string
---@return string? material
---@return string? message
---@return bearssl.Code? code
function Stream:export_early_keying_material(label, length, context) end

---@param type bearssl.Binding
---@return string? binding
---@return string? message
---@return bearssl.Code? code
function Stream:channel_binding(type) end

---@param n? integer default 1
---@return bearssl.Certificate?
function Stream:getpeercertificate(n) end

---@return integer received bytes of ciphertext
---@return integer sent
function Stream:getstats() end

---@return any address and what else the socket below gives; nil, message
function Stream:getpeername() end

---@return any address and what else the socket below gives; nil, message
function Stream:getsockname() end

---@param name string
---@param value? any
---@return any what the socket below gives; nil, message
function Stream:setoption(name, value) end

---@class bearssl.Connection
local Connection = {}

---@param bytes? string nil: the transport has ended
---@return integer? taken
---@return string? message
---@return bearssl.Code? code
function Connection:feed(bytes) end

---@param max? integer
---@return string
function Connection:drain(max) end

---@return ("wantread"|"data"|"early_data"|"closed")? event
---@return string? message
---@return bearssl.Code? code
function Connection:step() end

---@param max? integer
---@return string
function Connection:read(max) end

---@param data string
---@param i? integer
---@return integer? last i - 1 when the output is full
---@return string? message
---@return bearssl.Code? code
function Connection:write(data, i) end

---@param max? integer
---@return string
function Connection:read_early(max) end

---@param options? bearssl.UpdateKeysOptions
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Connection:update_keys(options) end

---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Connection:request_certificate() end

---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Connection:send_ticket() end

---@param options? bearssl.RenegotiateOptions
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Connection:renegotiate(options) end

---@return true
function Connection:close() end

---@param reason bearssl.Code|string a code that has an alert, or any text
---@param text? string the message; a code stands behind "refused: "
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Connection:fail(reason, text) end

---@param field? string
---@return bearssl.Info|any
function Connection:info(field) end

---@return bearssl.Session?
function Connection:session() end

---@param label string usually "EXPORTER-…"
---@param length integer 1 … 65535
---@param context? string none and "" are different
---@return string? material
---@return string? message
---@return bearssl.Code? code
function Connection:export_keying_material(label, length, context) end

---@param label string
---@param length integer 1 … 65535
---@param context? string
---@return string? material
---@return string? message
---@return bearssl.Code? code
function Connection:export_early_keying_material(label, length, context) end

---@param type bearssl.Binding
---@return string? binding
---@return string? message
---@return bearssl.Code? code
function Connection:channel_binding(type) end

---Gives the memory back at once.
function Connection:release() end

---@class bearssl.Info
---@field mode "client"|"server"
---@field established boolean
---@field version? bearssl.Version
---@field version_id? integer
---@field cipher_suite? string
---@field cipher_suite_id? integer
---@field group? string
---@field group_id? integer
---@field dh_bits? integer DHE up to TLS 1.2: of the prime
---@field signature_algorithm? string the peer's
---@field signature_algorithm_id? integer
---@field local_signature_algorithm? string
---@field local_signature_algorithm_id? integer
---@field alpn? string
---@field server_name? string
---@field resumed boolean
---@field resumable boolean
---@field state? string where a handshake stands
---@field session_id? string
---@field peer_verified boolean the library's own verdict was good
---@field peer_accepted boolean so it was, or a `verify` handler returned "accept"
---@field verdict_cached boolean the verdict is one that the context remembered
---@field verdict? "ok"|bearssl.Code nil: no chain was judged
---@field peer_certificates bearssl.Certificate[] as received
---@field peer_path bearssl.Certificate[] along which this handshake verified it, its own first, the trusted one last; empty where it was not verified or the connection is resumed
---@field local_certificates bearssl.Certificate[]
---@field client_random string
---@field server_random string
---@field client_verify_data? string
---@field server_verify_data? string
---@field secure_renegotiation boolean
---@field renegotiations integer
---@field renegotiating boolean
---@field authenticating boolean
---@field authentications integer
---@field extended_master_secret boolean
---@field ticket boolean
---@field early_data? "offered"|"accepted"|"rejected"
---@field early_data_length integer
---@field hello_retry boolean
---@field ech "none"|"grease"|"offered"|"accepted"|"rejected"
---@field ech_retry_configs? string client: an ECHConfigList to try again with
---@field psk boolean
---@field psk_identity? string
---@field peer_key? bearssl.Key its raw public key
---@field server_certificate_type? "x509"|"raw_public_key"
---@field client_certificate_type? "x509"|"raw_public_key"
---@field psk_context? string of an imported pre-shared key
---@field expected_tickets? integer
---@field post_handshake_auth boolean
---@field record_size_limit? integer
---@field key_updates_sent integer
---@field key_updates_received integer
---@field max_fragment_length? integer
---@field ocsp_response? string DER, stapled by the server
---@field signed_certificate_timestamps? string as in the server's hello
---@field close_notify_sent boolean
---@field close_notify_received boolean
---@field bytes_received integer
---@field bytes_sent integer
---@field records_received integer
---@field records_sent integer
---@field memory integer

---@class bearssl.Certificate
local Certificate = {}
---@return {oid: string, name?: string, value: string}[] names
---@return string text RFC 4514
function Certificate:subject() end
---@return {oid: string, name?: string, value: string}[] names
---@return string text RFC 4514
function Certificate:issuer() end
---@return string
function Certificate:serial() end
---@return number
function Certificate:not_before() end
---@return number
function Certificate:not_after() end
---@return string
function Certificate:pem() end
---@return string
function Certificate:der() end
---@param hash? string default "sha256"
---@return string hexadecimal
function Certificate:fingerprint(hash) end
---@return {type: string, value: string}[]
function Certificate:names() end
---@return {type?: "RSA"|"RSA-PSS"|"EC"|"Ed25519", bits?: integer, curve?: string, oid: string}
function Certificate:public_key() end
---@return string? name
---@return string oid
function Certificate:signature_algorithm() end
---@return boolean
function Certificate:is_ca() end
---@return boolean issued by itself, and its own key verifies it
function Certificate:is_self_signed() end
---@return integer 1, 2 or 3
function Certificate:version() end
---@return string bytes
function Certificate:signature() end
---@param hash? string default "sha256"
---@return string hexadecimal, of the public key
function Certificate:public_key_fingerprint(hash) end
---@return string? bytes
function Certificate:subject_key_identifier() end
---@return string? bytes
function Certificate:authority_key_identifier() end
---@return boolean RFC 7633
function Certificate:must_staple() end
---@return string[]
function Certificate:ocsp_uris() end
---@return string[]
function Certificate:issuer_uris() end
---@return string[]
function Certificate:crl_uris() end
---@return integer?
function Certificate:path_length() end
---@return string[]?
function Certificate:key_usage() end
---@return string[]?
function Certificate:extended_key_usage() end
---@param name string
---@return boolean
function Certificate:matches(name) end
---@return string as `openssl x509 -text`
function Certificate:text() end
---@return string base64
function Certificate:pin() end
---@param time? number
---@return number seconds
function Certificate:expires_in(time) end
---@param other bearssl.Certificate
---@return boolean
function Certificate:issued(other) end
---@return table[]
function Certificate:scts() end
---@return {oid: string, name?: string, critical: boolean, value: string}[]
function Certificate:extensions() end
---@param oid string
---@return string? der
---@return boolean? critical
function Certificate:extension(oid) end
---@param options? bearssl.CertificateVerifyOptions
---@return true? ok
---@return bearssl.Certificate[]|string path_or_message
---@return bearssl.Code? code
---@return integer? index
function Certificate:verify(options) end

---@class bearssl.CertificateVerifyOptions: bearssl.VerifyOptions
---@field chain? string|bearssl.Certificate|(string|bearssl.Certificate)[]
---@field trust? bearssl.Trust|string|bearssl.Certificate|table default "system"

---@class bearssl.VerifyOptions
---@field server_name? string
---@field purpose? "server"|"client"|"any" default "server"
---@field time? number default now
---@field verify_depth? integer intermediates allowed, 0 for none; self-issued ones do not count
---@field min_rsa_bits? integer default 2048
---@field allow_sha1? boolean default false
---@field clock_skew? number
---@field crls? string|bearssl.Crl|(string|bearssl.Crl)[]
---@field ocsp_responses? string|bearssl.OcspResponse|(string|bearssl.OcspResponse)[]
---@field revocation? "if_known"|"leaf"|"path"
---@field staple? "none"|"if_must"|"required" default "none"
---@field pins? (string|bearssl.Certificate|bearssl.Key)[]

---@class bearssl.Request
local Request = {}
---@return table[] names
---@return string text RFC 4514
function Request:subject() end
---@return {type: string, value: string}[]
function Request:names() end
---@return table
function Request:public_key() end
---@return string[]?
function Request:key_usage() end
---@return string[]?
function Request:extended_key_usage() end
---@return {oid: string, name?: string, critical: boolean, value: string}[]
function Request:extensions() end
---@return boolean
function Request:is_ca() end
---@return boolean RFC 7633
function Request:must_staple() end
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Request:verify() end
---@return string
function Request:pem() end
---@return string
function Request:der() end
---@return string
function Request:text() end

---@class bearssl.Crl
local Crl = {}
---@return {oid: string, name?: string, value: string}[] names
---@return string text RFC 4514
function Crl:issuer() end
---@return table[] what revoked() gives, in the order of the encoding
function Crl:entries() end
---@param certificate bearssl.Certificate
---@return boolean the CRL would list it: of the same issuer, and in its scope
function Crl:covers(certificate) end
---@return number
function Crl:this_update() end
---@return number?
function Crl:next_update() end
---@return string? hexadecimal
function Crl:number() end
---@return integer
function Crl:count() end
---@param serial string hexadecimal
---@return {date: number, reason?: string}?
function Crl:revoked(serial) end
---@param issuer bearssl.Certificate
---@param time? number at which it must be in date; now
---@param clock_skew? number seconds, 0
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function Crl:verify(issuer, time, clock_skew) end
---@return string
function Crl:pem() end
---@return string
function Crl:der() end

---@class bearssl.OcspResponse
local OcspResponse = {}
---@return string "successful", or why it says nothing: "tryLater", "unauthorized" …
function OcspResponse:response_status() end
---@return number?
function OcspResponse:produced_at() end
---@return string? bytes
function OcspResponse:nonce() end
---@param certificate bearssl.Certificate
---@param issuer bearssl.Certificate
---@param time? number at which it must be in date; now
---@param clock_skew? number seconds, 0
---@return ("good"|"revoked"|"unknown")? status
---@return any detail_or_message
---@return bearssl.Code? code
function OcspResponse:status(certificate, issuer, time, clock_skew) end
---@return string
function OcspResponse:der() end

---@class bearssl.Key
local Key = {}
---@return "RSA"|"EC"
function Key:type() end
---@return integer
function Key:bits() end
---@return string?
function Key:curve() end
---@return {type: "RSA"|"RSA-PSS"|"EC"|"Ed25519", bits: integer, curve?: string}
function Key:public_key() end
---@return boolean
function Key:is_external() end
---@param certificate bearssl.Certificate
---@return boolean
function Key:matches(certificate) end
---@param name string a signature scheme, or a hash for PKCS#1 v1.5 and ECDSA
---@param digest string for "ed25519" the message
---@return string? signature
---@return string? message
---@return bearssl.Code? code
function Key:sign(name, digest) end
---@param ciphertext string
---@return string? secret
---@return string? message
---@return bearssl.Code? code
function Key:decrypt(ciphertext) end
---PKCS#8, encrypted with a password.
---@param options? string|{password?: string, iterations?: integer}
---@return string? pem
---@return string? message
---@return bearssl.Code? code
function Key:pem(options) end
---@return string? der
function Key:der() end
---@return string? pem
function Key:public_pem() end
---@return string? der
function Key:public_der() end

--- Base64 of the SHA-256 of its SubjectPublicKeyInfo (RFC 7469), for `pins`.
---@return string? pin
---@return string? message
---@return bearssl.Code? code
function Key:pin() end

---@class bearssl.Trust
local Trust = {}
---@return integer
function Trust:count() end
---@return integer
function Trust:skipped() end
---@param n integer
---@return bearssl.Certificate? the nth, in order of adding
function Trust:certificate(n) end
---@param certificate bearssl.Certificate
---@return boolean
function Trust:contains(certificate) end
---@param chain bearssl.Certificate[]
---@param options? bearssl.VerifyOptions
---@return true? ok
---@return bearssl.Certificate[]|string path_or_message
---@return bearssl.Code? code
---@return integer? index
function Trust:verify(chain, options) end
---Reads the files again, or takes what is given.
---@param certificates? string|(string|bearssl.Certificate)[]
---@return integer? count
---@return string? message
---@return bearssl.Code? code
function Trust:reload(certificates) end

---@class bearssl.EchKeys
local EchKeys = {}
---@param what bearssl.EchKeyOptions|string options of a new one, or PEM
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function EchKeys:add(what) end
---@param what bearssl.EchKeyOptions|string those before are only accepted from then on
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function EchKeys:rotate(what) end
---@return string list an ECHConfigList of the current ones
function EchKeys:config_list() end
---@param accepted? boolean of those that are only accepted, instead of the current ones
---@return string secret: keep it like a key
function EchKeys:pem(accepted) end
---@return integer
function EchKeys:count() end
---@return bearssl.EchOpener opener for one client, of a server in front of others
function EchKeys:opener() end

---@class bearssl.EchOpener
local EchOpener = {}
---@param bytes string what came from the client
---@return string|false|nil records to be sent to the server behind; false: not for these keys; nil: see code
---@return string? name of the server behind, with a hello that was opened; where records is false, all that came; a message
---@return bearssl.Code? code "wantread": more must come
---@return string? alert a record to be sent to the client
function EchOpener:feed(bytes) end
---@return boolean done whatever else comes may go on as it is
function EchOpener:done() end

---@class bearssl.TraceText
---@field width? integer columns, default 80
---@field unicode? boolean default false: ASCII only
---@field fields? boolean false leaves them out

---@class bearssl.Tracer
local Tracer = {}
---@param options? bearssl.TraceText
---@return string ladder
function Tracer:text(options) end
---@param path string
---@return true? ok
---@return string? message
---@return bearssl.Code? code "file_unwritable"
function Tracer:svg(path) end
---@param path string whoever has this file reads the connection, with option `secrets`
---@return true? ok
---@return string? message
---@return bearssl.Code? code "file_unwritable", "closed"
function Tracer:pcap(path) end
---Ends the watching, and forgets secrets and ciphertext.
---@return true
function Tracer:close() end

---@class bearssl.TicketKeys
local TicketKeys = {}
---@param time? number seconds since the epoch, default now
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function TicketKeys:rotate(time) end
---@return string secret: keep it like a key
function TicketKeys:export() end
---@param bytes string what export() gave in another process
---@param time? number seconds since the epoch, default now
---@return true? ok
---@return string? message
---@return bearssl.Code? code
function TicketKeys:replace(bytes, time) end
---@return integer
function TicketKeys:count() end

---@class bearssl.Session
local Session = {}
---@param context? bearssl.Context
---@param server_name? string
---@return boolean
function Session:resumable(context, server_name) end
---@return number seconds since the epoch
function Session:expires() end
---@return string secret: keep it like a key
function Session:export() end
---@return string
function Session:id() end
---@return bearssl.SessionInfo
function Session:info() end

---@class bearssl.SessionInfo
---@field mode "client"|"server"
---@field version bearssl.Version
---@field version_id integer
---@field cipher_suite string
---@field cipher_suite_id integer
---@field session_id string
---@field server_name? string
---@field alpn? string
---@field created number seconds since the epoch
---@field expires number seconds since the epoch
---@field peer_verified boolean
---@field peer_accepted boolean
---@field extended_master_secret boolean
---@field ticket boolean
---@field max_early_data integer bytes; 0: none
---@field peer_certificates bearssl.Certificate[]

---@class bearssl.luasec LuaSec 1.3.2's interface, as `require "bearssl.luasec"` gives it
---@field ssl table LuaSec's `ssl`: newcontext, wrap, loadcertificate, config, _VERSION
---@field https table LuaSec's `ssl.https`: request, tcp, PORT, TIMEOUT
---@field context table LuaSec's `ssl.context`
---@field x509 table LuaSec's `ssl.x509`
---@field config table LuaSec's `ssl.config`
---@field core table LuaSec's `ssl.core`
---@field install fun(): table from then on `require "ssl"` and its kin give these modules; returns `ssl`
---@field on_unsafe? fun(what: string, traceback: string) is told once of each protection that is off

-- require "bearssl.store", and a store's backends: require "bearssl.store.redis" and so on.

---@class bearssl.store.Backend
---@field get fun(self, key: string): string?, string? nil alone for none
---@field set fun(self, key: string, value: string, seconds: integer): true?, string?
---@field add fun(self, key: string, value: string, seconds: integer): boolean?, string? false where the key is there
---@field delete fun(self, key: string): true?, string?
---@field longest_life? integer seconds for which it keeps a value at most

---@class bearssl.store.HandlerOptions
---@field secret string|string[]|false
---@field sessions? boolean true
---@field early_data? boolean false
---@field clock_skew? integer seconds, 5
---@field prefix? string
---@field on_error? fun(message: string)

---@class bearssl.store.KeyOptions
---@field secret string|string[]|false
---@field period? integer seconds, 3600
---@field overlap? integer seconds, 7200
---@field grace? integer seconds, a period
---@field time? number
---@field prefix? string
---@field on_error? fun(message: string)

---@class bearssl.store.TicketKeys
---@field keys fun(self): bearssl.TicketKeys
---@field refresh fun(self, time?: number): true?, string?

---@class bearssl.store
---@field new_secret fun(): string?, string?, bearssl.Code?
---@field handlers fun(backend: bearssl.store.Backend, options: bearssl.store.HandlerOptions): table
---@field ticket_keys fun(backend: bearssl.store.Backend, options: bearssl.store.KeyOptions): bearssl.store.TicketKeys?, string?, bearssl.Code?

---@class bearssl.store.BackendOptions
---@field host? string "127.0.0.1"
---@field port? integer
---@field password? string redis, resty_redis
---@field timeout? number seconds, 0.1
---@field retry? number seconds, 1
---@field connections? integer 32
---@field connect? fun(host: string, port: integer, timeout: number): table?, string? redis, memcached
---@field client? fun(): table redis
---@field idle? number resty_redis: seconds, 60

-- require "bearssl.resty": inside nginx.

---@class bearssl.resty.Options
---@field context? bearssl.Context
---@field server_name? string|false
---@field verify? "required"|"report"|"none"
---@field handlers? bearssl.Handlers
---@field alpn? string[]
---@field pins? table
---@field ech? string|false
---@field min_version? bearssl.Version
---@field max_version? bearssl.Version
---@field truncation? "refuse"|"allow"
---@field handshake_on_connect? boolean true for clients and modules, false for a cosocket
---@field pool_size? integer 30
---@field keepalive_timeout? integer milliseconds, 60000; 0: for ever

---@class bearssl.resty
---@field wrap fun(what: table, options?: bearssl.resty.Options): bearssl.resty.Socket|table a cosocket, a client that holds one, or its module
---@field sessions fun(dictionary: string|table, options?: bearssl.store.HandlerOptions): bearssl.Handlers ngx.shared.NAME, or its name
---@field idle fun(): integer

---A session that sslhandshake takes.
---@class bearssl.resty.Session
---@field session fun(self): bearssl.Session?

---A cosocket whose sslhandshake is ours.
---@class bearssl.resty.Socket
---@field connect fun(self, host: string, port?: integer|table, options?: {pool?: string, pool_size?: integer}): integer?, string?, bearssl.Code?
---@field sslhandshake fun(self, session?: false|bearssl.resty.Session|bearssl.Session, name?: string, verify?: boolean, status?: boolean): bearssl.resty.Session|true|nil, string?, bearssl.Code?
---@field setclientcert fun(self, certificate?: string|bearssl.Certificate|bearssl.Certificate[], key?: string|bearssl.Key): true?, string?
---@field send fun(self, data: string|number|table): integer?, string?, bearssl.Code?
---@field receive fun(self, pattern?: string|integer): string?, string?, string?, bearssl.Code?
---@field receiveany fun(self, max: integer): string?, string?, string?, bearssl.Code?
---@field receiveuntil fun(self, pattern: string, options?: {inclusive?: boolean}): (fun(size?: integer): string?, string?, string?, bearssl.Code?)?, string?
---@field close fun(self): integer?, string?
---@field setkeepalive fun(self, timeout?: integer, size?: integer): integer?, string?
---@field getreusedtimes fun(self): integer?, string?
---@field settimeout fun(self, milliseconds: integer)
---@field settimeouts fun(self, connect: integer, send: integer, read: integer)
---@field setoption fun(self, option: string, value: any): true?, string?
---@field getoption fun(self, option: string): any, string?
---@field bind fun(self, address: string): true?, string?
---@field info fun(self, field?: string): any, string?, bearssl.Code?
---@field session fun(self): bearssl.Session?, string?, bearssl.Code?
---@field getpeercertificate fun(self, n?: integer): bearssl.Certificate?, string?, bearssl.Code?
---@field export_keying_material fun(self, label: string, length: integer, context?: string): string?, string?, bearssl.Code?
---@field channel_binding fun(self, type: bearssl.Binding): string?, string?, bearssl.Code?

return bearssl
