-- ssl.config: which names are known. Programs look whether a name is there before they use it.
local groups = require "bearssl.luasec.groups"

local function set(names)
   local found = {}
   for name in names:gmatch "%S+" do found[name] = true end
   return found
end

-- Those with a meaning here stand first; the others are accepted, as OpenSSL accepts them, and change nothing.
local options = set [[
   cipher_server_preference no_ticket no_renegotiation no_tlsv1 no_tlsv1_1 no_tlsv1_2 no_tlsv1_3 no_ssl_mask
   ignore_unexpected_eof
   all allow_no_dhe_kex allow_unsafe_legacy_renegotiation enable_ktls enable_middlebox_compat no_anti_replay
   no_compression no_encrypt_then_mac no_extended_master_secret no_query_mtu no_session_resumption_on_renegotiation
   no_sslv2 no_sslv3 prioritize_chacha single_dh_use single_ecdh_use tlsext_padding allow_client_renegotiation
   cisco_anyconnect cleanse_plaintext cookie_exchange cryptopro_tlsext_bug disable_tlsext_ca_names
   dont_insert_empty_fragments ephemeral_rsa legacy_server_connect microsoft_big_sslv3_buffer microsoft_sess_id_bug
   msie_sslv2_rsa_padding netscape_ca_dn_bug netscape_challenge_bug netscape_demo_cipher_change_bug
   netscape_reuse_cipher_change_bug no_dtls_mask no_dtlsv1 no_dtlsv1_2 pkcs1_check_1 pkcs1_check_2
   safari_ecdhe_ecdsa_bug ssleay_080_client_dh_bug sslref2_reuse_cert_type_bug tls_block_padding_bug tls_d5_bug
   tls_rollback_bug ]]

return {
   options = options,
   protocols = set "tlsv1 tlsv1_1 tlsv1_2 tlsv1_3",
   algorithms = { ec = true },
   curves = groups.curves(),
   capabilities = { alpn = true, curves_list = true, ecdh_auto = true },
}
