/*
 * fuzz_release - any record against the shipped rules of release, for every party: no crash, and nothing comes out that was not in
 * the record.
 */
#include <jansson.h>

#include "law_fuzz.h"

#include "pipeline/legal/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Every member of `part` is in `whole`; of lists, as many at most. */
static void
check_part(const json_t *part, const json_t *whole)
{
	const char *name;
	json_t *v;

	if (json_typeof(part) != json_typeof(whole))
		abort();
	if (json_is_array(part) && json_array_size(part) > json_array_size(whole))
		abort();
	json_object_foreach((json_t *) (uintptr_t) part, name, v)
	{
		const json_t *w = json_object_get(whole, name);
		if (!w)
			abort();
		check_part(v, w);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct packs packs;
	struct released out;
	struct diag d;
	json_t *record;

	if (!packs.n_parties) {
		read_effects();
		diag_init(&d, 0);
		if (packs_read(&packs, shipped("policy"), &effects, &d) < 0)
			exit(1);
		diag_clear(&d);
	}
	record = json_loadb((const char *) data, n, 0, NULL);
	for (uint32_t i = 0; record && i < packs.n_parties; i++) {
		char *text;
		if (release_to(&packs, &packs.party[i], record, NULL, &out) == 0 && out.record)
			check_part(out.record, record);
		released_clear(&out);
		text = release_text(&packs, &packs.party[i], record, NULL);
		free(text);
	}
	json_decref(record);
	return 0;
}
