/*
 * log_marks - what rules have marked a flow with, as EVE shows it: "metadata" and "traffic".
 *
 * Flowbits named traffic/id/NAME and traffic/label/NAME go to "traffic", all others to "metadata".
 */
#include "engine/detect/engine.h"

#define TRAFFIC_ID "traffic/id/"
#define TRAFFIC_LABEL "traffic/label/"

struct out {
	struct json *j;
	struct json_mark before;
	unsigned n;
};

static void
open_member(struct out *o, struct json *j, const char *name, bool array)
{
	*o = (struct out) { .j = j, .before = json_mark(j) };
	if (array)
		json_array(j, name);
	else
		json_object(j, name);
}

/* Closes it; an empty one is taken back. */
static bool
close_member(struct out *o)
{
	json_end(o->j);
	if (o->n == 0)
		json_undo(o->j, o->before);
	return o->n > 0;
}

static const char *
after(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) == 0 ? name + n : NULL;
}

/* Flowbits in the order in which they were set; prefix NULL: those that are not about traffic. */
static bool
bits(const struct detect *d, const struct marks *m, struct json *j, const char *member, const char *prefix)
{
	bool number;
	uint32_t id, value;
	unsigned n = 0;
	struct out o;

	open_member(&o, j, member, true);
	while (marks_walk(m, n, &number, &id, &value))
		n++;
	while (n-- > 0 && marks_walk(m, n, &number, &id, &value)) {
		const char *name = number ? NULL : ruleset_name(d->rules, NAME_FLOWBIT, id);
		if (name && prefix)
			name = after(name, prefix);
		else if (name && (after(name, TRAFFIC_ID) || after(name, TRAFFIC_LABEL)))
			name = NULL;
		if (!name)
			continue;
		json_str(j, NULL, name);
		o.n++;
	}
	return close_member(&o);
}

static bool
ints(const struct detect *d, const struct marks *m, struct json *j)
{
	bool number;
	uint32_t id, value;
	struct out o;

	open_member(&o, j, "flowints", false);
	for (unsigned i = 0; marks_walk(m, i, &number, &id, &value); i++)
		if (number) {
			json_u64(j, ruleset_name(d->rules, NAME_FLOWINT, id), value);
			o.n++;
		}
	return close_member(&o);
}

static void
key_of(struct span name, char key[static 64])
{
	uint32_t n = name.n < 63 ? name.n : 63;

	memcpy(key, name.p, n);
	key[n] = '\0';
}

static bool
vars(const struct marks *m, struct json *j, bool numbers)
{
	struct span name, value;
	bool number;
	double v;
	char key[64];
	struct out o;

	open_member(&o, j, numbers ? "entropy" : "flowvars", !numbers);
	for (unsigned i = 0; marks_var(m, i, &number, &name, &value, &v); i++) {
		if (number != numbers)
			continue;
		key_of(name, key);
		if (!numbers)
			json_object(j, NULL);
		if (numbers)
			json_f64(j, key, v);
		else
			json_span(j, key, value);
		if (!numbers)
			json_end(j);
		o.n++;
	}
	return close_member(&o);
}

struct span
detect_packet_vars(const struct detect *d)
{
	struct json j = d->packet_vars;

	return j.p ? json_text(&j) : SPAN_NONE;
}

void
detect_log_marks(const struct detect *d, const struct marks *m, struct span packet_vars, struct json *j)
{
	struct out o;

	if (!m->kept && !packet_vars.n)
		return;
	open_member(&o, j, "metadata", false);
	o.n += vars(m, j, false);
	if (packet_vars.n) {
		json_array(j, "pktvars");
		json_raw(j, NULL, packet_vars);
		json_end(j);
		o.n++;
	}
	o.n += bits(d, m, j, "flowbits", NULL);
	o.n += ints(d, m, j);
	o.n += vars(m, j, true);
	close_member(&o);
	open_member(&o, j, "traffic", false);
	o.n += bits(d, m, j, "id", TRAFFIC_ID);
	o.n += bits(d, m, j, "label", TRAFFIC_LABEL);
	close_member(&o);
}
