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
		if (!(p->r->hook = arena_strdup(&p->s->arena, colon + 1)))
			return E_NOMEM;
	}
	if (!*word)
		return parse_error(p, word, "no protocol, expected one such as tcp, udp, ip, http");
	return (p->r->proto = arena_strdup(&p->s->arena, word)) ? 0 : E_NOMEM;
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

/* What stands between the last ')' and the first '('; it is NUL-terminated. */
static int
find_options(struct parse *p, char *text, char **options, char **options_end)
{
	char *end = p->work + p->n;

	while (text_blank(*text))
		text++;
	if (*text != '(')
		return parse_error(p, text, "no options, expected '(' behind the destination port");
	while (end > text && text_blank(end[-1]))
		end--;
	if (end[-1] == ')')
		end--;
	else
		parse_warning(p, end, "rule does not end in ')', is a line missing?");
	*end = 0;
	*options = text + 1;
	*options_end = end;
	return 0;
}

static int
read_fields(struct parse *p, char **rest)
{
	struct rule *r = p->r;
	char *field[7];
	int e;

	for (int i = 0; i < 7; i++)
		field[i] = next_field(rest);
	if ((e = read_action(p, field[0])) < 0 || (e = read_proto(p, field[1])) < 0
	    || (e = read_addresses(p, field[2], "source address", &r->src, &r->src_any)) < 0
	    || (e = read_ports(p, field[3], "source port", &r->sport)) < 0
	    || (e = read_direction(p, field[4])) < 0
	    || (e = read_addresses(p, field[5], "destination address", &r->dst, &r->dst_any)) < 0
	    || (e = read_ports(p, field[6], "destination port", &r->dport)) < 0)
		return e;
	return 0;
}

/* What stands before the first '(' is the whole header: the next rule that has it need not be read so far. */
static int
remember(struct parse *p, struct span header)
{
	struct rule *known = arena_alloc(&p->s->arena, sizeof(*known));

	if (!known)
		return E_NOMEM;
	*known = *p->r;
	return lookup_keep(p->s, &p->s->lookup->headers, header, known);
}

int
header_read(struct parse *p, struct span text, char **options, char **end)
{
	const uint8_t *open = memchr(text.p, '(', text.n);
	struct span header = span_head(text, open ? (uint32_t) (open - text.p) : 0);
	const struct rule *known = map_find(&p->s->lookup->headers, header);
	char *rest = p->work;
	int e;

	if (known) {
		*p->r = *known;
		rest += header.n;
	} else if ((e = read_fields(p, &rest)) < 0) {
		return e;
	}
	if ((e = find_options(p, rest, options, end)) < 0 || known)
		return e;
	return open && *options == p->work + header.n + 1 ? remember(p, header) : 0;
}
