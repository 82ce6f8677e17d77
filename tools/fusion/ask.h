/*
 * ask - keys of the alliance, and commands whose answer is an error or none.
 *
 * Thread:    the caller's.
 * Memory:    the caller's.
 * Owns:      nothing.
 * Not here:  what is asked -> alliance.c, hosts.c   nodes and redirections -> cluster.h
 */
#ifndef FUSION_ASK_H
#define FUSION_ASK_H

#include "alliance.h"

#define KEY_LEN 320

struct text {
	char s[KEY_LEN];
};

/* "casus:1:{TAG}:TAIL" */
struct span key_of(const struct alliance *a, struct text *t, const char *tag, const char *tail);
struct span number(struct text *t, int64_t v);
/* An answer that is an error is told in why[] and counts as none. */
redisReply *ask(struct cluster *c, struct span key, const struct span *args, unsigned n, char why[static 256]);
bool ask_int(struct cluster *c, struct span key, const struct span *args, unsigned n, long long *out, char why[static 256]);
/* DEL or HDEL of the alliance's. */
bool drop(struct alliance *a, struct span key, const char *verb, struct span field, char why[static 256]);

#endif
