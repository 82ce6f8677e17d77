#include "pipeline/scale/scale.h"

#include <math.h>

int
feature_index(const char *name)
{
	for (unsigned i = 0; i < feature_table_n; i++)
		if (strcmp(feature_table[i]->name, name) == 0)
			return (int) i;
	return -1;
}

double
scale_missed(const struct assess_coverage *c)
{
	double all = (double) c->packets + (double) c->dropped, kept = all > 0 ? (double) c->packets / all : 1;
	double stream = (double) c->stream_bytes + (double) c->stream_lost;

	if (c->sampling > 0 && c->sampling < 1)
		kept *= c->sampling;
	if (stream > 0 && (double) c->stream_lost / stream > 1 - kept) /* sampling tears holes into streams too */
		kept = 1 - (double) c->stream_lost / stream;
	return 1 - kept;
}

double
scale_kept(const struct scale_in *in)
{
	double missed = scale_missed(in->cov);

	return 1 - missed < 0.001 ? 0.001 : 1 - missed;
}

bool
scale_is_touched(const struct incident *i, const struct asset *a)
{
	for (uint32_t k = 0; k < i->n_assets; k++)
		if (i->assets[k] == a)
			return true;
	return false;
}

static bool
owner_is_touched(const struct incident *i, const struct asset *a)
{
	for (uint32_t k = 0; k < i->n_assets; k++)
		if (i->assets[k] == a || strcmp(i->assets[k]->owner, a->owner) == 0)
			return true;
	return false;
}

bool
scale_may_touch(const struct scale_in *in, const struct asset *a)
{
	return !a->mirrored && owner_is_touched(in->i, a) && !scale_is_touched(in->i, a);
}

double
scale_unmirrored(const struct scale_in *in)
{
	uint32_t all = 0, blind = 0;

	for (uint32_t n = 0; n < in->inv->n && in->inv->unmirrored; n++) {
		const struct asset *a = &in->inv->assets[n];
		if (owner_is_touched(in->i, a)) {
			all++;
			blind += !a->mirrored;
		}
	}
	return all ? (double) blind / all : 0;
}

/* What is not mirrored may have got as much as what is. */
static void
widen_unmirrored(const struct scale_in *in, struct fact *out)
{
	double blind = in->blind;

	if (blind > 0)
		out->hi /= blind < 0.9 ? 1 - blind : 0.1;
}

void
scale_count(const struct scale_in *in, double seen, const char *method, double grain, struct fact *out)
{
	double kept = scale_kept(in), missed = 1 - kept;

	out->lo = seen;
	out->likely = seen / kept;
	out->hi = missed > 0 ? (seen + 2 * sqrt(grain * seen * missed + grain * grain)) / kept : seen;
	out->known = true;
	out->method = method;
	widen_unmirrored(in, out);
}

/*
 * Things seen once tell how many were not seen: of a thing with m packets, each seen with chance k, once has the chance
 * m k (1-k)^(m-1) and never (1-k)^m, so never / once is at most (1-k)/k, and just that where every thing has one packet
 * (the likely value leans on those seen twice: Chao 1984).
 */
void
scale_things(const struct scale_in *in, const struct hll *all, const struct sample *some, struct fact *out)
{
	double kept = scale_kept(in), n = hll_count(all), once, twice, mean, odds = sample_unseen(some, kept, &once, &twice, &mean);

	hll_bounds(all, &out->lo, &out->hi);
	out->likely = n;
	out->known = true;
	out->method = all->reg ? "HyperLogLog, 2048 registers" : "counted";
	if (kept < 1 && n > 0) {
		double f = once * n, t = once > 0 ? odds / once : 1 / kept - 1, w = f >= 1 ? 1 : exp(1 - mean), unseen = t * f,
		       chao = twice > 0 ? once * once * n / (2 * twice) : unseen, size = some->n < SAMPLE_MAX ? n : SAMPLE_MAX;
		out->likely += chao < unseen ? chao : unseen;
		out->hi += t * (f + 2 * w) + 2 * sqrt((f + w) * t * (1 + t));
		if (n > size)
			out->hi += 2 * t * n * sqrt(once * (1 - once) / size) + 2 * HLL_ERROR * unseen;
		out->method = "seen, and those missed by how many were seen once";
	}
	widen_unmirrored(in, out);
}

void
scale_volume(const struct scale_in *in, double seen, double squares, double doubt, const char *method, struct fact *out)
{
	double kept = scale_kept(in), missed = 1 - kept, need = in->i->signs ? (double) in->i->needed / (double) in->i->signs : 1,
	       noise = 2.3 * sqrt(squares * missed);

	out->known = in->i->signs > 0;
	out->method = method;
	/* Of a session whose signature needs several packets others were missed altogether. */
	out->lo = seen - noise > 0 ? (seen - noise) / kept : 0;
	if (out->lo < seen)
		out->lo = seen;
	out->likely = seen / kept * pow(kept, (1 - need) / 2);
	out->hi = (seen + noise + (missed > 0 ? squares / (seen > 0 ? seen : 1) * 2 : 0)) / kept * pow(kept, 1 - need) + doubt / kept;
	widen_unmirrored(in, out);
}

void
scale_one_sided(const struct scale_in *in, struct fact *out)
{
	double o = in->cov->one_sided;

	if (o > 0.9)
		out->known = out->lo > 0;
	out->hi /= o < 0.9 ? 1 - o : 0.1;
}

void
scale_exact(double v, const char *method, struct fact *out)
{
	out->lo = out->likely = out->hi = v;
	out->known = true;
	out->method = method;
}

static double
seconds_since(int64_t first, int64_t begin, int64_t end, int64_t up)
{
	int64_t down = end - begin - up;

	if (down > end - first)
		down = end - first;
	return down > 0 ? (double) down / 1e9 : 0;
}

bool
scale_touches(const struct scale_in *in, const struct health_service *s)
{
	return s->first && scale_is_touched(in->i, s->asset);
}

bool
scale_within(const struct scale_in *in, const struct health_outage *o)
{
	return !o->end || o->end > in->i->first;
}

/* A second at either end; of an outage that some got through, where it began is a matter of chance. */
static double
doubt_of(const struct health_outage *o, double kept)
{
	struct share s = health_share(o, kept);

	return s.likely > 0.95 && kept >= 0.98 ? 1 : 5 + 20 / (0.1 + health_rate(o));
}

bool
scale_downtime(const struct scale_in *in, const struct health_service *s, struct fact *out)
{
	double kept = scale_kept(in);
	int64_t silent;
	bool partial = false;

	scale_exact(0, "SYN without SYN/ACK, requests without good answers; silence counts only upwards", out);
	if (!scale_touches(in, s)) {
		out->known = false;
		return false;
	}
	for (uint32_t k = 0; k < s->n_outages; k++) {
		const struct health_outage *o = &s->outage[k];
		int64_t end = o->end ? o->end : in->now;
		double down = seconds_since(in->i->first, o->begin, end, o->up), doubt = doubt_of(o, kept), more = doubt;
		if (!scale_within(in, o))
			continue;
		if (doubt <= 1) /* it may have failed since the last success */
			more += (o->before ? seconds_since(in->i->first, o->before, o->begin, 0) : 0) + (o->after ? seconds_since(in->i->first, end, o->after, 0) : 0);
		out->lo += o->sure ? (down > 2 * doubt ? down - 2 * doubt : down / 2) : 0;
		out->likely += o->sure ? down : 0;
		out->hi += down + 2 * doubt + more;
		partial |= doubt > 1;
	}
	silent = health_silent_since(s, in->now);
	out->hi += silent ? seconds_since(in->i->first, silent, in->now, 0) : 0;
	if (!s->answered && s->n_outages) /* one side is seen: it may have lasted all the time */
		out->hi = (double) (in->now - in->i->first) / 1e9 + 2;
	if (kept < 0.98) { /* too few packets are seen to tell: the longest time without a success */
		double lull = seconds_since(in->i->first, s->lull_from, s->lull_to, 0), still = seconds_since(in->i->first, s->answered, in->now, 0);
		lull = (still > lull ? still : lull) + 2;
		out->hi = lull > out->hi ? lull : out->hi;
		if (!partial) /* one for a part of the clients may have gone by unnoticed */
			out->hi += HEALTH_LONG;
	}
	return true;
}

/* What the sensor cannot have seen: lost packets, assets whose traffic is not mirrored, a silent tap. */
static void
measure_coverage(const struct scale_in *in, struct scale *out)
{
	out->coverage = 1 - scale_missed(in->cov);
	out->coverage_why = out->coverage < 0.99 ? "packets were lost or sampled" : "no loss known";
	if (in->blind > 0) {
		out->coverage *= 1 - 0.5 * in->blind;
		out->coverage_why = "part of the assets' traffic is not mirrored";
	}
	if (in->cov->one_sided > 0.05) {
		out->coverage *= 1 - 0.5 * in->cov->one_sided;
		out->coverage_why = "part of the conversations is seen from one side only";
	}
	if (in->cov->quiet) {
		out->coverage *= 0.5;
		out->coverage_why = "a tap is silent";
	}
}

void
scale_measure(const struct scale_in *given, struct scale *out)
{
	struct scale_in in = *given;

	memset(out, 0, sizeof(*out));
	in.blind = scale_unmirrored(&in);
	for (unsigned i = 0; i < feature_table_n && i < FEATURES_MAX; i++)
		feature_table[i]->measure(&in, &out->fact[i]);
	measure_coverage(&in, out);
	scale_rows(&in, out);
}

void
scale_write(const struct scale *s, struct json *j)
{
	for (unsigned i = 0; i < feature_table_n && i < FEATURES_MAX; i++) {
		const struct fact *f = &s->fact[i];
		if (!f->known)
			continue;
		json_object(j, feature_table[i]->name);
		json_f64(j, "lo", f->lo);
		json_f64(j, "likely", f->likely);
		json_f64(j, "hi", f->hi);
		if (feature_table[i]->unit[0])
			json_str(j, "unit", feature_table[i]->unit);
		json_str(j, "method", f->method);
		json_end(j);
	}
	scale_rows_write(s, j);
	json_f64(j, "coverage", s->coverage);
	json_str(j, "coverage_why", s->coverage_why);
}
