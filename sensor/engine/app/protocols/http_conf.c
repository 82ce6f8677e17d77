/*
 * http_conf - settings of app-layer.protocols.http.
 *
 * Thread:    start only.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  what is done with limits -> http_body.c
 *
 * Keys as in Suricata's suricata.yaml under libhtp.default-config. Without a suricata.yaml the values of the file
 * Suricata ships apply; with one, what its default-config leaves out takes Suricata's built-in value.
 */
#include "engine/app/protocols/http.h"

#include <strings.h>

/* What a kind of server makes of a request; each goes from the first one, IDS. Of the oldest IIS nothing of its own is known. */
static const struct {
	const char *name;
	int8_t backslash, separators, u; /* -1: as IDS */
	bool blank_ends, nul_ends_line, keep_leading;
} personalities[] = {
	{ "IDS", -1, -1, -1, false, false, false },
	{ "Minimal", -1, -1, -1, false, false, false },
	{ "Generic", -1, -1, -1, false, false, false },
	{ "IIS_4_0", -1, -1, -1, false, false, false },
	{ "IIS_5_0", -1, -1, -1, false, false, false },
	{ "IIS_5_1", -1, -1, 0, true, false, false },
	{ "IIS_6_0", -1, -1, -1, false, false, false },
	{ "IIS_7_0", -1, -1, -1, false, false, false },
	{ "IIS_7_5", -1, -1, -1, false, false, false },
	{ "Apache_2", 0, 0, 0, false, true, true },
	{ "Apache", 0, 0, 0, false, true, true },
	{ "Apache_2_2", 0, 0, 0, false, true, true },
};

static uint64_t
size_of(const struct yaml *map, const char *key, uint64_t otherwise, struct diag *d)
{
	const struct yaml *y = yaml_get(map, key);
	uint64_t v;

	if (!y)
		return otherwise;
	if (!y->text || conf_parse_size(&v, y->text) < 0) {
		yaml_error(y, d, "%s: expected a size such as 100kb", key);
		return otherwise;
	}
	return v;
}

static bool
flag_of(const struct yaml *map, const char *key, bool otherwise, struct diag *d)
{
	const struct yaml *y = yaml_get(map, key);
	bool v;

	if (!y)
		return otherwise;
	if (!y->text || conf_parse_bool(&v, y->text) < 0) {
		yaml_error(y, d, "%s: expected yes or no", key);
		return otherwise;
	}
	return v;
}

/* "auto" (and nothing) = as the stream engine works. */
static bool
body_inline(const struct conf *tree, const struct yaml *map, struct diag *d)
{
	const char *mode = tree ? conf_string(tree, "stream.inline", "no") : "no";
	const struct yaml *y = yaml_get(map, "http-body-inline");
	bool v = false;

	if (y && y->text && strcasecmp(y->text, "auto") != 0)
		return flag_of(map, "http-body-inline", false, d);
	return conf_parse_bool(&v, mode) == 0 && v;
}

static void
set_personality(struct http_conf *c, const struct yaml *map, struct diag *d)
{
	const struct yaml *y = yaml_get(map, "personality");

	c->path = (struct http_decoding) { .backslash = true, .separators = true, .compress = true, .u = true, .lower = true, .utf8 = true };
	if (!y)
		return;
	for (unsigned i = 0; y->text && i < sizeof(personalities) / sizeof(personalities[0]); i++)
		if (strcasecmp(y->text, personalities[i].name) == 0) {
			c->path.backslash &= personalities[i].backslash != 0;
			c->path.separators &= personalities[i].separators != 0;
			c->path.u &= personalities[i].u != 0;
			c->blank_ends = personalities[i].blank_ends;
			c->nul_ends_line = personalities[i].nul_ends_line;
			c->keep_leading = personalities[i].keep_leading;
			return;
		}
	yaml_error(y, d, "no such personality, expected IDS, Generic, Minimal, Apache_2 or IIS_4_0 to IIS_7_5");
}

static void
set_decompression(struct http_conf *c, const struct yaml *map, struct diag *d)
{
	c->bomb = size_of(map, "compression-bomb-limit", 1048576, d);
	c->lzma = flag_of(map, "lzma-enabled", true, d);
	c->lzma_memory = size_of(map, "lzma-memlimit", 1048576, d);
	c->layers = (unsigned) size_of(map, "response-body-decompress-layer-limit", 2, d);
	c->headers = (uint32_t) size_of(map, "headers-limit", 1024, d);
}

static void
set_decoding(struct http_conf *c, const struct yaml *map, struct diag *d)
{
	struct http_decoding *p = &c->path;

	p->backslash = flag_of(map, "path-convert-backslash-separators", p->backslash, d);
	p->compress = flag_of(map, "path-separators-compress", p->compress, d);
	p->separators = flag_of(map, "path-separators-decode", p->separators, d);
	p->u = flag_of(map, "path-u-encoding-decode", p->u, d);
	p->lower = flag_of(map, "path-convert-lowercase", p->lower, d);
	p->encoded_nul_ends = flag_of(map, "path-nul-encoded-terminates", false, d);
	p->raw_nul_ends = flag_of(map, "path-nul-raw-terminates", false, d);
	c->query.plus = flag_of(map, "query-plusspace-decode", false, d);
}

static void
set_limits(struct http_conf *c, const struct yaml *map, bool foreign, struct diag *d)
{
	uint64_t body = foreign && map ? 4096 : 102400;
	uint64_t window = foreign ? 4096 : 16384;

	c->limits[TO_SERVER].body = size_of(map, "request-body-limit", body, d);
	c->limits[TO_SERVER].inspect_min = size_of(map, "request-body-minimal-inspect-size", 32768, d);
	c->limits[TO_SERVER].inspect_window = size_of(map, "request-body-inspect-window", 4096, d);
	c->limits[TO_CLIENT].body = size_of(map, "response-body-limit", body, d);
	c->limits[TO_CLIENT].inspect_min =
	    size_of(map, "response-body-minimal-inspect-size", foreign ? 32768 : 40960, d);
	c->limits[TO_CLIENT].inspect_window = size_of(map, "response-body-inspect-window", window, d);
}

/* extended: yes or no, as in the reference no where a suricata.yaml says nothing; dump-all-headers: none, request, response or both. */
static void
read_log(struct http_conf *c, const struct yaml *type, bool foreign, struct diag *d)
{
	const struct yaml *y = yaml_get(type, "extended");
	bool extended = !foreign;

	if (y && (!y->text || conf_parse_bool(&extended, y->text) < 0))
		yaml_error(y, d, "yes or no was expected");
	c->brief = !extended;
	y = yaml_get(type, "dump-all-headers");
	bool both = y && y->text && strcasecmp(y->text, "both") == 0;

	if (!y)
		return;
	c->dump_headers[TO_SERVER] = both || (y->text && strcasecmp(y->text, "request") == 0);
	c->dump_headers[TO_CLIENT] = both || (y->text && strcasecmp(y->text, "response") == 0);
	if (!c->dump_headers[TO_SERVER] && !c->dump_headers[TO_CLIENT] && (!y->text || strcasecmp(y->text, "none") != 0))
		yaml_error(y, d, "none, request, response or both was expected");
}

static void
read_outputs(struct http_conf *c, const struct conf *tree, struct diag *d)
{
	const struct yaml *outputs = tree ? conf_find(tree, "outputs") : NULL;

	if (!outputs)
		return;
	yaml_each(o, outputs)
		yaml_each(t, yaml_get(yaml_get(o, "eve-log"), "types"))
			if (t->kind != YAML_SCALAR && t->child && strcmp(t->child->key, "http") == 0)
				read_log(c, t->child, conf_is_foreign(tree), d);
}

void
http_conf_read(void *into, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	const struct yaml *libhtp = yaml_get(node, "libhtp"), *map = yaml_get(libhtp, "default-config");
	const struct yaml *servers = yaml_get(libhtp, "server-config");
	struct http_conf *c = into;

	set_personality(c, map, d);
	set_decompression(c, map, d);
	set_decoding(c, map, d);
	set_limits(c, map, tree && conf_is_foreign(tree), d);
	read_outputs(c, tree, d);
	c->max_tx = size_of(map, "max-tx", 512, d);
	c->inline_body = body_inline(tree, map, d);
	c->double_path = flag_of(map, "double-decode-path", false, d);
	c->double_query = flag_of(map, "double-decode-query", false, d);
	c->whole_uri = flag_of(map, "uri-include-all", false, d);
	if (servers && servers->n)
		diag_warning(d, servers->file, servers->line, servers->column,
		    "settings by server address are not supported: default-config is used for every server");
}
