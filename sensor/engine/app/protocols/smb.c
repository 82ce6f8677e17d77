/*
 * smb - SMB 1, 2 and 3 over TCP: a transaction is a command and its answer.
 *
 * Spec: RFC 1002 section 4.3 (NBSS); MS-CIFS section 2.2.3.1 (SMB 1 header); MS-SMB2 section 2.2.1 (2 and 3), 2.2.41 (encrypted).
 *
 *   NBSS  type(1) length(3)
 *   SMB1  0xff 'SMB' command(1) status(4) flags(1) flags2(2) PID high(2) signature(8) 0(2) TID(2) PID(2) UID(2) MID(2)
 *   SMB2  0xfe 'SMB' 64(2) credits(2) status(4) command(2) credits(2) flags(4) next(4) message(8) PID(4) tree(4) session(8)
 *         signature(16); `next` leads to the next command of the same PDU
 *
 * Of each PDU the first bytes are read, enough for every name; of reads and writes all, as the file's.
 */
#include "engine/app/protocols/smb.h"

#define VISIBLE 8192   /* bytes of a PDU that are looked at */
#define OPEN_MAX 1024  /* commands without an answer */
#define STATUS_PENDING 0x103

enum { S2_READ = 8, S2_WRITE = 9, S1_READ = 0x2e, S1_WRITE = 0x2f };
enum smb_event { EV_MALFORMED, EV_INVALID_NBSS };

struct smb {
	uint32_t skip[2];   /* bytes of the PDU at hand that are passed over */
	bool resync[2];
	bool marked[2];          /* the frames of the record at hand are told */
	uint32_t open;
	uint16_t dialect;
	struct dce_table pipes;
	struct smb_files files;
};

/* ---- transactions ---- */

static struct smb_tx *
find(struct app *a, uint8_t version, uint64_t message, uint16_t command)
{
	each_tx(a, x) {
		struct smb_tx *t = (struct smb_tx *) x;

		if (!t->answered && !x->only_dir && t->version == version && t->message == message && t->command == command)
			return t;
	}
	return NULL;
}

static struct smb_tx *
begin(struct app *a, struct smb *st, int dir)
{
	struct smb_tx *t = (struct smb_tx *) app_tx_new(a);

	if (!t)
		return NULL;
	if (dir == TO_CLIENT) {
		t->tx.only_dir = 1 << TO_CLIENT;
		return t;
	}
	if (++st->open <= OPEN_MAX)
		return t;
	each_tx(a, x)
		if (x != &t->tx && !((struct smb_tx *) x)->answered && !x->only_dir) {
			((struct smb_tx *) x)->answered = true;
			tx_reach(x, TO_CLIENT, 1);
			st->open--;
			break;
		}
	return t;
}

static bool
failed(uint8_t version, uint32_t status)
{
	return version == 2 ? status >> 30 == 3 && status != 0xc0000016 : status != 0 && status != 0xc0000016;
}

enum { FRAME_NBSS_PDU, FRAME_NBSS_HDR, FRAME_NBSS_DATA, FRAME_SMB1_PDU, FRAME_SMB1_HDR, FRAME_SMB1_DATA, FRAME_SMB2_PDU, FRAME_SMB2_HDR,
	FRAME_SMB2_DATA, FRAME_SMB3_PDU, FRAME_SMB3_HDR, FRAME_SMB3_DATA };
static const struct app_frame_type frames[] = {
	[FRAME_NBSS_PDU] = { "nbss.pdu", "a message of the session service" },
	[FRAME_NBSS_HDR] = { "nbss.hdr", "its header of four bytes" },
	[FRAME_NBSS_DATA] = { "nbss.data", "what it carries" },
	[FRAME_SMB1_PDU] = { "smb1.pdu", "an SMB 1 message" },
	[FRAME_SMB1_HDR] = { "smb1.hdr", "its header" },
	[FRAME_SMB1_DATA] = { "smb1.data", "what follows the header" },
	[FRAME_SMB2_PDU] = { "smb2.pdu", "an SMB 2 message; of a compound, one of them" },
	[FRAME_SMB2_HDR] = { "smb2.hdr", "its header" },
	[FRAME_SMB2_DATA] = { "smb2.data", "what follows the header" },
	[FRAME_SMB3_PDU] = { "smb3.pdu", "an encrypted message (transform header)" },
	[FRAME_SMB3_HDR] = { "smb3.hdr", "its transform header" },
	[FRAME_SMB3_DATA] = { "smb3.data", "what is encrypted" },
	{ NULL, NULL },
};

/* PDU, header and data of one layer: three kinds in a row from `pdu` on; n bytes, of which not all may be there yet. */
static void
mark(struct app *a, int dir, unsigned pdu, const uint8_t *at, uint32_t head_n, uint32_t n)
{
	app_frame(a, dir, pdu, at, n, NULL);
	if (n < head_n)
		return;
	app_frame(a, dir, pdu + 1, at, head_n, NULL);
	if (n > head_n)
		app_frame(a, dir, pdu + 2, at + head_n, n - head_n, NULL);
}

/* A record of n bytes after its header, once, as soon as the header of what it carries is there. */
static void
mark_record(struct app *a, struct smb *st, int dir, struct span s, uint32_t n)
{
	struct rd r = rd_of(span_skip(s, 4));
	uint32_t magic, next;

	if (st->marked[dir] || (s.n < 68 && s.n < n + 4))
		return;
	st->marked[dir] = true;
	mark(a, dir, FRAME_NBSS_PDU, s.p, 4, n + 4);
	magic = rd_u32(&r);
	rd_skip(&r, 16);
	next = rd_u32le(&r);
	if (s.p[0] != 0 || n < 4)
		return;
	if (magic == 0xff534d42)
		mark(a, dir, FRAME_SMB1_PDU, s.p + 4, 32, n);
	else if (magic == 0xfe534d42)
		mark(a, dir, FRAME_SMB2_PDU, s.p + 4, 64, !r.bad && next >= 64 && next < n ? next : n);
	else if (magic == 0xfd534d42)
		mark(a, dir, FRAME_SMB3_PDU, s.p + 4, 52, n);
}

/* One command, its header read into `h`. */
static void
command(struct app *a, struct smb *st, int dir, const struct smb_tx *h, struct span pdu)
{
	struct smb_tx *t = dir == TO_CLIENT ? find(a, h->version, h->message, h->command) : NULL;

	if (dir == TO_CLIENT && h->version == 2 && h->status == STATUS_PENDING)
		return; /* the answer comes later */
	if (t)
		st->open--;
	else if (!(t = begin(a, st, dir)))
		return;
	t->version = h->version;
	t->command = h->command;
	t->message = h->message;
	if (h->session)
		t->session = h->session;
	if (h->tree || dir == TO_SERVER)
		t->tree = h->tree;
	if (dir == TO_CLIENT) {
		t->status = h->status;
		t->answered = true;
		app_count_response(a, failed(h->version, h->status));
	} else {
		app_count_request(a);
	}
	(h->version == 1 ? smb1_body : smb2_body)(a, t, dir, pdu);
	st->files.now[dir] = NULL;
	smb_pipe(a, t, &st->pipes, &st->files, dir, pdu);
	if (dir == TO_CLIENT)
		smb_file_opened(a, &st->files, smb_create_id(t, pdu), t);
	else
		smb_file_closed(a, &st->files, smb_close_id(t, pdu));
	if (t->dialect)
		st->dialect = t->dialect;
	t->dialect = st->dialect;
	for (unsigned i = 0; i < 3; i++)
		app_frame_tx(a, dir, (h->version == 1 ? FRAME_SMB1_PDU : FRAME_SMB2_PDU) + i, &t->tx);
	tx_reach(&t->tx, dir, 1);
}

/* ---- PDUs ---- */

static void
smb1_pdu(struct app *a, struct smb *st, int dir, struct span pdu)
{
	struct smb_tx h = { .version = 1 };
	struct rd r = rd_of(pdu);
	uint16_t pid;

	rd_skip(&r, 4);
	h.command = rd_u8(&r);
	h.status = rd_u32le(&r);
	rd_skip(&r, 15);
	h.tree = rd_u16le(&r);
	pid = rd_u16le(&r);
	h.session = rd_u16le(&r);
	h.message = (uint64_t) pid << 16 | rd_u16le(&r);
	if (r.bad)
		app_event(a, NULL, EV_MALFORMED);
	else
		command(a, st, dir, &h, pdu);
}

/* `more`: bytes of the last message that did not come yet. */
static void
smb2_pdu(struct app *a, struct smb *st, int dir, struct span pdu, uint32_t more)
{
	for (unsigned i = 0; i < 64 && pdu.n; i++) {
		struct smb_tx h = { .version = 2 };
		struct rd r = rd_of(pdu);
		uint32_t next;

		if (rd_u32(&r) != 0xfe534d42)
			break;
		rd_skip(&r, 4);
		h.status = rd_u32le(&r);
		h.command = rd_u16le(&r);
		rd_skip(&r, 2);
		uint32_t flags = rd_u32le(&r);
		next = rd_u32le(&r);
		h.message = rd_u64le(&r);
		rd_skip(&r, 4);
		h.tree = rd_u32le(&r);
		h.session = rd_u64le(&r);
		if (flags & 2) /* asynchronous: the tree is a part of another id */
			h.tree = 0;
		rd_skip(&r, 16);
		if (r.bad) {
			app_event(a, NULL, EV_MALFORMED);
			return;
		}
		if (i) /* mark_record() knows the first */
			mark(a, dir, FRAME_SMB2_PDU, pdu.p, 64, next >= 64 ? next : pdu.n + more);
		command(a, st, dir, &h, next ? span_head(pdu, next) : pdu);
		if (next < 64)
			break;
		pdu = span_skip(pdu, next);
	}
}

static int
smb_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct smb *st = state;
	uint32_t taken = 0;

	if (st->resync[dir]) { /* after a gap: a PDU is looked for at the beginning of what comes */
		struct rd r = rd_of(bytes);

		rd_skip(&r, 4);
		uint32_t magic = rd_u32(&r);
		if (r.bad)
			return 0;
		if (magic != 0xfe534d42 && magic != 0xff534d42 && magic != 0xfd534d42)
			return (int) bytes.n;
		st->resync[dir] = false;
	}
	while (taken < bytes.n) {
		struct span s = span_skip(bytes, taken), pdu;
		struct rd r = rd_of(s);
		uint8_t type;
		uint32_t n, seen, magic;

		if (st->skip[dir]) {
			n = s.n < st->skip[dir] ? s.n : st->skip[dir];
			st->skip[dir] -= n;
			smb_file_more(a, &st->files, dir, span_head(s, n));
			taken += n;
			continue;
		}
		type = rd_u8(&r);
		n = rd_u24(&r);
		if (r.bad)
			break;
		seen = n < VISIBLE ? n : VISIBLE;
		if (type != 0 && type != 0x81 && type != 0x82 && type != 0x83 && type != 0x84 && type != 0x85) {
			app_event(a, NULL, EV_INVALID_NBSS);
			st->resync[dir] = true;
			return (int) bytes.n;
		}
		mark_record(a, st, dir, s, n);
		pdu = rd_span(&r, seen);
		if (r.bad)
			break;
		r = rd_of(pdu);
		magic = pdu.n >= 4 ? rd_u32(&r) : 0;
		st->marked[dir] = false;
		if (type == 0 && magic == 0xff534d42)
			smb1_pdu(a, st, dir, pdu);
		else if (type == 0 && magic == 0xfe534d42)
			smb2_pdu(a, st, dir, pdu, n - seen);
		taken += 4 + seen;
		st->skip[dir] = n - seen;
	}
	return (int) taken;
}

static int
smb_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct smb *st = state;

	if (n <= st->skip[dir]) {
		st->skip[dir] -= n;
		return 0;
	}
	st->skip[dir] = 0;
	st->resync[dir] = true;
	st->marked[dir] = false;
	return 0;
}

static void
smb_eof(struct app *a, void *state, int dir)
{
	each_tx(a, x)
		tx_reach(x, dir, 1);
}

static void
smb_tx_clear(struct app *a, struct tx *tx)
{
	struct smb_tx *t = (struct smb_tx *) tx;
	struct smb *st = a->state;

	bytes_release(a, &t->share);
	bytes_release(a, &t->file);
	bytes_release(a, &t->user);
	bytes_release(a, &t->domain);
	bytes_release(a, &t->host);
	bytes_release(a, &t->native_os);
	bytes_release(a, &t->native_lm);
	dce_clear(a, &t->dce);
	body_clear(&t->data[0], a);
	body_clear(&t->data[1], a);
	if (st && a->proto == tx->proto)
		for (int dir = 0; dir < 2; dir++)
			if (st->files.now[dir] == t)
				st->files.now[dir] = NULL;
}

static void
smb_clear(struct app *a, void *state)
{
	smb_file_clear(a, &((struct smb *) state)->files);
}

static enum app_probe
smb_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint8_t type = rd_u8(&r), answer;
	uint32_t n = rd_u24(&r), magic;

	if (type == 0x81 && n == 68) { /* session request: two names, then SMB */
		rd_skip(&r, 68);
		if (r.bad || rd_left(&r) == 0)
			return PROBE_MORE;
		type = rd_u8(&r);
		n = rd_u24(&r);
	} else if (type == 0x82 && n == 0) {
		if (rd_left(&r) == 0)
			return PROBE_MORE;
		type = rd_u8(&r);
		n = rd_u24(&r);
	}
	magic = rd_u32(&r);
	if (r.bad)
		return type == 0 ? PROBE_MORE : PROBE_NO;
	if (type != 0 || n < 32 || (magic != 0xff534d42 && magic != 0xfe534d42 && magic != 0xfd534d42))
		return PROBE_NO;
	if (magic == 0xfd534d42)
		return PROBE_YES;
	rd_skip(&r, magic == 0xff534d42 ? 5 : 12);
	answer = rd_u8(&r);
	if (r.bad)
		return PROBE_MORE;
	answer = magic == 0xff534d42 ? answer >> 7 : answer & 1;
	return answer == (dir == TO_CLIENT) ? PROBE_YES : PROBE_REVERSED;
}

/* ---- fields ---- */

static const struct smb_tx *
of(const struct tx *tx)
{
	return (const struct smb_tx *) tx;
}

static bool
kept(const struct bytes *b, unsigned i, struct span *out)
{
	*out = bytes_span(b);
	return i == 0 && out->n > 0;
}

static bool
f_share(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return !of(tx)->pipe && kept(&of(tx)->share, i, out);
}

static bool
f_pipe(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return of(tx)->pipe && kept(&of(tx)->share, i, out);
}

static bool
f_file(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return !of(tx)->is_file && kept(&of(tx)->file, i, out);
}

static bool
f_file_name(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return of(tx)->is_file == dir + 1 && kept(&of(tx)->file, i, out);
}

static struct body *
b_data(struct tx *tx, int dir)
{
	return &((struct smb_tx *) tx)->data[dir];
}

static bool
f_user(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return kept(&of(tx)->user, i, out);
}

static bool
f_domain(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return kept(&of(tx)->domain, i, out);
}

static bool
n_version(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->version;
	return i == 0 && *out;
}

static bool
n_command(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->command;
	return i == 0 && of(tx)->version;
}

static bool
n_status(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->status;
	return i == 0 && of(tx)->answered;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "smb.share", "smb_share", NULL, FIELD_BYTES, false, 1, DONE, f_share, .help = "share of a tree connect that is no pipe" },
	{ "smb.named_pipe", "smb_named_pipe", NULL, FIELD_BYTES, false, 1, DONE, f_pipe, .help = "share of a tree connect to IPC$" },
	{ "smb.filename", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_file, .help = "file of a create" },
	{ "smb.ntlmssp_user", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_user, .help = "user of the authentication" },
	{ "smb.ntlmssp_domain", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_domain, .help = "domain of the authentication" },
	{ "file.name", NULL, NULL, FIELD_BYTES, false, 3, { 0, 0 }, f_file_name, .help = "name of a file that is read or written" },
	{ .name = "file.data", .aliases = "file_data", .kind = FIELD_BODY, .dirs = 3, .body = b_data, .help = "bytes of a file that is read or written" },
	{ "dcerpc.stub_data", "dce_stub_data", NULL, FIELD_BYTES, false, 3, DONE, dce_stub_field, .help = "arguments or results of a call" },
	{ "smb.version", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_version, .help = "1 or 2" },
	{ "smb.command", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_command, .help = "command of the header" },
	{ "smb.status", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_status, .help = "NT status of the answer" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_MALFORMED] = { "malformed_data" },
	[EV_INVALID_NBSS] = { "invalid_nbss" },
	{ NULL }
};

/* ---- log ---- */

static const char *
status_name(uint32_t status)
{
	static const struct {
		uint32_t status;
		const char *name;
	} names[] = {
		{ 0, "STATUS_SUCCESS" }, { 0x103, "STATUS_PENDING" }, { 0x10c, "STATUS_NOTIFY_ENUM_DIR" },
		{ 0x80000005, "STATUS_BUFFER_OVERFLOW" }, { 0x80000006, "STATUS_NO_MORE_FILES" },
		{ 0xc0000002, "STATUS_NOT_IMPLEMENTED" }, { 0xc0000008, "STATUS_INVALID_HANDLE" },
		{ 0xc000000d, "STATUS_INVALID_PARAMETER" }, { 0xc000000f, "STATUS_NO_SUCH_FILE" },
		{ 0xc0000010, "STATUS_INVALID_DEVICE_REQUEST" }, { 0xc0000011, "STATUS_END_OF_FILE" },
		{ 0xc0000016, "STATUS_MORE_PROCESSING_REQUIRED" }, { 0xc0000022, "STATUS_ACCESS_DENIED" },
		{ 0xc0000023, "STATUS_BUFFER_TOO_SMALL" }, { 0xc0000033, "STATUS_OBJECT_NAME_INVALID" },
		{ 0xc0000034, "STATUS_OBJECT_NAME_NOT_FOUND" }, { 0xc0000035, "STATUS_OBJECT_NAME_COLLISION" },
		{ 0xc000003a, "STATUS_OBJECT_PATH_NOT_FOUND" }, { 0xc0000043, "STATUS_SHARING_VIOLATION" },
		{ 0xc0000061, "STATUS_PRIVILEGE_NOT_HELD" }, { 0xc000006d, "STATUS_LOGON_FAILURE" },
		{ 0xc000006e, "STATUS_ACCOUNT_RESTRICTION" }, { 0xc000009a, "STATUS_INSUFFICIENT_RESOURCES" },
		{ 0xc00000ac, "STATUS_PIPE_NOT_AVAILABLE" }, { 0xc00000ba, "STATUS_FILE_IS_A_DIRECTORY" },
		{ 0xc00000bb, "STATUS_NOT_SUPPORTED" }, { 0xc00000c9, "STATUS_NETWORK_NAME_DELETED" },
		{ 0xc00000cc, "STATUS_BAD_NETWORK_NAME" }, { 0xc0000101, "STATUS_DIRECTORY_NOT_EMPTY" },
		{ 0xc0000120, "STATUS_CANCELLED" }, { 0xc0000128, "STATUS_FILE_CLOSED" }, { 0xc000019c, "STATUS_FS_DRIVER_REQUIRED" },
		{ 0xc0000203, "STATUS_USER_SESSION_DELETED" }, { 0xc0000225, "STATUS_NOT_FOUND" },
		{ 0xc0000234, "STATUS_ACCOUNT_LOCKED_OUT" }, { 0xc0000257, "STATUS_PATH_NOT_COVERED" },
		{ 0xc000035c, "STATUS_NETWORK_SESSION_EXPIRED" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return NULL;
}

static void
log_dialect(const struct smb_tx *t, struct json *j)
{
	char buf[8];
	struct text d = text_of(buf, sizeof(buf));

	if (t->version == 1) {
		json_str(j, "dialect", "NT LM 0.12");
	} else if (t->dialect == 0 || t->dialect == 0x2ff) {
		json_str(j, "dialect", "unknown");
	} else {
		text_u64(&d, t->dialect >> 8);
		text_char(&d, '.');
		text_hex(&d, t->dialect & 0xff, 2);
		json_span(j, "dialect", text_span(&d));
	}
}

static void
log_status(const struct smb_tx *t, struct json *j)
{
	char buf[16];
	struct text code = text_of(buf, sizeof(buf));
	unsigned digits = 1;

	if (!t->answered)
		return;
	if (status_name(t->status))
		json_str(j, "status", status_name(t->status));
	while (digits < 8 && t->status >> (4 * digits))
		digits++;
	text_add(&code, SPAN_LIT("0x"));
	text_hex(&code, t->status, digits);
	json_span(j, "status_code", text_span(&code));
}

static void
log_kept(struct json *j, const char *key, const struct bytes *b)
{
	if (b->n)
		json_span(j, key, bytes_span(b));
}

static void
smb_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	static const char *const dispositions[] = { "FILE_SUPERSEDE", "FILE_OPEN", "FILE_CREATE", "FILE_OPEN_IF", "FILE_OVERWRITE",
		"FILE_OVERWRITE_IF" };
	const struct smb_tx *t = of(tx);
	const char *name = t->version == 1 ? smb1_command_name(t->command) : smb2_command_name(t->command);

	json_u64(j, "id", tx->id + 1);
	log_dialect(t, j);
	json_str(j, "command", name ? name : "UNKNOWN");
	log_status(t, j);
	json_u64(j, "session_id", t->session);
	json_u64(j, "tree_id", t->tree);
	if (t->share.n) {
		log_kept(j, t->pipe ? "named_pipe" : "share", &t->share);
		if (t->version == 2 && t->answered)
			json_str(j, "share_type", t->pipe ? "PIPE" : "FILE");
	}
	if (t->file.n) {
		log_kept(j, "filename", &t->file);
		if (t->version == 2 && t->disposition < 6)
			json_str(j, "disposition", dispositions[t->disposition]);
	}
	if (t->user.n || t->domain.n || t->host.n) {
		json_object(j, "ntlmssp");
		log_kept(j, "domain", &t->domain);
		log_kept(j, "user", &t->user);
		log_kept(j, "host", &t->host);
		json_end(j);
	}
	if (t->dce.used) {
		json_object(j, "dcerpc");
		dce_log(&t->dce, j);
		json_end(j);
	}
	if (t->native_os.n || t->native_lm.n) {
		json_object(j, "request");
		log_kept(j, "native_os", &t->native_os);
		log_kept(j, "native_lm", &t->native_lm);
		json_end(j);
	}
}

/* Reads and writes come by the thousand. */
static bool
smb_loggable(const struct tx *tx)
{
	const struct smb_tx *t = of(tx);

	if (t->dce.used && t->dce.type[TO_SERVER] != DCE_NONE)
		return true;
	return t->version == 1 ? t->command != S1_READ && t->command != S1_WRITE :
	    t->version == 2 && t->command != S2_READ && t->command != S2_WRITE;
}

const struct protocol protocol_smb = {
	.name = "smb",
	.spec = "MS-CIFS, MS-SMB2, RFC 1002",
	.transport = APP_TCP,
	.ports = { "445,139", NULL },
	.probe_min = 4,
	.probe_max = 128,
	.probe = smb_probe,
	.state_size = sizeof(struct smb),
	.tx_size = sizeof(struct smb_tx),
	.done = DONE,
	.max_record = VISIBLE + 4,
	.feed = smb_feed,
	.frames = frames,
	.gap = smb_gap,
	.eof = smb_eof,
	.tx_clear = smb_tx_clear,
	.clear = smb_clear,
	.file = smb_file_of,
	.fields = fields,
	.events = events,
	.log = smb_log,
	.loggable = smb_loggable,
};
