/*
 * http_event - what is odd about messages, by the names rules use.
 *
 * Thread:    the worker's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  how events reach rules -> engine/detect
 *
 * Names are Suricata 8's (app-layer-event:http.NAME).
 */
#include "engine/app/protocols/http.h"

const struct app_event http_events[HTTP_EV_N + 1] = {
	[HTTP_EV_UNKNOWN_ERROR] = { "unknown_error" },
	[HTTP_EV_GZIP_FAILED] = { "gzip_decompression_failed", .of_bodies = true },
	[HTTP_EV_REQ_NO_COLON] = { "request_field_missing_colon" },
	[HTTP_EV_RES_NO_COLON] = { "response_field_missing_colon" },
	[HTTP_EV_REQ_CHUNK_LEN] = { "invalid_request_chunk_len" },
	[HTTP_EV_RES_CHUNK_LEN] = { "invalid_response_chunk_len" },
	[HTTP_EV_REQ_TE] = { "invalid_transfer_encoding_value_in_request" },
	[HTTP_EV_RES_TE] = { "invalid_transfer_encoding_value_in_response" },
	[HTTP_EV_REQ_CL] = { "invalid_content_length_field_in_request" },
	[HTTP_EV_RES_CL] = { "invalid_content_length_field_in_response" },
	[HTTP_EV_REQ_CL_DUP] = { "duplicate_content_length_field_in_request" },
	[HTTP_EV_RES_CL_DUP] = { "duplicate_content_length_field_in_response" },
	[HTTP_EV_100_AGAIN] = { "100_continue_already_seen" },
	[HTTP_EV_NO_REQUEST] = { "unable_to_match_response_to_request" },
	[HTTP_EV_REQ_SERVER_PORT] = { "invalid_server_port_in_request" },
	[HTTP_EV_AUTHORITY_PORT] = { "invalid_authority_port" },
	[HTTP_EV_REQ_HEADER] = { "request_header_invalid" },
	[HTTP_EV_RES_HEADER] = { "response_header_invalid" },
	[HTTP_EV_NO_HOST] = { "missing_host_header" },
	[HTTP_EV_HOST_AMBIGUOUS] = { "host_header_ambiguous" },
	[HTTP_EV_REQ_FOLDING] = { "invalid_request_field_folding" },
	[HTTP_EV_RES_FOLDING] = { "invalid_response_field_folding" },
	[HTTP_EV_REQ_LONG] = { "request_field_too_long" },
	[HTTP_EV_RES_LONG] = { "response_field_too_long" },
	[HTTP_EV_REQ_LINE] = { "request_line_invalid" },
	[HTTP_EV_REQ_BODY] = { "request_body_unexpected" },
	[HTTP_EV_RES_BODY] = { "response_body_unexpected" },
	[HTTP_EV_PORT_MISMATCH] = { "request_server_port_tcp_port_mismatch" },
	[HTTP_EV_URI_HOST] = { "request_uri_host_invalid" },
	[HTTP_EV_HEADER_HOST] = { "request_header_host_invalid" },
	[HTTP_EV_AUTH] = { "request_auth_unrecognized" },
	[HTTP_EV_REQ_REPEATED] = { "request_header_repetition" },
	[HTTP_EV_RES_REPEATED] = { "response_header_repetition" },
	[HTTP_EV_METHOD_DELIM] = { "method_delim_non_compliant" },
	[HTTP_EV_URI_DELIM] = { "uri_delim_non_compliant" },
	[HTTP_EV_LEADING_SPACE] = { "request_line_leading_whitespace" },
	[HTTP_EV_LAYERS] = { "too_many_encoding_layers" },
	[HTTP_EV_BYTERANGES] = { "response_multipart_byteranges" },
	[HTTP_EV_RES_TE_ODD] = { "response_abnormal_transfer_encoding" },
	[HTTP_EV_CHUNKED_OLD] = { "response_chunked_old_proto" },
	[HTTP_EV_RES_PROTOCOL] = { "response_invalid_protocol" },
	[HTTP_EV_RES_STATUS] = { "response_invalid_status" },
	[HTTP_EV_LINE_INCOMPLETE] = { "request_line_incomplete" },
	[HTTP_EV_DOUBLE_ENCODED] = { "double_encoded_uri" },
	[HTTP_EV_LZMA_MEMORY] = { "lzma_memlimit_reached", .of_bodies = true },
	[HTTP_EV_LZMA_OFF] = { "lzma_decompression_disabled" },
	[HTTP_EV_BOMB] = { "compression_bomb", "compression_bomb_limit_reached", .of_bodies = true },
	[HTTP_EV_BOMB_LZMA] = { "compression_bomb_double_lzma" },
	[HTTP_EV_CE_ODD] = { "abnormal_ce_header" },
	[HTTP_EV_NO_PROTOCOL] = { "request_line_missing_protocol" },
	[HTTP_EV_REQ_MANY] = { "request_too_many_headers" },
	[HTTP_EV_RES_MANY] = { "response_too_many_headers" },
	[HTTP_EV_CHUNK_EXT] = { "request_chunk_extension" },
	[HTTP_EV_RANGE] = { "range_invalid" },
	[HTTP_EV_CHANGE] = { "failed_protocol_change" },
	[HTTP_EV_MULTIPART] = { "multipart_generic_error" },
	[HTTP_EV_MULTIPART_EMPTY] = { "multipart_no_filedata" },
	[HTTP_EV_MULTIPART_HEADER] = { "multipart_invalid_header" },
	[HTTP_EV_FILE_NAME] = { "file_name_too_long" },
	[HTTP_EV_RES_CHUNK_EXT] = { "response_chunk_extension" },
	[HTTP_EV_WARNINGS] = { "too_many_warnings" },
	[HTTP_EV_N] = { NULL },
};

/* Told once a connection, as in the reference: from there on its own log would be too long. */
#define ODDITIES_MAX 512

void
http_note(struct http *s, struct http_tx *t, unsigned event)
{
	if (++s->messages == ODDITIES_MAX)
		app_event(s->app, NULL, HTTP_EV_WARNINGS);
	if (event != HTTP_EV_NONE)
		app_event(s->app, t ? &t->tx : NULL, event);
}
