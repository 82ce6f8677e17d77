/*
 * asn1 - encodings in the buffer that a careless ASN.1 decoder would overflow on.
 *
 * Sources: ITU-T X.690 section 8 (BER identifier, length and contents octets; 8.5 real, 8.6 bit string).
 * The walk is bounded by ELEMENTS and DEPTH; an element that promises more than there is ends it.
 */
#include <stdlib.h>

#include "engine/detect/build.h"

#define ELEMENTS 256
#define DEPTH 30
#define REAL_MAX 256 /* a decimal real as long as this has no honest use */

struct asn1 {
	bool bitstring_overflow, double_overflow, oversize, relative;
	uint32_t oversize_length;
	int64_t offset;
};

/* ---- BER ---- */

struct element {
	uint8_t class; /* 0 universal */
	bool constructed, endless;
	uint32_t tag;
	uint64_t length;
	struct span content; /* what of it is there */
};

static uint32_t
read_tag(struct rd *r, uint8_t first)
{
	uint32_t tag = first & 0x1f;
	uint8_t c;

	if (tag != 0x1f)
		return tag;
	tag = 0;
	for (unsigned i = 0; i < 5; i++) {
		c = rd_u8(r);
		tag = tag << 7 | (c & 0x7f);
		if (!(c & 0x80))
			return tag;
	}
	r->bad = true;
	return 0;
}

static void
read_length(struct rd *r, struct element *e)
{
	uint8_t c = rd_u8(r);

	e->length = c;
	if (!(c & 0x80))
		return;
	e->endless = c == 0x80;
	e->length = 0;
	if ((c & 0x7f) > 8)
		r->bad = true;
	for (unsigned i = 0; i < (c & 0x7f) && !r->bad; i++)
		e->length = e->length << 8 | rd_u8(r);
}

static bool
read_element(struct rd *r, struct element *e)
{
	uint8_t first = rd_u8(r);

	*e = (struct element) { .class = first >> 6, .constructed = first & 0x20 };
	e->tag = read_tag(r, first);
	read_length(r, e);
	if (r->bad)
		return false;
	e->content = rd_rest(r);
	if (!e->endless && e->length < e->content.n)
		e->content = span_head(e->content, (uint32_t) e->length);
	return true;
}

/* ---- what is wrong with one ---- */

static bool
is_bad(const struct asn1 *k, const struct element *e)
{
	uint8_t first = e->content.n ? e->content.p[0] : 0;

	if (k->oversize && e->length > k->oversize_length)
		return true;
	if (e->class != 0 || e->constructed || e->length == 0 || e->content.n == 0)
		return false;
	if (k->bitstring_overflow && e->tag == 3 && e->length * 8 < first)
		return true;
	return k->double_overflow && e->tag == 9 && (first & 0xc0) == 0 && e->length > REAL_MAX;
}

/* Every element in order, the contents of constructed ones too. */
static bool
walk(const struct asn1 *k, struct span bytes)
{
	struct rd stack[DEPTH];
	unsigned depth = 0, seen = 0;
	struct element e;

	stack[0] = rd_of(bytes);
	for (;;) {
		if (rd_left(&stack[depth]) == 0) {
			if (depth-- == 0)
				return false;
			continue;
		}
		if (seen++ == ELEMENTS || !read_element(&stack[depth], &e))
			return false;
		if (!e.endless && e.length > e.content.n)
			return false;
		if (is_bad(k, &e))
			return true;
		rd_skip(&stack[depth], e.content.n);
		if (e.constructed && depth + 1 < DEPTH)
			stack[++depth] = rd_of(e.content);
	}
}

static bool
test(struct inspect *in, struct span buf, const union kw_arg *a)
{
	const struct asn1 *k = a->p;
	int64_t from = (k->relative ? (int64_t) in->at : 0) + k->offset;

	if (from < 0 || from >= buf.n)
		return false;
	return walk(k, span_skip(buf, (uint32_t) from));
}

/* ---- reading ---- */

/* "oversize_length 2048" : the number behind the word; false: it is not that word. */
static bool
number_behind(const char *text, const char *word, int64_t *out, const char **rest, bool *bad)
{
	size_t n = strlen(word);
	char *end;

	if (strncmp(text, word, n) != 0 || (text[n] != ' ' && text[n] != '\t'))
		return false;
	*out = strtoll(text + n, &end, 10);
	*bad = end == text + n || (*end && *end != ' ' && *end != '\t') || *out < INT32_MIN || *out > UINT32_MAX;
	*rest = end;
	return true;
}

static bool
word_is(const char *text, const char *word, const char **rest)
{
	size_t n = strlen(word);

	if (strncmp(text, word, n) != 0 || (text[n] && text[n] != ' ' && text[n] != '\t'))
		return false;
	*rest = text + n;
	return true;
}

/* One of them, and what stands behind it after blanks. */
static int
read_part(struct build *b, struct asn1 *k, const char *text)
{
	const char *rest = text + strlen(text);
	int64_t v = 0;
	bool bad = false;

	if (word_is(text, "bitstring_overflow", &rest)) {
		k->bitstring_overflow = true;
	} else if (word_is(text, "double_overflow", &rest)) {
		k->double_overflow = true;
	} else if (number_behind(text, "oversize_length", &v, &rest, &bad)) {
		k->oversize = true;
		k->oversize_length = (uint32_t) v;
		bad = bad || v < 0;
	} else if (number_behind(text, "absolute_offset", &v, &rest, &bad)) {
		k->offset = v;
		bad = bad || v < 0;
	} else if (number_behind(text, "relative_offset", &v, &rest, &bad)) {
		k->offset = v;
		k->relative = true;
	} else {
		bad = true;
	}
	rest += strspn(rest, " \t");
	if (!bad && *rest)
		return read_part(b, k, rest);
	return bad ? build_error(b, 0, "\"%s\" is not one of bitstring_overflow, double_overflow, oversize_length N, absolute_offset N, "
				       "relative_offset N", text) : 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct asn1 *k = arena_zalloc(build_arena(b), sizeof(*k));
	const char *part[5];
	int n = build_split(b, a->text, part, 5);

	if (!k)
		return E_NOMEM;
	if (n < 1)
		return build_error(b, 0, "more than five parts, expected each at most once");
	for (int i = 0; i < n; i++)
		if (read_part(b, k, part[i]) < 0)
			return E_BAD;
	if (!k->bitstring_overflow && !k->double_overflow && !k->oversize)
		build_warning(b, "sid %u: asn1 looks for nothing, so the rule never matches; expected bitstring_overflow, double_overflow or "
		    "oversize_length N", build_rule(b)->sid);
	return build_test(b, test, &(union kw_arg) { .p = k }, "asn1", false, k->relative);
}

const struct keyword keyword_asn1 = {
	.name = "asn1", .help = "ASN.1 that a careless decoder would overflow on", .example = "asn1:bitstring_overflow, absolute_offset 0",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
