/*
 * file - what is asked of a file besides that rules look into it: digests, its kind, its bytes for the store.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool: the states of the digests asked for, FILE_HEAD bytes of the beginning for libmagic, and up to
 *            FILE_HELD_MAX bytes while no rule has said yet whether the file is to be stored. libmagic itself takes what it
 *            needs from the heap, once a file, and only where a rule or the log asks for a file's kind.
 * Owns:      struct file of a body, until body_clear().
 * Not here:  the bytes rules look at -> struct body in protocol.h   writing files -> pipeline/output/store.h
 *
 * A parser whose body is a file says so once with file_begin(); body_add() does the rest. It tells of the file by the
 * protocol's file(), which calls file_tell().
 */
#ifndef ENGINE_APP_FILE_H
#define ENGINE_APP_FILE_H

#include "base/hash.h"
#include "engine/app/app.h"

#define FILE_WANT(kind) (1u << (kind)) /* a digest, by enum hash_kind */
#define FILE_WANT_MAGIC 0x08u
#define FILE_SIDS 8
#define FILE_HEAD 4096u
#define FILE_INSPECT_MIN 32768u   /* fewer bytes of a file are not looked at before it is over, as in the reference */
#define FILE_INSPECT_WINDOW 4096u /* bytes looked at again with what follows */
#define FILE_HELD_MAX 1048576u
#define MAGIC_TEXT_MAX 1024u

enum file_store {
	FILE_STORE_NO,   /* nobody asks for it */
	FILE_STORE_ASK,  /* a rule may yet: the bytes are held */
	FILE_STORE_YES,  /* they go to the store as they come */
	FILE_STORE_LOST  /* it was to be stored, and some of it could not be handed on or was no more there */
};

/* What is asked of all files; told by apps_want_files(). */
struct files_conf {
	unsigned want;       /* FILE_WANT */
	bool no_looks;       /* no rule looks into anything: bytes of bodies that parsers do not look into either need not be kept */
	bool no_bodies;      /* nobody looks at messages' bodies: no rule, and no log tells of them */
	bool no_rest;        /* nor at what lies beyond the limit of those rules look into */
	bool no_heads;       /* nor at anything else of them: it is enough to know where they end */
	bool store;          /* there is a store: */
	bool store_all;      /* every file goes there */
	bool store_rules;    /* those that a rule asks for */
	uint64_t depth;      /* bytes of a file that are stored at most; 0 = all */
};

struct file {
	struct app *app;
	uint32_t number;     /* of the flow's files, from 1 */
	uint8_t store;       /* enum file_store */
	bool cut;            /* more came than was taken */
	bool whole;          /* the parser's limit is not of the file but of what rules look at */
	bool ended;          /* the digests are made */
	uint8_t want;
	uint64_t size;       /* bytes taken: what digests and store are of */
	struct hash_stream *state; /* of the digests in `want`, in order */
	uint8_t digest[HASH_KINDS][HASH_MAX];
	struct bytes head, held, magic;
	uint32_t sid[FILE_SIDS], sids; /* rules that had it stored */
};

static inline bool
bodies_unlooked(const struct app *a)
{
	return a->asked && a->asked->no_looks;
}
static inline bool
bodies_unread(const struct app *a)
{
	return a->asked && a->asked->no_bodies;
}
/* Of a body whose limit was reached. */
static inline bool
rest_unread(const struct app *a, const struct body *b)
{
	return a->asked && a->asked->no_rest && b->limit && b->total > b->limit && !b->file;
}
static inline bool
heads_unread(const struct app *a)
{
	return a->asked && a->asked->no_heads;
}

/* Before the first byte is added: this body is a file. Nothing happens where nobody asks for more than its bytes. */
void file_begin(struct app *a, const struct tx *tx, struct body *b, int dir);
/* Out: size, gaps, what is asked of it. `whole`: nothing follows and all of it came. */
void file_tell(const struct body *b, bool whole, struct app_file *out);
/* A digest of a file that came whole; NULL: there is none (yet). */
const uint8_t *file_digest(const struct app_file *t, enum hash_kind kind);
/* What kind of file it is, in libmagic's words. false: not asked for, or too little of it is there. */
bool file_magic(const struct app_file *t, bool over, struct span *out);
/* The same as a field of every protocol that has files. */
bool file_magic_field(const struct tx *tx, int dir, unsigned index, struct arena *scratch, struct span *out);
#define FILE_MAGIC_FIELD \
	{ .name = "file.magic", .kind = FIELD_MULTI, .dirs = 3, .bytes = file_magic_field, .of_file = true, .late = true, \
	    .help = "what kind of file it is, in libmagic's words" }
/* A rule says that it is to be stored. */
void file_keep(struct file *f, uint32_t sid);
/* The flow's next files are all to be stored, too; dirs: bit 0 to server, bit 1 to client. */
void file_keep_flow(struct app *a, uint8_t dirs, uint32_t sid);

/* app.c, worker.c: what is asked from now on. */
void apps_want_files(struct apps *e, const struct files_conf *conf);
/* Called with bytes that go to the store; false: they could not be taken. */
void apps_on_file(struct apps *e, bool (*fn)(void *arg, const struct file *f, struct span bytes), void *arg);

/* body.c */
void file_take(struct file *f, struct span s, uint64_t limit);
void file_free(struct app *a, struct file *f);

#endif
