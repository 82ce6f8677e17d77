/*
 * header - action, protocol, addresses, ports and direction of a rule.
 *
 * Language: Suricata user guide, "Rules Format". Fields stand apart by blanks; inside brackets blanks do not count.
 */
#include <ctype.h>

#include "rule/lookup.h"

/* ---- fields ---- */

static char *
next_field(char **s)
{
	char *p = *s, *start;
	int brackets = 0;

	while (isspace((unsigned char) *p))
		p++;
	start = p;
	for (; *p && (brackets > 0 || !isspace((unsigned char) *p)); p++) {
		if (*p == '[')
			brackets++;
		if (*p == ']')
			brackets--;
	}
	if (*p)
		*p++ = 0;
	*s = p;
	return start;
}

static void
lower(char *s)
{
	for (; *s; s++)
		*s = (char) tolower((unsigned char) *s);
}

static int
read_action(struct parse *p, char *word)
{
	static const struct {
		const char *name;
		enum rule_action action;
	} actions[] = {
		{ "alert", RULE_ALERT }, { "pass", RULE_PASS }, { "drop", RULE_DROP }, { "reject", RULE_REJECT },
		{ "rejectsrc", RULE_REJECT_SRC }, { "rejectdst", RULE_REJECT_DST }, { "rejectboth", RULE_REJECT_BOTH },
		{ "config", RULE_CONFIG }, { "drop:packet", RULE_DROP }, { "drop:flow", RULE_DROP },
	};

	lower(word);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(word, actions[i].name) == 0) {
			p->r->action = actions[i].action;
			return 0;
		}
	return parse_error(p, word,
	    "unknown action \"%.40s\", expected alert, pass, drop, reject, rejectsrc, rejectdst, rejectboth or config", word);
}

static int
read_proto(struct parse *p, char *word)
{
	char *colon = strchr(word, ':');

	lower(word);
	if (colon) {
		*colon = 0;
		if (!colon[1])
			return parse_error(p, colon, "empty hook, expected PROTOCOL:HOOK");
		p->r->hook = colon + 1;
	}
	if (!*word)
		return parse_error(p, word, "no protocol, expected one such as tcp, udp, ip, http");
	p->r->proto = word;
	return 0;
}

static int
list_failed(struct parse *p, const struct list *l, int e, const char *what)
{
	if (e == E_NOMEM)
		return e;
	return parse_error(p, l->at, "%s: %s", what, l->why);
}

static int
read_addresses(struct parse *p, const char *text, const char *what, const struct addr_set **set, bool *any)
{
	const struct shared_addrs *a = NULL;
	struct list l;
	int e;

	if (!*text)
		return parse_error(p, text, "%s missing, expected an address, a list or a variable", what);
	e = addresses_read(p->s, p->v, span_str(text), &a, &l);
	if (e < 0)
		return list_failed(p, &l, e, what);
	*set = &a->set;
	*any = a->any;
	return 0;
}

static int
read_ports(struct parse *p, const char *text, const char *what, const struct port_set **set)
{
	struct list l;
	int e;

	if (!*text)
		return parse_error(p, text, "%s missing, expected a port, a list or a variable", what);
	e = ports_read(p->s, p->v, span_str(text), set, &l);
	return e < 0 ? list_failed(p, &l, e, what) : 0;
}

static int
read_direction(struct parse *p, const char *word)
{
	p->r->bidirectional = strcmp(word, "<>") == 0;
	p->r->transactional = strcmp(word, "=>") == 0;
	if (p->r->bidirectional || p->r->transactional || strcmp(word, "->") == 0)
		return 0;
	return parse_error(p, word, "bad direction \"%.20s\", expected ->, <> or =>", word);
}

/* What stands between the last ')' and the first '('; *options is NUL-terminated there. */
static int
find_options(struct parse *p, char *text, char **options)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char) *text))
		text++;
	if (*text != '(')
		return parse_error(p, text, "no options, expected '(' behind the destination port");
	while (end > text && isspace((unsigned char) end[-1]))
		end--;
	if (end[-1] == ')')
		end--;
	else
		parse_warning(p, end, "rule does not end in ')', is a line missing?");
	*end = 0;
	*options = text + 1;
	return 0;
}

int
header_read(struct parse *p, char **options)
{
	struct rule *r = p->r;
	char *rest = p->work, *field[7];
	int e;

	for (int i = 0; i < 7; i++)
		field[i] = next_field(&rest);
	if ((e = read_action(p, field[0])) < 0 || (e = read_proto(p, field[1])) < 0
	    || (e = read_addresses(p, field[2], "source address", &r->src, &r->src_any)) < 0
	    || (e = read_ports(p, field[3], "source port", &r->sport)) < 0
	    || (e = read_direction(p, field[4])) < 0
	    || (e = read_addresses(p, field[5], "destination address", &r->dst, &r->dst_any)) < 0
	    || (e = read_ports(p, field[6], "destination port", &r->dport)) < 0)
		return e;
	return find_options(p, rest, options);
}
