/*
 * casus-fusion - the incidents of many sensors as one view. main: argv -> configuration -> rounds -> stop.
 */
#include <jansson.h>

#include <event2/event.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/datadir.h"
#include "base/log.h"
#include "config.h"
#include "os/notify.h"
#include "os/privileges.h"
#include "settings.h"
#include "worker.h"

#define IDLE_US 100000
#define TELL_EVERY (60 * NS_PER_S)

static volatile bool stop;

static void
on_signal(int sig)
{
	stop = true;
}

struct program {
	struct conf *conf;
	struct fusion_conf c;
	struct diag d;
	char data[DATADIR_LEN], packs_dir[DATADIR_LEN + 16], effects_path[DATADIR_LEN + 16], consumer[96];
	char password[2][SETTINGS_PASSWORD_MAX];
	struct redis_tls *tls[2];
	struct effects effects;
	struct packs packs;
	struct worker w;
};

static void
help(FILE *out)
{
	fprintf(out, "usage: casus-fusion [-c FILE] [--set KEY=VALUE]... [--once]\n"
		     "       casus-fusion --assess FILE\n\n"
		     "Joins the incidents of several sensors, read from their Redis streams, into one view of the alliance.\n\n"
		     "  -c, --config FILE      settings, see casus-fusion(1)\n"
		     "      --set KEY=VALUE    one setting\n"
		     "      --once             end when there is nothing more to read\n"
		     "      --assess FILE      join the incident records of a file, one a line, as if they were one incident; print it\n"
		     "      --dump-config      print the settings in force\n"
		     "      --manual           print the settings for the manual page\n"
		     "  -h, --help\n  -V, --version\n\n"
		     "SIGTERM and SIGINT end it after the record under way. Exit codes: 0 all well, 1 failure, 64 usage, 78 settings.\n");
}

static int
fill(struct program *p)
{
	struct fusion_conf *c = &p->c;
	char host[64] = "host";

	settings_fill(p->conf, c, &p->d);
	datadir_find(p->data);
	snprintf(p->packs_dir, sizeof p->packs_dir, "%s/policy", p->data);
	snprintf(p->effects_path, sizeof p->effects_path, "%s/effects.yaml", p->data);
	if (!c->packs || !*c->packs)
		c->packs = p->packs_dir;
	if (!c->effects || !*c->effects)
		c->effects = p->effects_path;
	gethostname(host, sizeof host - 1);
	snprintf(p->consumer, sizeof p->consumer, "%s-%d", host, (int) getpid());
	if (!c->consumer || !*c->consumer)
		c->consumer = p->consumer;
	if (effects_read(&p->effects, c->effects, &p->d) == 0)
		packs_read(&p->packs, c->packs, &p->effects, &p->d);
	return p->d.errors ? -1 : 0;
}

static bool
given(const char *s)
{
	return s && *s;
}

static int
build(struct program *p)
{
	const struct fusion_conf *c = &p->c;
	struct cluster_conf from = { c->from_socket, c->from_nodes, c->from_user, p->password[0], NULL, c->timeout, c->patience, &stop };
	struct cluster_conf to = { c->to_socket, c->to_nodes, c->to_user, p->password[1], NULL, c->timeout, c->patience, &stop };

	worker_sensors(&p->w, c->sensors, &p->d);
	if (!given(c->from_socket) && !given(c->from_nodes))
		diag_error(&p->d, "from.socket", 0, 0, "where the streams are: from.socket or from.nodes was expected");
	settings_password(c->from_password, p->password[0], &p->d);
	settings_password(c->to_password, p->password[1], &p->d);
	if (c->from_tls.on)
		from.tls = p->tls[0] = settings_tls(&c->from_tls, &p->d);
	if (c->to_tls.on)
		to.tls = p->tls[1] = settings_tls(&c->to_tls, &p->d);
	if (c->release && !p->packs.release)
		diag_error(&p->d, "release", 0, 0, "no file of kind release among the packs says what may be released");
	if (p->d.errors)
		return -1;
	p->w.from = cluster_new(&from);
	p->w.alliance = (struct alliance) { .to = given(c->to_socket) || given(c->to_nodes) ? cluster_new(&to) : p->w.from, .from = p->w.from,
		.prefix = c->prefix, .name = c->name, .packs = &p->packs, .effects = &p->effects, .join_window = c->join_window,
		.campaign_window = c->campaign_window, .keep = c->keep, .maxlen = c->maxlen, .release = c->release };
	p->w.group = c->group;
	p->w.name = c->consumer;
	p->w.batch = c->batch;
	p->w.claim_after = c->claim_after;
	p->w.stop = &stop;
	return p->w.from && p->w.alliance.to ? 0 : -1;
}

static int
restrict_self(const struct fusion_conf *c)
{
	struct privileges pr = { .user = c->user, .asked = given(c->user), .write_dir = "/tmp", .read_path = c->packs };
	char how[128];

	if (privileges_drop(&pr, how) < 0) {
		log_error("fusion", "%s", how);
		return -1;
	}
	log_info("fusion", "%s", how);
#ifndef __SANITIZE_ADDRESS__
	if (c->seccomp && seccomp_on(how) < 0)
		log_warning("fusion", "%s", how);
#endif
	return 0;
}

static void
tell(const struct program *p)
{
	const struct worker *w = &p->w;
	const struct alliance *a = &w->alliance;
	uint64_t redirected, lost, r2 = 0, l2 = 0;

	cluster_counts(w->from, &redirected, &lost);
	if (a->to != w->from)
		cluster_counts(a->to, &r2, &l2);
	log_notice("fusion", "entries=%" PRIu64 " incidents=%" PRIu64 " refused=%" PRIu64 " claimed=%" PRIu64 " joined=%" PRIu64 " merged=%" PRIu64
			     " published=%" PRIu64 " unchanged=%" PRIu64 " raced=%" PRIu64 " released=%" PRIu64 " redirected=%" PRIu64 " lost=%" PRIu64,
	    w->entries, w->incidents, w->refused, w->claimed, a->joined, a->merged, a->published, a->unchanged, a->raced, a->released, redirected + r2, lost + l2);
}

/* Rounds from the loop's timer: at once while there is something to read. */
struct rounds {
	struct program *p;
	struct event *next;
	struct event_base *loop;
	int64_t told;
	bool once;
};

static void
on_round(evutil_socket_t fd, short what, void *arg)
{
	struct rounds *r = arg;
	int n = stop ? 0 : worker_round(&r->p->w);
	struct timeval tv = { 0, n > 0 ? 0 : IDLE_US };
	int64_t now = clock_monotonic();

	if (now - r->told > TELL_EVERY) {
		r->told = now;
		tell(r->p);
	}
	bool own = true;
	for (unsigned k = 0; k < r->p->w.n_sensors; k++)
		own &= r->p->w.own_done[k];
	if (stop || (r->once && n == 0 && own))
		event_base_loopbreak(r->loop);
	else
		evtimer_add(r->next, &tv);
}

static int
run(struct program *p, bool once)
{
	struct rounds r = { .p = p, .loop = event_base_new(), .told = clock_monotonic(), .once = once };
	struct timeval now = { 0, 0 };

	if (!r.loop || !(r.next = evtimer_new(r.loop, on_round, &r)))
		return EXIT_RUNTIME;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
	if (restrict_self(&p->c) < 0)
		return EXIT_NOPERM;
	notify_send("READY=1");
	evtimer_add(r.next, &now);
	event_base_dispatch(r.loop);
	tell(p);
	event_free(r.next);
	event_base_free(r.loop);
	return EXIT_OK;
}

/* Without Redis: the records of a file, all of one incident. */
static int
assess_file(struct program *p, const char *path)
{
	static struct record record[FUSE_MEMBERS];
	static struct fuse_member member[FUSE_MEMBERS];
	struct fuse_in in = { &p->packs, &p->effects, member, 0, "A-00000000-00000000", 1, -1, false };
	FILE *f = fopen(path, "r");
	char why[256], *line = NULL, *text;
	size_t room = 0;
	ssize_t n;
	json_t *doc;

	while (f && in.n < FUSE_MEMBERS && (n = getline(&line, &room, f)) > 0) {
		json_t *all = json_loadb(line, (size_t) n, 0, NULL);
		const char *sensor = json_string_value(json_object_get(json_object_get(all, "casus"), "sensor"));
		if (record_read(&record[in.n], span_of(line, (size_t) n), sensor ? sensor : "", why) < 0) {
			fprintf(stderr, "casus-fusion: %s: %s\n", path, why);
			record_clear(&record[in.n]);
		} else {
			const json_t *casus = json_object_get(record[in.n].all, "casus");
			member[in.n] = (struct fuse_member) { json_string_value(json_object_get(casus, "sensor")), record[in.n].incident };
			in.n++;
		}
		json_decref(all);
	}
	free(line);
	if (f)
		fclose(f);
	doc = fuse(&in, why);
	text = json_dumps(doc, JSON_COMPACT);
	puts(text ? text : why);
	free(text);
	json_decref(doc);
	for (unsigned i = 0; i < in.n; i++)
		record_clear(&record[i]);
	return doc ? EXIT_OK : EXIT_DATA;
}

enum { O_SET = 256, O_ONCE, O_ASSESS, O_DUMP, O_MANUAL };

struct options {
	const char *assess;
	bool once, dump;
};

/* -1: go on; else the exit code. */
static int
read_options(struct program *p, int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "config", required_argument, NULL, 'c' }, { "set", required_argument, NULL, O_SET },
		{ "once", no_argument, NULL, O_ONCE }, { "assess", required_argument, NULL, O_ASSESS }, { "dump-config", no_argument, NULL, O_DUMP },
		{ "manual", no_argument, NULL, O_MANUAL }, { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1)
		switch (c) {
		case 'c': settings_read(p->conf, optarg, &p->d); break;
		case O_SET: settings_set(p->conf, optarg, &p->d); break;
		case O_ONCE: o->once = true; break;
		case O_ASSESS: o->assess = optarg; break;
		case O_DUMP: o->dump = true; break;
		case O_MANUAL: settings_manual(stdout); return EXIT_OK;
		case 'h': help(stdout); return EXIT_OK;
		case 'V': printf("casus-fusion %s\n", PACKAGE_VERSION); return EXIT_OK;
		default: help(stderr); return EXIT_USAGE;
		}
	if (optind < argc) {
		help(stderr);
		return EXIT_USAGE;
	}
	return -1;
}

static void
clear(struct program *p)
{
	if (p->w.alliance.to != p->w.from)
		cluster_free(p->w.alliance.to);
	cluster_free(p->w.from);
	settings_tls_free(p->tls[0]);
	settings_tls_free(p->tls[1]);
	explicit_bzero(p->password, sizeof p->password);
	packs_clear(&p->packs);
	effects_clear(&p->effects);
	settings_free(p->conf);
	diag_clear(&p->d);
}

int
main(int argc, char **argv)
{
	static struct program p;
	struct options o = { 0 };
	int rc;

	log_init(LOG_LEVEL_NOTICE);
	diag_init(&p.d, 0);
	p.conf = settings_new();
	rc = p.conf ? read_options(&p, argc, argv, &o) : EXIT_RUNTIME;
	if (rc < 0 && fill(&p) < 0)
		rc = EXIT_CONFIG;
	if (rc < 0 && o.dump) {
		settings_dump(p.conf, stdout);
		rc = EXIT_OK;
	}
	if (rc < 0 && o.assess)
		rc = assess_file(&p, o.assess);
	if (rc < 0)
		rc = build(&p) < 0 ? EXIT_CONFIG : run(&p, o.once);
	diag_print(&p.d, stderr);
	clear(&p);
	return rc;
}
