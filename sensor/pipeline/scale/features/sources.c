#include <math.h>

#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	/* A session seen by its SYN is known as one by its answer and one of two more packets, or by both of these. */
	double k = scale_kept(in), known = k < 0.98 ? k * (1 - (1 - k) * (1 - k)) + (1 - k) * k * k : 1, clients = hll_count(&in->i->answered);

	scale_things(in, &in->i->sources, &in->i->some_sources, out);
	clients += known < 1 ? 2 * sqrt(clients) + 1 : 0;
	clients /= known;
	if (hll_count(&in->i->answered) > 0) { /* who had a conversation with the victim of a flood may be no attacker */
		out->lo = out->lo - clients > 1 ? out->lo - clients : 1;
	}
}

const struct feature feature_sources = { .name = "sources", .unit = "hosts", .help = "distinct addresses that attacked; a spoofed one counts like any other", .measure = measure, .join = JOIN_ATTACKERS };
