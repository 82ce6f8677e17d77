#include "exchange.h"

#include <getopt.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

const char export_space[] = "4c0ab0ed-3c1e-5d7c-8d5f-2e6b1c9a7f40";

void
uuid5(const char *space, const char *name, char out[static UUID_LEN])
{
	size_t n = 0, len = strlen(name);
	uint8_t sum[20], *text = malloc(len + 16);

	for (const char *p = space; text && *p && n < 16; p++) {
		unsigned v;
		if (*p == '-')
			continue;
		if (sscanf(p, "%2x", &v) != 1)
			break;
		text[n++] = (uint8_t) v;
		p++;
	}
	memset(sum, 0, sizeof sum);
	if (text) {
		memcpy(text + n, name, len);
		hash_sha1(span_of(text, n + len), sum);
	}
	free(text);
	sum[6] = (uint8_t) ((sum[6] & 0x0f) | 0x50);
	sum[8] = (uint8_t) ((sum[8] & 0x3f) | 0x80);
	snprintf(out, UUID_LEN, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", sum[0], sum[1], sum[2], sum[3], sum[4], sum[5],
	    sum[6], sum[7], sum[8], sum[9], sum[10], sum[11], sum[12], sum[13], sum[14], sum[15]);
}

const char *
export_text(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? t : "";
}

void
export_time(const char *eve, char out[static 32])
{
	int64_t ns;
	char t[CLOCK_EVE_LEN];

	out[0] = '\0';
	if (clock_parse(&ns, eve) < 0)
		return;
	clock_print_eve(ns, t);
	snprintf(out, 32, "%.23sZ", t);
}

char *
export_base64(const char *text)
{
	size_t n = strlen(text);
	char *out = malloc(4 * (n / 3 + 1) + 1);

	if (out)
		EVP_EncodeBlock((unsigned char *) out, (const unsigned char *) text, (int) n);
	return out;
}

static int
take(void *arg, const struct journal_record *r)
{
	struct export *e = arg;
	json_t *record;
	const json_t *i;
	long revision;

	if (!span_eq(r->type, SPAN_LIT("incident")) || !span_eq(r->incident, span_str(e->id)))
		return 0;
	record = json_loadb((const char *) r->json.p, r->json.n, 0, NULL);
	i = json_object_get(json_object_get(record, "casus"), "incident");
	revision = (long) json_integer_value(json_object_get(i, "revision"));
	if (i && (e->revision < 0 ? revision >= e->found : revision == e->revision)) {
		json_decref(e->record);
		e->record = json_incref(record);
		e->found = revision;
	}
	json_decref(record);
	return 0;
}

/* The record as the party gets it; without a party whole, under the most closed marking that is for somebody. */
static int
release(struct export *e)
{
	const struct release *x = e->shelf.packs.release;
	const struct party *party = e->party ? packs_party(&e->shelf.packs, e->party) : NULL;
	char *text;

	if (!x || (e->party && !party)) {
		fprintf(stderr, "casusctl: %s\n", x ? "no pack of this party" : "the packs have no rules of release");
		return CTL_FAILURE;
	}
	for (uint32_t i = 0; i < x->n_markings; i++)
		if (x->marking[i].audience != AUDIENCE_NOBODY)
			e->marking = x->marking[i].id;
	if (!party)
		return CTL_OK;
	text = release_text(&e->shelf.packs, party, e->record, NULL);
	if (!text) {
		fprintf(stderr, "casusctl: nothing of it is released to %s\n", e->party);
		return CTL_FINDING;
	}
	json_decref(e->record);
	e->record = json_loads(text, 0, NULL);
	free(text);
	e->marking = export_text(json_object_get(json_object_get(e->record, "casus"), "release"), "marking");
	return CTL_OK;
}

static int
read_id(struct export *e, char *word)
{
	char *at = strchr(word, '@'), *end;

	e->id = word;
	e->revision = e->found = -1;
	if (!at)
		return CTL_OK;
	*at = '\0';
	e->revision = strtol(at + 1, &end, 10);
	return end == at + 1 || *end || e->revision < 0 ? CTL_FAILURE : CTL_OK;
}

int
export_begin(struct export *e, const struct subcommand *s, int argc, char **argv)
{
	static const struct option longs[] = { { "dir", required_argument, NULL, 'd' }, { "packs", required_argument, NULL, 'p' },
		{ "effects", required_argument, NULL, 'e' }, { "party", required_argument, NULL, 'P' }, { "no-extensions", no_argument, NULL, 'n' }, { 0 } };
	int c, rc;

	memset(e, 0, sizeof *e);
	e->extensions = true;
	shelf_paths(&e->shelf);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'd': e->dir = optarg; break;
		case 'p': e->shelf.packs_from = optarg; break;
		case 'e': e->shelf.effects_from = optarg; break;
		case 'P': e->party = optarg; break;
		case 'n': e->extensions = false; break;
		default: return usage(s);
		}
	if (!e->dir || argc - optind != 1 || read_id(e, argv[optind]) != CTL_OK)
		return usage(s);
	rc = shelf_read(&e->shelf);
	if (rc == CTL_OK)
		rc = records_each(e->dir, take, e);
	if (rc == CTL_OK && !e->record) {
		fprintf(stderr, "casusctl: %s: no such record of an incident %s\n", e->dir, e->id);
		rc = CTL_FINDING;
	}
	if (rc == CTL_OK)
		rc = release(e);
	e->incident = json_object_get(json_object_get(e->record, "casus"), "incident");
	return rc;
}

void
export_clear(struct export *e)
{
	json_decref(e->record);
	shelf_clear(&e->shelf);
}
