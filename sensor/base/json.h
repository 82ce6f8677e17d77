/*
 * json - writing JSON into a caller's buffer: bounded, always valid UTF-8, never a broken record.
 *
 * Thread:    the caller's.
 * Memory:    the caller's buffer; nothing else. Usable on the packet path.
 * Owns:      nothing.
 * Not here:  reading JSON -> jansson
 *
 * Invariant: a member that does not fit is left out whole and `truncated` is set; what was written stays
 * well-formed, since room for every closing bracket is kept back.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/span.h"

#define JSON_DEPTH 32
struct json {
	char *p;
	uint32_t n, cap;
	uint32_t depth;
	bool comma;      /* the next value needs a comma before it */
	bool truncated;
	uint32_t skip;   /* open objects and arrays that were left out */
	char close[JSON_DEPTH];
};

void json_init(struct json *j, char *buf, uint32_t cap);

/* A key is text that ends in NUL; NULL = an element of an array (or the root). The inline forms are there so that the length of a
 * literal is known when it is compiled. */
void json_open(struct json *j, struct span key, char bracket, char closing);
void json_end(struct json *j);                     /* closes the innermost object or array */
void json_put_u64(struct json *j, struct span key, uint64_t v);
void json_put_i64(struct json *j, struct span key, int64_t v);
void json_put_f64(struct json *j, struct span key, double v);
void json_put_text(struct json *j, struct span key, struct span text);  /* as it is: text that is JSON */
void json_put_span(struct json *j, struct span key, struct span s);

/* jansson has functions of the same three names: for the linker ours are called otherwise. A file that needs both includes
 * <jansson.h> first. */
#define json_object(j, key) casus_json_object(j, key)
#define json_array(j, key) casus_json_array(j, key)
#define json_null(j, key) casus_json_null(j, key)

static inline __attribute__((always_inline)) void
json_object(struct json *j, const char *key)
{
	json_open(j, span_str(key), '{', '}');
}

static inline __attribute__((always_inline)) void
json_array(struct json *j, const char *key)
{
	json_open(j, span_str(key), '[', ']');
}

static inline __attribute__((always_inline)) void
json_u64(struct json *j, const char *key, uint64_t v)
{
	json_put_u64(j, span_str(key), v);
}

static inline __attribute__((always_inline)) void
json_i64(struct json *j, const char *key, int64_t v)
{
	json_put_i64(j, span_str(key), v);
}

/* Shortest form that reads back; NaN and Inf = null. */
static inline void
json_f64(struct json *j, const char *key, double v)
{
	json_put_f64(j, span_str(key), v);
}

static inline __attribute__((always_inline)) void
json_bool(struct json *j, const char *key, bool v)
{
	json_put_text(j, span_str(key), v ? SPAN_LIT("true") : SPAN_LIT("false"));
}

static inline __attribute__((always_inline)) void
json_null(struct json *j, const char *key)
{
	json_put_text(j, span_str(key), SPAN_LIT("null"));
}

/* Bytes as a string: UTF-8 that is well-formed passes, every other byte becomes \u00XX (so nothing is lost). */
static inline __attribute__((always_inline)) void
json_span(struct json *j, const char *key, struct span s)
{
	json_put_span(j, span_str(key), s);
}

/* NULL = null */
static inline __attribute__((always_inline)) void
json_str(struct json *j, const char *key, const char *s)
{
	if (s)
		json_put_span(j, span_str(key), span_str(s));
	else
		json_null(j, key);
}

/* As json_span() where all of it is UTF-8; else every byte above ASCII is told in text, \xHH. */
void json_escaped(struct json *j, const char *key, struct span s);
void json_base64(struct json *j, const char *key, struct span s);
void json_hex(struct json *j, const char *key, struct span s, char sep); /* sep 0 = none */
/* Bytes where everything unprintable is '.', as tcpdump -A (payload_printable). */
void json_printable(struct json *j, const char *key, struct span s);
/* Text that is already JSON: one value (key not NULL), or members `"a":1,"b":2` (key NULL). Empty = nothing. */
void json_raw(struct json *j, const char *key, struct span text);
/* A mark to come back to: what was written since is dropped. For "leave the object out if it stays empty". */
struct json_mark {
	uint32_t n, depth, skip;
	bool comma;
};
struct json_mark json_mark(const struct json *j);
void json_undo(struct json *j, struct json_mark m);
/* Closes everything open; the text is p[0..n), not NUL-terminated unless there is room. */
struct span json_text(struct json *j);

#endif
