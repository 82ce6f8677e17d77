/*
 * settings - the worker's engine: which protocols are on, their likely ports, their own settings.
 *
 * Thread:    the worker's; reads the configuration at start only.
 * Memory:    the worker's pool.
 * Owns:      struct apps and the settings of every protocol in it.
 * Not here:  what a protocol's settings mean -> protocols/
 */
#include "engine/app/inner.h"

#include <stdlib.h>
#include <strings.h>

static const struct option_tree trees[] = {
	{ "app-layer.protocols", "one map a protocol: enabled (yes, no, detection-only), detection-ports.dp, "
				 "encryption-handling (track-only, full, bypass: with stream.bypass), and the protocol's own settings" },
	{ "app-layer.error-policy", "accepted; a sensor that only listens has nothing to decide here" },
	{ NULL, NULL },
};
static const struct option no_rows[] = { { .key = NULL } };
const struct option_table app_options = { "application protocols", no_rows, trees };

/* Is `word` one of the blank-separated names? */
static bool
in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; at && *at; at += strcspn(at, " "), at += strspn(at, " "))
		if (strcspn(at, " ") == n && strncasecmp(at, word, n) == 0)
			return true;
	return false;
}

const struct protocol *
app_protocol_find(const char *name)
{
	for (unsigned i = 0; i < protocol_table_n; i++)
		if (strcasecmp(protocol_table[i]->name, name) == 0)
			return protocol_table[i];
	for (unsigned i = 0; i < protocol_table_n; i++)
		if (in_list(protocol_table[i]->aliases, name))
			return protocol_table[i];
	return NULL;
}

int
protocol_index(const struct protocol *p)
{
	for (unsigned i = 0; i < protocol_table_n; i++)
		if (protocol_table[i] == p)
			return (int) i;
	return -1;
}

const struct yaml *
app_node(const struct conf *c, const struct protocol *p)
{
	const struct yaml *all = c ? conf_find(c, "app-layer.protocols") : NULL, *n = yaml_get(all, p->name);

	yaml_each (child, all)
		if (!n && child->key && in_list(p->aliases, child->key))
			n = child;
	return n;
}

/* yes, no, detection-only; anything else is told by check_names(). */
static void
read_enabled(const struct yaml *node, bool *on, bool *parse)
{
	const struct yaml *e = yaml_get(node, "enabled");

	if (!e || !e->text)
		return;
	*parse = strcasecmp(e->text, "detection-only") != 0;
	if (!*parse)
		*on = true;
	else
		conf_parse_bool(on, e->text);
}

bool
app_switched_on(const struct conf *c, const struct protocol *p, unsigned i, bool *parse)
{
	const struct yaml *node = app_node(c, p);
	bool on = !(p->off_by_default && c && conf_is_foreign(c));

	*parse = true;
	read_enabled(node, &on, parse);
	read_enabled(yaml_get(node, i ? "udp" : "tcp"), &on, parse);
	return on;
}

bool
app_protocol_enabled(const struct apps_conf *conf, const struct protocol *p)
{
	bool parse;

	return ((p->transport & APP_TCP) && app_switched_on(conf->conf, p, 0, &parse)) ||
	    ((p->transport & APP_UDP) && app_switched_on(conf->conf, p, 1, &parse));
}

static int
add_ports(struct app_ports *to, const char *text)
{
	while (*text) {
		char *end;
		unsigned long v;

		text += strspn(text, " ,[]");
		if (!*text)
			break;
		v = strtoul(text, &end, 10);
		if (end == text || v > 65535 || to->n == APP_MAX_PORTS)
			return -1;
		to->port[to->n++] = (uint16_t) v;
		text = end;
	}
	return 0;
}

/* detection-ports.dp: "443", "139, 445", "[80, 81]" or a list. */
static void
read_ports(struct app_ports *to, const struct yaml *node, struct diag *d)
{
	const struct yaml *dp = yaml_get(yaml_get(node, "detection-ports"), "dp");
	struct app_ports ports = { .n = 0 };
	int bad = 0;

	if (!dp)
		return;
	if (dp->text)
		bad = add_ports(&ports, dp->text);
	yaml_each (one, dp)
		bad |= one->text ? add_ports(&ports, one->text) : -1;
	if (bad)
		yaml_error(dp, d, "not a list of ports, expected at most %d numbers up to 65535", APP_MAX_PORTS);
	else
		*to = ports;
}

static void
check_enabled(const struct yaml *node, struct diag *d)
{
	const struct yaml *e = yaml_get(node, "enabled");
	bool v;

	if (e && (!e->text || (strcasecmp(e->text, "detection-only") && conf_parse_bool(&v, e->text) < 0)))
		yaml_error(e, d, "expected yes, no or detection-only");
}

static void
check_names(const struct conf *c, struct diag *d)
{
	yaml_each (child, conf_find(c, "app-layer.protocols")) {
		check_enabled(child, d);
		check_enabled(yaml_get(child, "tcp"), d);
		check_enabled(yaml_get(child, "udp"), d);
		if (child->key && !app_protocol_find(child->key) && !conf_is_foreign(c))
			yaml_error(child, d, "no protocol is called \"%s\"", child->key);
	}
}

static void
read_encryption(struct apps_protocol *of, const struct yaml *node, struct diag *d)
{
	static const char *const names[] = { "track-only", "default", "full", "bypass", NULL };
	static const uint8_t means[] = { ENCRYPTION_TRACK, ENCRYPTION_TRACK, ENCRYPTION_FULL, ENCRYPTION_BYPASS };
	const struct yaml *e = yaml_get(node, "encryption-handling");

	for (unsigned i = 0; e && e->text && names[i]; i++)
		if (strcasecmp(e->text, names[i]) == 0) {
			of->encryption = means[i];
			return;
		}
	if (e)
		yaml_error(e, d, "expected track-only, full or bypass");
}

static int
set_up_protocol(struct apps *e, unsigned i, const struct conf *c, struct diag *d)
{
	const struct protocol *p = protocol_table[i];
	struct apps_protocol *of = &e->of[i];
	const struct yaml *node = app_node(c, p);

	for (unsigned t = 0; t < 2; t++) {
		of->on[t] = app_switched_on(c, p, t, &of->parse);
		if (p->ports[t])
			add_ports(&of->ports[t], p->ports[t]);
		read_ports(&of->ports[t], node, d);
		read_ports(&of->ports[t], yaml_get(node, t ? "udp" : "tcp"), d);
	}
	read_encryption(of, node, d);
	if (!p->conf_size)
		return 0;
	if (!(of->conf = pool_ztake(e->pool, p->conf_size)))
		return -1;
	p->configure(of->conf, c, node, d);
	return 0;
}

static void
map_port(struct app_port_map *m, uint16_t port, unsigned protocol)
{
	unsigned at = 0;

	while (at < m->n && m->port[at] < port)
		at++;
	if (at == m->n || m->port[at] != port) {
		memmove(m->port + at + 1, m->port + at, (m->n - at) * sizeof(m->port[0]));
		memmove(m->protocols + at + 1, m->protocols + at, (m->n - at) * sizeof(m->protocols[0]));
		m->port[at] = port;
		m->protocols[at] = 0;
		m->n++;
	}
	m->protocols[at] |= UINT64_C(1) << protocol;
}

/* What probing asks for each flow, settled once. */
static void
settle_probing(struct apps *e)
{
	for (unsigned i = 0; i < protocol_table_n; i++) {
		const struct protocol *p = protocol_table[i];
		for (unsigned t = 0; t < 2; t++) {
			const struct app_ports *ports = &e->of[i].ports[t];
			for (unsigned k = 0; k < ports->n; k++)
				map_port(&e->by_port[t], ports->port[k], i);
			if (p->probe && e->of[i].on[t] && p->transport & (t ? APP_UDP : APP_TCP))
				e->probed[t] |= UINT64_C(1) << i;
		}
		if (p->only_ports)
			e->only_ports |= UINT64_C(1) << i;
	}
}

struct apps *
apps_new(const struct apps_conf *conf, struct pool *pool, struct counters *cnt, struct diag *d)
{
	struct apps *e = pool_ztake(pool, sizeof(*e));

	if (!e || protocol_table_n > APP_MAX_PROTOCOLS) {
		diag_error(d, NULL, 0, 0, "no memory for the application protocols: the worker's pool is too small");
		pool_give(pool, e, sizeof(*e));
		return NULL;
	}
	e->pool = pool;
	e->cnt = cnt;
	e->memcap = conf->memcap;
	if (conf->conf)
		check_names(conf->conf, d);
	for (unsigned i = 0; i < protocol_table_n; i++)
		if (set_up_protocol(e, i, conf->conf, d) < 0) {
			diag_error(d, NULL, 0, 0, "no memory for the settings of %s", protocol_table[i]->name);
			apps_free(e);
			return NULL;
		}
	ranges_configure(e, conf->conf, d);
	settle_probing(e);
	return e;
}

void
apps_free(struct apps *e)
{
	for (unsigned i = 0; e && i < protocol_table_n; i++)
		if (e->of[i].conf) {
			if (protocol_table[i]->unconfigure)
				protocol_table[i]->unconfigure(e->of[i].conf);
			pool_give(e->pool, e->of[i].conf, protocol_table[i]->conf_size);
		}
	if (!e)
		return;
	ranges_clear(e);
	files_close(e);
	pool_give(e->pool, e, sizeof(*e));
}

void
apps_on_tx_end(struct apps *e, void (*fn)(void *arg, struct tx *tx), void *arg)
{
	e->tx_end = fn;
	e->tx_end_arg = arg;
}
