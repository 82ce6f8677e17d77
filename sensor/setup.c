#include "setup.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/datadir.h"
#include "base/hash.h"
#include "engine/stream/policy.h"
#include "outputs.h"

#define AT(field) offsetof(struct sensor_conf, field)
#define RING_OFFLINE (4u << 20)
static const struct option rows[] = {
	{ "sensor-name", OPT_STRING, AT(sensor), NULL, 0, 0, NULL, "Sensor id, [a-z0-9-] up to 32; default: the host name, replay-<file> for a replay." },
	{ "default-log-dir", OPT_STRING, AT(log_dir), NULL, 0, 0, NULL, "Folder for eve.json and the journal; default: /var/log/casus live, the current folder for a replay." },
	{ "default-rule-path", OPT_PATH, AT(rule_path), NULL, 0, 0, NULL, "Folder of the files named in rule-files." },
	{ "classification-file", OPT_PATH, AT(classification), NULL, 0, 0, NULL, "classification.config; default: the shipped one." },
	{ "reference-config-file", OPT_PATH, AT(references), NULL, 0, 0, NULL, "reference.config; default: the shipped one." },
	{ "threshold-file", OPT_PATH, AT(thresholds), NULL, 0, 0, NULL, "threshold.config: thresholds and suppressions by signature id." },
	{ "run-as.user", OPT_STRING, AT(user), NULL, 0, 0, NULL, "User to become when started as root." },
	{ "run-as.group", OPT_STRING, AT(group), NULL, 0, 0, NULL, "Group to become." },
	{ "control-socket", OPT_STRING, AT(control), NULL, 0, 0, NULL, "Unix socket for casusctl; default: casus.sock in the log folder when live." },
	{ "metrics.port", OPT_U32, AT(metrics_port), "0", 0, 65535, NULL,
	    "TCP port where a running sensor answers GET /metrics (Prometheus), /healthz and /readyz; 0 = nowhere." },
	{ "metrics.address", OPT_STRING, AT(metrics_address), "127.0.0.1", 0, 0, NULL, "Address it listens on; whoever reaches it can read it." },
	{ "pid-file", OPT_STRING, AT(pidfile), NULL, 0, 0, NULL, "File for the process id." },
	{ "workers", OPT_U32, AT(workers), "1", 1, 64, NULL, "Worker threads (for each interface)." },
	{ "memory", OPT_SIZE, AT(memory), "1gb", 64 << 20, UINT64_C(1) << 40, NULL, "Bound on what all workers hold of streams, transactions and bodies." },
	{ "event-ring", OPT_SIZE, AT(ring), "16mb", 1 << 20, UINT64_C(1) << 32, NULL, "Bytes of the ring between a worker and the pipeline; of a replay, where a worker waits for room, 4 MiB at most." },
	{ "stats.interval", OPT_SECONDS, AT(stats_interval), "10s", 0, 0, NULL, "Time between stats records." },
	{ "capture.quiet-after", OPT_SECONDS, AT(quiet_after), "60s", 0, 0, NULL, "A tap without a frame for so long raises an alarm; 0 = never." },
	{ "capture.buffer-size", OPT_SIZE, AT(buffer_size), "64mb", 0, 0, NULL, "Kernel ring of an interface and worker." },
	{ "capture.snaplen", OPT_U32, AT(snaplen), "262144", 64, 262144, NULL, "Bytes of a frame at most." },
	{ "capture.promiscuous", OPT_BOOL, AT(promisc), "yes", 0, 0, NULL, "Put the interface into promiscuous mode." },
	{ "capture.sampling", OPT_U32, AT(sampling), "1", 1, 1000000, NULL, "One packet of so many reaches the sensor (a tap or exporter that samples): intervals of scale widen." },
	{ "capture.loss-before", OPT_U32, AT(loss_before), "0", 0, 99, NULL, "Percent of packets known to be lost before the sensor (an oversubscribed tap or broker): intervals of scale widen." },
	{ "pcap-file.checksum-checks", OPT_STRING, AT(output_mode), "auto", 0, 0, NULL, "yes, no or auto: look at checksums in files." },
	{ "seccomp", OPT_BOOL, AT(seccomp), "yes", 0, 0, NULL, "Restrict system calls once everything is set up." },
	{ "mechanical-information-only", OPT_BOOL, AT(mechanical_only), "no", 0, 0, NULL, "Addresses, ports, times, sizes and signature ids only; nothing of the content leaves the engine." },
	{ 0 }
};
static const struct option_tree trees[] = {
	{ "vars.address-groups", "Variables for addresses in rules." },
	{ "vars.port-groups", "Variables for ports in rules." },
	{ "rule-files", "Rule files to load." },
	{ "outputs", "Which records are written and what alerts carry." },
	{ "include", "More files of configuration." },
	{ 0 }
};
static const struct option_table sensor_options = { "sensor", rows, trees };

const struct option_table *const setup_tables[] = { &sensor_options, &decode_options, &flow_options, &stream_options, &app_options,
	&detect_options, &assess_options, &output_options, NULL };

int
setup_data_path(const struct setup *s, const char *name, char out[static 512])
{
	return snprintf(out, 512, "%s/%s", s->data_dir, name) < 512 ? 0 : E_LIMIT;
}

/* [a-z0-9-]{1,32} out of any name. */
static void
clean_id(char out[static 33], const char *prefix, const char *name)
{
	size_t n = 0;

	for (; *prefix && n < 32; prefix++)
		out[n++] = *prefix;
	for (; *name && n < 32; name++) {
		char c = *name;
		if (c >= 'A' && c <= 'Z')
			c = (char) (c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n > 1 && out[n - 1] == '-')
		n--;
	out[n] = '\0';
}

static void
choose_id(struct setup *s)
{
	char host[65] = "casus";

	if (s->cli->read) {
		const char *base = strrchr(s->cli->read, '/');
		base = base && base[1] ? base + 1 : s->cli->read;
		clean_id(s->id, "replay-", strcmp(s->cli->read, "-") == 0 ? "stdin" : base);
		return;
	}
	if (!s->sensor.sensor)
		gethostname(host, sizeof(host) - 1);
	clean_id(s->id, "", s->sensor.sensor ? s->sensor.sensor : host);
}

static void
read_vars(struct setup *s)
{
	const struct yaml *a = conf_find(s->conf, "vars.address-groups"), *p = conf_find(s->conf, "vars.port-groups");

	yaml_each(v, a)
	{
		if (v->key && v->text && rule_vars_set_address(s->vars, v->key, v->text) < 0)
			yaml_error(v, &s->diag, "%s: not an address list", v->key);
	}
	yaml_each(v, p)
	{
		if (v->key && v->text && rule_vars_set_port(s->vars, v->key, v->text) < 0)
			yaml_error(v, &s->diag, "%s: not a list of ports", v->key);
	}
}

/* Where what the next start needs is kept when nothing is said: the system's cache when we may write there, else the user's. */
static const char *
default_cache(struct setup *s)
{
	const char *home = getenv("XDG_CACHE_HOME");
	int n;

	if (access("/var/cache/casus", W_OK) == 0)
		return "/var/cache/casus";
	if (home && home[0] == '/')
		n = snprintf(s->paths[3], 512, "%s/casus", home);
	else if ((home = getenv("HOME")) && home[0] == '/')
		n = snprintf(s->paths[3], 512, "%s/.cache/casus", home);
	else
		return NULL;
	return n < 512 ? s->paths[3] : NULL;
}

static void
fill_engine(struct setup *s)
{
	struct worker_conf *w = &s->workers.worker;
	const struct cli *c = s->cli;
	bool off = c->checksums_off;

	conf_fill(s->conf, &decode_options, &w->decode, &s->diag);
	decode_conf_resolve(&w->decode, s->conf);
	conf_fill(s->conf, &flow_options, &w->flow, &s->diag);
	conf_fill(s->conf, &stream_options, &w->stream, &s->diag);
	conf_fill(s->conf, &app_options, &w->apps, &s->diag);
	conf_fill(s->conf, &detect_options, &w->detect, &s->diag);
	stream_master_policy(&w->stream, s->conf);
	w->detect.profile_rules |= c->profile != PROFILE_NONE;
	w->detect.keep_fast = c->mode == CLI_ENGINE_ANALYSIS;
	w->apps.conf = s->conf;
	if (!w->detect.cache_dir && !conf_find(s->conf, "detect.sgh-mpm-caching-path"))
		w->detect.cache_dir = default_cache(s);
	if (!c->checksums_given && c->read && s->sensor.output_mode && strcmp(s->sensor.output_mode, "no") == 0)
		off = true;
	w->decode.checksums = !off;
	if (off)
		w->stream.checksum_validation = false;
	w->offline = c->read != NULL;
	w->hash_seed = w->offline ? UINT64_C(0x63617375736361) : hash_secret();
	w->memory = s->sensor.memory;
	w->ring_bytes = w->offline && s->sensor.ring > RING_OFFLINE ? RING_OFFLINE : s->sensor.ring;
	s->policies = stream_policies_new(s->conf, &s->diag);
	if (s->policies) {
		w->stream.policy_of = stream_policy_of;
		w->stream.policy_arg = s->policies;
	}
}

static int
read_bpf(struct setup *s)
{
	struct buf b;

	s->workers.capture.bpf = s->cli->bpf;
	if (!s->cli->bpf_file)
		return 0;
	buf_init(&b, 65536);
	if (buf_read_file(&b, s->cli->bpf_file) < 0) {
		diag_error(&s->diag, s->cli->bpf_file, 0, 0, "capture filter cannot be read");
		buf_clear(&b);
		return EXIT_NOINPUT;
	}
	for (size_t i = 0; i < b.n; i++) /* comments, as in suricata's and tcpdump's filter files */
		if (b.p[i] == '#')
			while (i < b.n && b.p[i] != '\n')
				b.p[i++] = ' ';
	s->bpf = b.p;
	s->workers.capture.bpf = s->bpf;
	return 0;
}

static void
fill_capture(struct setup *s)
{
	struct capture_conf *c = &s->workers.capture;

	c->snaplen = s->sensor.snaplen;
	c->buffer_size = s->sensor.buffer_size;
	c->promiscuous = s->sensor.promisc;
	c->fanout_group = (uint32_t) (getpid() & 0x7fff) | 1;
	c->quiet_after = s->sensor.quiet_after;
	c->replay_speed = s->cli->replay_speed;
	s->workers.input = s->cli->read;
	s->workers.ifaces = s->cli->ifaces;
	s->workers.n_ifaces = s->cli->n_ifaces;
	s->workers.n = s->cli->workers ? s->cli->workers : s->sensor.workers;
}

static void
fill_pipeline(struct setup *s)
{
	const struct cli *c = s->cli;

	conf_fill(s->conf, &assess_options, &s->assess, &s->diag);
	conf_fill(s->conf, &output_options, &s->output, &s->diag);
	if (c->inventory)
		s->assess.inventory = c->inventory;
	if (c->context)
		s->assess.context = c->context;
	if (c->packs)
		s->assess.packs = c->packs;
	s->assess.exercise |= c->exercise;
	if (!s->assess.packs && setup_data_path(s, "policy", s->paths[0]) == 0)
		s->assess.packs = s->paths[0];
	if (!s->assess.effects && setup_data_path(s, "effects.yaml", s->paths[1]) == 0)
		s->assess.effects = s->paths[1];
	if (c->log_dir)
		s->sensor.log_dir = c->log_dir;
	if (!s->sensor.log_dir)
		s->sensor.log_dir = c->read ? "." : "/var/log/casus";
	s->output.packs = s->assess.packs;
	s->output.effects = s->assess.effects;
	s->output.dir = s->sensor.log_dir;
	s->workers.worker.detect.dataset_dir = s->sensor.log_dir;
	s->output.sensor = s->id;
	s->output.fresh_journal = c->read != NULL;
	s->pipeline.sensor = s->id;
	s->pipeline.ifaces = c->read ? NULL : s->workers.ifaces;
	s->pipeline.offline = c->read != NULL;
	s->pipeline.pcap_name = c->read;
	s->pipeline.stats_interval = s->sensor.stats_interval;
	outputs_read(s->conf, &s->workers.worker.emit, &s->pipeline.eve, s->log_names, sizeof(s->log_names) / sizeof(s->log_names[0]));
	outputs_store(s->conf, s->sensor.log_dir, s->workers.worker.stream.depth, &s->workers.worker.emit, &s->store, &s->diag);
	s->workers.worker.emit.midstream_policy = s->workers.worker.stream.midstream_policy;
	s->workers.worker.emit.memcap_policy = s->workers.worker.stream.memcap_policy;
	if (s->sensor.mechanical_only) {
		s->workers.worker.emit.content = false;
		s->pipeline.eve.app_all = false;
		s->store.enabled = false;
	}
	if (!s->sensor.control && !c->read && snprintf(s->paths[2], 512, "%s/casus.sock", s->sensor.log_dir) < 512)
		s->sensor.control = s->paths[2];
	if (c->control)
		s->sensor.control = c->control;
}

/* Rule files named on the command line must be there: a typo shall not run a sensor without rules. */
static int
check_rule_files(struct setup *s, const char *const *list, unsigned n)
{
	int rc = 0;

	for (unsigned i = 0; i < n; i++)
		if (access(list[i], R_OK) != 0) {
			diag_error(&s->diag, list[i], 0, 0, "rule file cannot be read: %s", strerror(errno));
			rc = EXIT_NOINPUT;
		}
	return rc;
}

int
setup_read(struct setup *s, const struct cli *cli)
{
	int rc = 0;

	memset(s, 0, sizeof(*s));
	s->cli = cli;
	diag_init(&s->diag, 0);
	s->conf = conf_new();
	s->vars = rule_vars_new();
	if (!s->conf || !s->vars)
		return EXIT_RUNTIME;
	datadir_find(s->data_dir);
	if (cli->conf && conf_read(s->conf, cli->conf, &s->diag) == E_NOENT)
		return EXIT_NOINPUT;
	for (unsigned i = 0; i < cli->n_set; i++)
		conf_set(s->conf, cli->set[i], &s->diag);
	conf_fill(s->conf, &sensor_options, &s->sensor, &s->diag);
	choose_id(s);
	read_vars(s);
	fill_engine(s);
	fill_capture(s);
	fill_pipeline(s);
	conf_check_unknown(s->conf, setup_tables, &s->diag);
	rc = read_bpf(s);
	if (!rc)
		rc = check_rule_files(s, cli->rules_only, cli->n_rules_only);
	if (!rc)
		rc = check_rule_files(s, cli->rules_more, cli->n_rules_more);
	if (s->diag.errors)
		return rc ? rc : EXIT_CONFIG;
	return rc;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_rules(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 6 && strcmp(e->d_name + n - 6, ".rules") == 0;
}

static void
each_shipped(const struct setup *s, void (*fn)(void *arg, const char *path), void *arg)
{
	struct dirent **list;
	char dir[512], path[1024];
	int n;

	if (setup_data_path(s, "signatures", dir) < 0 || (n = scandir(dir, &list, is_rules, by_name)) < 0)
		return;
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		fn(arg, path);
		free(list[i]);
	}
	free(list);
}

static void
each_listed(const struct setup *s, const struct yaml *files, void (*fn)(void *arg, const char *path), void *arg)
{
	char path[1024];

	yaml_each(f, files)
	{
		if (!f->text)
			continue;
		if (f->text[0] == '/' || !s->sensor.rule_path)
			snprintf(path, sizeof(path), "%s", f->text);
		else
			snprintf(path, sizeof(path), "%s/%s", s->sensor.rule_path, f->text);
		fn(arg, path);
	}
}

void
setup_rule_files(const struct setup *s, void (*fn)(void *arg, const char *path), void *arg)
{
	const struct cli *c = s->cli;
	const struct yaml *files = conf_find(s->conf, "rule-files");

	if (c->disable_detection)
		return;
	for (unsigned i = 0; i < c->n_rules_only; i++)
		fn(arg, c->rules_only[i]);
	if (!c->n_rules_only && files)
		each_listed(s, files, fn, arg);
	else if (!c->n_rules_only)
		each_shipped(s, fn, arg);
	for (unsigned i = 0; i < c->n_rules_more; i++)
		fn(arg, c->rules_more[i]);
}

void
setup_print_file(void *arg, const char *path)
{
	fprintf(arg, "  %s\n", path);
}

struct reading {
	const struct setup *s;
	struct rule_set *set;
	struct diag *d;
};

static void
read_rules(void *arg, const char *path)
{
	struct reading *r = arg;

	rule_set_read(r->set, path, r->s->vars, r->d); /* tells itself what is wrong */
}

/* The file asked for, or the shipped one; people who come over with a suricata.yaml need not have all of its files. */
static void
read_config_file(const struct setup *s, struct rule_set *set, int (*read)(struct rule_set *, const char *, struct diag *), const char *asked,
    const char *shipped, struct diag *d)
{
	char path[512];

	if (asked) {
		int e = read(set, asked, d);
		if (e < 0 && e != E_NOENT)
			diag_error(d, asked, 0, 0, "cannot be read: %s", err_text(e));
		if (e != E_NOENT)
			return;
		if (!conf_is_foreign(s->conf)) {
			diag_error(d, asked, 0, 0, "no such file");
			return;
		}
		diag_warning(d, asked, 0, 0, "no such file; the shipped one is used");
	}
	if (setup_data_path(s, shipped, path) == 0)
		read(set, path, d);
}

struct ruleset *
setup_rules(const struct setup *s, uint32_t generation, uint32_t *failed, struct diag *d)
{
	struct rule_thresholds limits = { 0 };
	struct rule_set set;
	struct ruleset *rs;
	struct ruleset_report rep;

	rule_set_init(&set);
	set.whole = s->workers.worker.detect.explain != NULL;
	read_config_file(s, &set, rule_set_classification, s->sensor.classification, "signatures/classification.config", d);
	read_config_file(s, &set, rule_set_references, s->sensor.references, "signatures/reference.config", d);
	setup_rule_files(s, read_rules, &(struct reading) { s, &set, d });
	int e = s->sensor.thresholds ? rule_thresholds_read(&set, s->sensor.thresholds, s->vars, &limits, d) : 0;
	if (e < 0)
		diag_error(d, s->sensor.thresholds, 0, 0, "threshold file cannot be read: %s", err_text(e));
	struct ruleset_in in = {
		.rules = &set,
		.thresholds = &limits,
		.apps = &s->workers.worker.apps,
		.conf = &s->workers.worker.detect,
		.tree = s->conf,
		.generation = generation,
	};
	rs = ruleset_build(&in, d);
	if (rs) {
		ruleset_report(rs, &rep);
		*failed = rep.failed;
	}
	rule_set_clear(&set);
	malloc_trim(0); /* what reading and building took */
	return rs;
}

void
setup_clear(struct setup *s)
{
	if (s->policies)
		stream_policies_free(s->policies);
	if (s->vars)
		rule_vars_free(s->vars);
	if (s->conf)
		conf_free(s->conf);
	free(s->bpf);
	diag_clear(&s->diag);
}
