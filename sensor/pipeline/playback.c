#include <jansson.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "pipeline/legal/recall.h"
#include "pipeline/playback.h"

#define RECORD_MAX ((size_t) 256 << 20)

extern char **environ;

struct play {
	struct case_file *c;
	struct case_step *s;
	const struct playback_in *in;
	struct diag *d;
	char dir[64];
};

static int
fail(struct play *p, const char *fmt, const char *what)
{
	diag_error(p->d, p->c->path, p->s->line, 1, fmt, p->s->capture, what);
	return -1;
}

/* ---- programs ---- */

/* The program beside this one (in a build folder, or where it was installed), else the one in PATH. */
static void
find_program(const char *name, const char *variable, const char *const *beside, char out[static PATH_MAX])
{
	char exe[PATH_MAX], *slash;
	const char *set = getenv(variable);
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	snprintf(out, PATH_MAX, "%s", set && *set ? set : name);
	if ((set && *set) || n <= 0)
		return;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	*(slash ? slash : exe) = '\0';
	for (; *beside; beside++) {
		char try[PATH_MAX];
		if (snprintf(try, sizeof(try), "%s/%s", exe, *beside) < (int) sizeof(try) && access(try, X_OK) == 0) {
			snprintf(out, PATH_MAX, "%s", try);
			return;
		}
	}
}

/* Its exit code; what it says goes into the folder. */
static int
run_program(struct play *p, char *const *args)
{
	posix_spawn_file_actions_t files;
	char log[PATH_MAX];
	int status = -1, rc;
	pid_t pid;

	snprintf(log, sizeof(log), "%s/said", p->dir);
	if (posix_spawn_file_actions_init(&files) != 0)
		return -1;
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	rc = posix_spawnp(&pid, args[0], &files, NULL, args, environ);
	posix_spawn_file_actions_destroy(&files);
	if (rc != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The last line that a program said. */
static void
last_words(struct play *p, char out[static 256])
{
	char path[PATH_MAX], line[256];
	FILE *f;

	out[0] = '\0';
	snprintf(path, sizeof(path), "%s/said", p->dir);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0])
			snprintf(out, 256, "%s", line);
	}
	if (f)
		fclose(f);
}

/* A name as in the case: from its folder. */
static int
path_of(const struct play *p, const char *name, char out[static PATH_MAX])
{
	const char *slash = strrchr(p->c->path, '/');
	int n = *name == '/' || !slash ? snprintf(out, PATH_MAX, "%s", name)
	                               : snprintf(out, PATH_MAX, "%.*s/%s", (int) (slash - p->c->path), p->c->path, name);

	return n < PATH_MAX ? 0 : E_LIMIT;
}

static int
make_packets(struct play *p, char pcap[static PATH_MAX])
{
	static const char *const beside[] = { "../tools/mkpcap/mkpcap", "../mkpcap/mkpcap", "mkpcap", NULL };
	char program[PATH_MAX], text[PATH_MAX], words[256];
	const char *dot = strrchr(p->s->capture, '.');

	if (path_of(p, p->s->capture, text) < 0 || access(text, R_OK) != 0)
		return fail(p, "capture: %s: %s", "cannot be read; a file beside the case was expected");
	if (dot && (strcmp(dot, ".pcap") == 0 || strcmp(dot, ".pcapng") == 0)) {
		snprintf(pcap, PATH_MAX, "%s", text);
		return 0;
	}
	snprintf(pcap, PATH_MAX, "%s/capture.pcap", p->dir);
	find_program("mkpcap", "MKPCAP", beside, program);
	if (run_program(p, (char *[]) { program, text, "-o", pcap, NULL }) == 0)
		return 0;
	last_words(p, words);
	return fail(p, "capture: %s: mkpcap makes no packets of it: %s", words);
}

static int
run_sensor(struct play *p, char *pcap)
{
	static const char *const beside[] = { "casus", "../../sensor/casus", NULL };
	char program[PATH_MAX], out[PATH_MAX], packs[PATH_MAX], effects[PATH_MAX], rules[PATH_MAX], words[256];
	char *args[24] = { program, "-q", "-r", pcap, "-l", out, "--exercise", "--no-summary", "--inventory", (char *) p->c->path, "--set", packs, "--set", effects };
	unsigned n = 14;
	int rc;

	find_program("casus", "CASUS", beside, program);
	if (snprintf(out, sizeof(out), "%s/out", p->dir) < 0 || snprintf(packs, sizeof(packs), "packs=%s", p->in->packs_dir) >= PATH_MAX
	    || snprintf(effects, sizeof(effects), "effects=%s", p->in->effects_file) >= PATH_MAX)
		return -1;
	if (p->s->rules) {
		if (path_of(p, p->s->rules, rules) < 0 || access(rules, R_OK) != 0)
			return fail(p, "capture: %s: rules: %s cannot be read", p->s->rules);
		args[n++] = "-S";
		args[n++] = rules;
	}
	rc = run_program(p, args);
	if (rc == 0)
		return 0;
	last_words(p, words);
	return fail(p, "capture: %s: casus does not read it: %s", words);
}

/* ---- what it measured ---- */

static void
take_incident(struct play *p, struct recall *r, uint64_t alerts)
{
	struct case_seen *seen = p->s->seen;
	struct arena *mem = &p->c->arena;

	seen->incidents++;
	seen->alerts += alerts;
	seen->effects |= r->scene.i->effects;
	for (uint8_t k = 0; k < p->in->effects->n; k++)
		seen->by_effect[k] += r->scene.i->by_effect[k];
	for (uint32_t k = 0; k < r->inv.n; k++)
		for (uint32_t m = 0; m < p->c->inv.n && m < 32; m++)
			if (strcmp(r->inv.assets[k].name, p->c->inv.assets[m].name) == 0)
				seen->touches |= 1u << m;
	seen->unlisted |= r->scene.i->unlisted;
	if (alerts <= seen->largest)
		return;
	seen->largest = alerts; /* what was measured is of the incident with most signs */
	for (unsigned k = 0; k < feature_table_n && k < FEATURES_MAX; k++) {
		const struct fact *f = &r->scene.a.facts.scale.fact[k];
		char how[256];
		seen->fact[k] = *f;
		snprintf(how, sizeof(how), "measured in %s: %s", p->s->capture, f->method ? f->method : "by the sensor");
		seen->fact[k].method = arena_strdup(mem, how);
	}
	seen->coverage = r->scene.a.facts.scale.coverage;
	seen->measured = arena_strdup(mem, r->scene.i->id);
}

/* The last record of each incident, in the order of their ids; merged ones are in another. */
static int
take_records(struct play *p, json_t *last)
{
	const char *id;
	json_t *o;

	json_object_foreach(last, id, o)
	{
		struct recall r;
		char why[256], *text;
		int rc;

		if (json_object_get(o, "merged_into") || !(text = json_dumps(o, JSON_COMPACT)))
			continue;
		rc = recall_read(&r, span_str(text), p->in->packs, p->in->effects, why);
		free(text);
		if (rc == 0)
			take_incident(p, &r, (uint64_t) json_integer_value(json_object_get(o, "alerts")));
		recall_clear(&r);
		if (rc < 0)
			return fail(p, "capture: %s: %s", why);
	}
	return 0;
}

static int
take_all(struct play *p)
{
	char path[PATH_MAX], *line = NULL;
	json_t *last = json_pack("{}");
	size_t room = 0;
	ssize_t n;
	FILE *f;
	int rc;

	snprintf(path, sizeof(path), "%s/out/eve.json", p->dir);
	f = fopen(path, "r");
	while (f && last && (n = getline(&line, &room, f)) > 0 && (size_t) n < RECORD_MAX) {
		json_t *o = strstr(line, "\"event_type\":\"incident\"") ? json_loadb(line, (size_t) n, 0, NULL) : NULL;
		json_t *i = json_object_get(json_object_get(o, "casus"), "incident");
		const char *id = json_string_value(json_object_get(i, "id"));
		if (id)
			json_object_set(last, id, i);
		json_decref(o);
	}
	rc = f ? take_records(p, last) : fail(p, "capture: %s: %s", "casus wrote no records");
	free(line);
	if (f)
		fclose(f);
	json_decref(last);
	return rc;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

int
playback(struct case_file *c, uint32_t k, const struct playback_in *in, struct diag *d)
{
	struct play p = { c, &c->step[k], in, d, "/tmp/casus-exercise-XXXXXX" };
	char pcap[PATH_MAX];
	int rc;

	p.s->seen = arena_zalloc(&c->arena, sizeof(*p.s->seen));
	if (!p.s->seen || !mkdtemp(p.dir))
		return fail(&p, "capture: %s: %s", "no folder for it in /tmp");
	rc = make_packets(&p, pcap);
	if (rc == 0)
		rc = run_sensor(&p, pcap);
	if (rc == 0)
		rc = take_all(&p);
	nftw(p.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return rc;
}
