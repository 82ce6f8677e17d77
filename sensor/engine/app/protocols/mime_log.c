/*
 * mime_log - settings of mails, and a mail in the log.
 */
#include <strings.h>

#include "base/hash.h"
#include "engine/app/protocols/mime.h"

const struct mime_conf mime_defaults = { .depth = 2000, .limit = 100000, .inspect_min = 32768, .inspect_window = 4096 };

enum { ONE, EACH, COMMA };
static const struct {
	const char *key, *header;
	uint8_t kind;
	bool extended;
} shown[] = {
	{ "reply_to", "reply-to", ONE, false }, { "bcc", "bcc", COMMA, true }, { "message_id", "message-id", ONE, true },
	{ "subject", "subject", ONE, true }, { "x_mailer", "x-mailer", ONE, true }, { "user_agent", "user-agent", ONE, true },
	{ "received", "received", EACH, false }, { "x_originating_ip", "x-originating-ip", ONE, false },
	{ "in_reply_to", "in-reply-to", ONE, false }, { "references", "references", ONE, false },
	{ "importance", "importance", ONE, false }, { "priority", "priority", ONE, false },
	{ "sensitivity", "sensitivity", ONE, false }, { "organization", "organization", ONE, false },
	{ "content_md5", "content-md5", ONE, false }, { "date", "date", ONE, false }, { "relays", "relays", ONE, false },
};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

/* ---- settings ---- */

static bool
is_no(const struct yaml *map, const char *key)
{
	const struct yaml *y = yaml_get(map, key);
	bool v = true;

	return y && y->text && conf_parse_bool(&v, y->text) == 0 && !v;
}

static void
size_at(const struct yaml *map, const char *key, uint64_t *v)
{
	const struct yaml *y = yaml_get(map, key);

	if (y && y->text)
		conf_parse_size(v, y->text);
}

static void
read_scheme(struct mime_conf *c, const struct yaml *s, struct diag *d)
{
	size_t n = s->text ? strlen(s->text) : 0;
	char *to = c->scheme[c->schemes < MIME_SCHEMES ? c->schemes : 0];

	if (!n || n > 10 || c->schemes == MIME_SCHEMES) {
		yaml_error(s, d, "not a scheme, expected up to eight of at most ten letters");
		return;
	}
	memcpy(to, s->text, n);
	if (strcasecmp(s->text, "mailto") == 0)
		memcpy(to + n, ":", 2);
	else
		memcpy(to + n, "://", 4);
	c->schemes++;
}

/* outputs[].eve-log.types[].smtp: extended, custom, md5. */
static void
read_record(struct mime_conf *c, const struct yaml *t)
{
	const struct yaml *y = yaml_get(t, "extended");
	bool extended = false;

	if (y && y->text)
		conf_parse_bool(&extended, y->text);
	for (unsigned i = 0; i < SHOWN; i++) {
		if (extended && shown[i].extended)
			c->fields |= 1u << i;
		yaml_each(name, yaml_get(t, "custom"))
			if (name->text && strcasecmp(name->text, shown[i].header) == 0)
				c->fields |= 1u << i;
	}
	yaml_each(name, yaml_get(t, "md5")) {
		c->subject_md5 |= name->text && strcmp(name->text, "subject") == 0;
		c->body_md5 |= name->text && strcmp(name->text, "body") == 0;
	}
}

void
mime_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	const struct yaml *map = yaml_get(node, "mime"), *y = yaml_get(map, "log-url-scheme");
	const struct yaml *tracker = yaml_get(node, "inspected-tracker");
	struct mime_conf *c = conf;
	uint64_t depth;

	*c = mime_defaults;
	c->set = true;
	depth = c->depth;
	size_at(map, "header-value-depth", &depth);
	c->depth = depth < MIME_FIELD_MAX ? (uint32_t) depth : MIME_FIELD_MAX;
	c->off = is_no(map, "decode-mime");
	c->no_base64 = is_no(map, "decode-base64");
	c->no_qp = is_no(map, "decode-quoted-printable");
	c->no_urls = is_no(map, "extract-urls");
	if (y)
		yaml_bool(y, &c->log_scheme, d);
	yaml_each(s, yaml_get(map, "extract-urls-schemes"))
		read_scheme(c, s, d);
	size_at(tracker, "content-limit", &c->limit);
	size_at(tracker, "content-inspect-min-size", &c->inspect_min);
	size_at(tracker, "content-inspect-window", &c->inspect_window);
	read_record(c, log_settings(tree, "smtp"));
	y = yaml_get(map, "body-md5"); /* yes, or auto: where it is shown */
	c->body_md5 &= y && y->text && !is_no(map, "body-md5");
}

/* ---- log ---- */

/* "a, b" as an array; commas in quotes do not count. */
static void
log_addresses(struct json *j, const char *key, struct span v)
{
	json_array(j, key);
	while (v.n) {
		bool quoted = false;
		uint32_t n = 0;

		while (n < v.n && (quoted || v.p[n] != ',')) {
			quoted ^= v.p[n] == '"';
			n++;
		}
		json_span(j, NULL, span_head(v, n));
		v = span_skip(v, n + 1);
		while (v.n && (v.p[0] == ' ' || v.p[0] == '\t'))
			v = span_skip(v, 1);
	}
	json_end(j);
}

static void
log_names(struct json *j, const struct app_list *list)
{
	struct rd r = app_list_all(list);
	struct span v;

	if (!list->bytes.n)
		return;
	json_array(j, "attachment");
	while (app_list_next(&r, &v))
		json_span(j, NULL, v);
	json_end(j);
}

#define AT_ONCE 128

/* The newest first, as the reference does. */
static void
log_urls(struct json *j, const struct app_list *list)
{
	struct rd r = app_list_all(list);
	struct span v[AT_ONCE];
	unsigned n = 0;

	if (!list->bytes.n)
		return;
	while (app_list_next(&r, v))
		n++;
	json_array(j, "url");
	while (n) { /* to find the n-th takes n steps: the last few are taken together */
		unsigned from = n > AT_ONCE ? n - AT_ONCE : 0;
		r = app_list_all(list);
		for (unsigned i = 0; i < n && app_list_next(&r, &v[i < from ? 0 : i - from]); i++)
			;
		while (n > from)
			json_span(j, NULL, v[--n - from]);
	}
	json_end(j);
}

static void
log_shown(const struct mime *m, unsigned i, struct json *j)
{
	struct rd r = mime_headers(m);
	struct span v;

	if (!mime_header(m, shown[i].header, 0, &v) || !v.n)
		return;
	if (shown[i].kind == ONE) {
		json_span(j, shown[i].key, v);
	} else if (shown[i].kind == COMMA) {
		log_addresses(j, shown[i].key, v);
	} else {
		json_array(j, shown[i].key);
		while (mime_header_next(&r, shown[i].header, &v))
			json_span(j, NULL, v);
		json_end(j);
	}
}

void
mime_log(const struct mime *m, const struct mime_conf *c, struct json *j)
{
	static const char *const state[] = { "HEADER_STARTED", "BODY_STARTED", "BODY_STARTED" };
	struct span v;

	json_str(j, "status", m->done ? "PARSE_DONE" : state[m->where]);
	if (mime_header(m, "from", 0, &v) && v.n)
		json_span(j, "from", v);
	if (mime_header(m, "to", 0, &v) && v.n)
		log_addresses(j, "to", v);
	if (mime_header(m, "cc", 0, &v) && v.n)
		log_addresses(j, "cc", v);
	for (unsigned i = 0; i < SHOWN; i++)
		if (c->fields >> i & 1)
			log_shown(m, i, j);
	if (c->subject_md5 && mime_header(m, "subject", 0, &v)) {
		uint8_t md[16];

		hash_md5(v, md);
		json_hex(j, "subject_md5", span_of(md, sizeof(md)), 0);
	}
	if (m->digested && m->done && !m->in_chunks)
		json_hex(j, "body_md5", span_of(m->body_md5, 16), 0);
	log_names(j, &m->names);
	log_urls(j, &m->urls);
}
