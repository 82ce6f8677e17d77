#include <jansson.h>

#include "scales.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "tree.h"

#define HLL_ERROR_REDIS 0.0081 /* standard error of a sketch of 2^14 registers */
#define NAMED_FULL INCIDENT_HOSTS /* a list of so many may be cut */

static const json_t *
feature_of(const struct fuse_member *m, const char *name)
{
	const json_t *f = json_object_get(json_object_get(m->doc, "scale"), name);

	return strcmp(text_of(m->doc, "state"), "merged") != 0 && json_is_object(f) ? f : NULL;
}

static double
value(const json_t *f, const char *key)
{
	double v = json_number_value(json_object_get(f, key));

	return isfinite(v) ? v : 0;
}

/* Every host it counted is in its list. */
static bool
all_named(const struct fuse_member *m, const char *list, const char *feature)
{
	size_t n = json_array_size(json_object_get(m->doc, list));

	return n < NAMED_FULL && (double) n + 0.5 >= value(feature_of(m, feature), "likely");
}

static bool
share_a_host(const json_t *a, const json_t *b)
{
	for (size_t i = 0; i < json_array_size(a); i++)
		for (size_t k = 0; k < json_array_size(b); k++) {
			const json_t *x = json_array_get(a, i), *y = json_array_get(b, k);
			if (strcmp(text_of(x, "ip"), text_of(y, "ip")) == 0 && strcmp(text_of(x, "asset"), text_of(y, "asset")) == 0)
				return true;
		}
	return false;
}

/* By how much of it the number of hosts may be wrong. */
static double
doubt_of(const struct fuse_in *in)
{
	return in->exact ? 0 : 2 * HLL_ERROR_REDIS;
}

bool
scales_disjoint(const struct fuse_in *in)
{
	bool named = true;
	double sum = 0;

	for (unsigned i = 0; i < in->n; i++) {
		named &= all_named(&in->member[i], "victims", "targets");
		sum += value(feature_of(&in->member[i], "targets"), "likely");
		for (unsigned k = 0; k < i; k++)
			if (share_a_host(json_object_get(in->member[i].doc, "victims"), json_object_get(in->member[k].doc, "victims")))
				return false;
	}
	return in->n == 1 || named || (in->hosts >= 0 && in->hosts + 0.5 > sum * (1 - doubt_of(in)));
}

/* ---- one feature ---- */

struct triple {
	double lo, likely, hi;
	bool known;
};

static void
join_plain(const struct fuse_in *in, const struct feature *f, bool sum, struct triple *out)
{
	for (unsigned i = 0; i < in->n; i++) {
		const json_t *x = feature_of(&in->member[i], f->name);
		struct triple t = { value(x, "lo"), value(x, "likely"), value(x, "hi"), true };
		if (!x)
			continue;
		if (!out->known) {
			*out = t;
		} else if (f->join == JOIN_SUM) {
			out->lo = sum ? out->lo + t.lo : fmax(out->lo, t.lo);
			out->likely = sum ? out->likely + t.likely : fmax(out->likely, t.likely);
			out->hi += t.hi;
		} else if (f->join == JOIN_PEAK) {
			out->lo = fmax(out->lo, t.lo);
			out->likely = fmax(out->likely, t.likely);
			out->hi += t.hi;
		} else if (f->join == JOIN_LEAST) {
			out->lo = fmin(out->lo, t.lo);
			out->likely = fmin(out->likely, t.likely);
			out->hi = fmin(out->hi, t.hi);
		} else {
			out->lo = fmax(out->lo, t.lo);
			out->likely = fmax(out->likely, t.likely);
			out->hi = fmax(out->hi, t.hi);
		}
	}
}

/* Different hosts: the joined list where all are named; else the merged sketch of victims; of attackers at least the largest. */
static void
join_hosts(const struct fuse_in *in, const json_t *m, const struct feature *f, struct triple *out)
{
	bool victims = f->join == JOIN_VICTIMS, named = true;
	const char *list = victims ? "victims" : "attackers";
	double n = (double) json_array_size(json_object_get(m, list)), doubt = 0, sum = 0;

	for (unsigned i = 0; i < in->n; i++) {
		const json_t *x = feature_of(&in->member[i], f->name);
		if (!x)
			continue;
		named &= all_named(&in->member[i], list, f->name);
		out->known = true;
		out->lo = fmax(out->lo, value(x, "lo"));
		out->likely = fmax(out->likely, value(x, "likely"));
		out->hi = fmax(out->hi, value(x, "hi"));
		doubt += value(x, "hi") - value(x, "likely");
		sum += value(x, "hi");
	}
	if (in->n == 1 || !out->known)
		return;
	if (named) {
		out->lo = fmax(out->lo, n);
		out->likely = fmax(out->lo, n);
		out->hi = out->likely + doubt;
	} else if (victims && in->hosts >= 0) {
		out->likely = fmax(out->lo, in->hosts);
		out->lo = fmax(out->lo, in->hosts * (1 - doubt_of(in)));
		out->hi = fmin(fmax(in->hosts * (1 + doubt_of(in)), out->likely) + doubt, fmax(sum, out->likely));
	} else {
		out->lo = fmax(out->lo, n);
		out->likely = fmax(out->likely, n);
		out->hi = fmax(sum, n);
	}
}

static void
join_span(const json_t *m, const struct fuse_in *in, const struct feature *f, struct triple *out)
{
	int64_t first = 0, last = 0;
	double seen;

	join_plain(in, f, false, out);
	if (!out->known || in->n == 1 || clock_parse(&first, text_of(m, "first")) < 0 || clock_parse(&last, text_of(m, "last")) < 0)
		return;
	seen = (double) (last - first) / 1e9;
	out->hi += fmax(0, seen - out->likely);
	out->lo = fmax(out->lo, seen - (out->likely - out->lo));
	out->likely = fmax(out->likely, seen);
	out->hi = fmax(out->hi, out->likely);
	out->lo = fmin(out->lo, out->likely);
}

/* Kinds of effect beyond an attempt: those that anybody saw, at most as many as pieces of evidence. */
static void
join_kinds(const struct fuse_in *in, const json_t *m, const struct feature *f, struct triple *out)
{
	struct triple sum = { 0 };
	struct feature as_sum = *f;
	double kinds = 0;

	as_sum.join = JOIN_SUM;
	join_plain(in, f, false, out);
	join_plain(in, &as_sum, true, &sum);
	for (uint8_t k = 0; k < in->effects->n; k++)
		kinds += !in->effects->effect[k].attempt && json_object_get(json_object_get(m, "effects"), in->effects->effect[k].name);
	if (!out->known || in->n == 1)
		return;
	out->likely = fmax(out->likely, fmin(sum.likely, kinds));
	out->lo = fmax(out->lo, fmin(sum.lo, kinds));
	out->hi = fmax(out->hi, fmin(sum.hi, kinds));
}

static void
join_signatures(const struct fuse_in *in, const json_t *m, const struct feature *f, struct triple *out)
{
	double n = (double) json_array_size(json_object_get(m, "signatures"));

	join_plain(in, f, false, out);
	if (!out->known || in->n == 1)
		return;
	out->lo = fmax(out->lo, n);
	out->likely = fmax(out->likely, n);
	out->hi = fmax(out->hi, n);
}

/* ---- rows ---- */

static json_t *
row_like(json_t *list, const json_t *e, const char *const keys[4])
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *o = json_array_get(list, i);
		bool same = true;
		for (int k = 0; k < 4 && keys[k]; k++) {
			const json_t *a = json_object_get(o, keys[k]), *b = json_object_get(e, keys[k]);
			same &= a && b && json_equal(a, b);
		}
		if (same)
			return o;
	}
	return NULL;
}

static void
join_outage(json_t *o, const json_t *e)
{
	if (strcmp(text_of(e, "begin"), text_of(o, "begin")) < 0)
		json_object_set(o, "begin", json_object_get(e, "begin"));
	if (!json_object_get(e, "end"))
		json_object_del(o, "end");
	else if (json_object_get(o, "end") && strcmp(text_of(e, "end"), text_of(o, "end")) > 0)
		json_object_set(o, "end", json_object_get(e, "end"));
	if (json_is_true(json_object_get(e, "certain")))
		json_object_set_new(o, "certain", json_true());
}

/* Of a party's assets of a sector those that anybody saw touched; both sensors may speak of the same ones. */
static void
join_sector(json_t *o, const json_t *e, bool sum)
{
	json_int_t a = json_integer_value(json_object_get(o, "touched")), b = json_integer_value(json_object_get(e, "touched"));
	json_int_t of = json_integer_value(json_object_get(o, "of")), more = json_integer_value(json_object_get(e, "of"));
	json_int_t touched = sum ? a + b : a > b ? a : b;

	of = of > more ? of : more;
	touched = touched < of ? touched : of;
	json_object_set_new(o, "touched", json_integer(touched));
	json_object_set_new(o, "of", json_integer(of));
	if (touched > a && of > 0) {
		double share = (double) touched / (double) of;
		json_object_set_new(o, "share", json_pack("[f,f,f]", share, share, share));
	}
}

static void
join_rows(const struct fuse_in *in, json_t *scale, bool sum)
{
	static const char *const outage[4] = { "asset", "service", "proto", "port" }, *const sector[4] = { "party", "sector", NULL, NULL };

	for (int kind = 0; kind < 2; kind++) {
		const char *key = kind ? "inventory" : "outages";
		json_t *mine = array_new();
		for (unsigned i = 0; i < in->n; i++) {
			const json_t *list = json_object_get(json_object_get(in->member[i].doc, "scale"), key);
			for (size_t k = 0; k < json_array_size(list); k++) {
				const json_t *e = json_array_get(list, k);
				json_t *o = row_like(mine, e, kind ? sector : outage);
				if (!o && json_array_size(mine) < 64)
					json_array_append_new(mine, json_deep_copy(e));
				else if (o && kind)
					join_sector(o, e, sum);
				else if (o)
					join_outage(o, e);
			}
		}
		json_object_set_new(scale, key, mine);
	}
}

/* The one that saw least tells how much can have been missed. */
static void
join_coverage(const struct fuse_in *in, json_t *scale)
{
	double least = 2;

	for (unsigned i = 0; i < in->n; i++) {
		const json_t *s = json_object_get(in->member[i].doc, "scale"), *c = json_object_get(s, "coverage");
		if (!json_is_number(c) || json_number_value(c) >= least || strcmp(text_of(in->member[i].doc, "state"), "merged") == 0)
			continue;
		least = json_number_value(c);
		json_object_set(scale, "coverage", (json_t *) (uintptr_t) c);
		json_object_set(scale, "coverage_why", json_object_get(s, "coverage_why"));
	}
}

static const char *
method_of(const struct fuse_in *in, const struct feature *f)
{
	const char *t = "";

	for (unsigned i = 0; i < in->n && !*t; i++)
		t = text_of(feature_of(&in->member[i], f->name), "method");
	return t;
}

void
scales_join(const struct fuse_in *in, json_t *m, bool sum)
{
	json_t *scale = object_new();

	for (unsigned k = 0; k < feature_table_n; k++) {
		const struct feature *f = feature_table[k];
		struct triple t = { 0 };
		json_t *o;
		if (f->of_assets) /* follows from the joined assets */
			continue;
		if (f->join == JOIN_VICTIMS || f->join == JOIN_ATTACKERS)
			join_hosts(in, m, f, &t);
		else if (f->join == JOIN_SPAN)
			join_span(m, in, f, &t);
		else if (f->join == JOIN_KINDS)
			join_kinds(in, m, f, &t);
		else if (f->join == JOIN_SIGNATURES)
			join_signatures(in, m, f, &t);
		else
			join_plain(in, f, sum, &t);
		if (!t.known)
			continue;
		t.likely = fmax(0, t.likely);
		t.lo = fmin(fmax(0, t.lo), t.likely);
		t.hi = fmax(t.hi, t.likely);
		o = json_pack("{s:f,s:f,s:f,s:s}", "lo", t.lo, "likely", t.likely, "hi", t.hi, "method", method_of(in, f));
		if (f->join == JOIN_VICTIMS)
			json_object_set_new(m, "hosts", json_pack("{s:f,s:f,s:f}", "lo", t.lo, "likely", t.likely, "hi", t.hi));
		if (o)
			json_object_set_new(scale, f->name, o);
	}
	join_rows(in, scale, sum);
	join_coverage(in, scale);
	json_object_set_new(m, "scale", scale);
}

void
scales_rows(const json_t *m, json_t *doc)
{
	static const char *const keys[] = { "outages", "inventory" };
	json_t *scale = json_object_get(doc, "scale");

	for (int i = 0; i < 2; i++) {
		json_t *rows = json_object_get(json_object_get(m, "scale"), keys[i]);
		if (json_array_size(rows))
			json_object_set(scale, keys[i], rows);
	}
}
