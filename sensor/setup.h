/*
 * setup - command line and configuration -> the structs every module is started with.
 *
 * Thread:    main, at start and for a reload.
 * Memory:    the configuration tree and rule texts of one load.
 * Owns:      conf, diag, what it loaded.
 * Not here:  running -> run.h
 */
#ifndef SETUP_H
#define SETUP_H

#include "cli.h"
#include "engine/workers.h"
#include "pipeline/pipeline.h"

/* Keys of the sensor itself. */
struct sensor_conf {
	const char *sensor;              /* id; NULL: host name, replay-<name> offline */
	const char *log_dir, *rule_path, *classification, *references, *thresholds;
	const char *user, *group, *control, *pidfile;
	const char *metrics_address;
	uint32_t metrics_port;
	uint32_t workers;
	uint32_t sampling, loss_before;
	int64_t stats_interval, quiet_after;
	uint64_t memory, ring;
	bool checksum_checks, seccomp, mechanical_only, promisc;
	uint64_t buffer_size;
	uint32_t snaplen;
	const char *output_mode;
};

struct setup {
	const struct cli *cli;
	struct conf *conf;
	struct diag diag;
	struct sensor_conf sensor;
	struct workers_conf workers;
	struct stream_policies *policies; /* host-os-policy */
	struct assess_conf assess;
	struct output_conf output;
	struct pipeline_conf pipeline;
	struct store_conf store;
	struct rule_vars *vars;
	char id[33];             /* sensor id in force */
	char data_dir[512];      /* shipped rules/ */
	char paths[8][512];
	const char *log_names[192]; /* protocols to log, and the kinds of their records */
	char *bpf;               /* from -F; heap */
};

/* Reads everything; problems in s->diag. 0, or an exit code. */
int setup_read(struct setup *s, const struct cli *cli);
/* Rules in force -> a ruleset. NULL only when memory is out. *failed: rules that did not load. Problems in d. */
struct ruleset *setup_rules(const struct setup *s, uint32_t generation, uint32_t *failed, struct diag *d);
/* Calls fn for each file of rules in the order in which they are read; one that may be missing is named, too. */
void setup_rule_files(const struct setup *s, void (*fn)(void *arg, const char *path), void *arg);
void setup_print_file(void *arg, const char *path); /* a fn: arg is a FILE */
void setup_clear(struct setup *s);
/* Every option table, NULL-ended: for the dump, the manual and the check for unknown keys. */
extern const struct option_table *const setup_tables[];
/* Fresh path of name under the shipped data folder. */
int setup_data_path(const struct setup *s, const char *name, char out[static 512]);

#endif
