#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double kept = scale_kept(in);

	scale_exact(0, "failed of attempted, of the clients seen; beside a flood, answers against the habit", out);
	out->known = false;
	for (uint32_t k = 0; k < health_count(in->health); k++) {
		const struct health_service *s = health_at(in->health, k);
		if (!scale_touches(in, s))
			continue;
		out->known = true;
		if (out->hi < 0.5)
			out->hi = 0.5; /* what fails for fewer than half is not called an outage */
		if (kept < 0.98 && s->habit * kept < 1)
			out->hi = 1; /* too few are seen to tell */
		for (uint32_t o = 0; o < s->n_outages; o++) {
			if (!scale_within(in, &s->outage[o]))
				continue;
			struct share x = health_share(&s->outage[o], kept);
			out->hi = x.hi > out->hi ? x.hi : out->hi;
			out->lo = x.lo > out->lo ? x.lo : out->lo;
			if (s->outage[o].sure && x.likely > out->likely)
				out->likely = x.likely;
		}
	}
}

const struct feature feature_outage_share = { .name = "outage_share", .unit = "share", .help = "share of clients that failed while the worst outage lasted", .measure = measure };
