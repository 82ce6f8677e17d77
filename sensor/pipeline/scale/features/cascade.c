#include "pipeline/scale/scale.h"

#include <string.h>

/* When the first outage of a service within the incident began; 0 = none. */
static int64_t
begin_within(const struct scale_in *in, const struct health_service *s)
{
	for (uint32_t o = 0; o < s->n_outages; o++)
		if (scale_within(in, &s->outage[o]))
			return s->outage[o].begin;
	return 0;
}

static const struct health_service *
earliest(const struct scale_in *in)
{
	const struct health_service *first = NULL;

	for (uint32_t k = 0; k < health_count(in->health); k++) {
		const struct health_service *s = health_at(in->health, k);
		int64_t began = scale_touches(in, s) ? begin_within(in, s) : 0;
		if (began && (!first || began < begin_within(in, first)))
			first = s;
	}
	return first;
}

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct health_service *first = NULL;
	const char *seen[32];
	uint32_t n = 0;

	scale_exact(0, "order in which outages began; those of other assets only upwards", out);
	for (int touched = 1; touched >= 0; touched--)
		for (uint32_t k = 0; k < health_count(in->health); k++) {
			const struct health_service *s = health_at(in->health, k);
			bool known = scale_touches(in, s) != (touched == 0), again = false;
			int64_t began = begin_within(in, s);
			if (!known || !began)
				continue;
			if (!first && touched) {
				first = earliest(in);
				seen[n++] = first->asset->sector;
			}
			if (!first || began < begin_within(in, first))
				continue;
			for (uint32_t m = 0; m < n && !again; m++)
				again = strcmp(seen[m], s->asset->sector) == 0;
			if (again || n == 32)
				continue;
			seen[n++] = s->asset->sector;
			out->lo += touched;
			out->hi++;
		}
	out->likely = out->lo;
	out->known = first != NULL || in->i->n_assets > 0;
}

const struct feature feature_cascade = { .name = "cascade", .unit = "sectors", .help = "further sectors of the inventory in which a service stopped answering after one of a touched asset had", .measure = measure };
