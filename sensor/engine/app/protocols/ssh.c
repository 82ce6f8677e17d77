/*
 * ssh - banners and key exchange of SSH: one transaction a flow, until it is encrypted.
 *
 * Spec: RFC 4253 section 4.2 (identification), 6 (packets), 7.1 (KEXINIT), 7.3 (NEWKEYS); HASSH (salesforce/hassh).
 *
 *   SSH-2.0-software comments CR LF     the server may send other lines before it
 *   length(4) padding(1) type(1) ...    KEXINIT: cookie(16), ten name lists <4>: kex, host key, ciphers c>s s>c,
 *                                       MACs c>s s>c, compression c>s s>c, languages
 */
#include "engine/app/protocols/parse.h"

#include "base/hash.h"

#define BANNER_MAX 255
#define LINE_MAX 8192
#define PACKET_MAX 35000 /* section 6.1 */

enum { MSG_KEXINIT = 20, MSG_NEWKEYS = 21 };
enum { SSH_START, SSH_BANNER, SSH_KEX, SSH_FINISHED };
enum ssh_event { EV_INVALID_BANNER, EV_LONG_BANNER, EV_INVALID_RECORD, EV_LONG_KEX };

struct ssh {
	struct ssh_tx *tx;
	bool banner[2], newkeys[2];
};

struct ssh_side {
	struct bytes banner;     /* the line without its end */
	uint32_t proto_n;        /* "2.0" from 4 on */
	uint32_t software_off, software_n;
	struct bytes hassh;      /* kex;cipher;mac;compression */
	char hash[33];
};

struct ssh_tx {
	struct tx tx;
	struct ssh_side side[2];
};

/* ---- banner ---- */

/* SSH-proto-software[ comments] */
static void
read_banner(struct app *a, struct ssh_tx *t, int dir, struct span line)
{
	struct ssh_side *s = &t->side[dir];
	uint32_t i = 4;

	if (line.n > BANNER_MAX)
		app_event(a, &t->tx, EV_LONG_BANNER);
	if (app_keep(a, &s->banner, span_head(line, BANNER_MAX), BANNER_MAX) < 0)
		return;
	line = bytes_span(&s->banner);
	while (i < line.n && line.p[i] != '-')
		i++;
	if (i == line.n || i == 4) {
		app_event(a, &t->tx, EV_INVALID_BANNER);
		return;
	}
	s->proto_n = i - 4;
	s->software_off = ++i;
	while (i < line.n && line.p[i] != ' ')
		i++;
	s->software_n = i - s->software_off;
}

/* 1.x but 1.99 (section 5.1): other packets, and nothing in them is wanted. */
static bool
version_1(const struct ssh_side *s)
{
	return s->proto_n && s->banner.p[4] == '1' && !(s->proto_n == 4 && memcmp(s->banner.p + 4, "1.99", 4) == 0);
}

static void
finished(struct app *a, struct ssh *st, struct ssh_tx *t, int dir)
{
	bool v1 = version_1(&t->side[0]) || version_1(&t->side[1]); /* where it is encrypted nobody has read */

	st->newkeys[dir] = true;
	tx_reach(&t->tx, dir, SSH_FINISHED);
	a->stopped[dir] = true;
	if (st->newkeys[!dir] && !v1)
		app_encrypted(a);
}

/* Bytes of the line at the front, its end included; 0 = not complete, -1 = too long to be one. */
static int
banner(struct app *a, struct ssh *st, struct ssh_tx *t, int dir, struct span s)
{
	const uint8_t *lf = memchr(s.p, '\n', s.n);
	struct span line;

	if (!lf) {
		if (s.n <= LINE_MAX)
			return 0;
		app_event(a, &t->tx, EV_LONG_BANNER);
		return -1;
	}
	line = span_head(s, (uint32_t) (lf - s.p));
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n >= 4 && memcmp(line.p, "SSH-", 4) == 0) {
		read_banner(a, t, dir, line);
		st->banner[dir] = true;
		if (dir == TO_SERVER)
			app_count_request(a);
		else
			app_count_response(a, false);
		tx_reach(&t->tx, dir, SSH_BANNER);
		if (version_1(&t->side[0]) || version_1(&t->side[1])) {
			finished(a, st, t, TO_SERVER);
			finished(a, st, t, TO_CLIENT);
		}
	} else if (dir == TO_SERVER) {
		app_event(a, &t->tx, EV_INVALID_BANNER);
	}
	return (int) (lf - s.p) + 1;
}

/* ---- packets ---- */

static void
kexinit(struct app *a, struct ssh_tx *t, int dir, struct span payload)
{
	struct ssh_side *s = &t->side[dir];
	struct rd r = rd_of(payload);
	struct span list[8];
	uint8_t md5[16];

	if (s->hassh.n) /* the first one */
		return;
	rd_skip(&r, 16);
	for (int i = 0; i < 8; i++)
		list[i] = rd_span(&r, rd_u32(&r));
	if (r.bad) {
		app_event(a, &t->tx, EV_INVALID_RECORD);
		return;
	}
	for (int i = 0; i < 4; i++) { /* kex, then cipher, MAC and compression of this direction */
		if (i)
			app_keep(a, &s->hassh, SPAN_LIT(";"), PACKET_MAX);
		app_keep(a, &s->hassh, list[i ? 2 * i + dir : 0], PACKET_MAX);
	}
	hash_md5(bytes_span(&s->hassh), md5);
	hash_hex(md5, sizeof(md5), s->hash);
}

enum { FRAME_HDR, FRAME_DATA, FRAME_PDU };
static const struct app_frame_type frames[] = {
	[FRAME_HDR] = { "record.hdr", "length, padding length and type of a packet in the clear" },
	[FRAME_DATA] = { "record.data", "what a packet carries after its type" },
	[FRAME_PDU] = { "record.pdu", "a packet" },
	{ NULL, NULL },
};

/* Bytes of the packet at the front; 0 = not complete, -1 = not one. */
static int
packet(struct app *a, struct ssh *st, struct ssh_tx *t, int dir, struct span s)
{
	struct rd r = rd_of(s);
	uint32_t n = rd_u32(&r);
	uint8_t padding, type;

	if (r.bad)
		return 0;
	if (n < 2 || n > PACKET_MAX) { /* version 1, or not in the clear */
		app_event(a, &t->tx, n > PACKET_MAX ? EV_LONG_KEX : EV_INVALID_RECORD);
		return -1;
	}
	if (rd_left(&r) < n)
		return 0;
	padding = rd_u8(&r);
	type = rd_u8(&r);
	if (padding > n - 2) {
		app_event(a, &t->tx, EV_INVALID_RECORD);
		return -1;
	}
	app_frame(a, dir, FRAME_HDR, s.p, 6, &t->tx);
	app_frame(a, dir, FRAME_DATA, s.p + 6, n - 2, &t->tx);
	app_frame(a, dir, FRAME_PDU, s.p, (uint64_t) n + 4, &t->tx);
	if (type == MSG_KEXINIT) {
		kexinit(a, t, dir, rd_span(&r, n - 2 - padding));
		tx_reach(&t->tx, dir, SSH_KEX);
	} else if (type == MSG_NEWKEYS) {
		finished(a, st, t, dir);
	}
	return (int) n + 4;
}

static int
ssh_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct ssh *st = state;
	uint32_t taken = 0;

	if (!st->tx && !(st->tx = (struct ssh_tx *) app_tx_new(a)))
		return -1;
	while (taken < bytes.n && !st->newkeys[dir]) {
		struct span s = span_skip(bytes, taken);
		int n = st->banner[dir] ? packet(a, st, st->tx, dir, s) : banner(a, st, st->tx, dir, s);

		if (n < 0) {
			tx_reach(&st->tx->tx, dir, SSH_FINISHED);
			return -1;
		}
		if (n == 0)
			break;
		taken += (uint32_t) n;
	}
	return (int) (st->newkeys[dir] ? bytes.n : taken);
}

static void
ssh_eof(struct app *a, void *state, int dir)
{
	struct ssh *st = state;

	if (st->tx)
		tx_reach(&st->tx->tx, dir, SSH_FINISHED);
}

static int
ssh_gap(struct app *a, void *state, int dir, uint32_t n)
{
	ssh_eof(a, state, dir);
	return -1;
}

static void
ssh_tx_clear(struct app *a, struct tx *tx)
{
	struct ssh_tx *t = (struct ssh_tx *) tx;
	struct ssh *st = a->state;

	for (int d = 0; d < 2; d++) {
		bytes_release(a, &t->side[d].banner);
		bytes_release(a, &t->side[d].hassh);
	}
	if (tx->proto == a->proto && st && st->tx == t)
		st->tx = NULL;
}

static enum app_probe
ssh_probe(struct span s, int dir, uint8_t transport)
{
	return s.n >= 5 && memcmp(s.p, "SSH-", 4) == 0 && s.p[4] >= '1' && s.p[4] <= '9' ? PROBE_YES : PROBE_NO;
}

/* ---- fields ---- */

static struct span
proto_of(const struct ssh_side *s)
{
	return span_head(span_skip(bytes_span(&s->banner), 4), s->proto_n);
}

static struct span
software_of(const struct ssh_side *s)
{
	return span_head(span_skip(bytes_span(&s->banner), s->software_off), s->software_n);
}

static const struct ssh_side *
side_of(const struct tx *tx, int dir)
{
	return &((const struct ssh_tx *) tx)->side[dir];
}

static bool
f_proto(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	if (i || !side_of(tx, dir)->proto_n)
		return false;
	*out = proto_of(side_of(tx, dir));
	return true;
}

static bool
f_software(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	if (i || !side_of(tx, dir)->software_n)
		return false;
	*out = software_of(side_of(tx, dir));
	return true;
}

static bool
f_hassh(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = span_str(side_of(tx, dir)->hash);
	return i == 0 && out->n;
}

static bool
f_hassh_string(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = bytes_span(&side_of(tx, dir)->hassh);
	return i == 0 && out->n;
}

#define AT_BANNER { SSH_BANNER, SSH_BANNER }
#define AT_KEX { SSH_KEX, SSH_KEX }
static const struct field fields[] = {
	{ "ssh.proto", "ssh_proto", NULL, FIELD_BYTES, false, 3, AT_BANNER, f_proto, .help = "protocol version of the banner" },
	{ "ssh.software", "ssh_software", NULL, FIELD_BYTES, false, 3, AT_BANNER, f_software, .help = "software version of the banner" },
	{ "ssh.hassh", NULL, NULL, FIELD_BYTES, false, 1, AT_KEX, f_hassh, .help = "HASSH of the client, MD5" },
	{ "ssh.hassh.string", "ssh-hassh-string", NULL, FIELD_BYTES, false, 1, AT_KEX, f_hassh_string, .help = "HASSH before hashing" },
	{ "ssh.hassh.server", NULL, NULL, FIELD_BYTES, false, 2, AT_KEX, f_hassh, .help = "HASSH of the server, MD5" },
	{ "ssh.hassh.server.string", "ssh-hassh-server-string", NULL, FIELD_BYTES, false, 2, AT_KEX, f_hassh_string, .help = "the same before hashing" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_BANNER] = { "invalid_banner" },
	[EV_LONG_BANNER] = { "long_banner" },
	[EV_INVALID_RECORD] = { "invalid_record" },
	[EV_LONG_KEX] = { "long_kex_record" },
	{ NULL }
};

static void
ssh_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	static const char *const key[2] = { "client", "server" };

	for (int dir = 0; dir < 2; dir++) {
		const struct ssh_side *s = side_of(tx, dir);

		if (!s->proto_n)
			continue;
		json_object(j, key[dir]);
		json_span(j, "proto_version", proto_of(s));
		if (s->software_n)
			json_span(j, "software_version", software_of(s));
		if (s->hash[0]) {
			json_object(j, "hassh");
			json_str(j, "hash", s->hash);
			json_span(j, "string", bytes_span(&s->hassh));
			json_end(j);
		}
		json_end(j);
	}
}

static bool
ssh_loggable(const struct tx *tx)
{
	return side_of(tx, 0)->proto_n || side_of(tx, 1)->proto_n;
}

static const char *const request_progress[] = { "request_in_progress", "request_banner_done", "request_kex_done", "request_finished", NULL };
static const char *const response_progress[] = { "response_in_progress", "response_banner_done", "response_kex_done", "response_finished", NULL };

const struct protocol protocol_ssh = {
	.progress_names = { request_progress, response_progress },
	.name = "ssh",
	.spec = "RFC 4253",
	.transport = APP_TCP,
	.ports = { "22", NULL },
	.probe_min = 5,
	.probe = ssh_probe,
	.state_size = sizeof(struct ssh),
	.tx_size = sizeof(struct ssh_tx),
	.done = { SSH_FINISHED, SSH_FINISHED },
	.max_record = PACKET_MAX + 4,
	.feed = ssh_feed,
	.gap = ssh_gap,
	.eof = ssh_eof,
	.tx_clear = ssh_tx_clear,
	.fields = fields,
	.frames = frames,
	.events = events,
	.log = ssh_log,
	.loggable = ssh_loggable,
};
