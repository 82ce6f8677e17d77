/*
 * policy - host-os-policy: which system puts the segments together that are sent to an address.
 *
 * Thread:    read by main at load time; then constant, read by all workers.
 * Memory:    an arena of its own.
 * Owns:      the table.
 * Not here:  what the systems do -> window.c, track.c
 */
#include "engine/stream/policy.h"

#include <strings.h>

#include "base/arena.h"

struct network {
	struct network *next; /* the longest prefix first */
	struct prefix prefix;
	enum stream_policy policy;
};

struct stream_policies {
	struct arena own;
	struct network *first;
};

const struct option_tree stream_policy_tree[] = {
	{ "exception-policy", "what all exception policies say that are not set on their own" },
	{ "host-os-policy", "networks by the system of their hosts: who wins where segments overlap" },
	{ NULL, NULL },
};

static const struct {
	const char *name;
	enum stream_policy policy;
} names[] = {
	{ "bsd", STREAM_BSD },
	{ "bsd-right", STREAM_BSD_RIGHT },
	{ "old-linux", STREAM_OLD_LINUX },
	{ "linux", STREAM_LINUX },
	{ "old-solaris", STREAM_OLD_SOLARIS },
	{ "solaris", STREAM_SOLARIS },
	{ "hpux10", STREAM_HPUX10 },
	{ "hpux11", STREAM_HPUX11 },
	{ "irix", STREAM_IRIX },
	{ "macos", STREAM_MACOS },
	{ "windows", STREAM_WINDOWS },
	{ "vista", STREAM_VISTA },
	{ "windows2k3", STREAM_WINDOWS2K3 },
	{ "first", STREAM_FIRST },
	{ "last", STREAM_LAST },
};

/* "old_linux" and "old-linux" are one. */
static bool
name_is(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a == '_' ? '-' : *a, y = *b;
		if (strncasecmp(&x, &y, 1) != 0)
			return false;
	}
	return *a == *b;
}

static int
policy_named(const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (name_is(name, names[i].name))
			return (int) names[i].policy;
	return -1;
}

static int
add(struct stream_policies *t, const struct yaml *y, const char *text, enum stream_policy policy, struct diag *d)
{
	struct network *n, **at = &t->first;
	struct prefix prefix;

	if (prefix_parse(&prefix, text) < 0) {
		yaml_error(y, d, "\"%s\" is not a network, expected such as 192.0.2.0/24 or 2001:db8::/32", text);
		return 0;
	}
	if ((n = arena_zalloc(&t->own, sizeof *n)) == NULL)
		return E_NOMEM;
	n->prefix = prefix;
	n->policy = policy;
	while (*at && (*at)->prefix.len >= prefix.len)
		at = &(*at)->next;
	n->next = *at;
	*at = n;
	return 0;
}

/* One system's networks: a list, or text "[a, b]" or "a, b". */
static int
add_all(struct stream_policies *t, const struct yaml *y, enum stream_policy policy, struct diag *d)
{
	char text[ADDR_STRLEN + 8];
	const char *s;

	yaml_each(c, y)
		if (c->kind == YAML_SCALAR && c->text && add(t, c, c->text, policy, d) < 0)
			return E_NOMEM;
	for (s = y->kind == YAML_SCALAR && y->text ? y->text : ""; *s;) {
		size_t n = strcspn(s, " ,[]");
		if (n >= sizeof text) {
			yaml_error(y, d, "\"%s\" is not a list of networks", y->text);
			return 0;
		}
		memcpy(text, s, n);
		text[n] = 0;
		if (n && add(t, y, text, policy, d) < 0)
			return E_NOMEM;
		s += n + (s[n] != 0);
	}
	return 0;
}

struct stream_policies *
stream_policies_new(const struct conf *conf, struct diag *d)
{
	const struct yaml *map = conf_find(conf, "host-os-policy");
	struct stream_policies *t;
	struct arena own;
	int policy;

	arena_init(&own, 0);
	if ((t = arena_zalloc(&own, sizeof *t)) == NULL)
		return NULL;
	t->own = own;
	yaml_each(y, map) {
		policy = y->key ? policy_named(y->key) : -1;
		if (policy < 0)
			yaml_error(y, d, "\"%s\" is not a system, expected bsd, bsd-right, old-linux, linux, old-solaris, solaris, "
			    "hpux10, hpux11, irix, macos, windows, vista, windows2k3, first or last", y->key ? y->key : "");
		else if (add_all(t, y, (enum stream_policy) policy, d) < 0) {
			stream_policies_free(t);
			return NULL;
		}
	}
	return t;
}

void
stream_policies_free(struct stream_policies *t)
{
	struct arena own;

	if (t == NULL)
		return;
	own = t->own;
	arena_clear(&own);
}

enum stream_policy
stream_policy_of(void *arg, const struct addr *dst)
{
	const struct stream_policies *t = arg;

	for (const struct network *n = t->first; n; n = n->next)
		if (prefix_has(&n->prefix, dst))
			return n->policy;
	return STREAM_BSD;
}
