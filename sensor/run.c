#include "run.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/detect/explain.h"
#include "metrics.h"
#include "os/notify.h"
#include "os/privileges.h"
#include "pipeline/control/control.h"
#include "pipeline/control/http.h"
#include "pipeline/control/inbox.h"
#include "pipeline/output/redis_auth.h"

#define POLL_EVENTS 4096
#define BUSY_EVENTS 256 /* of one look: more are sure to have come meanwhile */
#define IDLE_US 1000
#define REPLAY_IDLE_US 5000
#define PROFILE_ROWS 50

struct loader {
	pthread_t thread;
	bool running, done; /* done: atomic */
	struct ruleset *rules;
	uint32_t failed, generation;
	struct diag diag;
};

struct run {
	struct setup *s;
	struct event_base *loop;
	struct event *poll, *stats, *sig[6];
	struct clock clock;
	struct counters cnt; /* the pipeline's own */
	struct workers *workers;
	struct assess *assess;
	struct output *output;
	struct store *store;
	struct pipeline *pipeline;
	struct control *control;
	struct http *http;
	struct inbox *inbox;
	struct loader loader;
	struct ruleset *rules;
	bool stopping, reload_again, quiet_told;
	int64_t started;
	int64_t loaded_at; /* the rules in force */
	int code;
};

static void
sum_counters(struct run *r, struct counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	workers_counters(r->workers, sum);
	for (unsigned i = 0; i < COUNTER_N; i++)
		sum->v[i] += counter_get(&r->cnt, i);
}

static void
tell_coverage(struct run *r, const struct counters *sum)
{
	struct assess_coverage cov = {
		.packets = sum->v[C_CAPTURE_PACKETS],
		.dropped = sum->v[C_CAPTURE_KERNEL_DROPS] + sum->v[C_CAPTURE_IF_DROPS],
		.stream_bytes = sum->v[C_STREAM_BYTES],
		.stream_lost = sum->v[C_STREAM_LOST_BYTES],
		.sampling = (100 - r->s->sensor.loss_before) / 100.0 / r->s->sensor.sampling,
		.quiet = workers_quiet(r->workers),
	};

	pipeline_coverage(r->pipeline, &cov);
	if (cov.quiet != r->quiet_told) {
		if (cov.quiet)
			log_error("capture", "a tap has fallen silent: no frame for %lld s", (long long) (r->s->sensor.quiet_after / NS_PER_S));
		else
			log_notice("capture", "frames again on the silent tap");
		r->quiet_told = cov.quiet;
	}
}

static void
write_stats(struct run *r)
{
	struct counters sum;

	sum_counters(r, &sum);
	tell_coverage(r, &sum);
	pipeline_stats(r->pipeline, &sum, clock_now(&r->clock));
}

/* ---- reload: rules, packs, inventory; the old ones stay when anything is wrong ---- */

static void *
loader_main(void *arg)
{
	struct run *r = arg;
	struct loader *l = &r->loader;

	l->rules = setup_rules(r->s, l->generation, &l->failed, &l->diag);
	__atomic_store_n(&l->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static int
start_reload(void *arg, char why[static 256])
{
	struct run *r = arg;
	struct loader *l = &r->loader;

	why[0] = '\0';
	if (l->running || !workers_settled(r->workers)) {
		r->reload_again = true;
		snprintf(why, 256, "a reload is under way; another follows it");
		return 0;
	}
	notify_send("RELOADING=1");
	diag_init(&l->diag, 0);
	l->done = false;
	l->generation++;
	if (pthread_create(&l->thread, NULL, loader_main, r) != 0) {
		snprintf(why, 256, "no thread: %s", strerror(errno));
		return E_NOMEM;
	}
	l->running = true;
	snprintf(why, 256, "reload begun, generation %u", l->generation);
	return 0;
}

static void
finish_reload(struct run *r)
{
	struct loader *l = &r->loader;
	int rc = 0;

	if (!l->running || !__atomic_load_n(&l->done, __ATOMIC_ACQUIRE))
		return;
	pthread_join(l->thread, NULL);
	l->running = false;
	if (assess_reload(r->assess, &l->diag) < 0)
		rc = -1;
	diag_print(&l->diag, stderr);
	if (!l->rules || (r->s->cli->init_errors_fatal && l->diag.errors)) {
		log_error("reload", "rules not taken, the old set stays: errors=%u", l->diag.errors);
	} else {
		pipeline_cards(r->pipeline, ruleset_cards(l->rules));
		workers_publish(r->workers, l->rules);
		log_notice("reload", "rules in force: loaded=%u failed=%u hash=%.12s%s", ruleset_cards(l->rules)->loaded,
		    ruleset_cards(l->rules)->failed, ruleset_cards(l->rules)->hash, rc < 0 ? "; packs or inventory kept as they were" : "");
		ruleset_unref(r->rules);
		r->rules = l->rules;
		r->loaded_at = clock_now(&r->clock);
		l->rules = NULL;
	}
	ruleset_unref(l->rules);
	l->rules = NULL;
	diag_clear(&l->diag);
	notify_send("READY=1");
}

/* One that was asked for while another was under way, or while a worker still held the rules before the last. */
static void
retry_reload(struct run *r)
{
	char why[256];

	if (!r->reload_again || r->loader.running || !workers_settled(r->workers))
		return;
	r->reload_again = false;
	start_reload(r, why);
}

/* ---- the loop ---- */

static void
on_event(void *arg, const struct event *e)
{
	struct run *r = arg;
	struct explain *ex = r->s->workers.worker.detect.explain;
	uint64_t held = counter_get(&r->cnt, C_ALERTS_SUPPRESSED);

	clock_tell(&r->clock, e->ts);
	pipeline_event(r->pipeline, e);
	if (ex && e->type == EVENT_ALERT && explain_is(ex, e->card))
		explain_told(ex, counter_get(&r->cnt, C_ALERTS_SUPPRESSED) != held);
}

static void
on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;
	unsigned n = workers_poll(r->workers, POLL_EVENTS, on_event, r);
	struct timeval next = { 0, n >= BUSY_EVENTS ? 0 : r->s->pipeline.offline ? REPLAY_IDLE_US : IDLE_US };

	workers_grow(r->workers);
	finish_reload(r);
	retry_reload(r);
	if (output_must_stop(r->output) && !r->stopping) {
		log_error("journal", "it is full, and journal.on-full says stop: the sensor ends");
		r->stopping = true;
		r->code = EXIT_RUNTIME;
		workers_stop(r->workers);
	}
	if (n == 0 && workers_done(r->workers)) {
		event_base_loopbreak(r->loop);
		return;
	}
	event_add(r->poll, &next);
}

static void
on_stats(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;

	write_stats(r);
	notify_send("WATCHDOG=1");
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct run *r = arg;
	char why[256];

	switch (sig) {
	case SIGHUP:
		output_reopen(r->output);
		break;
	case SIGUSR1:
		write_stats(r);
		break;
	case SIGUSR2:
		start_reload(r, why);
		log_notice("reload", "%s", why);
		break;
	default:
		if (r->stopping) {
			log_warning("stop", "second signal: the journal is safe, sinks are left as they are");
			event_base_loopbreak(r->loop);
			r->code = EXIT_OK;
			_exit(EXIT_OK);
		}
		r->stopping = true;
		notify_send("STOPPING=1");
		workers_stop(r->workers);
	}
}

static int
add_signals(struct run *r)
{
	static const int sigs[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		r->sig[i] = evsignal_new(r->loop, sigs[i], on_signal, r);
		if (!r->sig[i] || event_add(r->sig[i], NULL) != 0)
			return E_NOMEM;
	}
	return 0;
}

/* ---- control: what it may ask of the engine ---- */

static void
control_counters(void *arg, struct counters *sum)
{
	sum_counters(arg, sum);
}

static void
control_status(void *arg, struct json *j)
{
	struct run *r = arg;
	const struct cards *c = ruleset_cards(r->rules);

	json_object(j, "engine");
	json_u64(j, "workers", r->s->workers.n);
	json_array(j, "worker_packets");
	for (unsigned i = 0; i < workers_count(r->workers); i++)
		json_u64(j, NULL, workers_packets(r->workers, i));
	json_end(j);
	json_u64(j, "flows", workers_flows(r->workers));
	json_u64(j, "memory_bytes", workers_memory(r->workers));
	json_bool(j, "quiet", workers_quiet(r->workers));
	json_i64(j, "uptime_s", (clock_monotonic() - r->started) / NS_PER_S);
	json_end(j);
	json_object(j, "rules");
	json_u64(j, "loaded", c->loaded);
	json_u64(j, "failed", c->failed);
	json_u64(j, "skipped", c->skipped);
	json_u64(j, "generation", c->generation);
	json_str(j, "hash", c->hash);
	json_bool(j, "reloading", r->loader.running);
	json_end(j);
}

static void
http_metrics(void *arg, struct buf *b)
{
	struct run *r = arg;
	struct counters sum;
	struct metrics_in in = { .workers = r->workers, .ifaces = r->s->pipeline.ifaces, .n_ifaces = r->s->workers.n_ifaces,
		.cards = ruleset_cards(r->rules), .loaded_at = r->loaded_at, .sum = &sum };

	sum_counters(r, &sum);
	metrics_engine(&in, b);
	pipeline_metrics(r->pipeline, b);
	output_metrics(r->output, &sum, b);
	assess_metrics(r->assess, b);
}

/* Captures run (the loop does not begin before) and records are safe. */
static bool
http_ready(void *arg, char why[static 128])
{
	struct run *r = arg;

	if (r->stopping)
		snprintf(why, 128, "it stops");
	return !r->stopping && output_ready(r->output, why);
}

static int
make_http(struct run *r)
{
	struct http_calls calls = { .arg = r, .metrics = http_metrics, .ready = http_ready };
	char why[256] = "no memory";

	if (!r->s->sensor.metrics_port || r->s->pipeline.offline)
		return 0;
	r->http = http_new(r->s->sensor.metrics_address, (uint16_t) r->s->sensor.metrics_port, r->loop, &calls, why);
	if (!r->http)
		log_error("metrics", "%s", why);
	return r->http ? 0 : EXIT_RUNTIME;
}

/* ---- beginning and end ---- */

static int
exit_of(int err)
{
	switch (err) {
	case E_NOENT: return EXIT_NOINPUT;
	case E_NODEV: return EXIT_UNAVAILABLE;
	case E_PERM: return EXIT_NOPERM;
	case E_BAD: return EXIT_DATA;
	case E_ARG: return EXIT_USAGE;
	default: return EXIT_RUNTIME;
	}
}

static int
make_log_dir(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0750) == 0 || (errno == EEXIST && stat(dir, &st) == 0 && S_ISDIR(st.st_mode)))
		return 0;
	log_error("casus", "%s: cannot be made: %s", dir, strerror(errno));
	return errno == EACCES || errno == EPERM ? EXIT_NOPERM : EXIT_RUNTIME;
}

static int
write_pidfile(const char *path)
{
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!path)
		return 0;
	if (!f) {
		log_error("casus", "%s: cannot be written: %s", path, strerror(errno));
		return EXIT_RUNTIME;
	}
	fprintf(f, "%d\n", (int) getpid());
	fclose(f);
	return 0;
}

static int
drop_rights(struct setup *s)
{
	const char *user = s->cli->user ? s->cli->user : s->sensor.user;
	struct privileges p = {
		.user = user,
		.group = s->cli->group ? s->cli->group : s->sensor.group,
		.asked = user != NULL,
		.write_dir = s->sensor.log_dir,
		.give_empty = user || !s->cli->read,
		.read_path = s->cli->read && strcmp(s->cli->read, "-") != 0 ? s->cli->read : NULL,
	};
	char how[128];
	int rc = privileges_drop(&p, how);

	if (rc < 0) {
		log_error("casus", "%s", how);
		return EXIT_NOPERM;
	}
	log_info("casus", "runs as %s", how);
	return 0;
}

static int
confine(struct setup *s)
{
	char why[128];

#ifdef __SANITIZE_ADDRESS__
	return 0; /* the leak checker needs ptrace at the end */
#endif
	if (!s->sensor.seccomp || s->cli->no_seccomp)
		return 0;
	if (seccomp_on(why) < 0)
		log_warning("casus", "system calls are not restricted: %s", why);
	return 0;
}

static int
open_captures(struct run *r)
{
	struct setup *s = r->s;
	char why[256];
	int err;

	r->workers = workers_new(&s->workers, r->rules, &s->diag, &err, why);
	if (r->workers)
		return 0;
	diag_print(&s->diag, stderr);
	if (why[0])
		log_error("capture", "%s", why);
	return exit_of(err);
}

/* What was told before the restart, and what is told by Redis: live only, a replay is what it is given. */
static int
make_inbox(struct run *r)
{
	struct setup *s = r->s;
	char path[PATH_MAX];
	struct diag d;
	int rc = 0;

	if (s->pipeline.offline)
		return 0;
	diag_init(&d, 0);
	if (snprintf(path, sizeof(path), "%s/told.jsonl", s->sensor.log_dir) >= (int) sizeof(path) || assess_remember(r->assess, path, &d) < 0)
		rc = EXIT_RUNTIME;
	else if (s->assess.context_keys && redis_wanted(&s->output) && !(r->inbox = inbox_new(&s->output, r->loop, r->assess, &r->cnt, &d)))
		rc = EXIT_RUNTIME;
	diag_print(&d, stderr);
	diag_clear(&d);
	return rc;
}

static int
make_pipeline(struct run *r)
{
	struct setup *s = r->s;
	struct control_calls calls = { .arg = r, .reload = start_reload, .counters = control_counters, .status = control_status };
	struct diag recovery;

	r->loop = event_base_new();
	if (!r->loop || add_signals(r) < 0)
		return EXIT_RUNTIME;
	diag_init(&recovery, 0);
	r->output = output_new(&s->output, r->loop, &r->clock, &r->cnt, &recovery);
	diag_print(&recovery, stderr); /* what was cut from the journal's end, too */
	diag_clear(&recovery);
	if (!r->output)
		return EXIT_RUNTIME;
	r->pipeline = pipeline_new(&s->pipeline, r->loop, &r->clock, r->assess, r->output, &r->cnt);
	if (!r->pipeline)
		return EXIT_RUNTIME;
	if (s->store.enabled && !(r->store = store_new(&s->store, &r->cnt, &s->diag))) {
		diag_print(&s->diag, stderr);
		return EXIT_RUNTIME;
	}
	pipeline_store(r->pipeline, r->store);
	pipeline_cards(r->pipeline, ruleset_cards(r->rules));
	tell_coverage(r, &(struct counters) { 0 });
	if (s->sensor.control) {
		char why[256] = "";
		r->control = control_new(s->sensor.control, r->loop, r->assess, r->output, &calls, why);
		if (!r->control) {
			log_error("control", "%s", why);
			return EXIT_RUNTIME;
		}
	}
	r->loaded_at = clock_now(&r->clock);
	return make_http(r);
}

static void
run_free(struct run *r)
{
	control_free(r->control);
	http_free(r->http);
	inbox_free(r->inbox);
	workers_free(r->workers);
	pipeline_free(r->pipeline);
	store_free(r->store);
	output_free(r->output);
	assess_free(r->assess);
	for (size_t i = 0; i < sizeof(r->sig) / sizeof(r->sig[0]); i++)
		if (r->sig[i])
			event_free(r->sig[i]);
	if (r->poll)
		event_free(r->poll);
	if (r->stats)
		event_free(r->stats);
	if (r->loop)
		event_base_free(r->loop);
	ruleset_unref(r->rules);
}

static int
go(struct run *r)
{
	struct setup *s = r->s;
	struct timeval now = { 0, 0 }, every = { s->sensor.stats_interval / NS_PER_S, s->sensor.stats_interval % NS_PER_S / 1000 };

	r->poll = evtimer_new(r->loop, on_poll, r);
	r->stats = s->pipeline.offline ? NULL : event_new(r->loop, -1, EV_PERSIST, on_stats, r);
	if (!r->poll || workers_start(r->workers) < 0)
		return EXIT_RUNTIME;
	event_add(r->poll, &now);
	if (r->stats && s->sensor.stats_interval)
		event_add(r->stats, &every);
	notify_send("READY=1");
	event_base_dispatch(r->loop);
	write_stats(r);
	pipeline_finish(r->pipeline);
	if (workers_result(r->workers) < 0) {
		log_error("capture", "%s", workers_damage(r->workers));
		return exit_of(workers_result(r->workers));
	}
	if (workers_damage(r->workers)[0])
		log_warning("capture", "%s", workers_damage(r->workers));
	return r->code;
}

static bool
wants_summary(const struct cli *c)
{
	if (c->no_summary || c->quiet || c->mode == CLI_EXPLAIN)
		return false;
	return c->summary || (c->read && isatty(STDOUT_FILENO));
}

static void
tell_explained(struct run *r)
{
	struct counters sum;

	sum_counters(r, &sum);
	explain_report(r->s->workers.worker.detect.explain, &sum, stdout);
}

static void
tell_profile(struct run *r)
{
	uint32_t n = ruleset_size(r->rules);
	struct rule_profile *sum = calloc(n + 1, sizeof(*sum));

	if (!sum)
		return;
	workers_profile(r->workers, sum, n);
	ruleset_profile(r->rules, sum, PROFILE_ROWS, r->s->cli->profile == PROFILE_JSON, stdout);
	free(sum);
}

int
run(struct setup *s, struct ruleset *rules)
{
	struct run r = { .s = s, .rules = rules, .started = clock_monotonic() };
	int code;

	r.clock.live = !s->pipeline.offline;
	r.loader.generation = ruleset_cards(rules)->generation;
	r.assess = assess_new(&s->assess, s->id, &r.clock, &r.cnt, &s->diag);
	if (!r.assess) {
		diag_print(&s->diag, stderr);
		run_free(&r);
		return EXIT_CONFIG;
	}
	code = open_captures(&r);
	if (!code)
		code = make_log_dir(s->sensor.log_dir);
	if (!code)
		code = write_pidfile(s->cli->pidfile ? s->cli->pidfile : s->sensor.pidfile);
	if (!code)
		code = drop_rights(s);
	if (!code)
		code = make_pipeline(&r);
	if (!code)
		code = make_inbox(&r);
	if (!code)
		code = confine(s);
	if (!code)
		code = go(&r);
	if (r.pipeline && wants_summary(s->cli))
		assess_summary(r.assess, stdout, isatty(STDOUT_FILENO));
	if (r.pipeline && s->workers.worker.detect.explain)
		tell_explained(&r);
	if (r.pipeline && s->workers.worker.detect.profile_rules)
		tell_profile(&r);
	if (r.pipeline && workers_datasets_save(r.workers, s->sensor.log_dir, &s->diag) < 0)
		diag_print(&s->diag, stderr);
	run_free(&r);
	return code;
}
