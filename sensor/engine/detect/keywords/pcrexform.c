/*
 * pcrexform - what the first group of an expression matched
 */
#include "engine/detect/build.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	const char *s = build_text(b, value);
	int code;
	PCRE2_SIZE at;
	PCRE2_UCHAR text[200];
	uint32_t groups = 0;

	if (!s)
		return build_error(b, 0, "an expression is missing");
	pcre2_code *re = pcre2_compile((PCRE2_SPTR) s, PCRE2_ZERO_TERMINATED, 0, &code, &at, NULL);
	if (!re) {
		pcre2_get_error_message(code, text, sizeof(text));
		return build_error(b, (uint32_t) at + 1, "%s", (const char *) text);
	}
	pcre2_pattern_info(re, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (groups != 1 || vec_grow(&b->rs->codes, b->rs->n_codes, &b->rs->cap_codes, sizeof(*b->rs->codes)) < 0) {
		pcre2_code_free(re);
		return build_error(b, 0, "exactly one group ( ) was expected, not %u", groups);
	}
	b->rs->codes[b->rs->n_codes++] = re;
	out->p = re;
	return 0;
}

static struct span
transform(const union kw_arg *a, struct span in, struct inspect *regs)
{
	PCRE2_SIZE *v;

	if (pcre2_match(a->p, in.p ? in.p : (PCRE2_SPTR) "", in.n, 0, 0, regs->md, regs->mc) < 2)
		return span_of(in.p, 0);
	v = pcre2_get_ovector_pointer(regs->md);
	return span_of(in.p + v[2], v[3] - v[2]);
}

const struct keyword keyword_pcrexform = {
	.name = "pcrexform", .help = "what the first group of an expression matched", .example = "http.request_line; pcrexform:\"[a-zA-Z]+ (.*) HTTP\"",
	.scope = KW_TRANSFORM, .arg = ARG_CUSTOM, .transform_inspect = transform, .parse = parse,
};
