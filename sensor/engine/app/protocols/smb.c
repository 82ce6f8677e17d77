/*
 * smb - SMB 1, 2 and 3 over TCP: a transaction is a command and its answer, a file that is read or written, or a call on a pipe.
 *
 * Spec: RFC 1002 section 4.3 (NBSS); MS-CIFS section 2.2.3.1 (SMB 1 header), 2.2.3.4 (AndX); MS-SMB2 section 2.2.1 (2 and 3), 2.2.41
 * (encrypted).
 *
 *   NBSS  type(1) length(3)
 *   SMB1  0xff 'SMB' command(1) status(4) flags(1) flags2(2) PID high(2) signature(8) 0(2) TID(2) PID(2) UID(2) MID(2)
 *   SMB2  0xfe 'SMB' 64(2) credits(2) status(4) command(2) credits(2) flags(4) next(4) message(8) PID(4) tree(4) session(8)
 *         signature(16); `next` leads to the next command of the same PDU
 *
 * Of each PDU the first bytes are read, enough for every name; of reads and writes all, as the file's.
 */
#include "engine/app/file.h"
#include "engine/app/protocols/smb.h"

#define VISIBLE 8192   /* bytes of a PDU that are looked at */
#define OPEN_MAX 1024  /* commands without an answer */
#define COMMANDS_MAX 64 /* of a PDU */
#define QUEUE_COUNT 64  /* pieces of a file that wait, as in the reference; likewise: */
#define SIZE_MOST 16777216 /* bytes of one read or write */
#define STATUS_PENDING 0x103
#define STATUS_MORE 0xc0000016

/* ---- transactions ---- */

static struct smb_tx *
find(struct app *a, const struct smb_head *h)
{
	each_tx(a, x) {
		struct smb_tx *t = (struct smb_tx *) x;

		if (!t->answered && !x->only_dir && t->type != SMB_DCERPC && t->h.version == h->version && t->h.message == h->message &&
		    t->h.command == h->command)
			return t;
	}
	return NULL;
}

/* A server that speaks 2 answers a negotiate of 1 that offers it in the form of 2. */
static struct smb_tx *
find_negotiate(struct app *a)
{
	each_tx(a, x) {
		struct smb_tx *t = (struct smb_tx *) x;

		if (!t->answered && t->type == SMB_NEGOTIATE && t->h.version == 1)
			return t;
	}
	return NULL;
}

struct smb_tx *
smb_new(struct app *a, const struct smb_state *st, const struct smb_head *h)
{
	const struct smb_conf *conf = app_conf(a);
	struct smb_tx *t = (struct smb_tx *) app_tx_new(a);

	if (!t)
		return NULL;
	t->h = *h;
	t->log_types = conf ? conf->log_types : UINT16_MAX;
	t->dialect = st->dialect;
	memcpy(t->dialect1, st->dialect1, sizeof(t->dialect1));
	return t;
}

struct smb_tx *
smb_begin(struct app *a, struct smb_state *st, int dir, const struct smb_head *h)
{
	const struct smb_conf *conf = app_conf(a);
	struct smb_tx *t;

	if (dir == TO_SERVER && !a->one_sided && st->open >= (conf ? conf->max_tx : OPEN_MAX)) { /* as in the reference: the flow is given up */
		app_event(a, NULL, SMB_EV_TOO_MANY);
		st->given_up = true;
		return NULL;
	}
	if (!(t = smb_new(a, st, h)))
		return NULL;
	if (dir == TO_CLIENT) {
		t->tx.only_dir = 1 << TO_CLIENT;
	} else if (a->one_sided) { /* nobody is waited for */
		tx_reach(&t->tx, TO_CLIENT, 1);
	} else {
		st->open++;
	}
	return t;
}

void
smb_answered(struct smb_state *st, struct smb_tx *t, const struct smb_head *h)
{
	if (!t->answered && !t->tx.only_dir && st->open)
		st->open--;
	t->answered = true;
	t->h.status = h->status;
	t->h.dos = h->dos;
	if (h->session)
		t->h.session = h->session;
	if (h->tree)
		t->h.tree = h->tree;
}

static bool
failed(const struct smb_head *h)
{
	return h->version == 2 ? h->status >> 30 == 3 && h->status != STATUS_MORE : h->status != 0 && h->status != STATUS_MORE;
}

static uint16_t
type_of(const struct smb_head *h)
{
	if (h->version == 2)
		return h->command == S2_NEGOTIATE ? SMB_NEGOTIATE : h->command == S2_SETUP ? SMB_SETUP : h->command == S2_TREE_CONNECT ? SMB_TREE :
		       h->command == S2_CREATE ? SMB_CREATE : h->command == S2_IOCTL ? SMB_IOCTL : SMB_GENERIC;
	return h->command == S1_NEGOTIATE ? SMB_NEGOTIATE : h->command == S1_SETUP ? SMB_SETUP : h->command == S1_TREE_CONNECT ? SMB_TREE :
	       h->command == S1_NT_CREATE || h->command == S1_OPEN ? SMB_CREATE : SMB_GENERIC;
}

/* Some commands come by the thousand and say little: they are transactions when what they carry is one. */
static bool
worth(const struct smb_head *h, struct smb_part part)
{
	if (h->version == 2 && h->command == S2_SET_INFO)
		return smb2_sets_info(part);
	if (h->version == 1 && h->command == S1_TRANS2)
		return smb1_sets_info(part);
	if (h->version == 1 && h->command == S1_TRANS)
		return smb_transacts(h, TO_SERVER, part);
	return h->version == 1 || h->command != S2_GET_INFO;
}

/* What the flow remembers of a command and its good answer. */
static void
note(struct app *a, struct smb_state *st, int dir, struct smb_tx *t)
{
	bool good = dir == TO_CLIENT && t->h.status == 0;

	if (t->type == SMB_NEGOTIATE) {
		if (dir == TO_SERVER && st->negotiated && t->h.version == 1)
			app_event(a, &t->tx, SMB_EV_DUPLICATE_NEGOTIATE);
		st->negotiated = true;
		if (t->dialect)
			st->dialect = t->dialect;
	} else if (t->type == SMB_TREE && good) {
		smb_tree_add(a, st, t);
	} else if (t->type == SMB_CREATE && dir == TO_SERVER) {
		st->last_create = t;
	} else if (t->type == SMB_CREATE && good && t->file_id) {
		smb_file_opened(a, st, t);
		st->last_id[dir] = t->file_id;
		memcpy(st->last_guid, t->fuid, 16);
	}
	t->dialect = st->dialect;
	memcpy(t->dialect1, st->dialect1, sizeof(t->dialect1));
}

static void
close_file(struct app *a, struct smb_state *st, int dir, const struct smb_head *h, struct smb_part part)
{
	struct rd r = rd_of(span_skip(part.pdu, part.at));
	uint8_t guid[16];
	uint64_t id = 0;

	if (h->command != (h->version == 2 ? S2_CLOSE : S1_CLOSE))
		return;
	if (h->version == 1) {
		rd_skip(&r, 1);
		if (dir == TO_SERVER)
			id = smb1_file_id(h, rd_u16le(&r), guid);
	} else if (!h->related) {
		rd_skip(&r, 8);
		if (dir == TO_SERVER)
			id = smb2_file_id(&r, guid);
	} else if (dir == TO_CLIENT) { /* the answer to the create told which */
		id = st->last_id[dir];
	}
	if (!r.bad && id)
		smb_file_closed(a, st, id);
}

/* One command, its header read into `h`. */
static void
command(struct app *a, struct smb_state *st, int dir, const struct smb_head *h, struct smb_part part)
{
	struct smb_tx *t = NULL;

	if (dir == TO_CLIENT && h->version == 2 && h->status == STATUS_PENDING)
		return; /* the answer comes later */
	if (dir == TO_CLIENT)
		app_count_response(a, failed(h));
	else
		app_count_request(a);
	st->now[dir] = NULL;
	if (smb_is_io(h)) {
		smb_io(a, st, dir, h, part);
		return;
	}
	if (dir == TO_CLIENT && !(t = find(a, h)) && h->version == 2 && h->command == S2_NEGOTIATE)
		t = find_negotiate(a);
	if (!t && (dir == TO_CLIENT || !worth(h, part))) /* an answer to what was not seen is none, as in the reference */
		return;
	if (!t && !(t = smb_begin(a, st, dir, h)))
		return;
	if (!t->type)
		t->type = type_of(h);
	if (dir == TO_CLIENT)
		smb_answered(st, t, h);
	(h->version == 1 ? smb1_body : smb2_body)(a, st, t, dir, part);
	if (h->version == 2 ? h->command == S2_IOCTL : h->command == S1_TRANS)
		smb_transact(a, st, t, dir, part);
	note(a, st, dir, t);
	close_file(a, st, dir, h, part);
	for (unsigned i = 0; i < 3; i++)
		app_frame_tx(a, dir, (h->version == 1 ? FRAME_SMB1_PDU : FRAME_SMB2_PDU) + i, &t->tx);
	tx_reach(&t->tx, dir, 1);
}

/* ---- PDUs ---- */

static bool
has_andx(uint16_t command)
{
	return command == S1_LOCKING || command == S1_OPEN || command == S1_READ || command == S1_WRITE || command == S1_SETUP ||
	       command == S1_LOGOFF || command == S1_TREE_CONNECT || command == S1_NT_CREATE;
}

static void
smb1_pdu(struct app *a, struct smb_state *st, int dir, struct span pdu)
{
	struct smb_head h = { .version = 1 };
	struct rd r = rd_of(pdu);
	uint32_t at = SMB1_HEADER;
	uint16_t pid;

	rd_skip(&r, 4);
	h.command = rd_u8(&r);
	h.status = rd_u32le(&r);
	rd_skip(&r, 1);
	h.dos = !(rd_u16le(&r) & 0x4000);
	rd_skip(&r, 12);
	h.tree = rd_u16le(&r);
	pid = rd_u16le(&r);
	h.session = rd_u16le(&r);
	h.message = (uint64_t) pid << 16 | rd_u16le(&r);
	if (r.bad) {
		app_event(a, NULL, SMB_EV_MALFORMED);
		return;
	}
	for (unsigned i = 0; i < COMMANDS_MAX; i++) {
		uint8_t words, next;
		uint32_t off;

		command(a, st, dir, &h, (struct smb_part) { pdu, at });
		r = rd_of(span_skip(pdu, at));
		words = rd_u8(&r);
		next = rd_u8(&r);
		rd_skip(&r, 1);
		off = rd_u16le(&r);
		if (r.bad || !has_andx(h.command) || words < 2 || next == 0xff || off <= at || off >= pdu.n)
			break; /* chains go forward only */
		h.command = next;
		at = off;
	}
}

/* `more`: bytes of the last message that did not come yet. */
static void
smb2_pdu(struct app *a, struct smb_state *st, int dir, struct span pdu, uint32_t more)
{
	st->last_id[dir] = 0;
	st->last_create = NULL;
	for (unsigned i = 0; i < COMMANDS_MAX && pdu.n; i++) {
		struct smb_head h = { .version = 2 };
		struct rd r = rd_of(pdu);
		uint32_t next, flags;

		if (rd_u32(&r) != 0xfe534d42)
			break;
		rd_skip(&r, 4);
		h.status = rd_u32le(&r);
		h.command = rd_u16le(&r);
		rd_skip(&r, 2);
		flags = rd_u32le(&r);
		next = rd_u32le(&r);
		h.message = rd_u64le(&r);
		rd_skip(&r, 4);
		h.tree = rd_u32le(&r);
		h.session = rd_u64le(&r);
		if (flags & 2) /* asynchronous: the tree is a part of another id */
			h.tree = 0;
		h.related = flags & 4;
		rd_skip(&r, 16);
		if (r.bad) {
			app_event(a, NULL, SMB_EV_MALFORMED);
			break;
		}
		if (i) /* smb_mark_record() knows the first */
			smb_mark(a, dir, FRAME_SMB2_PDU, pdu.p, SMB2_HEADER, next >= SMB2_HEADER ? next : pdu.n + more);
		command(a, st, dir, &h, (struct smb_part) { next ? span_head(pdu, next) : pdu, SMB2_HEADER });
		if (next < SMB2_HEADER)
			break;
		pdu = span_skip(pdu, next);
	}
	st->last_create = NULL;
}

static int
smb_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct smb_state *st = state;
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
			smb_more(a, st, dir, span_head(s, n));
			taken += n;
			continue;
		}
		type = rd_u8(&r);
		n = rd_u24(&r);
		if (r.bad)
			break;
		seen = n < VISIBLE ? n : VISIBLE;
		if (type != 0 && type != 0x81 && type != 0x82 && type != 0x83 && type != 0x84 && type != 0x85) {
			app_event(a, NULL, SMB_EV_INVALID_NBSS);
			st->resync[dir] = true;
			return (int) bytes.n;
		}
		smb_mark_record(a, st, dir, s, n);
		pdu = rd_span(&r, seen);
		if (r.bad)
			break;
		st->marked[dir] = false;
		r = rd_of(pdu);
		magic = pdu.n >= 4 ? rd_u32(&r) : 0;
		if (type == 0 && magic == 0xff534d42)
			smb1_pdu(a, st, dir, pdu);
		else if (type == 0 && magic == 0xfe534d42)
			smb2_pdu(a, st, dir, pdu, n - seen);
		if (st->given_up)
			return -1;
		taken += 4 + seen;
		st->skip[dir] = n - seen;
	}
	return (int) taken;
}

static int
smb_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct smb_state *st = state;

	st->lost[dir] = true;
	if (st->now[dir] && st->now[dir]->is_file)
		parts_gap(&st->now[dir]->parts, a, n < st->skip[dir] ? n : st->skip[dir]);
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
smb_tx_clear(struct app *a, struct tx *tx)
{
	struct smb_tx *t = (struct smb_tx *) tx;
	struct smb_state *st = a->state;

	struct bytes *kept[] = { &t->dialects, &t->share, &t->file, &t->rename, &t->user, &t->domain, &t->host, &t->realm, &t->sname,
		&t->native_os[0], &t->native_os[1], &t->native_lm[0], &t->native_lm[1], &t->service[0], &t->service[1] };

	for (unsigned i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		bytes_release(a, kept[i]);
	dce_clear(a, &t->dce);
	parts_clear(&t->parts, a);
	body_clear(&t->data[0], a);
	body_clear(&t->data[1], a);
	if (st && a->proto == tx->proto) {
		if (st->last_create == t)
			st->last_create = NULL;
		for (int dir = 0; dir < 2; dir++)
			if (st->now[dir] == t)
				st->now[dir] = NULL;
	}
}

static void
smb_clear(struct app *a, void *state)
{
	smb_file_clear(a, state);
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
	return of(tx)->type == SMB_TREE && !of(tx)->pipe && kept(&of(tx)->share, i, out);
}

static bool
f_pipe(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return of(tx)->type == SMB_TREE && of(tx)->pipe && kept(&of(tx)->share, i, out);
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
	*out = of(tx)->h.version;
	return i == 0 && *out;
}

static bool
n_command(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->h.command;
	return i == 0 && of(tx)->h.version;
}

static bool
n_status(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->h.status;
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
	FILE_MAGIC_FIELD,
	{ .name = "file.data", .aliases = "file_data", .kind = FIELD_BODY, .dirs = 3, .body = b_data, .help = "bytes of a file that is read or written" },
	{ "dcerpc.stub_data", "dce_stub_data", NULL, FIELD_BYTES, false, 3, DONE, dce_stub_field, .help = "arguments or results of a call" },
	{ "smb.version", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_version, .help = "1 or 2" },
	{ "smb.command", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_command, .help = "command of the header" },
	{ "smb.status", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_status, .help = "NT status of the answer" },
	{ NULL }
};

static const struct app_event events[] = {
	[SMB_EV_MALFORMED] = { "malformed_data" },
	[SMB_EV_INVALID_NBSS] = { "invalid_nbss" },
	[SMB_EV_OVERLAP] = { "file_overlap" },
	[SMB_EV_DIALECTS] = { "negotiate_malformed_dialects" },
	[SMB_EV_DUPLICATE_NEGOTIATE] = { "duplicate_negotiate" },
	[SMB_EV_NTLMSSP] = { "malformed_ntlmssp_request" },
	[SMB_EV_MAX_READ] = { "negotiate_max_read_size_too_large" },
	[SMB_EV_MAX_WRITE] = { "negotiate_max_write_size_too_large" },
	[SMB_EV_READ_REQUEST] = { "read_request_too_large" },
	[SMB_EV_READ_ANSWER] = { "read_response_too_large" },
	[SMB_EV_WRITE_REQUEST] = { "write_request_too_large" },
	[SMB_EV_TOO_MANY] = { "too_many_transactions" },
	/* never here: the reference tells these two of frames, which no rule asks for by event */
	[SMB_EV_RESPONSE_UP] = { "response_to_server" },
	[SMB_EV_REQUEST_DOWN] = { "request_to_client" },
	/* nor this: there is no such state */
	[SMB_EV_INTERNAL] = { "internal_error" },
	[SMB_EV_WRITE_QUEUE] = { "write_queue_size_exceeded" },
	[SMB_EV_WRITE_COUNT] = { "write_queue_cnt_exceeded" },
	[SMB_EV_READ_QUEUE] = { "read_queue_size_exceeded" },
	[SMB_EV_READ_COUNT] = { "read_queue_cnt_exceeded" },
	{ NULL }
};

static void
smb_configure(void *to, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	struct smb_conf *c = to;
	const struct {
		const char *key;
		uint32_t *to;
	} sizes[] = { { "max-read-size", &c->max_read }, { "max-write-size", &c->max_write },
		{ "max-read-queue-size", &c->queue[TO_CLIENT].bytes }, { "max-write-queue-size", &c->queue[TO_SERVER].bytes },
		{ "max-read-queue-cnt", &c->queue[TO_CLIENT].count }, { "max-write-queue-cnt", &c->queue[TO_SERVER].count } };

	*c = (struct smb_conf) { .log_types = UINT16_MAX, .max_read = SIZE_MOST, .max_write = SIZE_MOST, .max_tx = OPEN_MAX, .queue = { { QUEUE_COUNT, 0 }, { QUEUE_COUNT, 0 } } };
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct yaml *y = yaml_get(node, sizes[i].key);
		uint64_t v;

		if (!y || !y->text)
			continue;
		if (conf_parse_size(&v, y->text) < 0 || v > UINT32_MAX)
			yaml_error(y, d, "%s: a number was expected", sizes[i].key);
		else
			*sizes[i].to = (uint32_t) v;
	}
	read_max_tx(node, &c->max_tx, d);
	if (tree)
		yaml_each(o, conf_find(tree, "outputs"))
			yaml_each(t, yaml_get(yaml_get(o, "eve-log"), "types"))
				smb_log_types(c, yaml_get(yaml_get(t, "smb"), "types"));
}

const struct protocol protocol_smb = {
	.name = "smb",
	.keeps_stream = true,
	.spec = "MS-CIFS, MS-SMB2, RFC 1002",
	.transport = APP_TCP,
	.ports = { "445,139", NULL },
	.probe_min = 4,
	.probe_max = 128,
	.probe = smb_probe,
	.conf_size = sizeof(struct smb_conf),
	.configure = smb_configure,
	.state_size = sizeof(struct smb_state),
	.tx_size = sizeof(struct smb_tx),
	.done = DONE,
	.max_record = VISIBLE + 4,
	.feed = smb_feed,
	.frames = smb_frames,
	.gap = smb_gap,
	.eof = txs_end,
	.tx_clear = smb_tx_clear,
	.clear = smb_clear,
	.file = smb_file_of,
	.fields = fields,
	.events = events,
	.log = smb_log,
	.loggable = smb_loggable,
};
