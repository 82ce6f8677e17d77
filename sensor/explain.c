/*
 * explain - see explain.h. A rule that is loaded is followed through a replay; one that is not is looked for in the files.
 */
#include "explain.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "engine/detect/explain.h"
#include "run.h"

#define RULE_FILE_MAX (64u << 20)

struct search {
	uint32_t sid;
	unsigned found;
	const struct diag *diag;
};

/* Does the line have sid:N; ? */
static bool
has_sid(const char *line, size_t n, uint32_t sid)
{
	char want[32];
	int k = snprintf(want, sizeof(want), "sid:%u;", sid), f = 0;

	for (size_t i = 0; i + (size_t) k <= n; i++) {
		f = 0;
		for (size_t at = i; at < n && (line[at] == want[f] || (f >= 4 && line[at] == ' ')); at++)
			if (line[at] == want[f] && ++f == k)
				return i == 0 || strchr(" ;(\t", line[i - 1]);
	}
	return false;
}

/* What was said about the rule while it was read: at its place, or with its number. */
static unsigned
tell_problems(const struct search *q, const char *path, uint32_t from, uint32_t to)
{
	char name[32];
	unsigned told = 0;
	int k = snprintf(name, sizeof(name), "sid %u:", q->sid);

	for (uint32_t i = 0; i < q->diag->n; i++) {
		const struct diag_item *d = &q->diag->items[i];
		bool here = d->file && strcmp(d->file, path) == 0 && d->line >= from && d->line <= to;
		if (!here && strncmp(d->text, name, (size_t) k) != 0)
			continue;
		printf("  because        %s:%u:%u: %s\n", d->file ? d->file : path, d->line, d->column, d->text);
		told++;
	}
	return told;
}

static void
search_text(struct search *q, const char *path, const char *text, size_t size)
{
	uint32_t line = 1, begin = 1;
	const char *end = text + size, *s = text;

	while (s < end) {
		const char *e = memchr(s, '\n', (size_t) (end - s));
		size_t n = (size_t) ((e ? e : end) - s), skip = strspn(s, " \t");
		if (n && has_sid(s, n, q->sid)) {
			bool off = skip < n && s[skip] == '#';
			q->found++;
			printf("sid %u\n  not loaded     it stands in %s:%u%s\n", q->sid, path, line, off ? ", commented out" : "");
			if (!off && !tell_problems(q, path, begin, line))
				printf("  because        another rule with this sid, or a condition of the rule (requires), left it out\n");
		}
		if (!(n && s[n - 1] == '\\'))
			begin = line + 1;
		line++;
		s = e ? e + 1 : end;
	}
}

static void
search_file(void *arg, const char *path)
{
	struct buf b;

	buf_init(&b, RULE_FILE_MAX);
	if (buf_read_file(&b, path) >= 0 && b.n)
		search_text(arg, path, b.p, b.n);
	buf_clear(&b);
}

static int
not_loaded(const struct setup *s, uint32_t sid)
{
	struct search q = { .sid = sid, .diag = &s->diag };

	setup_rule_files(s, search_file, &q);
	if (q.found) {
		printf("  verdict        no match: the rule is not loaded\n");
		return EXIT_OK;
	}
	fprintf(stderr, "casus: no rule with sid %u in the files that were read:\n", sid);
	setup_rule_files(s, setup_print_file, stderr);
	return EXIT_CONFIG;
}

static int
ask(struct setup *s, const struct cli *c)
{
	struct ruleset *rs;
	uint32_t failed = 0;
	int rc = setup_read(s, c);

	if (rc) {
		diag_print(&s->diag, stderr);
		return rc;
	}
	s->workers.n = 1; /* one order of packets, one worker to follow */
	s->workers.worker.detect.explain = explain_new((uint32_t) c->sid, !s->sensor.mechanical_only);
	if (!s->workers.worker.detect.explain || !(rs = setup_rules(s, 1, &failed, &s->diag))) {
		diag_print(&s->diag, stderr);
		return EXIT_RUNTIME;
	}
	if (!explain_loaded(s->workers.worker.detect.explain)) {
		ruleset_unref(rs);
		return not_loaded(s, (uint32_t) c->sid);
	}
	diag_clear(&s->diag);
	diag_init(&s->diag, 0);
	return run(s, rs);
}

static int
take_away(const char *path, const struct stat *st, int type, struct FTW *w)
{
	return remove(path);
}

int
explain(struct cli *c)
{
	char dir[] = "/tmp/casus-explain-XXXXXX";
	struct setup s = { 0 };
	bool own = !c->log_dir;
	int rc;

	if (own && !mkdtemp(dir)) {
		perror("casus: /tmp/casus-explain");
		return EXIT_RUNTIME;
	}
	if (own)
		c->log_dir = dir;
	rc = ask(&s, c);
	explain_free(s.workers.worker.detect.explain);
	setup_clear(&s);
	if (own)
		nftw(dir, take_away, 16, FTW_DEPTH | FTW_PHYS);
	return rc;
}
