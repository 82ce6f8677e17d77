#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	struct fact one;

	for (uint32_t a = 0; a < in->i->n_assets; a++) {
		const struct asset *asset = in->i->assets[a];
		bool down = false, maybe = false;
		for (uint32_t k = 0; k < health_count(in->health); k++)
			if (health_at(in->health, k)->asset == asset && scale_downtime(in, health_at(in->health, k), &one)) {
				down |= one.lo > 0;
				maybe |= one.hi > 0;
			}
		out->likely += down ? (double) asset->people : 0;
		out->hi += maybe ? (double) asset->people : 0;
		out->known |= asset->people > 0;
	}
	out->lo = 0; /* a service that fails for some need not fail for all */
	out->method = "people_served of the inventory, where an outage was seen";
}

const struct feature feature_people_affected = { .name = "people_affected", .unit = "people", .help = "people served by touched assets whose service did not answer", .measure = measure, .join = JOIN_SUM };
