/*
 * smb - what the SMB parser's files share: one command and its answer.
 *
 * Thread:    the worker's.
 * Memory:    names are kept in the worker's pool until the transaction ends.
 * Owns:      those names.
 * Not here:  PDUs and the protocol's table row -> smb.c
 */
#ifndef ENGINE_PROTOCOLS_SMB_H
#define ENGINE_PROTOCOLS_SMB_H

#include "engine/app/protocols/dce.h"

#define SMB_TEXT_MAX 4096

struct smb_tx {
	struct tx tx;
	uint8_t version;          /* 1 or 2 (3.x speaks the form of 2) */
	uint16_t command;
	uint64_t message, session;
	uint32_t tree, status;
	bool answered, pipe;
	uint16_t dialect;         /* 2.x: chosen; 0 = not told */
	struct bytes share, file; /* UTF-8 */
	struct bytes user, domain, host; /* NTLMSSP */
	struct bytes native_os, native_lm; /* 1: of the request */
	uint32_t disposition, access;
	uint64_t pipe_id;         /* of reads, writes and the like; 0 = none */
	uint32_t io_n;            /* bytes that a read or write carries, seen here or not */
	uint8_t is_file;          /* not a command: a file in one direction, 1 + TO_SERVER or TO_CLIENT; pipe_id is its id */
	struct body data[2];
	struct dce_call dce;      /* carried by this command or its answer */
};

/* UTF-16LE to UTF-8, as much as fits SMB_TEXT_MAX. */
void smb_keep_utf16(struct app *a, struct bytes *to, struct span s);
void smb_keep_text(struct app *a, struct bytes *to, struct span s);
/* A security blob: the NTLMSSP AUTHENTICATE message in it, when there is one. */
void smb_ntlmssp(struct app *a, struct smb_tx *t, struct span blob);
/* The share's last part is IPC$. */
bool smb_is_pipe(const struct bytes *share);

/* smb1.c, smb2.c: the body of a command; `pdu` begins with the SMB header. */
void smb1_body(struct app *a, struct smb_tx *t, int dir, struct span pdu);
void smb2_body(struct app *a, struct smb_tx *t, int dir, struct span pdu);
/* Names of open files by their id, and of each direction the file that the bytes of the PDU at hand belong to. */
#define SMB_FILES 32
struct smb_files {
	struct {
		uint64_t id;
		struct bytes name;
	} open[SMB_FILES];
	uint32_t next;        /* the place taken next */
	struct smb_tx *now[2];
};
/* smb_file.c */
void smb_file_opened(struct app *a, struct smb_files *f, uint64_t id, const struct smb_tx *t);
void smb_file_closed(struct app *a, struct smb_files *f, uint64_t id);
void smb_file_data(struct app *a, struct smb_files *f, const struct smb_tx *t, int dir, struct span data);
void smb_file_more(struct app *a, struct smb_files *f, int dir, struct span data); /* the rest of a long PDU */
void smb_file_clear(struct app *a, struct smb_files *f);
bool smb_file_of(const struct tx *tx, int dir, unsigned index, struct app_file *out);
/* smb_pipe.c: the id of the file that a create answers, or that a close is for; 0 = none. */
uint64_t smb_create_id(const struct smb_tx *t, struct span pdu);
uint64_t smb_close_id(const struct smb_tx *t, struct span pdu);
/* smb_pipe.c: what a command writes to or reads from a pipe, when it is DCE RPC. */
void smb_pipe(struct app *a, struct smb_tx *t, struct dce_table *table, struct smb_files *files, int dir, struct span pdu);
/* "SMB2_COMMAND_CREATE"; NULL = not known. */
const char *smb1_command_name(uint16_t command);
const char *smb2_command_name(uint16_t command);

#endif
