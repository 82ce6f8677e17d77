/*
 * told - what people told a running sensor, kept in a file so that a restart forgets none of it.
 *
 * Thread:    the pipeline's.
 * Memory:    a list of at most TOLD_MAX texts of TOLD_TEXT_MAX bytes.
 * Owns:      the texts and the file.
 * Not here:  what a text says and whether its signature is good -> context.h
 *
 * File: a line of JSON a statement: {"channel":"redis","mark":"1700000000000-0","text":"...","trusted":false}. A line of a mark alone says how
 * far a stream was read when nothing of it was taken. Each line is on the disk before the statement counts; a last line that was cut is passed over.
 */
#ifndef PIPELINE_LEGAL_TOLD_H
#define PIPELINE_LEGAL_TOLD_H

#include "base/err.h"
#include "base/span.h"

#define TOLD_MAX 4096
#define TOLD_TEXT_MAX 65536
#define TOLD_MARK_MAX 48

/* 0: root's or our own, and nobody else may write it, so that what it holds bare is believed as what a peer of the right uid tells. */
int told_is_ours(const char *path);

/* Ways by which a statement comes. */
#define CHANNEL_FILE "file"
#define CHANNEL_SOCKET "control socket"
#define CHANNEL_REDIS "redis"

struct told {
	char *text;
	size_t n;
	int64_t expires;     /* 0: never, or it does not count */
	bool trusted;        /* it may be bare */
	const char *channel; /* one of CHANNEL_ */
	struct told *next;
};

struct told_list {
	struct told *first, **end;
	uint32_t n;
	char mark[TOLD_MARK_MAX]; /* of the stream: how far it was read; "": from its beginning */
	char *path;               /* NULL: nothing is kept on disk */
	int fd;
	uint32_t passed_over;     /* lines that are no statement */
};

void told_init(struct told_list *l);
void told_clear(struct told_list *l);
/* Copies; E_LIMIT, E_NOMEM. *out is the last of the list. */
int told_add(struct told_list *l, struct span text, bool trusted, const char *channel, struct told **out);
void told_remove(struct told_list *l, struct told *t);
/* The lines of a file into an empty list; what is no statement is counted and passed over. */
int told_parse(struct told_list *l, struct span file);

/* Reads what is there and keeps from now on; E_PERM: others may write the file, E_IO. No file yet is an empty one. */
int told_open(struct told_list *l, const char *path);
/* The file anew, of what is in the list: first written whole under another name. */
int told_rewrite(struct told_list *l);
/* One line more: the statement (NULL: none) and how far its stream was read (NULL: it came by no stream). */
int told_keep(struct told_list *l, const struct told *t, const char *mark);

#endif
