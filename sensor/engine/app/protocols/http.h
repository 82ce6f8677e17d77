/*
 * http - what the files of the HTTP/1 parser share.
 *
 * Thread:    the worker's.
 * Memory:    the pool: of a connection its half-read lines, of a transaction two heads (first line and headers as they came, an
 *            array of where they lie, what was put together of folded and repeated ones), its bodies and their codings. Bounded
 *            by the limits of fields and headers, HTTP_TEXT_MAX a head, the body limits and max-tx.
 * Owns:      nothing.
 * Not here:  what others may use -> ../protocol.h
 *
 * The reader is two state machines, http_request.c and http_response.c, over what a side of the connection brings
 * (http_side.c); both work on transactions, and call http_body.c and http.c where something of a message is complete.
 */
#ifndef ENGINE_APP_HTTP_H
#define ENGINE_APP_HTTP_H

#include "engine/app/range.h"
#include "engine/app/unpack.h"

#define HTTP_RAW_MAX 65536u     /* bytes of a head that rules on raw headers see */
#define HTTP_TEXT_MAX 1048000u  /* bytes of a head that are kept */
#define HTTP_LINE_MAX 18000u    /* of a line that comes in pieces */
#define HTTP_FOLDED_MAX 102400u /* of a header that goes on over several lines, before the last of them */
#define HTTP_REPEATED_MAX 64u   /* headers of a message that are put to others of their name, beside the second of each */

/* Progress of a direction. */
enum http_progress { HTTP_NOT_STARTED, HTTP_LINE, HTTP_HEADERS, HTTP_BODY, HTTP_TRAILER, HTTP_COMPLETE };

/* ---- heads ---- */

/* Names that are asked for by themselves. */
enum http_name { HTTP_OTHER, HTTP_HOST, HTTP_ACCEPT, HTTP_COOKIE, HTTP_EXPECT, HTTP_SERVER, HTTP_REFERER, HTTP_UPGRADE, HTTP_LOCATION,
	HTTP_CONNECTION, HTTP_SET_COOKIE, HTTP_USER_AGENT, HTTP_CONTENT_TYPE, HTTP_AUTHORIZATION, HTTP_CONTENT_RANGE,
	HTTP_CONTENT_LENGTH, HTTP_ACCEPT_ENCODING, HTTP_ACCEPT_LANGUAGE, HTTP_CONTENT_ENCODING, HTTP_TRANSFER_ENCODING,
	HTTP_CONTENT_DISPOSITION, HTTP_NAMES };

/* Bytes of a head. {0}: there are none. */
#define HTTP_MADE 0x80000000u
struct http_ref {
	uint32_t at; /* 1 + offset in `text`, or with HTTP_MADE in `made` */
	uint32_t n;
};

struct http_header {
	struct http_ref name, value;
	uint32_t hash;          /* of the name, in lower case */
	bool repeated;
};

struct http_head {
	struct bytes text;       /* as it came: first line, headers, trailers */
	struct bytes made;       /* folded lines joined, values of repeated headers, the target's host */
	struct http_header *v;   /* in order; those of the same name are one */
	uint16_t n, cap, repeats;
	uint16_t passed;         /* headers nobody asks for: not in v */
	uint16_t known[HTTP_NAMES]; /* 1 + index of the first one; 0: none */
	uint32_t raw;            /* 1 + offset in `text` where headers begin; 0: none came */
	struct http_ref line, protocol;
	int version;             /* 101 = HTTP/1.1; HTTP_VERSION_ */
};

enum { HTTP_VERSION_INVALID = -2, HTTP_VERSION_UNKNOWN = -1, HTTP_VERSION_0_9 = 9, HTTP_VERSION_1_0 = 100, HTTP_VERSION_1_1 = 101 };
enum http_method { HTTP_M_UNKNOWN, HTTP_M_HEAD, HTTP_M_PUT, HTTP_M_POST, HTTP_M_CONNECT, HTTP_M_KNOWN };
enum http_coding { HTTP_CODING_UNKNOWN, HTTP_CODING_NONE, HTTP_CODING_IDENTITY, HTTP_CODING_CHUNKED, HTTP_CODING_INVALID };

/* ---- settings ---- */

struct http_limits {
	uint64_t body;          /* bytes; 0 = all */
	uint64_t inspect_min, inspect_window;
};

/* How a part of the target is decoded. */
struct http_decoding {
	bool plus;              /* + is a blank */
	bool backslash;         /* \\ is a slash */
	bool separators;        /* %2f, too */
	bool compress;          /* slashes in a row are one */
	bool u;                 /* %uHHHH */
	bool lower;
	bool utf8;              /* to one byte, by the best fit */
	bool encoded_nul_ends, raw_nul_ends;
};

struct http_conf {
	struct http_limits limits[2]; /* requests, responses */
	struct http_decoding path, query;
	uint64_t max_tx;
	uint64_t bomb;          /* bytes a body may grow to when it grows out of little */
	uint64_t lzma_memory;   /* of its window; 0: lzma is not undone */
	uint32_t headers;       /* of a message */
	unsigned layers;        /* codings of a response, one in the other; 0 = no limit */
	bool lzma;
	bool blank_ends;        /* a line of blanks ends the headers */
	bool nul_ends_line;     /* of a request */
	bool keep_leading;      /* blanks before a method are part of it */
	bool inline_body;       /* bodies are looked at as they come */
	bool double_path, double_query, whole_uri;
	bool brief;             /* records tell name, address, program and type of content only */
	bool dump_headers[2];   /* records have all headers of that side */
};

/* ---- the connection ---- */

struct http;
struct http_tx;
enum http_step { HTTP_NEXT, HTTP_MORE /* bytes are wanted */, HTTP_HOLD /* ... and those since `from` kept */, HTTP_WAIT /* for the other side */,
	HTTP_FAIL };
typedef enum http_step (*http_state)(struct http *s);
enum http_status { HTTP_OPEN, HTTP_CLOSED, HTTP_ERROR, HTTP_TUNNEL, HTTP_WAITING };

/* What one direction brings, and how far it is read. */
struct http_side {
	const uint8_t *p;       /* the bytes at hand; NULL: a gap, or the end */
	uint32_t n, at;         /* ... how many, and of these read */
	uint32_t from;          /* where the line at hand begins */
	struct bytes held;      /* ... what of it came before */
	uint32_t kept;          /* from there on the bytes belong to the head's text (`keeping`) */
	bool keeping;
	bool extension;         /* a chunk of the message has one */
	uint8_t status;         /* enum http_status */
	http_state state;
	struct http_tx *tx;
	struct http_ref pending; /* a header that may go on with the next line */
	int64_t left;           /* of a body of known length, or -1 */
	int64_t length;         /* ... in all */
	int64_t chunk;          /* bytes of the chunk to come */
	uint64_t ended;         /* offset in the stream after the last message that is complete; 0 = none was */
};

struct http {
	struct app *app;        /* of the call at hand */
	const struct http_conf *conf;
	struct http_side side[2];
	struct http_tx *unanswered; /* the next one to get a response */
	bool closed[2];
	bool yield;             /* the response at hand ends what is read of that side for now */
	bool known_coding;      /* of the newest response: identity or br, which are no coding of http_coding.c */
	unsigned messages;      /* oddities so far */
	struct bytes saved;     /* the request that asked for an upgrade to HTTP/2 */
};

/* ---- the transaction ---- */

/* A file part of a form. */
struct http_part {
	struct http_part *next;
	struct bytes name;
	struct body body;
};

struct http_multipart;
struct http_layer;
struct http_tx {
	struct tx tx;
	const struct http_conf *conf;
	bool read;              /* the reader made it: not one for an event alone */
	bool unseen;            /* nobody looks at it: the reader keeps what it needs itself */
	bool unasked;           /* a response that nobody asked for */
	bool simple;            /* HTTP/0.9 */
	bool continued;         /* 100 was seen */
	bool counted[2];
	bool unread[2];         /* nobody looks at the body */
	uint8_t method;         /* enum http_method */
	uint8_t coding[2];      /* enum http_coding */
	uint8_t odd;            /* HTTP_ODD_: told once a transaction */
	bool decoding;          /* it is known how the response's content is coded */
	struct http_head head[2];
	struct http_ref method_name, target, host, target_host; /* in head[TO_SERVER] */
	struct http_ref status_name, reason; /* in head[TO_CLIENT] */
	int status, port;       /* the port asked for, once the headers are there */
	int target_port;        /* ... as the target tells it */
	int64_t content_length[2];
	uint64_t message_len;   /* of the response's body, as it came */
	uint64_t entity_len;    /* ... its codings undone */
	struct bytes uri;       /* normalised */
	uint32_t path, path_n;  /* where its path is */
	bool has_path;
	struct http_layer *layer; /* codings of the response, the outermost first */
	bool layers_gone;       /* ... are through */
	struct body body[2];
	struct body file;       /* request: the body, sent as a file */
	struct range_piece range; /* the response is a piece of a file */
	struct body whole;      /* ... and the last one: the file */
	struct unpack *unpack[2]; /* of the bodies: all of a request's; of a response's brotli */
	struct http_multipart *multipart;
	struct http_part *part, *last_part; /* or the file parts of its form */
	uint64_t head_end[2];   /* offset in the stream after the headers; 0 = not there yet */
};
#define HTTP_ODD_NO_COLON 1u
#define HTTP_ODD_FIELD 2u
#define HTTP_ODD_FOLDING 4u
#define HTTP_ODD_MANY 8u

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
#define HTTP_EV_NONE HTTP_EV_N /* an oddity without an event of its own */
extern const struct app_event http_events[];
/* An oddity; of the newest transaction where t is NULL. */
void http_note(struct http *s, struct http_tx *t, unsigned event);
/* An event that counts as no oddity. */
static inline void
http_flag(struct http_tx *t, unsigned event)
{
	t->tx.events |= UINT64_C(1) << event;
}

void http_conf_read(void *into, const struct conf *tree, const struct yaml *node, struct diag *d);

/* http_side.c: lines, and heads made of them. */
static inline struct span
http_get(const struct http_head *h, struct http_ref r)
{
	const struct bytes *b = r.at & HTTP_MADE ? &h->made : &h->text;
	uint32_t at = (r.at & ~HTTP_MADE) - 1;

	if (!r.at)
		return SPAN_NONE;
	return r.n && at + (uint64_t) r.n <= b->n ? span_of(b->p + at, r.n) : SPAN_LIT("");
}
static inline const struct http_header *
http_known(const struct http_head *h, enum http_name name)
{
	return h->known[name] ? &h->v[h->known[name] - 1] : NULL;
}
/* The value of a header; SPAN_NONE: there is none. */
static inline struct span
http_value(const struct http_head *h, enum http_name name)
{
	const struct http_header *v = http_known(h, name);

	return v ? http_get(h, v->value) : SPAN_NONE;
}
static inline bool
http_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}
/* Does a line that begins so go on with the header before it? */
static inline bool
http_folds(uint8_t c)
{
	return http_blank(c) || c == 0;
}
static inline bool
http_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
/* The line at hand, put together with what of it came before. SPAN_NONE: too long, or no memory. */
struct span http_line(struct http *s, int dir);
void http_line_done(struct http *s, int dir);
/* Offset in the head's text of the line at hand. To be asked before http_line(). */
uint32_t http_line_at(const struct http *s, int dir);
int http_hold(struct http *s, int dir);
/* What was read since `kept` goes to the head's text. */
int http_keep(struct http *s, int dir);
/* The first line of a message becomes part of its head. */
int http_keep_line(struct http *s, int dir, struct span line);
void http_headers_begin(struct http *s, int dir);
struct span http_chomp(struct span line);
bool http_is_end(const struct http_conf *c, struct span line, bool more);
/* A header line without its end, at `at` in the text; goes_on: the next one may belong to it. */
int http_header_line(struct http *s, int dir, struct span line, uint32_t at, bool goes_on);
int http_header_pending(struct http *s, int dir); /* nothing more belongs to the one that waits */
void http_head_clear(struct app *a, struct http_head *h);
/* What is at hand of a body of which *left bytes are to come, given on; HTTP_NEXT: that was all. */
enum http_step http_body_piece(struct http *s, struct http_side *d, int64_t *left, enum http_step (*give)(struct http *s, const uint8_t *p, uint32_t n));
void http_head_forget(struct http_head *h);   /* the headers, not the text */
int http_make(struct http *s, struct http_head *h, struct span b, struct http_ref *out); /* a copy of it in `made` */

/* http_header.c: a header, at `at` (as in http_ref). */
int http_header_add(struct http *s, int dir, struct span line, uint32_t at);
/* The lines at hand that are whole headers nobody asks for, with nothing odd about them, are gone by. */
void http_headers_pass(struct http *s, int dir);

/* http_word.c: first lines, numbers, hosts. */
enum http_method http_method_of(struct span name);
void http_parse_request_line(struct http *s, struct http_tx *t, struct span line, uint32_t at);
void http_parse_status_line(struct http_tx *t, struct span line, uint32_t at);
bool http_is_body(struct span line);          /* no status line: a response without a head */
int64_t http_length(struct http *s, struct http_tx *t, struct span text); /* of Content-Length; s NULL: oddities are not noted */
int64_t http_chunk_length(struct span line);
#define HTTP_CHUNK_EMPTY (-1004)
bool http_host_valid(struct span host);
struct http_authority {
	struct span host, port; /* host.p NULL: none */
	int number;             /* -1: none */
	bool invalid;
};
struct http_authority http_authority(struct span text);
int http_port(struct span text); /* -1: it is none */
bool http_same(struct span a, const char *b); /* whatever the case; NULs do not count */
/* Where `what`, in lower case, first is, whatever the case of the text; nuls: they do not count. */
const uint8_t *http_find(struct span s, const char *what, bool nuls);

/* http_uri.c */
int http_target(struct http *s, struct http_tx *t, struct span target); /* its bytes may be not copied yet */
uint8_t http_best_fit(uint32_t code);

/* The two machines: each function a state of theirs. */
enum http_step http_request_idle(struct http *s);
enum http_step http_request_line(struct http *s);
enum http_step http_request_identity(struct http *s);
enum http_step http_request_ignored(struct http *s);
enum http_step http_request_last(struct http *s);
enum http_step http_request_complete(struct http *s);
enum http_step http_response_idle(struct http *s);
enum http_step http_response_identity(struct http *s);
enum http_step http_response_stream(struct http *s);
enum http_step http_response_last(struct http *s);
enum http_step http_response_complete(struct http *s);
uint64_t http_request_passes(const struct http *s); /* bytes of a body to come, whatever they are */
uint64_t http_response_passes(const struct http *s);
struct http_tx *http_tx_begin(struct http *s); /* of a request, or of a response nobody asked for */
struct http_tx *http_tx_after(struct http_tx *t);
static inline void
http_progress(struct http *s, struct http_tx *t, int dir, enum http_progress p)
{
	t->tx.progress[dir] = (uint8_t) p;
	t->tx.last_ts = s->app->now;
}

/* http_coding.c: what a response's Content-Encoding says is undone. */
int http_coding_begin(struct http *s, struct http_tx *t);
/* p NULL: a gap of n bytes, or with n 0 the end. */
int http_coding_feed(struct http *s, struct http_tx *t, const uint8_t *p, uint32_t n);
void http_coding_clear(struct app *a, struct http_tx *t);

/* http_body.c: where something of a message is complete. */
void http_on_start(struct http *s, struct http_tx *t, int dir);
void http_on_request_line(struct http *s, struct http_tx *t);
void http_on_request_headers(struct http *s, struct http_tx *t);
void http_on_request_body(struct http *s, struct http_tx *t, const uint8_t *p, uint32_t n); /* p NULL: a gap */
void http_on_request_complete(struct http *s, struct http_tx *t);
void http_on_response_line(struct http *s, struct http_tx *t);
void http_on_response_headers(struct http *s, struct http_tx *t);
void http_on_response_body(struct http *s, struct http_tx *t, const uint8_t *p, uint32_t n);
void http_on_response_complete(struct http *s, struct http_tx *t);
void http_on_chunk(struct http *s, struct http_tx *t, int dir, struct span line); /* a line that says how long a chunk is */

void http_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
bool http_header(const struct tx *tx, const char *name, struct span *out); /* of the request */
bool http_file(const struct tx *tx, int dir, unsigned index, struct app_file *out);
#define HTTP_TARGET_UNKNOWN SPAN_LIT("/libhtp::request_uri_not_seen") /* as the reference says it */
static inline struct span
http_target_text(const struct http_tx *t)
{
	return t->unasked ? HTTP_TARGET_UNKNOWN : http_get(&t->head[TO_SERVER], t->target);
}
bool http_content_range(const struct http_tx *t, int64_t v[static 3]); /* range_read(); false: no such header */
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

/* http_upgrade.c: 101 Switching Protocols; CONNECT. */
void http_look_for_upgrade(struct http *s, struct http_tx *t);
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

#endif
