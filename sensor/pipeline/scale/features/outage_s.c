#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	struct fact one;

	scale_exact(0, "SYN without SYN/ACK, requests without good answers; silence counts only upwards", out);
	out->known = false;
	for (uint32_t k = 0; k < health_count(in->health); k++) {
		if (!scale_downtime(in, health_at(in->health, k), &one))
			continue;
		out->known = true;
		out->lo = one.lo > out->lo ? one.lo : out->lo;
		out->likely = one.likely > out->likely ? one.likely : out->likely;
		out->hi = one.hi > out->hi ? one.hi : out->hi;
	}
}

const struct feature feature_outage_s = { .name = "outage_s", .unit = "s", .help = "longest time a touched asset's service did not answer", .measure = measure };
