/*
 * pcre - a regular expression on a buffer.
 */
#include "engine/detect/build.h"
struct flag {
	char letter;
	uint32_t option;
	const char *buffer;
};

static const struct flag flags[] = { { 'i', PCRE2_CASELESS, NULL }, { 'm', PCRE2_MULTILINE, NULL }, { 's', PCRE2_DOTALL, NULL },
	{ 'x', PCRE2_EXTENDED, NULL }, { 'A', PCRE2_ANCHORED, NULL }, { 'E', PCRE2_DOLLAR_ENDONLY, NULL }, { 'G', PCRE2_UNGREEDY, NULL },
	{ 'B', 0, NULL }, { 'O', 0, NULL }, { 'R', 0, NULL }, { 'U', 0, "http.uri" }, { 'I', 0, "http.uri.raw" },
	{ 'P', 0, "http.request_body" }, { 'Q', 0, "http.response_body" }, { 'H', 0, "http.header" }, { 'D', 0, "http.header.raw" },
	{ 'M', 0, "http.method" }, { 'C', 0, "http.cookie" }, { 'S', 0, "http.stat_code" }, { 'Y', 0, "http.stat_msg" },
	{ 'V', 0, "http.user_agent" }, { 'W', 0, "http.host" }, { 'Z', 0, "http.host.raw" } };

static int
letters(struct build *b, const char *text, uint32_t *options, bool *relative, const char **buffer)
{
	for (; *text && *text != ','; text++) { /* behind a comma: names for captures, which nobody reads */
		const struct flag *f = NULL;
		for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags) && !f; i++)
			if (flags[i].letter == *text)
				f = &flags[i];
		if (!f)
			return build_error(b, 0, "unknown modifier \"%c\"", *text);
		*options |= f->option;
		*relative = *relative || *text == 'R';
		if (f->buffer && *buffer && *buffer != f->buffer)
			return build_error(b, 0, "modifiers for two buffers");
		if (f->buffer)
			*buffer = f->buffer;
	}
	return 0;
}

static int
compile(struct build *b, const char *pattern, uint32_t options, struct op_pcre *o)
{
	int code;
	PCRE2_SIZE at;
	PCRE2_UCHAR text[200];

	if (!(o->re = pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL))) {
		pcre2_get_error_message(code, text, sizeof(text));
		return build_error(b, (uint32_t) at + 2, "%s", (const char *) text);
	}
	if (vec_grow(&b->rs->codes, b->rs->n_codes, &b->rs->cap_codes, sizeof(*b->rs->codes)) < 0) {
		pcre2_code_free(o->re);
		return E_NOMEM;
	}
	b->rs->codes[b->rs->n_codes++] = o->re;
	o->jit = b->rs->conf->pcre_jit && pcre2_jit_compile(o->re, PCRE2_JIT_COMPLETE) == 0;
	return 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_pcre *o = arena_zalloc(build_arena(b), sizeof(*o));
	const char *pattern, *text, *buffer = NULL;
	uint32_t options = 0;
	bool negated = false, relative = false;

	if (!o)
		return E_NOMEM;
	if (!b->opt->value || rule_regex(build_arena(b), b->opt->value, &pattern, &text, &negated) < 0)
		return build_error(b, 0, "not an expression: \"/pattern/modifiers\" was expected");
	if (letters(b, text, &options, &relative, &buffer) < 0 || compile(b, pattern, options, o) < 0)
		return E_BAD;
	if (buffer && b->cur == 0 && !b->in_base64)
		return build_add_in(b, buffer, OP_PCRE, o, negated, relative);
	return build_add_op(b, OP_PCRE, o, negated, relative);
}

const struct keyword keyword_pcre = {
	.name = "pcre", .help = "a regular expression on the current buffer", .example = "pcre:\"/^GET .{5,}/Ri\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
