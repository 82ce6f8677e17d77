/*
 * http - what the files of the HTTP parser share.
 *
 * Thread:    the worker's.
 * Memory:    ours from the pool; libhtp's own (connection, transactions, headers) from the heap, bounded by
 *            its field limits, the number of headers and max-tx.
 * Owns:      struct http_tx hangs on the libhtp transaction of the same message.
 * Not here:  what others may use -> ../protocol.h
 */
#ifndef ENGINE_APP_HTTP_H
#define ENGINE_APP_HTTP_H

#include <htp/htp.h>

#include "engine/app/range.h"
#include "engine/app/unpack.h"

/* Progress of a direction: the numbers of libhtp's request_progress and response_progress. */
enum http_progress { HTTP_NOT_STARTED, HTTP_LINE, HTTP_HEADERS, HTTP_BODY, HTTP_TRAILER, HTTP_COMPLETE };

struct http_limits {
	uint64_t body;          /* bytes; 0 = all */
	uint64_t inspect_min, inspect_window;
};

struct http_conf {
	htp_cfg_t *cfg;
	struct http_limits limits[2]; /* requests, responses */
	uint64_t max_tx;
	uint64_t bomb;          /* bytes a body may grow to when it grows out of little */
	bool inline_body;       /* bodies are looked at as they come */
	bool double_path, double_query, whole_uri;
	bool brief;             /* records tell name, address, program and type of content only */
	bool dump_headers[2];   /* records have all headers of that side */
};

/* A chunked message being read a second time, for what libhtp does not tell. */
struct http_chunks {
	uint64_t at, left;      /* the next byte's offset in the stream; bytes of the chunk to come */
	uint8_t state;
	bool extension;         /* one was there */
};

struct http {
	htp_connp_t *connp;
	struct app *app;        /* of the call at hand */
	const struct http_conf *conf;
	bool closed[2];
	bool known_coding;      /* of the newest response: identity or br, which libhtp 0.5 does not know by name */
	uint64_t ended[2];      /* offset in the stream after the last message that is complete; 0 = none was */
	struct http_chunks chunks[2]; /* of the messages at hand */
	struct span now;        /* what libhtp reads, and where in the stream that is */
	uint64_t now_at;
	unsigned messages;      /* libhtp has given so many */
	struct bytes saved;     /* the request that asked for an upgrade to HTTP/2 */
};

/* A file part of a form. */
struct http_part {
	struct http_part *next;
	struct bytes name;
	struct body body;
};

struct http_multipart;
struct http_tx {
	struct tx tx;
	htp_tx_t *h;            /* libhtp's; NULL once gone */
	struct bytes uri;       /* normalised */
	struct bytes raw[2];    /* header bytes as they came, trailers after them */
	struct body body[2];
	struct body file;       /* request: the body, sent as a file */
	struct range_piece range; /* the response is a piece of a file */
	struct body whole;      /* ... and the last one: the file */
	struct unpack *unpack[2]; /* of the bodies: all of a request's; of a response's what libhtp does not know */
	struct http_multipart *multipart;
	struct http_part *part, *last_part; /* or the file parts of its form */
	bool counted[2];
	uint64_t head_end[2];   /* offset in the stream after the headers; 0 = not there yet */
};

enum http_event {
	HTTP_EV_UNKNOWN_ERROR, HTTP_EV_GZIP_FAILED, HTTP_EV_REQ_NO_COLON, HTTP_EV_RES_NO_COLON, HTTP_EV_REQ_CHUNK_LEN,
	HTTP_EV_RES_CHUNK_LEN, HTTP_EV_REQ_TE, HTTP_EV_RES_TE, HTTP_EV_REQ_CL, HTTP_EV_RES_CL, HTTP_EV_REQ_CL_DUP,
	HTTP_EV_RES_CL_DUP, HTTP_EV_100_AGAIN, HTTP_EV_NO_REQUEST, HTTP_EV_REQ_SERVER_PORT, HTTP_EV_AUTHORITY_PORT,
	HTTP_EV_REQ_HEADER, HTTP_EV_RES_HEADER, HTTP_EV_NO_HOST, HTTP_EV_HOST_AMBIGUOUS, HTTP_EV_REQ_FOLDING,
	HTTP_EV_RES_FOLDING, HTTP_EV_REQ_LONG, HTTP_EV_RES_LONG, HTTP_EV_REQ_LINE, HTTP_EV_REQ_BODY, HTTP_EV_RES_BODY,
	HTTP_EV_PORT_MISMATCH, HTTP_EV_URI_HOST, HTTP_EV_HEADER_HOST, HTTP_EV_AUTH, HTTP_EV_REQ_REPEATED,
	HTTP_EV_RES_REPEATED, HTTP_EV_METHOD_DELIM, HTTP_EV_URI_DELIM, HTTP_EV_LEADING_SPACE, HTTP_EV_LAYERS,
	HTTP_EV_BYTERANGES, HTTP_EV_RES_TE_ODD, HTTP_EV_CHUNKED_OLD, HTTP_EV_RES_PROTOCOL, HTTP_EV_RES_STATUS,
	HTTP_EV_LINE_INCOMPLETE, HTTP_EV_DOUBLE_ENCODED, HTTP_EV_LZMA_MEMORY, HTTP_EV_LZMA_OFF, HTTP_EV_BOMB,
	HTTP_EV_BOMB_LZMA, HTTP_EV_CE_ODD, HTTP_EV_NO_PROTOCOL, HTTP_EV_REQ_MANY, HTTP_EV_RES_MANY, HTTP_EV_CHUNK_EXT,
	HTTP_EV_RANGE, HTTP_EV_CHANGE, HTTP_EV_MULTIPART, HTTP_EV_MULTIPART_EMPTY, HTTP_EV_MULTIPART_HEADER,
	HTTP_EV_FILE_NAME, HTTP_EV_RES_CHUNK_EXT, HTTP_EV_WARNINGS, HTTP_EV_N
};
extern const struct app_event http_events[];
/* Names of Suricata's before 8: rules of that age use them. */
void http_conf_read(void *into, const struct conf *tree, const struct yaml *node, struct diag *d);
void http_conf_clear(void *of);
void http_hooks(htp_cfg_t *cfg);              /* our callbacks into libhtp */
void http_take_messages(struct http *s);      /* libhtp's log -> events; and gives the messages' memory back */
void http_request_flags(struct http_tx *t);   /* what libhtp found odd in a request -> events */
void http_normalise_uri(struct http *s, struct http_tx *t);
void http_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
bool http_header(const struct tx *tx, const char *name, struct span *out); /* of the request */
bool http_file(const struct tx *tx, int dir, unsigned index, struct app_file *out);
bool http_content_range(const htp_tx_t *h, int64_t v[static 3]); /* range_read(); false: no such header */
void http_range_begin(struct app *a, struct http_tx *t); /* when the response's headers say so */
/* The value of a parameter of a Content-Disposition, quotes taken off; empty: it has none. */
struct span http_disposition_name(struct span value);
extern const struct field http_fields[];

/* Streaming splitter of multipart/form-data: file parts go to the transaction's list. */
void http_multipart_begin(struct app *a, struct http_tx *t);
void http_multipart_feed(struct app *a, struct http_tx *t, struct span bytes, uint64_t limit);
void http_multipart_gap(struct app *a, struct http_tx *t, uint64_t n);
void http_multipart_end(struct app *a, struct http_tx *t); /* the body is complete, or the transaction goes */
void http_parts_clear(struct app *a, struct http_tx *t);
struct body *http_file_body(struct tx *tx, int dir, unsigned index); /* in the order of http_file() */

/* http_chunk.c: from the offset `at` on chunks come. */
void http_chunks_begin(struct http *s, int dir, uint64_t at);
/* Up to offset `to` of the bytes that begin at `from`. true: there was the message's first extension. */
bool http_chunks_read(struct http *s, int dir, struct span bytes, uint64_t from, uint64_t to);
void http_chunks_end(struct http *s, int dir);

/* http_upgrade.c: 101 Switching Protocols; CONNECT. */
void http_look_for_upgrade(struct http *s, const htp_tx_t *h);
/* The saved request: its headers in order, ":method" and ":path" before them. */
static inline bool
http_saved_next(const struct bytes *saved, uint32_t *at, struct span *name, struct span *value)
{
	struct rd r = rd_of(span_skip(bytes_span(saved), *at));
	struct span head = rd_span(&r, 8);
	uint32_t n[2];

	if (r.bad)
		return false;
	memcpy(n, head.p, sizeof(n));
	*name = rd_span(&r, n[0]);
	*value = rd_span(&r, n[1]);
	*at += 8 + n[0] + n[1];
	return !r.bad;
}

static inline struct span
http_span(const bstr *b)
{
	return b ? span_of(bstr_ptr(b), bstr_len(b)) : SPAN_NONE;
}

#endif
