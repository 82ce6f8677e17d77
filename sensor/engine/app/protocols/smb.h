/*
 * smb - what the SMB parser's files share: commands with their answers, open files, trees, reads under way.
 *
 * Thread:    the worker's.
 * Memory:    names are kept in the worker's pool: of a transaction until it ends, of files and trees until the flow does.
 * Owns:      those names.
 * Not here:  PDUs and the protocol's table row -> smb.c
 */
#ifndef ENGINE_PROTOCOLS_SMB_H
#define ENGINE_PROTOCOLS_SMB_H

#include "engine/app/parts.h"
#include "engine/app/protocols/dce.h"

#define SMB_TEXT_MAX 4096
#define SMB1_HEADER 32
#define SMB2_HEADER 64
#define SMB_STATUS_OVERFLOW 0x80000005 /* an answer that is good, but not all of it */

enum { S1_CLOSE = 0x04, S1_RENAME = 0x07, S1_READ_OLD = 0x0a, S1_WRITE_OLD = 0x0b, S1_LOCKING = 0x24, S1_TRANS = 0x25, S1_WRITE_CLOSE = 0x2c,
	S1_OPEN = 0x2d, S1_READ = 0x2e, S1_WRITE = 0x2f, S1_TRANS2 = 0x32, S1_NEGOTIATE = 0x72, S1_SETUP = 0x73, S1_LOGOFF = 0x74,
	S1_TREE_CONNECT = 0x75, S1_NT_CREATE = 0xa2 };
enum { S2_NEGOTIATE, S2_SETUP, S2_LOGOFF, S2_TREE_CONNECT, S2_TREE_DISCONNECT, S2_CREATE, S2_CLOSE, S2_FLUSH, S2_READ, S2_WRITE,
	S2_LOCK, S2_IOCTL, S2_GET_INFO = 16, S2_SET_INFO };
enum smb_event { SMB_EV_MALFORMED, SMB_EV_INVALID_NBSS, SMB_EV_OVERLAP, SMB_EV_DIALECTS, SMB_EV_DUPLICATE_NEGOTIATE, SMB_EV_NTLMSSP,
	SMB_EV_MAX_READ, SMB_EV_MAX_WRITE, SMB_EV_READ_REQUEST, SMB_EV_READ_ANSWER, SMB_EV_WRITE_REQUEST, SMB_EV_TOO_MANY, SMB_EV_RESPONSE_UP,
	SMB_EV_REQUEST_DOWN, SMB_EV_INTERNAL, SMB_EV_WRITE_QUEUE, SMB_EV_WRITE_COUNT, SMB_EV_READ_QUEUE, SMB_EV_READ_COUNT };

/* What a transaction is about; bits, as the log may be told to have some of them only. */
enum smb_type { SMB_FILE = 1, SMB_TREE = 2, SMB_NEGOTIATE = 4, SMB_DCERPC = 8, SMB_CREATE = 16, SMB_SETUP = 32, SMB_IOCTL = 64,
	SMB_RENAME = 128, SMB_SET_INFO = 256, SMB_GENERIC = 512 };

struct smb_conf {
	uint16_t log_types;            /* enum smb_type */
	uint32_t max_read, max_write;  /* bytes of one command; 0 = any */
	uint32_t max_tx;               /* commands without an answer */
	struct parts_conf queue[2];    /* pieces of a file that wait: written, read */
};

/* The header. */
struct smb_head {
	uint8_t version;          /* 1 or 2 (3.x speaks the form of 2) */
	bool dos;                 /* 1: `status` is class(8) 0(8) code(16) */
	bool related;             /* 2: the file is that of the command before */
	uint16_t command;
	uint64_t message, session;
	uint32_t tree, status;
};

/* A command's own bytes: they begin at `at` of the PDU, from whose beginning offsets count. */
struct smb_part {
	struct span pdu;
	uint32_t at;
};

struct smb_tx {
	struct tx tx;
	struct smb_head h;
	uint16_t type, log_types; /* enum smb_type */
	bool answered, pipe, print;
	uint16_t dialect;         /* 2.x: chosen; 0 = not told */
	char dialect1[32];        /* 1: chosen */
	bool has_fuid, created, directory, delete_on_close, ntlmssp, ntlm_version, has_guid[2];
	uint8_t fuid[16], guid[2][16]; /* guid: of client and server */
	uint8_t version[4];       /* NTLMSSP: major, minor, build(2, little-endian), and revision below */
	uint8_t revision;
	uint16_t info_class, info_level, subcommand;
	uint32_t disposition, function, max_read, max_write, times[4]; /* created, accessed, modified, changed */
	uint64_t size;
	struct bytes dialects;    /* raw: of a negotiate */
	struct bytes share, file, rename; /* UTF-8 */
	struct bytes user, domain, host; /* NTLMSSP */
	struct bytes realm, sname; /* Kerberos; sname as krb5_name_part() has it */
	struct bytes native_os[2], native_lm[2], service[2]; /* 1: by direction */
	uint64_t file_id;         /* of a file or pipe; 0 = none */
	struct parts parts;       /* of a file */
	uint32_t dce_left[2];     /* of a pipe: bytes of a PDU begun, to come */
	uint8_t is_file;          /* not a command: a file in one direction, 1 + TO_SERVER or TO_CLIENT */
	struct body data[2];
	struct dce_call dce;      /* carried by this command or its answer */
};

#define SMB_FILES 32
#define SMB_TREES 8
#define SMB_READS 64

struct smb_state {
	uint32_t skip[2];         /* bytes of the PDU at hand that are passed over */
	bool resync[2], negotiated, given_up;
	bool lost[2];             /* some of the direction never came */
	bool marked[2];           /* the frames of the record at hand are told */
	uint32_t open;            /* commands without an answer */
	uint16_t dialect;
	char dialect1[32];
	struct dce_table pipes;
	struct smb_open {
		uint64_t id;
		uint8_t guid[16];
		struct bytes name;
	} file[SMB_FILES];
	struct smb_share {
		uint64_t session;
		uint32_t tree;
		bool used, pipe;
		struct bytes name;
	} share[SMB_TREES];
	struct smb_read {
		uint64_t message, id, offset;
		uint8_t guid[16];
	} read[SMB_READS];        /* id 0: free */
	uint32_t next_file, next_share, next_read; /* the place taken next */
	uint64_t last_id[2];      /* file of the command before in the same PDU */
	uint8_t last_guid[16];
	struct smb_tx *last_create; /* and the create that a related command means, while its PDU lasts */
	struct smb_tx *now[2];    /* what the rest of a long PDU belongs to */
};

/* smb_frame.c: three kinds in a row each */
enum { FRAME_NBSS_PDU, FRAME_NBSS_HDR, FRAME_NBSS_DATA, FRAME_SMB1_PDU, FRAME_SMB1_HDR, FRAME_SMB1_DATA, FRAME_SMB2_PDU, FRAME_SMB2_HDR,
	FRAME_SMB2_DATA, FRAME_SMB3_PDU, FRAME_SMB3_HDR, FRAME_SMB3_DATA };
extern const struct app_frame_type smb_frames[];
/* PDU, header and data of one layer, from kind `pdu` on; n bytes, of which not all may be there yet. */
void smb_mark(struct app *a, int dir, unsigned pdu, const uint8_t *at, uint32_t head_n, uint32_t n);
/* A record of n bytes after its header, once, as soon as the header of what it carries is there. */
void smb_mark_record(struct app *a, struct smb_state *st, int dir, struct span s, uint32_t n);

/* smb_text.c: UTF-16LE to UTF-8, as much as fits SMB_TEXT_MAX. */
void smb_keep_utf16(struct app *a, struct bytes *to, struct span s);
void smb_keep_text(struct app *a, struct bytes *to, struct span s);
/* The share's last part is IPC$. */
bool smb_is_pipe(const struct bytes *share);
/* A security blob: what NTLMSSP AUTHENTICATE or a Kerberos ticket in it tells. */
void smb_auth(struct app *a, struct smb_tx *t, struct span blob);
void smb_guid_text(const uint8_t guid[static 16], char out[static 37]);

/* A time in 100 ns since 1601 as seconds since 1970; 0 = before, or none. */
static inline uint32_t
smb_seconds(uint64_t filetime)
{
	uint64_t s = filetime / 10000000, epoch = UINT64_C(11644473600);

	return s > epoch ? (uint32_t) (s - epoch) : 0;
}

/* smb.c: a transaction, by itself and as one that waits for its answer (from the server alone when `dir` is TO_CLIENT). NULL at
 * the ceiling. */
struct smb_tx *smb_new(struct app *a, const struct smb_state *st, const struct smb_head *h);
struct smb_tx *smb_begin(struct app *a, struct smb_state *st, int dir, const struct smb_head *h);
void smb_answered(struct smb_state *st, struct smb_tx *t, const struct smb_head *h);

/* smb1_body.c, smb2_body.c: the body of a command. */
void smb1_body(struct app *a, struct smb_state *st, struct smb_tx *t, int dir, struct smb_part part);
void smb2_body(struct app *a, struct smb_state *st, struct smb_tx *t, int dir, struct smb_part part);
/* Does this TRANS2, SET_INFO say something worth a transaction? */
bool smb1_sets_info(struct smb_part part);
bool smb2_sets_info(struct smb_part part);
uint64_t smb1_file_id(const struct smb_head *h, uint16_t fid, uint8_t guid[static 16]);
uint64_t smb2_file_id(struct rd *r, uint8_t guid[static 16]);

/* smb_io.c: reads and writes; a TRANS or IOCTL with what it writes to a pipe and reads from it. */
bool smb_is_io(const struct smb_head *h);
void smb_io(struct app *a, struct smb_state *st, int dir, const struct smb_head *h, struct smb_part part);
bool smb_transacts(const struct smb_head *h, int dir, struct smb_part part);
void smb_transact(struct app *a, struct smb_state *st, struct smb_tx *t, int dir, struct smb_part part);
void smb_more(struct app *a, struct smb_state *st, int dir, struct span data); /* the rest of a long PDU */

/* smb_file.c */
struct smb_data {
	uint64_t id, offset;
	uint8_t guid[16];
	uint32_t n;               /* bytes told of; `data` may be the first of them */
	struct span data;
};
void smb_file_opened(struct app *a, struct smb_state *st, const struct smb_tx *t);
void smb_file_closed(struct app *a, struct smb_state *st, uint64_t id);
void smb_file_data(struct app *a, struct smb_state *st, const struct smb_head *h, int dir, const struct smb_data *d);
const struct smb_open *smb_file_find(const struct smb_state *st, uint64_t id);
void smb_tree_add(struct app *a, struct smb_state *st, const struct smb_tx *t);
const struct smb_share *smb_tree_find(const struct smb_state *st, const struct smb_head *h);
void smb_file_clear(struct app *a, struct smb_state *st);
bool smb_file_of(const struct tx *tx, int dir, unsigned index, struct app_file *out);

/* smb_names.c; NULL = not known. */
const char *smb1_command_name(uint16_t command); /* "SMB1_COMMAND_TRANS" */
const char *smb2_command_name(uint16_t command);
const char *smb_status_name(uint32_t status);    /* "STATUS_SUCCESS" */
const char *smb_dos_name(uint8_t class, uint16_t code); /* "SRV_BADUID" */
const char *smb_function_name(uint32_t function); /* "FSCTL_PIPE_TRANSCEIVE" */

/* smb_log.c */
void smb_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
bool smb_loggable(const struct tx *tx);
void smb_log_types(struct smb_conf *c, const struct yaml *types);

#endif
