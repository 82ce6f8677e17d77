/* casusctl release: what a party is let have of a journal, by the packs' rules of release. */
#include <jansson.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "casusctl.h"
#include "pipeline/legal/release.h"
#include "records.h"

struct question {
	const struct packs *packs;
	const struct party *party;
	const char *incident;    /* NULL: all */
	json_t *about;           /* by incident: its last document */
	unsigned long records;
};

static const char *
incident_of(const json_t *record)
{
	const json_t *casus = json_object_get(record, "casus"), *i = json_object_get(casus, "incident");
	const json_t *e = json_object_get(casus, "escalation");

	return json_string_value(json_is_object(i) ? json_object_get(i, "id") : i ? i : json_object_get(e, "incident"));
}

static int
take(void *arg, const struct journal_record *r)
{
	struct question *q = arg;
	json_t *record = json_loadb((const char *) r->json.p, r->json.n, 0, NULL);
	json_t *i = json_object_get(json_object_get(record, "casus"), "incident");
	const char *id = incident_of(record);

	if (id && json_is_object(i))
		json_object_set(q->about, id, i);
	if (id && (!q->incident || strcmp(q->incident, id) == 0)) {
		char *text = release_text(q->packs, q->party, record, json_object_get(q->about, id));
		if (text) {
			puts(text);
			q->records++;
		}
		free(text);
	}
	json_decref(record);
	return 0;
}

static int
answer(struct shelf *s, const char *dir, const char *party, const char *incident)
{
	struct question q = { .packs = &s->packs, .party = packs_party(&s->packs, party), .incident = incident };
	int rc;

	if (!q.party || !s->packs.release) {
		fprintf(stderr, q.party ? "casusctl: the packs have no rules of release\n" : "casusctl: no pack of a party \"%s\"\n", party);
		return CTL_FAILURE;
	}
	q.about = (json_object)();
	rc = records_each(dir, take, &q);
	json_decref(q.about);
	return rc == CTL_OK && !q.records ? CTL_FINDING : rc;
}

static int
run(const struct options *o, int argc, char **argv)
{
	static const struct option longs[] = { { "dir", required_argument, NULL, 'd' }, { "packs", required_argument, NULL, 'p' },
		{ "effects", required_argument, NULL, 'e' }, { 0 } };
	struct shelf s = { 0 };
	const char *dir = NULL;
	int c, rc;

	shelf_paths(&s);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'd': dir = optarg; break;
		case 'p': s.packs_from = optarg; break;
		case 'e': s.effects_from = optarg; break;
		default: return usage(&subcommand_release);
		}
	if (!dir || argc - optind < 1 || argc - optind > 2)
		return usage(&subcommand_release);
	rc = shelf_read(&s);
	if (rc == CTL_OK)
		rc = answer(&s, dir, argv[optind], argc - optind == 2 ? argv[optind + 1] : NULL);
	shelf_clear(&s);
	return rc;
}

const struct subcommand subcommand_release = { "release", "PARTY [INCIDENT] --dir JOURNAL", "what a party is let have of a journal, a record a line", run };
