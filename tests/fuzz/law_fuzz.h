/*
 * law_fuzz - what fuzzers of packs and context inputs share: the shipped effects and packs (CASUS_TOP or top_srcdir, default: this folder).
 */
#ifndef FUZZ_LAW_FUZZ_H
#define FUZZ_LAW_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "library_leaks.h"
#include "pipeline/legal/document.h"

static struct effects effects;

static inline const char *
shipped(const char *name)
{
	static char path[2][1024];
	static unsigned at;
	const char *top = getenv("CASUS_TOP");

	if (!top)
		top = getenv("top_srcdir"); /* as in make check */
	at ^= 1;
	snprintf(path[at], sizeof(path[at]), "%s/rules/%s", top ? top : ".", name);
	return path[at];
}

static inline void
read_effects(void)
{
	struct diag d;

	diag_init(&d, 0);
	if (effects_read(&effects, shipped("effects.yaml"), &d) < 0) {
		diag_print(&d, stderr);
		exit(1);
	}
	diag_clear(&d);
}

/* Some facts out of bytes. */
static inline void
facts_of(struct facts *f, struct incident *i, const struct packs *p, const uint8_t *data, size_t n)
{
	size_t at = 0;

	memset(f, 0, sizeof(*f));
	memset(i, 0, sizeof(*i));
	f->incident = i;
	f->scale.coverage = n ? data[0] / 255.0 : 1;
	for (unsigned k = 0; n && k < feature_table_n && k < FEATURES_MAX; k++, at++)
		f->scale.fact[k] = (struct fact) { data[at % n], data[at % n] * 3.0, data[at % n] * 900.0, data[at % n] & 1, "fuzz" };
	for (uint32_t k = 0; n && k < p->n_human; k++, at++)
		f->human[k] = (struct fact) { data[at % n] & 15, data[at % n] & 31, data[at % n] & 63, data[at % n] >> 7, "fuzz" };
	f->effects = n > 3 ? (uint32_t) data[1] << 8 | data[2] : 0;
}

/* Bands of what was read, whatever it was, are in order. */
static inline void
check_bands(const struct packs *p, const struct facts *f)
{
	struct bands b;
	struct bands_in in = { f, false, 3 };

	bands_compute(p, &in, &b);
	bands_changes(p, &in, &b);
	for (uint32_t k = 0; k < b.n; k++)
		if (b.party[k].lo > b.party[k].likely || b.party[k].likely > b.party[k].hi || b.party[k].hi >= p->n_bands)
			abort();
}

#endif
