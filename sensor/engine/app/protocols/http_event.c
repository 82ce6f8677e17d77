/*
 * http_event - what libhtp complains about, by the names rules use.
 *
 * Thread:    the worker's.
 * Memory:    gives libhtp's messages back to the heap as soon as they are read: a connection of bad requests
 *            must not grow.
 * Owns:      nothing.
 * Not here:  how events reach rules -> engine/detect
 *
 * Names are Suricata 8's (app-layer-event:http.NAME).
 */
#include "engine/app/protocols/http.h"

#include <stdlib.h>

const struct app_event http_events[HTTP_EV_N + 1] = {
	[HTTP_EV_UNKNOWN_ERROR] = { "unknown_error" },
	[HTTP_EV_GZIP_FAILED] = { "gzip_decompression_failed" },
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
	[HTTP_EV_LZMA_MEMORY] = { "lzma_memlimit_reached" },
	[HTTP_EV_LZMA_OFF] = { "lzma_decompression_disabled" },
	[HTTP_EV_BOMB] = { "compression_bomb", "compression_bomb_limit_reached" },
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

/* How libhtp 0.5's messages begin; the first row that fits counts. */
static const struct {
	const char *begins;
	enum http_event event;
} messages[] = {
	{ "GZip decompressor:", HTTP_EV_GZIP_FAILED },
	{ "Request field invalid: colon missing", HTTP_EV_REQ_NO_COLON },
	{ "Response field invalid: missing colon", HTTP_EV_RES_NO_COLON },
	{ "Request field invalid", HTTP_EV_REQ_HEADER },
	{ "Response field invalid", HTTP_EV_RES_HEADER },
	{ "Request header name is not a token", HTTP_EV_REQ_HEADER },
	{ "Response header name is not a token", HTTP_EV_RES_HEADER },
	{ "Request chunk encoding: Invalid chunk length", HTTP_EV_REQ_CHUNK_LEN },
	{ "Response chunk encoding: Invalid chunk length", HTTP_EV_RES_CHUNK_LEN },
	{ "Request chunk extension", HTTP_EV_CHUNK_EXT },
	{ "Invalid C-L field in request", HTTP_EV_REQ_CL },
	{ "Invalid C-L field in response", HTTP_EV_RES_CL },
	{ "Ambiguous request C-L value", HTTP_EV_REQ_CL_DUP },
	{ "Ambiguous response C-L value", HTTP_EV_RES_CL_DUP },
	{ "Already seen 100-Continue", HTTP_EV_100_AGAIN },
	{ "Unable to match response to request", HTTP_EV_NO_REQUEST },
	{ "Invalid request field folding", HTTP_EV_REQ_FOLDING },
	{ "Invalid response field folding", HTTP_EV_RES_FOLDING },
	{ "Request field length exceeds", HTTP_EV_REQ_LONG },
	{ "Response field length exceeds", HTTP_EV_RES_LONG },
	{ "Request buffer over the limit", HTTP_EV_REQ_LONG },
	{ "Response the buffer limit", HTTP_EV_RES_LONG },
	{ "Unexpected request body", HTTP_EV_REQ_BODY },
	{ "Unexpected Response body", HTTP_EV_RES_BODY },
	{ "Unexpected response body", HTTP_EV_RES_BODY },
	{ "Request line: non-compliant delimiter", HTTP_EV_METHOD_DELIM },
	{ "Request line: URI contains non-compliant", HTTP_EV_URI_DELIM },
	{ "Request line: leading whitespace", HTTP_EV_LEADING_SPACE },
	{ "Request line: missing protocol", HTTP_EV_NO_PROTOCOL },
	{ "Request line incomplete", HTTP_EV_LINE_INCOMPLETE },
	{ "Request line: unknown method", HTTP_EV_REQ_LINE },
	{ "Too many request headers", HTTP_EV_REQ_MANY },
	{ "Too many response headers", HTTP_EV_RES_MANY },
	{ "Too many response content encoding layers", HTTP_EV_LAYERS },
	{ "C-T multipart/byteranges", HTTP_EV_BYTERANGES },
	{ "Transfer-encoding has abnormal chunked value", HTTP_EV_RES_TE_ODD },
	{ "Chunked transfer-encoding on HTTP/0.9", HTTP_EV_CHUNKED_OLD },
	{ "Invalid response line: invalid protocol", HTTP_EV_RES_PROTOCOL },
	{ "Invalid response line: invalid response status", HTTP_EV_RES_STATUS },
	{ "LZMA decompressor: memory limit reached", HTTP_EV_LZMA_MEMORY },
	{ "LZMA decompression disabled", HTTP_EV_LZMA_OFF },
	{ "Compression bomb: multiple encoding with lzma", HTTP_EV_BOMB_LZMA },
	{ "Compression bomb", HTTP_EV_BOMB },
	{ "C-E deflate has abnormal value", HTTP_EV_CE_ODD },
	{ "C-E gzip has abnormal value", HTTP_EV_CE_ODD },
	{ "C-E unknown setting", HTTP_EV_CE_ODD },
};

static int
event_of(const htp_log_t *m)
{
	for (unsigned i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (strncmp(m->msg, messages[i].begins, strlen(messages[i].begins)) == 0)
			return messages[i].event;
	return -1;
}

static void
repetition(struct http *s, struct http_tx *t)
{
	if (!t || !t->h)
		return;
	if (t->h->req_header_repetitions > HTP_MAX_HEADERS_REPETITIONS)
		app_event(s->app, &t->tx, HTTP_EV_REQ_REPEATED);
	if (t->h->res_header_repetitions > HTP_MAX_HEADERS_REPETITIONS)
		app_event(s->app, &t->tx, HTTP_EV_RES_REPEATED);
}

/* Told once a connection, as in the reference: from there on its own log would be too long. */
#define MESSAGES_MAX 512

void
http_take_messages(struct http *s)
{
	htp_conn_t *conn = htp_connp_get_connection(s->connp);
	htp_log_t *m;

	htp_connp_clear_error(s->connp);
	for (size_t i = 0; i < htp_list_size(conn->messages); i++) {
		m = htp_list_get(conn->messages, i);
		if (++s->messages == MESSAGES_MAX)
			app_event(s->app, NULL, HTTP_EV_WARNINGS);
		if (m && m->msg) {
			struct http_tx *t = m->tx ? htp_tx_get_user_data(m->tx) : NULL;
			int ev = event_of(m);

			if (ev >= 0 && !(ev == HTTP_EV_CE_ODD && s->known_coding))
				app_event(s->app, t ? &t->tx : NULL, (unsigned) ev);
			else if (ev < 0 && strcmp(m->msg, "Repetition for header") == 0)
				repetition(s, t);
		}
	}
	while ((m = htp_list_pop(conn->messages))) {
		free((void *) m->msg);
		free(m);
	}
}

/* RFC 6750: libhtp 0.5 knows Basic and Digest only. */
static bool
is_bearer(const htp_tx_t *h)
{
	const htp_header_t *auth = htp_table_get_c(h->request_headers, "authorization");

	return auth && bstr_begins_with_c_nocase(auth->value, "bearer ");
}

void
http_request_flags(struct http_tx *t)
{
	static const struct {
		uint64_t flag;
		enum http_event event;
	} flags[] = {
		{ HTP_REQUEST_INVALID_T_E, HTTP_EV_REQ_TE }, { HTP_REQUEST_INVALID_C_L, HTTP_EV_REQ_CL },
		{ HTP_HOST_MISSING, HTTP_EV_NO_HOST }, { HTP_HOST_AMBIGUOUS, HTTP_EV_HOST_AMBIGUOUS },
		{ HTP_HOSTU_INVALID, HTTP_EV_URI_HOST }, { HTP_HOSTH_INVALID, HTTP_EV_HEADER_HOST },
	};

	for (unsigned i = 0; t->h && i < sizeof(flags) / sizeof(flags[0]); i++)
		if (t->h->flags & flags[i].flag)
			t->tx.events |= UINT64_C(1) << flags[i].event;
	if (t->h && t->h->request_auth_type == HTP_AUTH_UNRECOGNIZED && !is_bearer(t->h))
		t->tx.events |= UINT64_C(1) << HTTP_EV_AUTH;
}
