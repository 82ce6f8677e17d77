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

	if (stream > 0 && (double) c->stream_lost / stream > 1 - kept)
		kept = 1 - (double) c->stream_lost / stream;
	if (c->sampling > 0 && c->sampling < 1)
		kept *= c->sampling;
	return 1 - kept;
}

void
scale_count(const struct scale_in *in, double seen, const char *method, double grain, struct fact *out)
{
	double missed = scale_missed(in->cov), kept = 1 - missed < 0.001 ? 0.001 : 1 - missed;

	out->lo = seen;
	out->likely = seen / kept;
	out->hi = missed > 0 ? (seen + 2 * sqrt(grain * seen * missed + grain * grain)) / kept : seen;
	out->known = true;
	out->method = method;
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
scale_outage(const struct scale_in *in, const struct health_service *s, double *lo, double *hi)
{
	bool touched = false;
	int64_t silent;

	for (uint32_t k = 0; k < in->i->n_assets && !touched; k++)
		touched = in->i->assets[k] == s->asset;
	*lo = *hi = 0;
	if (!touched || !s->first)
		return false;
	for (uint32_t o = 0; o < s->n_outages; o++) {
		const struct health_outage *x = &s->outage[o];
		double down = seconds_since(in->i->first, x->begin, x->end ? x->end : in->now, x->up);
		*hi += down;
		*lo += x->sure ? down : 0;
	}
	silent = health_silent_since(s, in->now);
	*hi += silent ? seconds_since(in->i->first, silent, in->now, 0) : 0;
	return true;
}

/* What the sensor cannot have seen: lost packets, assets whose traffic is not mirrored, a silent tap. */
static void
measure_coverage(const struct scale_in *in, struct scale *out)
{
	uint32_t blind = 0;

	out->coverage = 1 - scale_missed(in->cov);
	out->coverage_why = out->coverage < 0.99 ? "packets were lost or sampled" : "no loss known";
	for (uint32_t k = 0; k < in->i->n_assets; k++)
		blind += !in->i->assets[k]->mirrored;
	if (blind) {
		out->coverage *= 1 - 0.5 * blind / in->i->n_assets;
		out->coverage_why = "part of the assets' traffic is not mirrored";
	}
	if (in->cov->quiet) {
		out->coverage *= 0.5;
		out->coverage_why = "a tap is silent";
	}
}

void
scale_measure(const struct scale_in *in, struct scale *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < feature_table_n && i < FEATURES_MAX; i++)
		feature_table[i]->measure(in, &out->fact[i]);
	measure_coverage(in, out);
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
	json_f64(j, "coverage", s->coverage);
	json_str(j, "coverage_why", s->coverage_why);
}
