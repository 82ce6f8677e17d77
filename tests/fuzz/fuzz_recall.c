/*
 * fuzz_recall - any text as an incident's record: refused, or facts that the shipped packs assess with bands in order and that can be
 * told in words and as JSON.
 */
#include "law_fuzz.h"
#include "pipeline/legal/explain.h"
#include "pipeline/legal/recall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define ROOM (4 << 20)

static struct packs packs;
static char *room;

static void
clean(void)
{
	packs_clear(&packs);
	effects_clear(&effects);
	free(room);
}

static void
prepare(void)
{
	struct diag d;

	read_effects();
	diag_init(&d, 0);
	if (packs_read(&packs, shipped("policy"), &effects, &d) < 0 || !(room = malloc(ROOM + 1)))
		exit(1);
	diag_clear(&d);
	atexit(clean);
}

static void
tell(const struct recall *r)
{
	struct document_in in = { &packs, &effects, &r->context, &r->inv, r->exercise, NULL };
	FILE *nowhere = fopen("/dev/null", "w");
	struct ink k = ink_of(nowhere, false);
	struct json j;

	explain_text(&k, &in, &r->scene.a, NULL);
	fclose(nowhere);
	json_init(&j, room, ROOM);
	json_object(&j, NULL);
	document_explain(&in, &r->scene.a, NULL, &j);
	json_end(&j);
	json_text(&j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct recall r;
	char why[256] = "";

	if (!packs.n_bands)
		prepare();
	if (n > 65536)
		return 0;
	if (recall_read(&r, span_of(data, n), &packs, &effects, why) < 0) {
		if (!why[0])
			abort();
	} else {
		const struct bands *b = &r.scene.a.bands;
		for (uint32_t i = 0; i < b->n; i++)
			if (b->party[i].lo > b->party[i].likely || b->party[i].likely > b->party[i].hi || b->party[i].hi >= packs.n_bands)
				abort();
		recall_differs(&r);
		tell(&r);
	}
	recall_clear(&r);
	return 0;
}
