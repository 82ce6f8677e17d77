/*
 * http2.settings - a setting of a SETTINGS frame by its name, and its value.
 */
#include "engine/app/protocols/http2.h"
#include "engine/detect/keyword.h"

#include <strings.h>

struct arg {
	uint16_t id;
	const struct kw_number *value; /* NULL: any */
};

/* RFC 9113 section 6.5.2 */
static const char *const names[] = { NULL, "SETTINGS_HEADER_TABLE_SIZE", "SETTINGS_ENABLE_PUSH", "SETTINGS_MAX_CONCURRENT_STREAMS",
	"SETTINGS_INITIAL_WINDOW_SIZE", "SETTINGS_MAX_FRAME_SIZE", "SETTINGS_MAX_HEADER_LIST_SIZE" };

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	const char *text = build_text(b, value);
	size_t n = text ? strcspn(text, "=<>! ") : 0;
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));

	if (!g)
		return E_NOMEM;
	for (uint16_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (n && strlen(names[i]) == n && strncasecmp(names[i], text, n) == 0)
			g->id = i;
	if (!g->id)
		return build_error(b, 0, "a setting was expected, such as SETTINGS_ENABLE_PUSH=0");
	text += n + strspn(text + n, " ");
	text += *text == '=';
	if (strchr(text, ',')) { /* as in the reference */
		build_warning(b, "sid %u: http2.settings has no index; with one the value is not looked at", build_rule(b)->sid);
		text = "";
	}
	if (*text && build_number(b, text, UINT32_MAX, &g->value) < 0)
		return build_error(b, (uint32_t) n, "a number was expected after the setting: =0, >4096, <10");
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct http2_tx *t = (const struct http2_tx *) c->tx;
	const struct arg *g = a->p;
	struct http2_mark m;

	for (uint32_t i = 0; http2_mark(&t->side[c->dir], i, &m); i++)
		if (m.kind == HTTP2_MARK_SETTING && m.id == g->id && (!g->value || kw_number_has(g->value, m.value)))
			return true;
	return false;
}

const struct keyword keyword_http2_settings = {
	.name = "http2.settings", .help = "a setting of a SETTINGS frame and its value", .example = "http2.settings:SETTINGS_HEADER_TABLE_SIZE>4096",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "http2", .dirs = 3,
};
