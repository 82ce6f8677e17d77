/*
 * enip_cip - what EtherNet/IP carries: items of the common packet format, CIP messages, their paths, what they do.
 *
 * Spec: ODVA, The CIP Networks Library: volume 1, section 2-4 (message router requests and responses), appendix A
 * (services), appendix C-1 (segments of paths), volume 2, section 2-6 (common packet format). As far as public.
 *
 *   items    number(2) { type(2) length(2) data }...                                    little-endian throughout
 *   request  service(1) words of path(1) path data
 *   response service|0x80(1) 0(1) status(1) words of extended status(1) extended status data
 *   multiple number(2) offset(2)... messages; offsets count from the number
 */
#include "engine/app/protocols/enip.h"

#define EMBEDDED_MAX 64 /* messages of a multiple service packet that are looked at */

enum { ITEM_CONNECTED = 0xb1, ITEM_UNCONNECTED = 0xb2, ITEM_IDENTITY = 0x0c, ITEM_SERVICES = 0x100 };

/* ---- items ---- */

bool
enip_item(const struct enip_msg *m, unsigned i, uint16_t *type, struct span *data)
{
	struct rd r = rd_of(bytes_span(&m->data));
	uint16_t n;

	if (m->command == ENIP_RR_DATA || m->command == ENIP_UNIT_DATA)
		rd_skip(&r, 6); /* interface handle, timeout */
	n = rd_u16le(&r);
	for (unsigned k = 0; k < n && !r.bad; k++) {
		*type = rd_u16le(&r);
		uint16_t len = rd_u16le(&r);
		if (k == i) { /* of a message that is cut the beginning */
			*data = rd_left(&r) < len ? rd_rest(&r) : rd_span(&r, len);
			return !r.bad;
		}
		rd_skip(&r, len);
	}
	return false;
}

bool
enip_item_of(const struct enip_msg *m, uint16_t type, struct span *data)
{
	uint16_t t;

	for (unsigned i = 0; i < 8 && enip_item(m, i, &t, data); i++)
		if (t == type)
			return true;
	return false;
}

bool
enip_identity(const struct enip_msg *m, struct enip_identity *out)
{
	struct span s;
	struct rd r;

	if (m->command != ENIP_LIST_IDENTITY || !enip_item_of(m, ITEM_IDENTITY, &s))
		return false;
	r = rd_of(s);
	out->protocol = rd_u16le(&r);
	rd_skip(&r, 16); /* socket address */
	out->vendor = rd_u16le(&r);
	out->type = rd_u16le(&r);
	out->code = rd_u16le(&r);
	out->revision = rd_u16(&r); /* major, minor */
	out->status = rd_u16le(&r);
	out->serial = rd_u32le(&r);
	out->name = rd_span(&r, rd_u8(&r));
	out->state = rd_u8(&r);
	return !r.bad;
}

bool
enip_service(const struct enip_msg *m, struct enip_service *out)
{
	struct span s;
	struct rd r;

	if (m->command != ENIP_LIST_SERVICES || !enip_item_of(m, ITEM_SERVICES, &s))
		return false;
	r = rd_of(s);
	out->protocol = rd_u16le(&r);
	out->capabilities = rd_u16le(&r);
	out->name = rd_rest(&r);
	for (uint32_t i = 0; i < out->name.n; i++)
		if (out->name.p[i] == 0)
			out->name.n = i;
	return !r.bad;
}

bool
enip_registration(const struct enip_msg *m, uint16_t *protocol, uint16_t *options)
{
	struct rd r = rd_of(bytes_span(&m->data));

	*protocol = rd_u16le(&r);
	*options = rd_u16le(&r);
	return m->present && m->command == ENIP_REGISTER && !r.bad;
}

/* ---- messages ---- */

static bool
read_cip(struct span s, struct cip *out)
{
	struct rd r = rd_of(s);
	uint8_t b = rd_u8(&r);

	*out = (struct cip) { .response = b & 0x80, .service = b & 0x7f, .whole = s };
	if (out->response) {
		rd_skip(&r, 1);
		out->status = rd_u8(&r);
		out->extended = rd_span(&r, 2u * rd_u8(&r));
	} else {
		out->path = rd_span(&r, 2u * rd_u8(&r));
	}
	out->data = rd_rest(&r);
	return !r.bad;
}

struct cip_iter
cip_begin(const struct enip_msg *m)
{
	struct cip_iter it = { .inner = false };
	struct span s;

	if (m->command != ENIP_RR_DATA && m->command != ENIP_UNIT_DATA)
		return it;
	if (enip_item_of(m, ITEM_UNCONNECTED, &s))
		it.next = s;
	else if (enip_item_of(m, ITEM_CONNECTED, &s))
		it.next = span_skip(s, 2); /* sequence number */
	return it;
}

/* Priority, ticks, length, message, [pad], route. */
static struct span
unconnected_inner(const struct cip *c)
{
	struct rd r = rd_of(c->data);

	rd_skip(&r, 2);
	return rd_span(&r, rd_u16le(&r));
}

static void
begin_multiple(struct cip_iter *it, struct span data)
{
	struct rd r = rd_of(data);

	it->table = data;
	it->k = 0;
	it->n = rd_u16le(&r);
	if (it->n > EMBEDDED_MAX)
		it->n = EMBEDDED_MAX;
}

static uint16_t
offset_at(const struct cip_iter *it, uint16_t k)
{
	struct rd r = rd_of(span_skip(it->table, 2 + 2u * k));

	return rd_u16le(&r);
}

bool
cip_next(struct cip_iter *it, struct cip *out)
{
	uint32_t class_id;

	if (it->next.n) {
		struct span s = it->next;

		it->next = SPAN_NONE;
		if (!read_cip(s, out))
			return false;
		out->embedded = it->inner;
		it->inner = true;
		if (out->service == CIP_MULTIPLE)
			begin_multiple(it, out->data);
		else if (out->service == CIP_UNCONNECTED_SEND && !out->response && !out->embedded &&
		    cip_class(out, &class_id) && class_id == CLASS_CONNECTION_MANAGER)
			it->next = unconnected_inner(out);
		return true;
	}
	if (it->k < it->n) {
		uint16_t from = offset_at(it, it->k), to = it->k + 1 < it->n ? offset_at(it, it->k + 1) : UINT16_MAX;

		it->k++;
		if (from < 2 || to < from || !read_cip(span_head(span_skip(it->table, from), to - from), out))
			return false;
		out->embedded = true;
		return true;
	}
	return false;
}

/* ---- paths ---- */

/* Logical segments (0x20): type in bits 2-4, size of the value in bits 0-1, a pad byte before wide ones. */
static bool
logical(struct rd *r, uint8_t b, enum cip_segment *type, uint32_t *value)
{
	static const enum cip_segment types[8] = { SEG_CLASS, SEG_INSTANCE, SEG_MEMBER, SEG_CONNECTION_POINT, SEG_ATTRIBUTE,
		SEG_OTHER, SEG_OTHER, SEG_OTHER };

	*type = types[b >> 2 & 7];
	if ((b >> 2 & 7) == 5) { /* special: electronic key */
		rd_skip(r, 1);
		rd_skip(r, 8);
		return !r->bad;
	}
	switch (b & 3) {
	case 0:
		*value = rd_u8(r);
		break;
	case 1:
		rd_skip(r, 1);
		*value = rd_u16le(r);
		break;
	case 2:
		rd_skip(r, 1);
		*value = rd_u32le(r);
		break;
	default:
		return false;
	}
	return !r->bad;
}

bool
cip_segment(struct rd *r, enum cip_segment *type, uint32_t *value)
{
	uint8_t b = rd_u8(r), n;

	*type = SEG_OTHER;
	*value = 0;
	if (r->bad)
		return false;
	switch (b >> 5) {
	case 0: /* port: [length of the link address] [wide port] link address [pad] */
		n = b & 0x10 ? rd_u8(r) : 1;
		if ((b & 15) == 15)
			rd_skip(r, 2);
		rd_skip(r, n + (b & 0x10 ? n & 1u : 0u));
		return !r->bad;
	case 1:
		return logical(r, b, type, value);
	case 2: /* network */
		n = rd_u8(r);
		if (b & 0x10)
			rd_skip(r, 2u * n);
		return !r->bad;
	case 3: /* symbol of up to 31 bytes */
		rd_skip(r, b & 31);
		return !r->bad;
	case 4: /* data: words, or an ANSI symbol with a length in bytes */
		n = rd_u8(r);
		rd_skip(r, b == 0x91 ? n + (n & 1u) : 2u * n);
		return !r->bad;
	}
	return false;
}

/* How many attributes a list service names, and where they begin. Values of unknown size stand between those that are set: of
 * them only the first has a known place. */
static uint32_t
listed(const struct cip *c, struct rd *r)
{
	uint16_t n;

	*r = rd_of(c->data);
	n = rd_u16le(r);
	if (c->response || (c->service != CIP_GET_LIST && c->service != CIP_SET_LIST))
		return 0;
	if (n > rd_left(r) / 2)
		n = (uint16_t) (rd_left(r) / 2);
	return c->service == CIP_SET_LIST && n > 1 ? 1 : n;
}

bool
cip_path_value(const struct cip *c, enum cip_segment type, unsigned *i, uint32_t *value)
{
	struct rd r = rd_of(c->path);
	enum cip_segment t;
	uint32_t n;

	while (cip_segment(&r, &t, value))
		if (t == type && (*i)-- == 0)
			return true;
	if (type != SEG_ATTRIBUTE)
		return false;
	n = listed(c, &r);
	if (*i >= n) {
		*i -= n;
		return false;
	}
	rd_skip(&r, 2u * *i);
	*value = rd_u16le(&r);
	return true;
}

bool
cip_class(const struct cip *c, uint32_t *value)
{
	unsigned first = 0;

	return cip_path_value(c, SEG_CLASS, &first, value);
}

/* Is this value one of that type in the path, or an attribute of the list? */
static bool
names(const struct cip *c, enum cip_segment type, uint32_t want)
{
	struct rd r = rd_of(c->path);
	enum cip_segment t;
	uint32_t v;

	while (cip_segment(&r, &t, &v))
		if (t == type && v == want)
			return true;
	for (uint32_t n = type == SEG_ATTRIBUTE ? listed(c, &r) : 0; n; n--)
		if (rd_u16le(&r) == want)
			return true;
	return false;
}

/* ---- what is done ---- */

/* PCCC by its function: requester (length, vendor, serial), command, status, transaction, function. */
static int
pccc_kind(struct span s)
{
	struct rd r = rd_of(s);
	uint8_t n = rd_u8(&r), command;

	if (n == 0)
		return OT_READ;
	rd_skip(&r, n - 1u);
	command = rd_u8(&r);
	rd_skip(&r, 3);
	switch (command) {
	case 0x00: case 0x02: case 0x05: case 0x08: /* unprotected and protected writes */
		return OT_WRITE;
	case 0x0f:
		break;
	default:
		return OT_READ;
	}
	switch (rd_u8(&r)) {
	case 0x3a: case 0x80: /* change mode */
		return OT_STOP;
	case 0x50: case 0x52: case 0x57: case 0x91: case 0x92: /* download, shutdown, initialise memory, edits */
		return OT_PROGRAM;
	case 0x00: case 0x02: case 0x03: case 0x08: case 0x26: case 0x4f: case 0x67: case 0xa9: case 0xaa: case 0xab:
		return OT_WRITE;
	}
	return OT_READ;
}

static int
file_kind(uint8_t service)
{
	return service == 0x4c || service == 0x4e || service == 0x50 || service == 0x51 ? OT_PROGRAM : OT_READ;
}

int
cip_kind(const struct cip *c)
{
	uint32_t class_id = 0;

	cip_class(c, &class_id);
	if (c->response || c->service == CIP_MULTIPLE)
		return -1;
	if (c->service >= 0x4b) {
		if (class_id == CLASS_CONNECTION_MANAGER)
			return -1;
		if (class_id == CLASS_PCCC && c->service == 0x4b)
			return pccc_kind(c->data);
		if (class_id == CLASS_FILE)
			return file_kind(c->service);
	}
	switch (c->service) {
	case CIP_SET_ALL: case CIP_SET_LIST: case CIP_SET_SINGLE:
	case 0x4d: case 0x4e: case 0x53: /* of tags: write, read-modify-write, fragmented write */
		return OT_WRITE;
	case CIP_RESET: case CIP_STOP:
		return OT_STOP;
	case CIP_START:
		return OT_CONTROL;
	case CIP_CREATE: case CIP_DELETE: case 0x15: case 0x16: /* restore, save */
		return OT_PROGRAM;
	}
	return OT_READ;
}

bool
enip_has_service(const struct tx *tx, int dir, const uint32_t *want, unsigned n)
{
	const struct enip_msg *m = &((const struct enip_tx *) tx)->msg[dir];
	struct cip_iter it = cip_begin(m);
	struct cip c;

	while (m->present && cip_next(&it, &c))
		if (c.service == want[0] && (n < 2 || names(&c, SEG_CLASS, want[1])) && (n < 3 || names(&c, SEG_ATTRIBUTE, want[2])))
			return true;
	return false;
}
