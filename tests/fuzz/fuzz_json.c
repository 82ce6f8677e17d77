/*
 * fuzz_json - any sequence of calls of the writer, into any capacity: what comes out is a whole JSON value, or nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { OPS = 13, CAP_MAX = 4096 };

/* A member; in an array it has no key. Keys are numbered, since jansson is asked to refuse duplicates. */
static void
value(struct json *j, unsigned op, const char *key, struct span s)
{
	switch (op) {
	case 2:
		json_u64(j, key, s.n * UINT64_C(0x123456789abcd));
		break;
	case 3:
		json_i64(j, key, -(int64_t) s.n * INT64_C(0x123456789abcd));
		break;
	case 4: {
		double v = 0;
		memcpy(&v, s.p, s.n < sizeof(v) ? s.n : sizeof(v));
		json_f64(j, key, v);
		break;
	}
	case 5:
		json_bool(j, key, s.n & 1);
		break;
	case 6:
		json_null(j, key);
		break;
	case 7:
		json_base64(j, key, s);
		break;
	case 8:
		json_hex(j, key, s, s.n & 1 ? ':' : 0);
		break;
	case 9:
		json_printable(j, key, s);
		break;
	case 10:
		json_raw(j, key ? key : "", key ? SPAN_LIT("[{}]") : SPAN_NONE);
		break;
	default:
		json_span(j, key, s);
	}
}

static void
write_all(struct json *j, struct rd *r)
{
	char array[64] = { 0 }, key[16];
	struct json_mark mark = { 0 };
	unsigned depth = 0, marked = 0, keys = 0;

	json_object(j, NULL);
	while (rd_left(r)) {
		unsigned op = rd_u8(r) % OPS;
		snprintf(key, sizeof(key), "k%u", keys++);
		char *k = depth && array[depth] ? NULL : key;
		if (op <= 1 && depth < sizeof(array) - 1) {
			(op ? casus_json_array : casus_json_object)(j, k);
			array[++depth] = (char) op;
		} else if (op == 11 && depth) {
			json_end(j);
			depth--;
			if (depth < marked)
				marked = 0;
		} else if (op == 12) {
			if (marked && marked == depth)
				json_undo(j, mark);
			mark = json_mark(j);
			marked = depth;
		} else {
			value(j, op, k, rd_span(r, rd_left(r) ? *r->p % (rd_left(r) + 1) : 0));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rd r = rd_of(span_of(data, n));
	uint32_t cap = rd_u16(&r) % CAP_MAX;
	char *buf = malloc(cap ? cap : 1);
	struct json j;
	struct span text;
	json_error_t e;
	json_t *v;

	if (!buf)
		abort();
	json_init(&j, buf, cap);
	write_all(&j, &r);
	text = json_text(&j);
	if (text.n > cap || (!text.n && !j.truncated))
		abort();
	if (text.n) {
		v = json_loadb((const char *) text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
		if (!v) {
			fprintf(stderr, "%s at %d in %.*s\n", e.text, e.position, (int) text.n, (const char *) text.p);
			abort();
		}
		json_decref(v);
	}
	free(buf);
	return 0;
}
