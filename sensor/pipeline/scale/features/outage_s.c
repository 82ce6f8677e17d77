#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double lo, hi;

	scale_exact(0, "SYN without SYN/ACK, requests without good answers; silence counts only upwards", out);
	out->known = false;
	for (uint32_t k = 0; k < health_count(in->health); k++) {
		const struct health_service *s = health_at(in->health, k);
		if (!scale_outage(in, s, &lo, &hi))
			continue;
		out->known = true;
		if (lo > out->lo)
			out->lo = out->likely = lo;
		if (hi > out->hi)
			out->hi = hi;
	}
}

const struct feature feature_outage_s = { .name = "outage_s", .unit = "s", .help = "longest time a touched asset's service did not answer", .measure = measure };
