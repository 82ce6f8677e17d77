/*
 * http2 - what the files of the HTTP/2 parser share, and what keywords may ask of its transactions.
 *
 * Thread:    the worker's.
 * Memory:    everything from the worker's pool, the HPACK tables of nghttp2 too.
 * Owns:      struct http2 of a flow; headers, marks and bodies of its transactions.
 * Not here:  what others may use -> ../protocol.h
 */
#ifndef ENGINE_APP_HTTP2_H
#define ENGINE_APP_HTTP2_H

#include <nghttp2/nghttp2.h>

#include "engine/app/protocols/dns.h"
#include "engine/app/protocols/parse.h"
#include "engine/app/range.h"
#include "engine/app/unpack.h"

#define HTTP2_FRAME_HEAD 9u
#define HTTP2_FRAME_MAX 131072u /* of frames that are read as a whole; DATA is read as it comes */
#define HTTP2_DNS_MAX 65535u

enum http2_type { HTTP2_DATA, HTTP2_HEADERS, HTTP2_PRIORITY, HTTP2_RST_STREAM, HTTP2_SETTINGS, HTTP2_PUSH_PROMISE, HTTP2_PING,
	HTTP2_GOAWAY, HTTP2_WINDOW_UPDATE, HTTP2_CONTINUATION, HTTP2_TYPES };
enum { HTTP2_ACK = 0x01, HTTP2_END_STREAM = 0x01, HTTP2_END_HEADERS = 0x04, HTTP2_PADDED = 0x08, HTTP2_WITH_PRIORITY = 0x20 };

/* Progress of a direction. */
enum http2_progress { HTTP2_P_IDLE, HTTP2_P_OPEN, HTTP2_P_HEADERS, HTTP2_P_COMPLETE };

enum http2_event { HTTP2_EV_FRAME_HEADER, HTTP2_EV_MAGIC, HTTP2_EV_FRAME_DATA, HTTP2_EV_HEADER, HTTP2_EV_FRAME_LENGTH,
	HTTP2_EV_EXTRA_HEADER, HTTP2_EV_LONG_FRAME, HTTP2_EV_REUSE, HTTP2_EV_HTTP1_SETTINGS, HTTP2_EV_UNPACK, HTTP2_EV_RANGE,
	HTTP2_EV_INTEGER, HTTP2_EV_STREAMS, HTTP2_EV_AUTHORITY, HTTP2_EV_USERINFO, HTTP2_EV_REASSEMBLY, HTTP2_EV_DNS_REQUEST,
	HTTP2_EV_DNS_RESPONSE, HTTP2_EV_DATA_ZERO, HTTP2_EV_FRAMES, HTTP2_EV_BOMB, HTTP2_EV_TABLE,
	HTTP2_EV_CONTINUATION, HTTP2_EV_REPEATED };
extern const struct app_event http2_events[];

enum http2_frame_type { HTTP2_FRAME_HDR, HTTP2_FRAME_DATA, HTTP2_FRAME_PDU };
extern const struct app_frame_type http2_frames[];

struct http2_conf {
	uint64_t max_streams, max_table, max_reassembly, max_frames, bomb;
};

/* What a frame said that rules or the log ask for. */
enum http2_mark_kind { HTTP2_MARK_ERROR, HTTP2_MARK_PRIORITY, HTTP2_MARK_WINDOW, HTTP2_MARK_SETTING };
struct http2_mark {
	uint8_t kind;
	uint16_t id;             /* of a setting */
	uint32_t value;
};

/* An entry of a header block. */
enum http2_entry_kind { HTTP2_ENTRY_HEADER, HTTP2_ENTRY_SIZE_UPDATE, HTTP2_ENTRY_ERROR };
struct http2_entry {
	enum http2_entry_kind kind;
	struct span name, value;
	uint64_t size;
};

struct http2_side {
	uint64_t types;          /* of frames seen: bit = type */
	uint32_t frames;
	struct bytes marks;      /* struct http2_mark, one after the other */
	struct bytes head;       /* entries: see http2_headers.c */
	bool headers_over;       /* a header block came: another one is of trailers */
	struct body body;        /* unpacked */
	uint64_t raw;            /* bytes as they came */
	struct range_piece range; /* the body is a piece of a file */
	struct body whole;       /* ... and the last one: the file */
	struct unpack *unpack;
	uint32_t again[32], again_n; /* hashes of headers of the dynamic table that came; bytes of those that came again */
	bool gap;
	bool is_dns;             /* application/dns-message */
	bool dns_told;           /* the event was raised */
	struct dns_tx *dns;      /* the message, once the body is complete */
};

struct http2_tx {
	struct tx tx;
	uint32_t stream;         /* 0: a frame about the connection as a whole */
	struct http2_side side[2];
};

struct http2 {
	struct app *app;
	const struct http2_conf *conf;
	nghttp2_mem mem;
	struct http2_dir {
		nghttp2_hd_inflater *hpack;
		bool dead;           /* the header tables are out of step */
		bool begun;          /* the preface was there, or will not come */
		struct bytes block;  /* of HEADERS or PUSH_PROMISE until END_HEADERS */
		uint32_t block_stream;
		bool block_open, block_ends_stream, block_promise, block_lost;
		uint32_t data_left, data_pad, data_stream; /* of the DATA frame at hand; skipping: stream 0 */
		bool data_ends;
	} dir[2];
	uint32_t last_stream;    /* the highest there was */
};

/* http2_headers.c */
void http2_headers_begin(struct http2 *s);
void http2_headers_end(struct http2 *s);
/* A whole header block goes to the transaction. */
void http2_block(struct http2 *s, struct http2_tx *t, int dir, int into, struct span block);
void http2_entry_add(struct http2 *s, struct http2_tx *t, int dir, const struct http2_entry *e);
/* The entry at *at, which is moved to the next; false: no more. */
bool http2_entry_next(const struct bytes *head, uint32_t *at, struct http2_entry *out);
/* The value of a header, several joined by ", " in scratch (NULL: the first one). */
bool http2_value(const struct http2_tx *t, int dir, struct span name, struct arena *scratch, struct span *out);
void http2_take_dns(struct http2 *s, struct http2_tx *t, int dir, struct span msg);
/* What a complete header block means: codings, DNS, events. */
void http2_headers_done(struct http2 *s, struct http2_tx *t, int dir);

/* RFC 4648 section 5, appended to `out`; what is not of it ends it. false: nothing came of it, or too much. */
bool http2_unbase64(struct app *a, struct span in, struct bytes *out);

/* http2_frame.c */
int http2_feed(struct app *a, void *state, int dir, struct span bytes);
int http2_gap(struct app *a, void *state, int dir, uint32_t n);
void http2_eof(struct app *a, void *state, int dir);
struct http2_tx *http2_tx_new(struct http2 *s, uint32_t stream);
bool http2_settings(struct http2 *s, struct http2_tx *t, int dir, struct span payload);
void http2_stream_end(struct http2 *s, struct http2_tx *t, int dir);

/* http2.c */
bool http2_set_up(struct http2 *s, struct app *a);
void http2_tx_clear(struct app *a, struct tx *tx);
void http2_clear(struct app *a, void *state);
void http2_configure(void *into, const struct conf *tree, const struct yaml *node, struct diag *d);

/* What DNS over HTTP/2 shares. */
void http2_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
bool http2_loggable(const struct tx *tx);
bool http2_header(const struct tx *tx, const char *name, struct span *out);
bool http2_file(const struct tx *tx, int dir, unsigned index, struct app_file *out);
extern const struct field http2_fields[];
extern const struct protocol protocol_doh2;

static inline bool
http2_mark(const struct http2_side *s, uint32_t i, struct http2_mark *out)
{
	if (i >= s->marks.n / sizeof(*out))
		return false;
	memcpy(out, s->marks.p + i * sizeof(*out), sizeof(*out));
	return true;
}

#endif
