#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double clients = hll_count(&in->i->answered);

	scale_things(in, &in->i->sources, &in->i->some_sources, out);
	if (clients > 0) { /* who had a conversation with the victim of a flood may be no attacker */
		out->lo = out->lo - clients > 1 ? out->lo - clients : 1;
	}
}

const struct feature feature_sources = { .name = "sources", .unit = "hosts", .help = "distinct addresses that attacked; a spoofed one counts like any other", .measure = measure };
