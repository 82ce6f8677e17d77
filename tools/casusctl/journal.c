/* casusctl journal: reads the segments of a journal from outside, also while the sensor writes. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "casusctl.h"
#include "pipeline/output/scan.h"
#include "pipeline/output/seal.h"

#define DEFAULT_DIR "/var/log/casus/journal"

struct reading {
	const char *dir;
	uint64_t from, to, count; /* of seq; count of records still to print */
	const char *type;
	bool print, known;        /* known: there was a record or header before */
	uint8_t chain[FRAME_HASH];
	uint64_t next_seq, records, segments, findings;
	char epoch[FRAME_EPOCH_LEN];
	struct seal_key *key;     /* NULL: signatures are not looked at */
	struct seal seal;         /* of the segment being read */
	bool sealed, matched;     /* there is a good one; its record was met and is the one that was signed */
	uint64_t seals;
};

static void
finding(struct reading *g, const char *path, uint32_t at, const char *what)
{
	g->findings++;
	fprintf(stderr, "%s: byte %u, before record %llu: %s\n", path, at, (unsigned long long) g->next_seq, what);
}

static void
header_check(struct reading *g, const char *path, const struct frame_header *h)
{
	if (g->known && h->first_seq != g->next_seq)
		finding(g, path, 0, "records are missing between this segment and the one before");
	else if (g->known && memcmp(h->chain, g->chain, FRAME_HASH) != 0)
		finding(g, path, 0, "does not continue the hash chain of the segment before");
	if (g->known && strcmp(g->epoch, h->epoch) != 0) /* no finding: the chain goes on, and what is gone no file can tell */
		fprintf(stderr, "%s: epoch %s begins: the machine went down while the segment before was written, or it was "
				"taken away; records after %llu may be missing\n", path, h->epoch, (unsigned long long) g->next_seq - 1);
	memcpy(g->chain, h->chain, FRAME_HASH);
	memcpy(g->epoch, h->epoch, sizeof g->epoch);
	g->next_seq = h->first_seq;
	g->known = true;
}

static void
record_take(struct reading *g, const char *path, const struct scan *s, const struct journal_record *r, struct span frame)
{
	uint32_t at = s->at - frame.n;

	if (r->seq != g->next_seq)
		finding(g, path, at, "the numbers have a gap");
	g->next_seq = r->seq;
	if (!frame_chain(g->chain, frame))
		finding(g, path, at, "the hash chain is broken: this record or one before it was changed");
	g->next_seq = r->seq + 1;
	g->matched |= g->sealed && r->seq == g->seal.last && memcmp(g->chain, g->seal.chain, FRAME_HASH) == 0;
	g->records++;
	if (!g->print || r->seq < g->from || r->seq > g->to || !g->count)
		return;
	if (g->type && !span_eq(r->type, span_str(g->type)))
		return;
	fwrite(r->json.p, 1, r->json.n, stdout);
	putchar('\n');
	g->count--;
}

/* The signature beside a segment. The last segment of all may have none yet. */
static void
seal_take(struct reading *g, const char *path, uint64_t number, const struct frame_header *h, bool last)
{
	char name[PATH_MAX];
	struct buf text;
	struct span s;
	int n = snprintf(name, sizeof name, "%s/%010llu" SEAL_SUFFIX, g->dir, (unsigned long long) number);

	g->sealed = g->matched = false;
	if (!g->key || n >= (int) sizeof name)
		return;
	buf_init(&text, SEAL_MAX);
	if (buf_read_file(&text, name) < 0) {
		if (!last)
			finding(g, path, 0, "is not signed");
	} else {
		s = span_of(text.p, text.n);
		if (seal_read(&g->seal, s) < 0 || !seal_is_good(&g->seal, s, g->key))
			finding(g, name, 0, "is no signature by this key");
		else if (strcmp(g->seal.sensor, h->sensor) != 0 || strcmp(g->seal.epoch, h->epoch) != 0 || g->seal.segment != number)
			finding(g, name, 0, "is the signature of another segment");
		else
			g->sealed = true;
	}
	buf_clear(&text);
}

static void
seal_check(struct reading *g, const char *path, bool last)
{
	if (!g->sealed)
		return;
	g->seals++;
	if (!g->matched)
		finding(g, path, 0, "does not hold the records that were signed");
	else if (!last && g->seal.last + 1 != g->next_seq)
		finding(g, path, 0, "holds records behind those that were signed");
}

static void
segment_read(struct reading *g, uint64_t number, bool last)
{
	struct journal_record r;
	enum scan_result result;
	char path[PATH_MAX];
	struct span frame;
	struct scan s;
	int rc = scan_path(path, sizeof path, g->dir, number);

	if (rc == 0)
		rc = scan_open(&s, path);
	if (rc == E_NOENT)
		return; /* deleted meanwhile */
	if (rc < 0) {
		finding(g, path, 0, err_text(rc));
		return;
	}
	g->segments++;
	header_check(g, path, &s.header);
	seal_take(g, path, number, &s.header, last);
	while ((result = scan_next(&s, &r, &frame)) != SCAN_END && result != SCAN_TORN) {
		if (result == SCAN_RECORD)
			record_take(g, path, &s, &r, frame);
		else
			finding(g, path, s.bad_from, "damaged");
	}
	if (result == SCAN_TORN && last)
		fprintf(stderr, "%s: ends within a record: it is being written, or a write was cut\n", path);
	else if (result == SCAN_TORN)
		finding(g, path, s.bad_from, "torn");
	seal_check(g, path, last);
	scan_close(&s);
}

static int
read_all(struct reading *g)
{
	uint64_t *numbers;
	uint32_t n;
	int rc = scan_list(g->dir, &numbers, &n);

	if (rc < 0) {
		fprintf(stderr, "casusctl: %s: %s\n", g->dir, err_text(rc));
		return CTL_FAILURE;
	}
	for (uint32_t i = 0; i < n; i++)
		segment_read(g, numbers[i], i + 1 == n);
	free(numbers);
	return g->findings ? CTL_FINDING : CTL_OK;
}

static int
verify(const struct options *o, struct reading *g)
{
	int rc = read_all(g);

	if (rc == CTL_FAILURE)
		return rc;
	if (o->json)
		printf("{\"segments\":%llu,\"records\":%llu,\"next_seq\":%llu,\"epoch\":\"%s\",\"signed\":%llu,\"findings\":%llu}\n",
		    (unsigned long long) g->segments, (unsigned long long) g->records, (unsigned long long) g->next_seq, g->epoch,
		    (unsigned long long) g->seals, (unsigned long long) g->findings);
	else
		printf("%llu records in %llu segments%s, epoch %s, next is %llu: %s\n", (unsigned long long) g->records,
		    (unsigned long long) g->segments, g->key ? ", signatures looked at" : "", g->epoch, (unsigned long long) g->next_seq,
		    g->findings ? "NOT whole" : "whole, chain unbroken");
	return rc;
}

/* The last n: one pass to count, one to print. */
static int
tail(struct reading *g, uint64_t n)
{
	struct reading count = { .dir = g->dir };
	int rc = read_all(&count);

	if (rc == CTL_FAILURE)
		return rc;
	g->print = true;
	g->from = count.next_seq > n ? count.next_seq - n : 0;
	return read_all(g);
}

static int
options_read(struct reading *g, uint64_t *lines, int argc, char **argv)
{
	static const struct option longs[] = { { "dir", required_argument, NULL, 'd' }, { "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' }, { "count", required_argument, NULL, 'n' },
		{ "type", required_argument, NULL, 'T' }, { "key", required_argument, NULL, 'k' }, { 0 } };
	char why[128];
	int c;

	while ((c = getopt_long(argc, argv, "d:n:", longs, NULL)) != -1) {
		uint64_t v = c == 'f' || c == 't' || c == 'n' ? strtoull(optarg, NULL, 10) : 0;
		switch (c) {
		case 'd':
			g->dir = optarg;
			break;
		case 'f':
			g->from = v;
			break;
		case 't':
			g->to = v;
			break;
		case 'n':
			*lines = g->count = v;
			break;
		case 'T':
			g->type = optarg;
			break;
		case 'k':
			seal_key_free(g->key);
			g->key = seal_key_read(optarg, false, why);
			if (!g->key) {
				fprintf(stderr, "casusctl: %s: %s\n", optarg, why);
				return -1;
			}
			break;
		default:
			return -1;
		}
	}
	return optind + 1 == argc ? 0 : -1;
}

static int
run(const struct options *o, int argc, char **argv)
{
	struct reading g = { .dir = DEFAULT_DIR, .to = UINT64_MAX, .count = UINT64_MAX };
	uint64_t lines = 10;
	const char *what;
	int rc;

	if (options_read(&g, &lines, argc, argv) < 0)
		return usage(&subcommand_journal);
	what = argv[optind];
	if (strcmp(what, "verify") == 0) {
		rc = verify(o, &g);
	} else if (strcmp(what, "tail") == 0) {
		rc = tail(&g, lines);
	} else if (strcmp(what, "export") == 0) {
		g.print = true;
		rc = read_all(&g);
	} else {
		rc = usage(&subcommand_journal);
	}
	seal_key_free(g.key);
	return rc;
}

const struct subcommand subcommand_journal = { "journal",
	"verify|tail|export [--dir DIR] [--from SEQ] [--to SEQ] [-n COUNT] [--type TYPE] [--key PUBLIC.pem]", "read and verify a journal", run };
