/*
 * mime - a mail taken apart as it comes: header fields, attachments decoded, addresses of the web in its text.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool, bounded by the limits below; mime_clear() gives it back.
 * Owns:      struct mime of one mail.
 * Not here:  lines of SMTP, dot-stuffing -> smtp.c
 *
 * Source: RFC 5322 section 2.2 (fields, folding; as in the reference the blank that a folded line begins with goes); RFC 2045 section 6 (encodings); RFC 2046 section 5.1 (multipart), 5.2.1
 * (message/rfc822); RFC 2183 (filename); RFC 2231 section 3, 4 (names in pieces, encoded).
 */
#ifndef ENGINE_PROTOCOLS_MIME_H
#define ENGINE_PROTOCOLS_MIME_H

#include "base/hash.h"
#include "engine/app/file.h"
#include "engine/app/protocols/parse.h"

#define MIME_LINE_MAX 2048u
#define MIME_BOUNDARY_MAX 254u
#define MIME_DEPTH 6u
#define MIME_NAME_MAX 255u        /* bytes of a file name */
#define MIME_HEADERS_MAX 32768u   /* bytes kept of the mail's own header */
#define MIME_FIELD_MAX 8192u      /* bytes of one field, unfolded */
#define MIME_LIST_MAX 8192u       /* bytes of all file names, of all addresses */
#define MIME_SCHEMES 8
#define MIME_FILES_MAX 256u       /* attachments told of as files; what comes beyond is searched all the same */

struct mime_conf {
	bool set;                 /* false: defaults */
	bool off, no_base64, no_qp, no_urls, log_scheme;
	char scheme[MIME_SCHEMES][16]; /* "http://" */
	unsigned schemes;
	uint32_t depth;           /* bytes kept of a header field's value */
	uint64_t limit, inspect_min, inspect_window; /* of file.data; bytes */
	uint32_t fields;          /* header fields the log shows besides From, To, Cc: bit = place in mime_log.c's table */
	bool subject_md5, body_md5; /* shown in the log */
};
extern const struct mime_conf mime_defaults;
/* Settings below app-layer.protocols.smtp, and what outputs say of the record. */
void mime_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d);

/* What is odd about a mail; limits of RFC 5322 section 2.1.1, RFC 2045 section 6.7, and the reference's for names. */
enum mime_event { MIME_EV_BASE64, MIME_EV_QP, MIME_EV_LINE, MIME_EV_ENCODED_LINE, MIME_EV_HEADER_NAME, MIME_EV_HEADER_VALUE,
	MIME_EV_BOUNDARY, MIME_EV_FILE_NAME, MIME_EV_MALFORMED, MIME_EV_FAILED, MIME_EV_N };
#define MIME_LONG_LINE 998u
#define MIME_LONG_ENCODED 76u
#define MIME_LONG_FIELD_NAME 75u
#define MIME_LONG_FIELD 2000u

/* An attachment of which bytes came. */
struct mime_file {
	struct mime_file *next;
	struct bytes name;
	uint64_t size;            /* bytes that came */
	struct body body;
};

enum mime_where { MIME_HEADER, MIME_PREAMBLE, MIME_BODY };
enum mime_encoding { MIME_PLAIN, MIME_BASE64, MIME_QP };

struct mime {
	uint8_t where, encoding;
	bool inner;               /* past the mail's own header */
	bool mid_line;            /* what comes goes on with a line that was too long */
	bool text, message, file_part, multipart;
	bool done;
	bool body, digested;      /* the mail's own header is over; what follows it is being digested, or was */
	bool in_chunks;           /* or with a hole, lines are not told apart: no digest */
	uint16_t events;          /* bit = enum mime_event */
	uint8_t eol;              /* a line end that belongs to the part unless a boundary follows */
	uint8_t depth;
	struct {
		uint8_t n;
		uint8_t b[MIME_BOUNDARY_MAX];
	} boundary[MIME_DEPTH];
	uint8_t quad[4], quad_n;
	uint16_t line_n;
	uint8_t line[MIME_LINE_MAX];
	struct bytes field;       /* being read, unfolded */
	struct bytes headers;     /* each: length(2) name, length(2) value */
	struct app_list names, urls;
	struct bytes piece;       /* file name told in pieces */
	struct bytes name;        /* of the part at hand, where it is a file */
	struct mime_file *files, *last;
	uint32_t file_n;
	bool open;                /* the last one goes on */
	struct hash_stream md5;   /* of the body, as it went over the wire */
	uint8_t body_md5[HASH_MAX];
	const struct tx *tx;      /* whose mail it is */
};

/* `wire`: the line, or the piece of one, as it went over the wire (RFC 5321 section 4.5.2); SPAN_NONE: bytes that are no lines. */
void mime_feed(struct app *a, struct mime *m, const struct mime_conf *c, struct span bytes, struct span wire);
void mime_end(struct app *a, struct mime *m, const struct mime_conf *c);
/* `n` bytes never came. */
void mime_gap(struct app *a, struct mime *m, uint64_t n);
/* The index-th attachment. */
bool mime_file_at(const struct mime *m, unsigned index, struct app_file *out);
struct body *mime_body_at(const struct mime *m, unsigned index);
void mime_clear(struct app *a, struct mime *m);
/* The index-th value of a field of the mail's own header; `name` in lower case. */
bool mime_header(const struct mime *m, const char *name, unsigned index, struct span *out);
struct rd mime_headers(const struct mime *m); /* for those one after the other: */
bool mime_header_next(struct rd *r, const char *name, struct span *out);
/* `name=value` among a field's parameters. */
struct span mime_parameter(struct span field, const char *name);

/* Members of the object "email". */
void mime_log(const struct mime *m, const struct mime_conf *c, struct json *j);

#endif
