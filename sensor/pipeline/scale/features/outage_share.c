#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double best = 0, lo, hi;

	for (uint32_t k = 0; k < health_count(in->health); k++) {
		const struct health_service *s = health_at(in->health, k);
		if (!scale_outage(in, s, &lo, &hi))
			continue;
		out->known = true;
		for (uint32_t o = 0; lo > 0 && o < s->n_outages; o++)
			if (s->outage[o].attempts && (double) s->outage[o].failed / (double) s->outage[o].attempts > best)
				best = (double) s->outage[o].failed / (double) s->outage[o].attempts;
	}
	out->lo = out->likely = best;
	out->hi = best > 0 ? 1 : 0;
	out->method = "failed of attempted, of the clients seen";
}

const struct feature feature_outage_share = { .name = "outage_share", .unit = "share", .help = "share of attempts that failed while the worst outage lasted", .measure = measure };
