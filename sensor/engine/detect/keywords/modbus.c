/*
 * modbus - what a Modbus request asks for: "unit N", "function ...", "access ...", joined by commas.
 *
 * Addresses count from 1, as in the reference; on the wire they count from 0.
 */
#include "engine/app/protocols/modbus.h"
#include "engine/detect/build.h"

struct asked {
	const struct kw_number *unit, *function, *sub, *address, *value; /* NULL: any */
	uint8_t categories;   /* MODBUS_PUBLIC_ASSIGNED ..., one of them; 0 = any */
	uint8_t way, table;   /* MODBUS_READ or _WRITE and what it goes to; 0 = any */
};

/* Do first..last (not empty) have a number that fits? */
static bool
range_has(const struct kw_number *n, uint32_t first, uint32_t last)
{
	switch (n->op) {
	case NUM_EQ:
		return n->a >= first && n->a <= last;
	case NUM_LT:
		return first < n->a;
	case NUM_GT:
		return last > n->a;
	case NUM_IN:
		return first < n->b && last > n->a && n->a + 1 < n->b;
	default:
		for (uint32_t v = first; v <= last; v++)
			if (kw_number_has(n, v))
				return true;
		return false;
	}
}

/* One of the values written to the addresses that fit does. */
static bool
written_has(const struct modbus_msg *m, const struct asked *a)
{
	uint32_t end = (uint32_t) m->write_address + m->write_quantity;
	uint16_t v;

	for (uint32_t at = m->write_address; at < end && at <= UINT16_MAX; at++)
		if (kw_number_has(a->address, at + 1) && modbus_written(m, (uint16_t) at, &v) && kw_number_has(a->value, v))
			return true;
	return false;
}

static bool
access_fits(const struct modbus_msg *m, const struct asked *a)
{
	bool write = a->way == MODBUS_WRITE, has = write ? m->has_write : m->has_read;
	uint32_t start = write ? m->write_address : m->read_address, n = write ? m->write_quantity : m->read_quantity;

	if (!(m->access & a->way) || (m->access & a->table) != a->table)
		return false;
	if (!a->address)
		return true;
	if (!has || n == 0 || !range_has(a->address, start + 1, start + n))
		return false;
	return !a->value || written_has(m, a);
}

static bool
match(const struct match_ctx *c, const union kw_arg *arg)
{
	const struct asked *a = arg->p;
	const struct modbus_msg *m = modbus_of(c->tx, TO_SERVER);

	return m && (!a->unit || kw_number_has(a->unit, m->unit)) && (!a->function || kw_number_has(a->function, m->function)) &&
	    (!a->sub || kw_number_has(a->sub, m->sub)) && (!a->categories || a->categories & m->category) &&
	    (!a->way || access_fits(m, a));
}

/* ---- reading ---- */

static int
function_word(struct build *b, struct asked *a, const char *word)
{
	static const struct {
		const char *name;
		uint8_t bits;
	} words[] = { { "assigned", MODBUS_PUBLIC_ASSIGNED }, { "unassigned", MODBUS_PUBLIC_UNASSIGNED },
		{ "public", MODBUS_PUBLIC_ASSIGNED | MODBUS_PUBLIC_UNASSIGNED }, { "user", MODBUS_USER_DEFINED },
		{ "reserved", MODBUS_RESERVED },
		{ "all", MODBUS_PUBLIC_ASSIGNED | MODBUS_PUBLIC_UNASSIGNED | MODBUS_USER_DEFINED | MODBUS_RESERVED } };
	bool not = *word == '!';
	const char *name = word + not + strspn(word + not, " ");

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].name, name)) {
			a->categories = not ? words[5].bits & ~words[i].bits : words[i].bits;
			return a->categories ? 0 : build_error(b, 0, "\"%s\" is never true", word);
		}
	if (build_number(b, word, 255, &a->function) < 0)
		return build_error(b, 0, "\"%s\" is no function: a number, assigned, unassigned, public, user, reserved or all is expected", word);
	return 0;
}

static int
access_words(struct build *b, struct asked *a, const char *text)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} tables[] = { { "discretes", MODBUS_DISCRETES }, { "coils", MODBUS_COILS }, { "input", MODBUS_INPUT }, { "holding", MODBUS_HOLDING } };
	size_t n = strcspn(text, " ");
	const char *table = text + n + strspn(text + n, " ");

	if (n == 4 && !strncmp(text, "read", n))
		a->way = MODBUS_READ;
	else if (n == 5 && !strncmp(text, "write", n))
		a->way = MODBUS_WRITE;
	else
		return build_error(b, 0, "\"%s\": read or write is expected after access", text);
	for (unsigned i = 0; *table && i < 4; i++)
		if (!strcmp(tables[i].name, table))
			a->table = tables[i].bit;
	if (*table && !a->table)
		return build_error(b, 0, "\"%s\" is no table: discretes, coils, input or holding is expected", table);
	if (a->way == MODBUS_WRITE && (a->table == MODBUS_DISCRETES || a->table == MODBUS_INPUT))
		return build_error(b, 0, "%s cannot be written", table);
	return 0;
}

static int
one_part(struct build *b, struct asked *a, const char *part)
{
	const struct {
		const char *name;
		const struct kw_number **to;
		uint64_t max;
		bool allowed;
		const char *after;
	} numbers[] = { { "unit", &a->unit, 255, true, "" }, { "subfunction", &a->sub, UINT16_MAX, a->function, "a function number" },
		{ "address", &a->address, UINT16_MAX + 1, a->way, "access" },
		{ "value", &a->value, UINT16_MAX, a->address && a->way == MODBUS_WRITE, "access write with an address" } };
	size_t n = strcspn(part, " ");
	const char *rest = part + n + strspn(part + n, " ");

	if (n == 8 && !strncmp(part, "function", n))
		return function_word(b, a, rest);
	if (n == 6 && !strncmp(part, "access", n))
		return access_words(b, a, rest);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (strlen(numbers[i].name) != n || strncmp(part, numbers[i].name, n))
			continue;
		if (!numbers[i].allowed)
			return build_error(b, 0, "%s goes after %s", numbers[i].name, numbers[i].after);
		if (build_number(b, rest, numbers[i].max, numbers[i].to) < 0)
			return build_error(b, 0, "\"%s\" is no number from 0 to %u, nor a range of them", rest, (unsigned) numbers[i].max);
		return 0;
	}
	return build_error(b, 0, "\"%s\": unit, function, subfunction, access, address or value is expected", part);
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct asked *a = arena_zalloc(build_arena(b), sizeof(*a));
	const char *text = build_text(b, value), *part[6];
	int n = text ? build_split(b, text, part, 6) : -1;

	if (!a)
		return E_NOMEM;
	if (n < 1)
		return build_error(b, 0, "something such as \"function 8, subfunction 4\" or \"access write coils, address 500\" is expected");
	for (int i = 0; i < n; i++)
		if (one_part(b, a, part[i]) < 0)
			return E_BAD;
	out->p = a;
	return 0;
}

const struct keyword keyword_modbus = {
	.name = "modbus", .help = "unit, function or access (table, address, value) of a Modbus request", .example = "modbus:access write holding, address 500, value >200",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "modbus", .dirs = 1, .progress = { 1, 1 },
};
