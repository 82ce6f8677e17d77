/*
 * nfs - what the NFS parser's files share: calls with their answers, files that are read or written, names of handles.
 *
 * Thread:    the worker's.
 * Memory:    names in the worker's pool: of a transaction until it ends, of handles until the flow does.
 * Owns:      those names.
 * Not here:  records of RPC and the protocol's table row -> nfs.c
 */
#ifndef ENGINE_PROTOCOLS_NFS_H
#define ENGINE_PROTOCOLS_NFS_H

#include "engine/app/parts.h"
#include "engine/app/protocols/parse.h"

#define NFS_NAME_MAX 1024
#define NFS_NAMES 64
#define NFS_READS 64

struct nfs_rpc {
	uint32_t xid, flavor, uid, gid;
	bool creds, denied, answered;
	struct bytes machine;
};

struct nfs_tx {
	struct tx tx;
	struct nfs_rpc rpc;
	uint32_t version, procedure, status;
	bool has_status, has_handle, rename;
	uint32_t hhash;           /* of the handle, as EVE tells it */
	uint64_t handle;
	struct bytes name, to;    /* of the call; what a rename makes of it */
	uint8_t is_file;          /* 1 + TO_SERVER (written) or TO_CLIENT (read) */
	bool first, last;
	uint32_t chunks, last_xid;
	struct parts parts;       /* of a file */
	struct body data[2];
};

struct nfs_state {
	uint32_t skip[2], rest[2]; /* bytes of a record that are passed over; of them, bytes of a file that come first */
	bool part[2];              /* the record goes on in another fragment: it is passed over */
	struct nfs_tx *now[2];
	uint32_t open;
	struct nfs_name {
		uint64_t handle;
		struct bytes name;
	} name[NFS_NAMES];
	struct nfs_read {
		struct nfs_rpc rpc;
		uint32_t version, hhash;
		uint64_t handle, offset;
		bool used;
		uint8_t machine_n;
		char machine[64];
	} read[NFS_READS];
	uint32_t next_name, next_read;
	uint32_t version;         /* of the newest call */
};

/* The arguments of a call, or what an answer brings, behind RPC's headers. */
struct nfs_msg {
	uint32_t version, procedure;
	struct nfs_rpc rpc;
	struct span machine;
	const uint8_t *creds;     /* where the credentials are; creds_n 0: nowhere */
	uint32_t creds_n;
	uint32_t more;            /* bytes of the record that did not come yet */
};

/* nfs_file.c */
struct nfs_read *nfs_read_new(struct nfs_state *st, const struct nfs_msg *m, struct span handle);
uint32_t nfs_hhash(struct span handle);
uint64_t nfs_handle(struct span handle);
void nfs_name_set(struct app *a, struct nfs_state *st, uint64_t handle, struct span name);
const struct nfs_name *nfs_name_of(const struct nfs_state *st, uint64_t handle);
struct nfs_data {
	uint64_t handle, offset;
	uint32_t hhash, n;        /* n: bytes told of */
	bool eof;
	struct span data;
};
void nfs_file_data(struct app *a, struct nfs_state *st, int dir, const struct nfs_msg *m, const struct nfs_data *d);
void nfs_file_closed(struct nfs_state *st, struct app *a, uint64_t handle);
bool nfs_file_of(const struct tx *tx, int dir, unsigned index, struct app_file *out);
struct nfs_tx *nfs_tx_new(struct app *a, struct nfs_state *st, const struct nfs_msg *m);

/* nfs_frames.c */
struct nfs_record { /* with the mark, over TCP */
	const uint8_t *at;
	uint32_t n;
};
extern const struct app_frame_type nfs_frames[];
void nfs_frames_call(struct app *a, const struct nfs_record *w, const struct nfs_msg *m, const uint8_t *args, bool nfs);
void nfs_frames_answer(struct app *a, const struct nfs_record *w, uint32_t version, const uint8_t *results);

/* nfs_calls.c: versions 2 and 3; nfs4.c: compounds of 4. */
void nfs_call(struct app *a, struct nfs_state *st, const struct nfs_msg *m, struct rd r);
void nfs_answer(struct app *a, struct nfs_state *st, struct nfs_tx *t, struct rd r);
void nfs_read_answer(struct app *a, struct nfs_state *st, const struct nfs_read *read, const struct nfs_msg *m, struct rd r);
void nfs4_call(struct app *a, struct nfs_state *st, const struct nfs_msg *m, struct rd r);
void nfs4_read_answer(struct rd *r, uint32_t *n, bool *eof);
/* An opaque of XDR: length, bytes, padding to four. What did not come is left out of the bytes, not of *n. */
struct span nfs_opaque(struct rd *r, uint32_t *n);

/* nfs_log.c */
const char *nfs_procedure_name(uint32_t version, uint32_t procedure); /* "GETATTR"; NULL = not known */
void nfs_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
bool nfs_rpc_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
bool nfs_loggable(const struct tx *tx);

#endif
