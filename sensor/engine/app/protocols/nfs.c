/*
 * nfs - NFS 2, 3 and 4 over RPC, by TCP and UDP: a transaction is a call with its answer, or a file that is read or written.
 *
 * Spec: RFC 5531 section 9 (RPC), 11 (record marking); RFC 1094 (NFS 2), RFC 1813 (3), RFC 7530 and RFC 8881 (4).
 *
 *   TCP     last fragment(1 bit) length(31 bits)
 *   call    xid(4) 0(4) 2(4) program(4) version(4) procedure(4) credentials: flavor(4) opaque, verifier: flavor(4) opaque, arguments
 *   answer  xid(4) 1(4) 0 accepted, 1 denied(4) verifier: flavor(4) opaque, state(4) results
 *
 * Of each record the first bytes are read, enough for every name; of reads and writes all, as the file's.
 */
#include "engine/app/file.h"
#include "engine/app/protocols/nfs.h"

#define VISIBLE 8192    /* bytes of a record that are looked at */
#define OPEN_MAX 1024   /* calls without an answer */
#define PROGRAM 100003
#define AUTH_MAX 400    /* bytes of credentials or of a verifier */

enum { AUTH_UNIX = 1 };
enum nfs_event { EV_MALFORMED, EV_TOO_MANY };

/* ---- transactions ---- */

static struct nfs_tx *
find(struct app *a, uint32_t xid)
{
	each_tx(a, x) {
		struct nfs_tx *t = (struct nfs_tx *) x;

		if (!t->is_file && !t->rpc.answered && t->rpc.xid == xid)
			return t;
	}
	return NULL;
}

static void
answered(struct nfs_state *st, struct nfs_tx *t)
{
	if (!t->rpc.answered && st->open)
		st->open--;
	t->rpc.answered = true;
	tx_reach(&t->tx, TO_SERVER, 1);
	tx_reach(&t->tx, TO_CLIENT, 1);
}

struct nfs_tx *
nfs_tx_new(struct app *a, struct nfs_state *st, const struct nfs_msg *m)
{
	struct nfs_tx *t = (struct nfs_tx *) app_tx_new(a);

	if (!t)
		return NULL;
	t->rpc = m->rpc;
	t->version = m->version;
	t->procedure = m->procedure;
	if (m->machine.n && m->machine.n <= NFS_NAME_MAX)
		app_keep(a, &t->rpc.machine, m->machine, NFS_NAME_MAX);
	if (++st->open <= OPEN_MAX)
		return t;
	app_event(a, &t->tx, EV_TOO_MANY);
	each_tx(a, x) /* of too many the oldest counts as answered */
		if (x != &t->tx && !((struct nfs_tx *) x)->rpc.answered && !((struct nfs_tx *) x)->is_file) {
			answered(st, (struct nfs_tx *) x);
			break;
		}
	return t;
}

/* ---- RPC ---- */

struct span
nfs_opaque(struct rd *r, uint32_t *n)
{
	struct span s, rest;

	*n = rd_u32(r);
	rest = rd_rest(r);
	s = span_head(rest, *n);
	rd_skip(r, *n <= rest.n ? (uint32_t) ((*n + 3u) & ~3u) <= rest.n ? (*n + 3u) & ~3u : *n : rest.n);
	return s;
}

static void
credentials(struct nfs_msg *m, struct rd *r)
{
	uint32_t n;
	struct rd c;

	m->creds = r->p;
	m->rpc.flavor = rd_u32(r);
	c = rd_of(nfs_opaque(r, &n));
	if (n > AUTH_MAX)
		r->bad = true;
	m->creds_n = r->bad ? 0 : (uint32_t) (r->p - m->creds);
	if (m->rpc.flavor == AUTH_UNIX) {
		rd_skip(&c, 4);
		m->machine = nfs_opaque(&c, &n);
		m->rpc.uid = rd_u32(&c);
		m->rpc.gid = rd_u32(&c);
		m->rpc.creds = !c.bad;
	}
	rd_skip(r, 4);
	nfs_opaque(r, &n);
	if (n > AUTH_MAX)
		r->bad = true;
}

static struct nfs_read *
find_read(struct nfs_state *st, uint32_t xid)
{
	for (unsigned i = 0; i < NFS_READS; i++)
		if (st->read[i].used && st->read[i].rpc.xid == xid)
			return &st->read[i];
	return NULL;
}

static void
answer(struct app *a, struct nfs_state *st, struct nfs_msg *m, const struct nfs_record *w, struct rd *r)
{
	struct nfs_read *read = find_read(st, m->rpc.xid);
	struct nfs_tx *t = find(a, m->rpc.xid);
	bool accepted = rd_u32(r) == 0, done;
	uint32_t n;

	rd_skip(r, 4);
	nfs_opaque(r, &n);
	done = rd_u32(r) == 0 && accepted && !r->bad;
	app_count_response(a, !done);
	nfs_frames_answer(a, w, st->version, r->bad ? NULL : r->p);
	if (read) {
		m->rpc = read->rpc;
		m->machine = span_of(read->machine, read->machine_n);
		read->used = false;
		if (done)
			nfs_read_answer(a, st, read, m, *r);
	}
	if (!t)
		return;
	t->rpc.denied = !accepted;
	if (done)
		nfs_answer(a, st, t, *r);
	answered(st, t);
}

/* A record, or as much of it as is looked at. */
static void
message(struct app *a, struct nfs_state *st, int dir, struct span s, uint32_t more)
{
	struct nfs_msg m = { .more = more };
	struct rd r = rd_of(s);
	uint32_t type, rpc, program, mark = a->transport == APP_UDP ? 0 : 4;
	struct nfs_record w = { s.p - mark, s.n + more + mark };

	m.rpc.xid = rd_u32(&r);
	type = rd_u32(&r);
	st->now[dir] = NULL;
	st->rest[dir] = 0;
	if (type == 1 && dir == TO_CLIENT) {
		answer(a, st, &m, &w, &r);
		return;
	}
	rpc = rd_u32(&r);
	program = rd_u32(&r);
	m.version = rd_u32(&r);
	m.procedure = rd_u32(&r);
	credentials(&m, &r);
	if (type == 0 && dir == TO_CLIENT && rpc == 2)
		return; /* the server calls back */
	if (r.bad || type != 0 || rpc != 2) {
		app_event(a, NULL, EV_MALFORMED);
		return;
	}
	app_count_request(a);
	bool nfs = program == PROGRAM && m.version >= 2 && m.version <= 4;
	nfs_frames_call(a, &w, &m, r.p, nfs);
	st->version = nfs ? m.version : 0;
	if (nfs)
		(m.version == 4 ? nfs4_call : nfs_call)(a, st, &m, r);
}

/* ---- transport ---- */

static uint32_t
pass_over(struct app *a, struct nfs_state *st, int dir, struct span s)
{
	uint32_t n = s.n < st->skip[dir] ? s.n : st->skip[dir], k = n < st->rest[dir] ? n : st->rest[dir];

	if (st->now[dir] && k)
		parts_more(&st->now[dir]->parts, a, &st->now[dir]->data[dir], span_head(s, k));
	st->rest[dir] -= k;
	st->skip[dir] -= n;
	return n;
}

static int
nfs_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct nfs_state *st = state;
	uint32_t taken = 0;

	if (a->transport == APP_UDP) {
		message(a, st, dir, bytes, 0);
		return (int) bytes.n;
	}
	while (taken < bytes.n) {
		struct span s = span_skip(bytes, taken);
		struct rd r = rd_of(s);
		uint32_t mark, n, seen;

		if (st->skip[dir]) {
			taken += pass_over(a, st, dir, s);
			continue;
		}
		mark = rd_u32(&r);
		n = mark & 0x7fffffff;
		seen = n < VISIBLE ? n : VISIBLE;
		if (r.bad || (!st->part[dir] && rd_left(&r) < seen))
			break;
		if (st->part[dir]) { /* what a record's first fragment did not say is left */
			st->rest[dir] = 0;
			st->skip[dir] = n;
			taken += 4;
		} else {
			message(a, st, dir, rd_span(&r, seen), n - seen);
			st->skip[dir] = n - seen;
			taken += 4 + seen;
		}
		st->part[dir] = !(mark >> 31);
	}
	return (int) taken;
}

static int
nfs_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct nfs_state *st = state;
	uint32_t k = n < st->rest[dir] ? n : st->rest[dir];

	if (n > st->skip[dir])
		return -1; /* where the next record begins is lost */
	if (st->now[dir] && k)
		parts_gap(&st->now[dir]->parts, a, k);
	st->rest[dir] -= k;
	st->skip[dir] -= n;
	return 0;
}

static void
nfs_tx_clear(struct app *a, struct tx *tx)
{
	struct nfs_tx *t = (struct nfs_tx *) tx;
	struct nfs_state *st = a->state;

	bytes_release(a, &t->rpc.machine);
	bytes_release(a, &t->name);
	bytes_release(a, &t->to);
	parts_clear(&t->parts, a);
	body_clear(&t->data[0], a);
	body_clear(&t->data[1], a);
	for (int dir = 0; st && a->proto == tx->proto && dir < 2; dir++)
		if (st->now[dir] == t)
			st->now[dir] = NULL;
}

static void
nfs_clear(struct app *a, void *state)
{
	struct nfs_state *st = state;

	for (unsigned i = 0; i < NFS_NAMES; i++)
		app_drop(a, &st->name[i].name);
}

static enum app_probe
nfs_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint32_t type, rpc, program, version, procedure, n;

	if (transport == APP_TCP && ((n = rd_u32(&r) & 0x7fffffff) < 20 || n > 0x1000000) && !r.bad)
		return PROBE_NO;
	rd_skip(&r, 4);
	type = rd_u32(&r);
	if (!r.bad && type > 1)
		return PROBE_NO;
	if (type == 1 && !r.bad) {
		n = rd_u32(&r);
		if (!r.bad && n > 1)
			return PROBE_NO;
		rd_skip(&r, 4);
		n = rd_u32(&r);
		if (!r.bad && n > AUTH_MAX)
			return PROBE_NO;
		return r.bad ? PROBE_MORE : dir == TO_CLIENT ? PROBE_YES : PROBE_REVERSED;
	}
	rpc = rd_u32(&r);
	program = rd_u32(&r);
	version = rd_u32(&r);
	procedure = rd_u32(&r);
	if (r.bad)
		return PROBE_MORE;
	if (rpc != 2 || program != PROGRAM || version < 2 || version > 4 || procedure > 21)
		return PROBE_NO;
	return dir == TO_SERVER ? PROBE_YES : PROBE_REVERSED;
}

/* ---- fields ---- */

static const struct nfs_tx *
of(const struct tx *tx)
{
	return (const struct nfs_tx *) tx;
}

static bool
n_version(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->version;
	return i == 0;
}

static bool
f_file_name(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = bytes_span(&of(tx)->name);
	return i == 0 && of(tx)->is_file == dir + 1;
}

static struct body *
b_data(struct tx *tx, int dir)
{
	return &((struct nfs_tx *) tx)->data[dir];
}

static const struct field fields[] = {
	{ "nfs.version", "nfs_version", NULL, FIELD_NUMBER, false, 1, { 0, 0 }, .number = n_version, .help = "2, 3 or 4" },
	{ "file.name", NULL, NULL, FIELD_BYTES, false, 3, { 0, 0 }, f_file_name, .help = "name of a file that is read or written" },
	FILE_MAGIC_FIELD,
	{ .name = "file.data", .aliases = "file_data", .kind = FIELD_BODY, .dirs = 3, .body = b_data, .help = "bytes of a file that is read or written" },
	{ NULL }
};

static const struct app_event events[] = { [EV_MALFORMED] = { "malformed_data" }, [EV_TOO_MANY] = { "too_many_transactions" },
	{ NULL } };

const struct protocol protocol_nfs = {
	.name = "nfs",
	.spec = "RFC 1094, RFC 1813, RFC 7530, RFC 5531",
	.transport = APP_TCP | APP_UDP,
	.ports = { "2049", "2049" },
	.only_ports = true,
	.probe_min = 4,
	.probe = nfs_probe,
	.state_size = sizeof(struct nfs_state),
	.tx_size = sizeof(struct nfs_tx),
	.done = { 1, 1 },
	.max_record = VISIBLE + 4,
	.feed = nfs_feed,
	.gap = nfs_gap,
	.eof = txs_end,
	.tx_clear = nfs_tx_clear,
	.clear = nfs_clear,
	.file = nfs_file_of,
	.fields = fields,
	.events = events,
	.frames = nfs_frames,
	.log = nfs_log,
	.log_packet = true,
	.second_name = "rpc",
	.second_log = nfs_rpc_log,
	.loggable = nfs_loggable,
};
