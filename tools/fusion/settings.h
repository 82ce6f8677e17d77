/*
 * settings - what casus-fusion is told by its file and --set.
 *
 * Thread:    main, at start.
 * Memory:    texts are the tree's (struct conf).
 * Owns:      nothing.
 * Not here:  what is done with them -> main.c
 */
#ifndef FUSION_SETTINGS_H
#define FUSION_SETTINGS_H

#include "base/err.h"

struct conf;
struct redis_tls;

struct fusion_tls {
	bool on;
	const char *ca, *name, *cert, *key;
};

struct fusion_conf {
	const char *sensors, *name, *group, *consumer, *packs, *effects, *prefix, *user;
	const char *from_socket, *from_nodes, *from_user, *from_password, *to_socket, *to_nodes, *to_user, *to_password;
	struct fusion_tls from_tls, to_tls;
	int64_t timeout, patience, claim_after, join_window, campaign_window, keep;
	uint32_t batch, maxlen;
	bool release, seccomp;
};

struct conf *settings_new(void);
void settings_free(struct conf *conf);
int settings_read(struct conf *conf, const char *path, struct diag *d);      /* a file */
int settings_set(struct conf *conf, const char *assignment, struct diag *d); /* "key=value" */
/* -1: problems in d. */
int settings_fill(struct conf *conf, struct fusion_conf *c, struct diag *d);
/* The first line of a file that only its owner may read; no file: "". Problems in d. */
#define SETTINGS_PASSWORD_MAX 4096
int settings_password(const char *path, char out[static SETTINGS_PASSWORD_MAX], struct diag *d);
/* What connections to the nodes trust and show. NULL: problems in d. */
struct redis_tls *settings_tls(const struct fusion_tls *t, struct diag *d);
void settings_tls_free(struct redis_tls *t);
void settings_dump(const struct conf *conf, FILE *out);
void settings_manual(FILE *out);

#endif
