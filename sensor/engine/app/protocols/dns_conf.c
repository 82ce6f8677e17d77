/*
 * dns_conf - what a "dns" among the types of an eve-log says: which messages have a record, and its shape.
 *
 * Thread:    the worker's, at start.
 * Memory:    struct dns_conf, the engine's.
 * Owns:      nothing.
 * Not here:  writing the record -> dns_log.c
 *
 * As in the reference the variable SURICATA_EVE_DNS_VERSION says the version where the configuration does not.
 */
#include "engine/app/protocols/dns.h"

#include <strings.h>

#include "engine/app/protocols/parse.h"

static void
read_version(struct dns_conf *c, const struct yaml *y, struct diag *d)
{
	const struct yaml *v = yaml_get(y, "version");
	const char *text = v ? v->text : getenv("SURICATA_EVE_DNS_VERSION");

	if (v && (!text || (strcmp(text, "2") != 0 && strcmp(text, "3") != 0)))
		yaml_error(v, d, "expected 2 or 3");
	else
		c->v2 = text && strcmp(text, "2") == 0;
}

static bool
says_no(const struct yaml *y, const char *key, struct diag *d)
{
	const struct yaml *one = yaml_get(y, key);
	bool v = true;

	if (one && (!one->text || conf_parse_bool(&v, one->text) < 0))
		yaml_error(one, d, "expected yes or no");
	return !v;
}

static void
read_formats(struct dns_conf *c, const struct yaml *formats, struct diag *d)
{
	if (!formats)
		return;
	c->no_answers = c->no_grouped = true;
	yaml_each(f, formats)
		if (f->text && strcasecmp(f->text, "detailed") == 0)
			c->no_answers = false;
		else if (f->text && strcasecmp(f->text, "grouped") == 0)
			c->no_grouped = false;
		else
			yaml_error(f, d, "expected detailed or grouped");
}

static void
read_types(struct dns_conf *c, const struct yaml *types, struct diag *d)
{
	c->some_types |= types != NULL;
	yaml_each(t, types) {
		const char *const *n = dns_type_names;
		size_t len = t->text ? strlen(t->text) : 0;
		unsigned long type;

		while (*n && (len != strcspn(*n, "=") || strncasecmp(*n, t->text, len) != 0))
			n++;
		type = *n ? strtoul(*n + len + 1, NULL, 10) : 0;
		if (!type)
			yaml_error(t, d, "no type of record is called so, expected one as a, aaaa, cname, mx, ns, ptr, txt");
		else
			c->types[type / 64] |= UINT64_C(1) << type % 64;
	}
}

void
dns_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	const struct yaml *y = log_settings(tree, "dns");
	struct dns_conf *c = conf;

	(void) node;
	read_version(c, y, d);
	c->quiet[TO_SERVER] = says_no(y, "requests", d);
	c->quiet[TO_CLIENT] = says_no(y, "responses", d);
	read_formats(c, yaml_get(y, "formats"), d);
	read_types(c, yaml_get(y, "types"), d);
	read_types(c, yaml_get(y, "custom"), d); /* as it was called before */
}

bool
dns_wants_record(const struct tx *tx)
{
	const struct dns_tx *t = (const struct dns_tx *) tx;
	struct dns_record r;

	if (!t->conf)
		return true;
	if (t->conf->quiet[t->response ? TO_CLIENT : TO_SERVER])
		return false;
	for (unsigned i = 0; t->conf->some_types && dns_at(t, DNS_QUERIES, i, &r); i++)
		if (r.type < 320 && t->conf->types[r.type / 64] >> r.type % 64 & 1)
			return true;
	return !t->conf->some_types;
}
