/* casusctl explain: an incident's assessment in words, computed anew from its record: of the running sensor, or of any past
 * revision in a journal. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "casusctl.h"
#include "pipeline/legal/explain.h"
#include "pipeline/legal/recall.h"
#include "records.h"

#define ROOM (8u << 20)

struct question {
	const char *dir, *packs, *effects, *party;
	char id[64];
	long revision;           /* -1: the last one */
	bool json;
	char *record;            /* the object `incident` as text */
	long found;              /* its revision */
};

/* Keeps the record if it is the one asked for, or a later one. */
static void
take(struct question *q, struct span text)
{
	json_t *r = json_loadb((const char *) text.p, text.n, 0, NULL), *i = json_object_get(json_object_get(r, "casus"), "incident");
	const char *id = json_string_value(json_object_get(i, "id"));
	long revision = (long) json_integer_value(json_object_get(i, "revision"));

	if (id && strcmp(id, q->id) == 0 && (q->revision < 0 ? revision >= q->found : revision == q->revision)) {
		free(q->record);
		q->record = json_dumps(i, JSON_COMPACT);
		q->found = revision;
	}
	json_decref(r);
}

static int
take_record(void *arg, const struct journal_record *r)
{
	if (span_eq(r->type, SPAN_LIT("incident")))
		take(arg, r->json);
	return 0;
}

static int
search_journal(struct question *q)
{
	int rc = records_each(q->dir, take_record, q);

	if (q->record || rc != CTL_OK)
		return rc;
	if (q->revision < 0)
		fprintf(stderr, "casusctl: %s: no record of an incident %s\n", q->dir, q->id);
	else
		fprintf(stderr, "casusctl: %s: no record of revision %ld of an incident %s\n", q->dir, q->revision, q->id);
	return CTL_FINDING;
}

static int
ask_sensor(const struct options *o, struct question *q)
{
	int code = CTL_OK;
	json_t *answer = ask(o, "incident", q->id, NULL, &code);
	const json_t *i = json_object_get(answer, "incident");

	if (!answer)
		return code;
	q->record = json_dumps(i ? i : answer, JSON_COMPACT);
	q->found = (long) json_integer_value(json_object_get(i ? i : answer, "revision"));
	json_decref(answer);
	if (q->revision >= 0 && q->revision != q->found) {
		fprintf(stderr, "casusctl: the sensor is at revision %ld; an earlier one is in its journal: --dir DIR\n", q->found);
		return CTL_FINDING;
	}
	return CTL_OK;
}

static void
tell_packs(const struct recall *r, const struct packs *p)
{
	uint32_t n = recall_differs(r);
	bool same = r->pack_hash && strcmp(r->pack_hash, p->hash) == 0;

	if (!same)
		fprintf(stderr, "casusctl: it was assessed by other packs (%.12s) than these (%.12s); %u intervals come out otherwise\n",
		    r->pack_hash ? r->pack_hash : "unknown", p->hash, n);
	else if (n)
		fprintf(stderr, "casusctl: the same packs, and %u intervals come out otherwise than they were told\n", n);
}

static void
print_explanation(const struct question *q, const struct document_in *in, const struct recall *r)
{
	char *room = q->json ? malloc(ROOM) : NULL;
	struct json j;
	struct span s;

	if (!q->json) {
		struct ink k = ink_of(stdout, isatty(1));
		explain_text(&k, in, &r->scene.a, q->party);
		return;
	}
	if (!room)
		return;
	json_init(&j, room, ROOM);
	casus_json_object(&j, NULL);
	document_explain(in, &r->scene.a, q->party, &j);
	json_end(&j);
	s = json_text(&j);
	printf("%.*s\n", (int) s.n, (const char *) s.p);
	free(room);
}

static int
tell(const struct question *q)
{
	struct effects effects = { 0 };
	struct packs packs = { 0 };
	struct recall r;
	struct diag d;
	char why[256];
	int rc = CTL_FAILURE;

	diag_init(&d, 0);
	if (effects_read(&effects, q->effects, &d) < 0 || packs_read(&packs, q->packs, &effects, &d) < 0) {
		diag_print(&d, stderr);
	} else if (q->party && !packs_party(&packs, q->party)) {
		fprintf(stderr, "casusctl: no pack of a party \"%s\"\n", q->party);
		rc = CTL_FINDING;
	} else if (recall_read(&r, span_str(q->record), &packs, &effects, why) < 0) {
		fprintf(stderr, "casusctl: %s\n", why);
		recall_clear(&r);
	} else {
		struct document_in in = { &packs, &effects, &r.context, &r.inv, r.exercise, NULL };
		tell_packs(&r, &packs);
		print_explanation(q, &in, &r);
		recall_clear(&r);
		rc = CTL_OK;
	}
	packs_clear(&packs);
	effects_clear(&effects);
	diag_clear(&d);
	return rc;
}

static int
read_id(struct question *q, const char *word)
{
	const char *at = strchr(word, '@');
	size_t n = at ? (size_t) (at - word) : strlen(word);
	char *end = NULL;

	if (n == 0 || n >= sizeof(q->id))
		return -1;
	memcpy(q->id, word, n);
	q->id[n] = '\0';
	q->revision = at ? strtol(at + 1, &end, 10) : -1;
	return at && (end == at + 1 || *end || q->revision < 0) ? -1 : 0;
}

static int
run(const struct options *o, int argc, char **argv)
{
	static const struct option longs[] = { { "party", required_argument, NULL, 'P' }, { "format", required_argument, NULL, 'f' },
		{ "dir", required_argument, NULL, 'd' }, { "packs", required_argument, NULL, 'p' }, { "effects", required_argument, NULL, 'e' }, { 0 } };
	char data[DATADIR_LEN], packs[DATADIR_LEN + 16], effects[DATADIR_LEN + 16];
	struct question q = { .packs = packs, .effects = effects, .json = o->json, .found = -1 };
	int c, rc;

	datadir_find(data);
	snprintf(packs, sizeof(packs), "%s/policy", data);
	snprintf(effects, sizeof(effects), "%s/effects.yaml", data);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'P': q.party = optarg; break;
		case 'd': q.dir = optarg; break;
		case 'p': q.packs = optarg; break;
		case 'e': q.effects = optarg; break;
		case 'f':
			if (strcmp(optarg, "text") != 0 && strcmp(optarg, "json") != 0)
				return usage(&subcommand_explain);
			q.json = strcmp(optarg, "json") == 0;
			break;
		default: return usage(&subcommand_explain);
		}
	if (optind == argc || argc - optind > 2 || read_id(&q, argv[optind]) < 0)
		return usage(&subcommand_explain);
	if (argc - optind == 2)
		q.party = argv[optind + 1];
	rc = q.dir ? search_journal(&q) : ask_sensor(o, &q);
	if (rc == CTL_OK)
		rc = tell(&q);
	free(q.record);
	return rc;
}

const struct subcommand subcommand_explain = { "explain", "ID[@REVISION] [--party ID] [--format text|json] [--dir JOURNAL]",
	"why an incident's bands are what they are, computed anew", run };
