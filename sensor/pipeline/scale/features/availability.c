#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double kept = scale_kept(in), all = (double) (in->now - in->i->first) / 1e9;
	struct fact one;

	scale_exact(1, "time without outage, and in one the clients that got through", out);
	out->known = false;
	for (uint32_t k = 0; k < health_count(in->health) && all > 0; k++) {
		const struct health_service *s = health_at(in->health, k);
		struct share worst = { 0, 0, 0 };
		if (!scale_downtime(in, s, &one))
			continue;
		for (uint32_t o = 0; o < s->n_outages; o++) {
			struct share x = health_share(&s->outage[o], kept);
			if (scale_within(in, &s->outage[o]) && x.likely >= worst.likely)
				worst = x;
		}
		if (one.hi > one.likely && worst.hi <= 0)
			worst.hi = 1;
		double lo = 1 - one.hi * worst.hi / all, likely = 1 - one.likely * worst.likely / all, hi = 1 - one.lo * worst.lo / all;
		out->known = true;
		out->lo = lo < out->lo ? lo : out->lo;
		out->likely = likely < out->likely ? likely : out->likely;
		out->hi = hi < out->hi ? hi : out->hi;
	}
	out->lo = out->lo > 0 ? out->lo : 0;
	out->likely = out->likely > out->lo ? out->likely : out->lo;
}

const struct feature feature_availability = { .name = "availability", .unit = "share", .help = "lowest availability of a touched service since it began: time and clients", .measure = measure, .join = JOIN_LEAST };
