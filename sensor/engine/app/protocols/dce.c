/*
 * dce - PDUs of DCE RPC. Connection-oriented header:
 *
 *   5(1) minor(1) type(1) flags(1) representation(4) PDU length(2) authentication length(2) call(4)
 *   bind, alter     max xmit(2) max recv(2) group(4) n(1) 0(3) { ctx(2) transfers(1) 0(1) uuid(16) major(2) minor(2) transfers*20 }*n
 *   their answers   max xmit(2) max recv(2) group(4) address length(2) address, up to a multiple of 4; n(1) 0(3) { result(2) reason(2) 20 }*n
 *   request         hint(4) ctx(2) opnum(2) [object(16)] stub      response  hint(4) ctx(2) cancels(1) 0(1) stub
 *
 * What rules get as stub data is as in the reference: with a request's object, and with the eight bytes of a response
 * before its stub.
 */
#include "engine/app/protocols/dce.h"
#include "engine/app/protocols/smb.h"

extern const struct protocol protocol_dcerpc, protocol_smb;

bool
dce_header(struct span pdu, struct dce_header *h)
{
	struct rd r = rd_of(pdu);
	uint8_t major = rd_u8(&r), order, text;

	h->minor = rd_u8(&r);
	h->type = rd_u8(&r);
	h->flags = rd_u8(&r);
	order = rd_u8(&r);
	text = rd_u8(&r);
	rd_skip(&r, 2);
	h->little = order & 0x10;
	h->frag = h->little ? rd_u16le(&r) : rd_u16(&r);
	h->auth = h->little ? rd_u16le(&r) : rd_u16(&r);
	h->call = h->little ? rd_u32le(&r) : rd_u32(&r);
	return !r.bad && major == 5 && h->minor <= 1 && h->type < DCE_TYPES && (order & 0xee) == 0 && text <= 3 && h->frag >= DCE_HEADER;
}

int
dce_type_dir(uint8_t type)
{
	switch (type) {
	case DCE_REQUEST:
	case DCE_BIND:
	case DCE_ALTER:
	case DCE_AUTH3:
	case DCE_CO_CANCEL:
	case DCE_ORPHANED:
		return TO_SERVER;
	case DCE_RESPONSE:
	case DCE_FAULT:
	case DCE_BINDACK:
	case DCE_BINDNAK:
	case DCE_ALTER_RESP:
	case DCE_SHUTDOWN:
		return TO_CLIENT;
	default:
		return -1;
	}
}

const char *
dce_type_name(uint8_t type)
{
	static const char *const names[DCE_TYPES] = { "REQUEST", "PING", "RESPONSE", "FAULT", "WORKING", "NOCALL", "REJECT", "ACK",
		"CL_CANCEL", "FACK", "CANCEL_ACK", "BIND", "BINDACK", "BINDNAK", "ALTER_CONTEXT", "ALTER_CONTEXT_RESP", "AUTH3",
		"SHUTDOWN", "CO_CANCEL", "ORPHANED" };

	return type < DCE_TYPES ? names[type] : "UNKNOWN";
}

void
dce_uuid(struct rd *r, bool little, uint8_t out[static 16])
{
	static const uint8_t swap[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct span s = rd_span(r, 16);

	for (unsigned i = 0; i < 16; i++)
		out[i] = s.n == 16 ? s.p[little ? swap[i] : i] : 0;
}

void
dce_uuid_text(const uint8_t uuid[16], char out[static 37])
{
	struct text t = text_of(out, 36);

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text_char(&t, '-');
		text_hex(&t, uuid[i], 2);
	}
	out[36] = 0;
}

/* ---- bindings ---- */

static struct dce_iface *
table_place(struct dce_table *t, uint64_t pipe, uint16_t ctx)
{
	for (unsigned i = 0; i < DCE_IFACES; i++)
		if (t->e[i].used && t->e[i].pipe == pipe && t->e[i].ctx == ctx)
			return &t->e[i];
	return &t->e[t->next++ % DCE_IFACES];
}

static const struct dce_iface *
table_find(const struct dce_table *t, uint64_t pipe, uint16_t ctx)
{
	for (unsigned i = 0; i < DCE_IFACES; i++)
		if (t->e[i].used && t->e[i].pipe == pipe && t->e[i].ctx == ctx)
			return &t->e[i];
	return NULL;
}

static void
bind(struct app *a, struct dce_table *t, struct dce_call *c, uint64_t pipe, const struct dce_header *h, struct rd *r)
{
	bool little = h->little;
	uint8_t n;

	rd_skip(r, 8);
	n = rd_u8(r);
	rd_skip(r, 3);
	if (!c->bound)
		c->bound = app_take(a, sizeof(*c->bound) * DCE_BIND_MAX);
	for (uint8_t i = 0; i < n && !r->bad; i++) {
		struct dce_iface f = { .pipe = pipe, .result = 0xffff, .used = true, .first = h->flags & DCE_FIRST };
		uint8_t transfers;

		f.ctx = little ? rd_u16le(r) : rd_u16(r);
		transfers = rd_u8(r);
		rd_skip(r, 1);
		dce_uuid(r, little, f.uuid);
		f.major = little ? rd_u16le(r) : rd_u16(r);
		f.minor = little ? rd_u16le(r) : rd_u16(r);
		rd_skip(r, transfers * 20u);
		if (r->bad)
			break;
		*table_place(t, pipe, f.ctx) = f;
		if (c->bound && c->bound_n < DCE_BIND_MAX)
			c->bound[c->bound_n++] = f;
	}
}

static void
bind_answer(struct dce_table *t, struct dce_call *c, uint64_t pipe, bool little, struct rd *r)
{
	uint32_t address;
	uint8_t n;

	rd_skip(r, 8);
	address = little ? rd_u16le(r) : rd_u16(r);
	rd_skip(r, address);
	rd_skip(r, (4 - (DCE_HEADER + 10 + address) % 4) % 4);
	n = rd_u8(r);
	rd_skip(r, 3);
	for (uint8_t i = 0; i < n && i < c->bound_n; i++) {
		uint16_t result = little ? rd_u16le(r) : rd_u16(r);

		rd_skip(r, 22);
		if (r->bad)
			break;
		c->bound[i].result = result;
		table_place(t, pipe, c->bound[i].ctx)->result = result;
	}
}

/* ---- calls ---- */

void
dce_begin(struct dce_call *c)
{
	c->used = true;
	c->type[0] = c->type[1] = DCE_NONE;
}

void
dce_stub_more(struct app *a, struct dce_call *c, int dir, struct span s)
{
	c->stub_n[dir] += s.n;
	if (c->stub[dir].n < DCE_STUB_MAX)
		app_keep(a, &c->stub[dir], span_head(s, DCE_STUB_MAX - c->stub[dir].n), DCE_STUB_MAX);
}

void
dce_stub_add(struct app *a, struct dce_call *c, int dir, struct span s)
{
	c->frags[dir]++;
	dce_stub_more(a, c, dir, s);
}

static void
request(struct app *a, const struct dce_table *t, struct dce_call *c, uint64_t pipe, const struct dce_header *h, struct rd *r)
{
	const struct dce_iface *f;

	rd_skip(r, 4);
	c->ctx = h->little ? rd_u16le(r) : rd_u16(r);
	c->opnum = h->little ? rd_u16le(r) : rd_u16(r);
	f = table_find(t, pipe, c->ctx);
	if (f)
		c->iface = *f;
	dce_stub_add(a, c, TO_SERVER, rd_rest(r));
}

void
dce_pdu(struct app *a, struct dce_table *t, struct dce_call *c, int dir, uint64_t pipe, const struct dce_header *h, struct span pdu)
{
	struct rd r = rd_of(span_head(pdu, h->frag));

	if (!c->used)
		dce_begin(c);
	c->call = h->call;
	c->minor = h->minor;
	c->little = h->little;
	c->type[dir] = h->type;
	rd_skip(&r, DCE_HEADER);
	switch (h->type) {
	case DCE_BIND:
	case DCE_ALTER:
		bind(a, t, c, pipe, h, &r);
		break;
	case DCE_BINDACK:
	case DCE_ALTER_RESP:
		bind_answer(t, c, pipe, h->little, &r);
		break;
	case DCE_REQUEST:
		request(a, t, c, pipe, h, &r);
		break;
	case DCE_RESPONSE:
		dce_stub_add(a, c, TO_CLIENT, rd_rest(&r));
		break;
	default:
		break;
	}
	c->done[dir] = h->flags & DCE_LAST || (h->type != DCE_REQUEST && h->type != DCE_RESPONSE);
}

void
dce_clear(struct app *a, struct dce_call *c)
{
	bytes_release(a, &c->stub[0]);
	bytes_release(a, &c->stub[1]);
	if (c->bound)
		app_give(a, c->bound, sizeof(*c->bound) * DCE_BIND_MAX);
	c->bound = NULL;
}

/* ---- rules, log ---- */

const struct dce_call *
dce_of(const struct tx *tx)
{
	const struct dce_call *c = NULL;

	if (tx->proto == &protocol_dcerpc)
		c = &((const struct dce_tx *) tx)->call;
	else if (tx->proto == &protocol_smb)
		c = &((const struct smb_tx *) tx)->dce;
	return c && c->used ? c : NULL;
}

bool
dce_stub_field(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	const struct dce_call *c = dce_of(tx);

	*out = c ? bytes_span(&c->stub[dir]) : SPAN_NONE;
	return i == 0 && out->n > 0;
}

static void
log_iface(const struct dce_iface *f, bool result, struct json *j)
{
	char buf[37], version[16];
	struct text v = text_of(version, sizeof(version));

	dce_uuid_text(f->uuid, buf);
	text_u64(&v, f->major);
	text_char(&v, '.');
	text_u64(&v, f->minor);
	json_object(j, NULL);
	json_str(j, "uuid", buf);
	json_span(j, "version", text_span(&v));
	if (result && f->result != 0xffff)
		json_u64(j, "ack_result", f->result);
	json_end(j);
}

static void
log_side(const struct dce_call *c, int dir, struct json *j)
{
	json_object(j, dir == TO_SERVER ? "req" : "res");
	if (dir == TO_SERVER)
		json_u64(j, "opnum", c->opnum);
	json_u64(j, "frag_cnt", c->frags[dir]);
	json_u64(j, "stub_data_size", c->stub_n[dir]);
	json_end(j);
}

void
dce_log(const struct dce_call *c, struct json *j)
{
	json_str(j, "request", c->type[0] == DCE_NONE ? "REQUEST_LOST" : dce_type_name(c->type[0]));
	if (c->type[0] == DCE_REQUEST)
		log_side(c, TO_SERVER, j);
	if (c->bound_n || c->iface.used) {
		json_array(j, "interfaces");
		for (uint8_t i = 0; i < c->bound_n; i++)
			log_iface(&c->bound[i], true, j);
		if (!c->bound_n)
			log_iface(&c->iface, true, j);
		json_end(j);
	}
	json_str(j, "response", c->type[1] == DCE_NONE ? "UNREPLIED" : dce_type_name(c->type[1]));
	if (c->type[1] == DCE_RESPONSE)
		log_side(c, TO_CLIENT, j);
	json_u64(j, "call_id", c->call);
}
