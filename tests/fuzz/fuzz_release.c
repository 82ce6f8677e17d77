/*
 * fuzz_release - any record against the shipped rules of release, for every party: no crash, and nothing comes out that was not in
 * the record.
 */
#include <jansson.h>

#include "law_fuzz.h"

#include "pipeline/legal/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Every member of `part` is in `whole`, but what tells of the release itself; of lists, as many at most. */
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
	struct release_view *view;
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
	view = record ? release_view_new(&packs, record, NULL) : NULL;
	for (uint32_t i = 0; view && i < packs.n_parties; i++) {
		char *text = release_view_text(view, &packs.party[i]);
		json_t *out = text ? json_loads(text, 0, NULL) : NULL, *casus = json_object_get(out, "casus");
		if (text && (!out || !json_is_object(json_object_get(casus, "release"))))
			abort();
		json_object_del(casus, "release");
		if (casus && !json_object_get(record, "casus"))
			json_object_del(out, "casus");
		if (out)
			check_part(out, record);
		json_decref(out);
		free(text);
	}
	release_view_free(view);
	json_decref(record);
	return 0;
}
