/*
 * tftp - TFTP: a transaction is a request to read or write a file. What follows goes over other ports.
 *
 * Spec: RFC 1350 section 5; RFC 2347 (options).
 *
 *   opcode(2) 1 read, 2 write; file NUL mode NUL { option NUL value NUL }
 */
#include <strings.h>

#include "engine/app/protocols/parse.h"

#define TEXT_MAX 255

struct tftp_tx {
	struct tx tx;
	uint8_t opcode;
	struct bytes file, mode;
};

static struct span
string(struct rd *r)
{
	struct span s = rd_rest(r);
	const uint8_t *nul = s.n ? memchr(s.p, 0, s.n) : NULL;

	if (!nul) {
		r->bad = true;
		return SPAN_NONE;
	}
	s = span_head(s, (uint32_t) (nul - s.p));
	rd_skip(r, s.n + 1);
	return s;
}

static bool
is_mode(struct span s)
{
	static const char *const modes[] = { "octet", "netascii", "mail" };

	for (int i = 0; i < 3; i++)
		if (s.n == strlen(modes[i]) && strncasecmp((const char *) s.p, modes[i], s.n) == 0)
			return true;
	return false;
}

static bool
request(struct span s, uint16_t *opcode, struct span *file, struct span *mode)
{
	struct rd r = rd_of(s);

	*opcode = rd_u16(&r);
	*file = string(&r);
	*mode = string(&r);
	return !r.bad && (*opcode == 1 || *opcode == 2) && file->n && file->n <= TEXT_MAX && is_mode(*mode);
}

static int
tftp_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct tftp_tx *t;
	struct span file, mode;
	uint16_t opcode;

	if (!request(bytes, &opcode, &file, &mode) || !(t = (struct tftp_tx *) app_tx_new(a)))
		return (int) bytes.n;
	app_count_request(a);
	t->opcode = (uint8_t) opcode;
	t->tx.only_dir = (uint8_t) (1 << dir);
	app_keep(a, &t->file, file, TEXT_MAX);
	app_keep(a, &t->mode, mode, TEXT_MAX);
	tx_reach(&t->tx, dir, 1);
	return (int) bytes.n;
}

static void
tftp_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct tftp_tx *) tx)->file);
	bytes_release(a, &((struct tftp_tx *) tx)->mode);
}

static enum app_probe
tftp_probe(struct span s, int dir, uint8_t transport)
{
	struct span file, mode;
	uint16_t opcode;

	if (!request(s, &opcode, &file, &mode))
		return PROBE_NO;
	return dir == TO_SERVER ? PROBE_YES : PROBE_REVERSED;
}

static void
tftp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct tftp_tx *t = (const struct tftp_tx *) tx;

	json_str(j, "packet", t->opcode == 1 ? "read" : "write");
	json_span(j, "file", bytes_span(&t->file));
	json_span(j, "mode", bytes_span(&t->mode));
}

const struct protocol protocol_tftp = {
	.name = "tftp",
	.spec = "RFC 1350, RFC 2347",
	.transport = APP_UDP,
	.ports = { NULL, "69" },
	.only_ports = true,
	.log_packet = true,
	.probe_min = 4,
	.probe_max = 512,
	.probe = tftp_probe,
	.tx_size = sizeof(struct tftp_tx),
	.done = { 1, 1 },
	.feed = tftp_feed,
	.tx_clear = tftp_tx_clear,
	.log = tftp_log,
};
