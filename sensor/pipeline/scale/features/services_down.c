#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	struct fact one;

	scale_exact(0, "as outage_s", out);
	out->known = false;
	for (uint32_t k = 0; k < health_count(in->health); k++) {
		if (!scale_downtime(in, health_at(in->health, k), &one))
			continue;
		out->known = true;
		out->lo += one.lo > 0;
		out->hi += one.hi > 0;
	}
	out->likely = out->lo;
}

const struct feature feature_services_down = { .name = "services_down", .unit = "services", .help = "services of touched assets that stopped answering", .measure = measure, .join = JOIN_SUM };
