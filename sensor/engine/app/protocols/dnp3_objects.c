/*
 * dnp3_objects - object headers and points of a DNP3 application message.
 *
 * Spec: IEEE 1815 section 4.2.2.7 (object headers), 11 and annex A (object library).
 *
 *   group(1) variation(1) qualifier(1): prefix code in bits 4-6, range code in bits 0-3; range; points with their prefix
 */
#include "engine/app/protocols/dnp3.h"

#define POINTS_LOGGED 64
#define OBJECTS_LOGGED 64

/*
 * What a point is made of: P/Q packed bits (1, 2)  b binary flags  o binary output flags  d double-bit flags
 * c counter flags  a analog flags  x control relay output block  k command event flags  e state octet of an event  s/S int 16/32  u/U unsigned 16/32
 * n/N count 16/32  F/D float 32/64  t time 48  r time 16  i interval 32  B status code  '-' nothing
 */
static const struct form {
	uint8_t group;
	const char *variations; /* by variation from 1, blank-separated */
} forms[] = {
	{ 1, "P b" }, { 2, "e bt br" }, { 3, "Q d" }, { 4, "d dt dr" }, { 10, "P o" }, { 11, "o ot" }, { 12, "x x P" },
	{ 13, "k kt" }, { 20, "cN cn cN cn N n N n" }, { 21, "cN cn cN cn cNt cnt cNt cnt N n N n" },
	{ 22, "cN cn cN cn cNt cnt cNt cnt" }, { 23, "cN cn cN cn cNt cnt cNt cnt" }, { 30, "aS as S s aF aD" },
	{ 31, "aS as aSt ast S s aF aD" }, { 32, "aS as aSt ast aF aD aFt aDt" }, { 33, "aS as aSt ast aF aD aFt aDt" },
	{ 34, "u U F" }, { 40, "aS as aF aD" }, { 41, "SB sB FB DB" }, { 42, "aS as aSt ast aF aD aFt aDt" },
	{ 43, "BS Bs BSt Bst BF BD BFt BDt" }, { 50, "t ti t tiB" }, { 51, "t t" }, { 52, "r r" }, { 60, "- - - -" },
	{ 80, "P" }, { 101, "u U D" }, { 102, "B" },
};

static uint32_t
form_size(const char *form)
{
	uint32_t n = 0;

	for (; *form && *form != ' '; form++)
		n += strchr("bodcakeB", *form) ? 1 : strchr("sunr", *form) ? 2 : strchr("SUNFi", *form) ? 4 :
		    *form == 't' ? 6 : *form == 'D' ? 8 : *form == 'x' ? 11 : 0;
	return n;
}

/* NULL: not in the table. */
static const char *
form_of(uint8_t group, uint8_t variation)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *f = forms[i].variations;

		if (forms[i].group != group)
			continue;
		for (unsigned v = 1; f && v < variation; v++)
			f = (f = strchr(f, ' ')) ? f + 1 : NULL;
		return f;
	}
	return NULL;
}

/* Functions whose objects are headers only. */
static bool
headers_only(const struct dnp3_tx *t)
{
	uint8_t f = t->function;

	return f == DNP3_READ || (f >= DNP3_FREEZE_FIRST && f <= DNP3_FREEZE_LAST) || f == DNP3_ENABLE_UNSOLICITED ||
	    f == DNP3_DISABLE_UNSOLICITED || f == DNP3_ASSIGN_CLASS;
}

static uint32_t
rd_le(struct rd *r, unsigned size)
{
	return size == 1 ? rd_u8(r) : size == 2 ? rd_u16le(r) : size == 4 ? rd_u32le(r) : 0;
}

/* false: a range code that is reserved. */
static bool
read_range(struct rd *r, struct dnp3_object *o)
{
	uint8_t code = o->qualifier & 15;

	if (code <= 5) {
		unsigned size = 1u << code % 3;

		o->start = rd_le(r, size);
		o->stop = rd_le(r, size);
		o->count = o->stop >= o->start && o->stop - o->start < UINT32_MAX ? o->stop - o->start + 1 : 0;
		return o->stop >= o->start;
	}
	if (code >= 7 && code <= 9)
		o->count = rd_le(r, 1u << (code - 7));
	else if (code == 11)
		o->count = rd_u8(r);
	else
		return code == 6;
	return true;
}

/* Size of the prefix; codes 4 to 6 are sizes, 1 to 3 indexes. */
static unsigned
prefix_size(uint8_t qualifier)
{
	static const uint8_t size[8] = { 0, 1, 2, 4, 1, 2, 4, 0 };

	return size[qualifier >> 4 & 7];
}

static bool
prefix_is_size(uint8_t qualifier)
{
	uint8_t code = qualifier >> 4 & 7;

	return code >= 4 && code <= 6;
}

/* Moves over the points; false: their size is not known. */
static bool
skip_points(struct rd *r, const struct dnp3_object *o)
{
	unsigned prefix = prefix_size(o->qualifier);

	if (prefix_is_size(o->qualifier)) {
		for (uint32_t i = 0; i < o->count && !r->bad; i++)
			rd_skip(r, rd_le(r, prefix));
		return true;
	}
	if (o->form && (*o->form == 'P' || *o->form == 'Q') && prefix == 0) {
		rd_skip(r, ((uint64_t) o->count * (*o->form == 'P' ? 1 : 2) + 7) / 8);
		return true;
	}
	if (!o->form)
		return false;
	rd_skip(r, (uint64_t) o->count * (o->size + prefix));
	return true;
}

struct rd
dnp3_objects(const struct dnp3_tx *t)
{
	struct rd r = rd_of(bytes_span(&t->data));

	rd_skip(&r, t->function >= DNP3_RESPONSE ? 4 : 2);
	return r;
}

int
dnp3_next(const struct dnp3_tx *t, struct rd *r, struct dnp3_object *o)
{
	if (rd_left(r) == 0)
		return 0;
	*o = (struct dnp3_object) { .group = rd_u8(r), .variation = 0 };
	o->variation = rd_u8(r);
	o->qualifier = rd_u8(r);
	if (!read_range(r, o) || r->bad)
		return -DNP3_EV_MALFORMED - 1;
	o->points = *r;
	if (headers_only(t)) {
		o->form = "";
	} else if (o->group >= 110 && o->group <= 113) { /* octet strings: the variation is the length */
		o->form = "";
		o->size = o->variation;
	} else if ((o->form = form_of(o->group, o->variation)) != NULL) {
		o->size = form_size(o->form);
	}
	if (!skip_points(r, o))
		return -DNP3_EV_UNKNOWN_OBJECT - 1;
	return r->bad ? -DNP3_EV_MALFORMED - 1 : 1;
}

bool
dnp3_has_object(const struct tx *tx, uint8_t group, uint8_t variation)
{
	const struct dnp3_tx *t = (const struct dnp3_tx *) tx;
	struct rd r = dnp3_objects(t);
	struct dnp3_object o;
	int e;

	while ((e = dnp3_next(t, &r, &o)) != 0) {
		if (o.group == group && o.variation == variation)
			return true;
		if (e < 0)
			break;
	}
	return false;
}

/* ---- log ---- */

static void
log_flags(struct json *j, uint8_t v, char kind)
{
	static const char *const common[] = { "online", "restart", "comm_lost", "remote_forced", "local_forced" };

	for (unsigned i = 0; i < 5; i++)
		json_u64(j, common[i], v >> i & 1);
	switch (kind) {
	case 'b':
		json_u64(j, "chatter_filter", v >> 5 & 1);
		json_u64(j, "reserved", v >> 6 & 1);
		json_u64(j, "state", v >> 7);
		break;
	case 'o':
		json_u64(j, "reserved0", v >> 5 & 1);
		json_u64(j, "reserved1", v >> 6 & 1);
		json_u64(j, "state", v >> 7);
		break;
	case 'd':
		json_u64(j, "chatter_filter", v >> 5 & 1);
		json_u64(j, "state", v >> 6);
		break;
	case 'c':
		json_u64(j, "rollover", v >> 5 & 1);
		json_u64(j, "discontinuity", v >> 6 & 1);
		json_u64(j, "reserved0", v >> 7);
		break;
	default:
		json_u64(j, "over_range", v >> 5 & 1);
		json_u64(j, "reference_err", v >> 6 & 1);
		json_u64(j, "reserved0", v >> 7);
	}
}

/* Control relay output block: A.8.1. */
static void
log_crob(struct json *j, struct rd *r)
{
	uint8_t code = rd_u8(r), status;

	json_u64(j, "op_type", code & 15);
	json_u64(j, "qu", code >> 4 & 1);
	json_u64(j, "cr", code >> 5 & 1);
	json_u64(j, "tcc", code >> 6);
	json_u64(j, "count", rd_u8(r));
	json_u64(j, "ontime", rd_u32le(r));
	json_u64(j, "offtime", rd_u32le(r));
	status = rd_u8(r);
	json_u64(j, "status_code", status & 0x7f);
	json_u64(j, "reserved", status >> 7);
}

static void
log_float(struct json *j, struct rd *r, bool wide)
{
	uint32_t raw32 = wide ? 0 : rd_u32le(r);
	uint64_t raw64 = wide ? rd_u64le(r) : 0;
	double d;
	float f;

	memcpy(&f, &raw32, sizeof(f));
	memcpy(&d, &raw64, sizeof(d));
	json_f64(j, "value", wide ? d : (double) f);
}

static void
log_form(struct json *j, const char *form, struct rd *r)
{
	for (; *form && *form != ' '; form++)
		switch (*form) {
		case 'b': case 'o': case 'd': case 'c': case 'a':
			log_flags(j, rd_u8(r), *form);
			break;
		case 'k': {
			uint8_t v = rd_u8(r);

			json_u64(j, "status_code", v & 0x7f);
			json_u64(j, "commanded_state", v >> 7);
			break;
		}
		case 'e': json_u64(j, "state", rd_u8(r)); break;
		case 'x': log_crob(j, r); break;
		case 's': json_i64(j, "value", (int16_t) rd_u16le(r)); break;
		case 'S': json_i64(j, "value", (int32_t) rd_u32le(r)); break;
		case 'u': json_u64(j, "value", rd_u16le(r)); break;
		case 'U': json_u64(j, "value", rd_u32le(r)); break;
		case 'n': json_u64(j, "count", rd_u16le(r)); break;
		case 'N': json_u64(j, "count", rd_u32le(r)); break;
		case 'F': log_float(j, r, false); break;
		case 'D': log_float(j, r, true); break;
		case 'r': json_u64(j, "timestamp", rd_u16le(r)); break;
		case 'i': json_u64(j, "interval", rd_u32le(r)); break;
		case 'B': json_u64(j, "status_code", rd_u8(r)); break;
		case 't': {
			uint64_t lo = rd_u32le(r);

			json_u64(j, "timestamp", lo | (uint64_t) rd_u16le(r) << 32);
			break;
		}
		}
}

/* Files, group 70: A.35. */
static void
log_file(struct json *j, uint8_t variation, struct span point)
{
	struct rd r = rd_of(point);
	uint64_t lo;

	if (variation == 3) { /* open, delete */
		uint16_t n;

		json_u64(j, "filename_offset", rd_u16le(&r));
		json_u64(j, "filename_size", n = rd_u16le(&r));
		lo = rd_u32le(&r);
		json_u64(j, "created", lo | (uint64_t) rd_u16le(&r) << 32);
		json_u64(j, "permissions", rd_u16le(&r));
		json_u64(j, "authentication_key", rd_u32le(&r));
		json_u64(j, "file_size", rd_u32le(&r));
		json_u64(j, "operational_mode", rd_u16le(&r));
		json_u64(j, "maximum_block_size", rd_u16le(&r));
		json_u64(j, "request_id", rd_u16le(&r));
		json_span(j, "filename", rd_span(&r, n));
	} else if (variation == 4) { /* status */
		json_u64(j, "file_handle", rd_u32le(&r));
		json_u64(j, "file_size", rd_u32le(&r));
		json_u64(j, "maximum_block_size", rd_u16le(&r));
		json_u64(j, "request_id", rd_u16le(&r));
		json_u64(j, "status_code", rd_u8(&r));
		json_span(j, "optional_text", rd_rest(&r));
	} else if (variation == 5) { /* a block */
		json_u64(j, "file_handle", rd_u32le(&r));
		json_u64(j, "block_number", rd_u32le(&r));
	}
}

static void
log_points(const struct dnp3_object *o, struct json *j)
{
	unsigned prefix = prefix_size(o->qualifier), bits = o->form && *o->form == 'Q' ? 2 : 1;
	bool packed = o->form && (*o->form == 'P' || *o->form == 'Q') && prefix == 0, sized = prefix_is_size(o->qualifier);
	struct rd r = o->points;
	uint8_t byte = 0;

	json_array(j, "points");
	for (uint32_t i = 0; i < o->count && i < POINTS_LOGGED && !r.bad; i++) {
		uint32_t p = prefix ? rd_le(&r, prefix) : 0;

		json_object(j, NULL);
		json_u64(j, "prefix", p);
		json_u64(j, "index", sized ? o->start + i : prefix ? p : o->start + i);
		if (sized) {
			struct span point = rd_span(&r, p);

			json_u64(j, "size", p);
			if (o->group == 70)
				log_file(j, o->variation, point);
		} else if (packed) {
			if (i * bits % 8 == 0)
				byte = rd_u8(&r);
			json_u64(j, "state", byte >> (i * bits % 8) & (bits == 2 ? 3 : 1));
		} else if (o->form && *o->form) {
			log_form(j, o->form, &r);
		} else {
			rd_skip(&r, o->size);
		}
		json_end(j);
	}
	json_end(j);
}

void
dnp3_log_objects(const struct dnp3_tx *t, struct json *j)
{
	struct rd r = dnp3_objects(t);
	struct dnp3_object o;

	if (rd_left(&r) == 0)
		return;
	json_array(j, "objects");
	for (unsigned i = 0; i < OBJECTS_LOGGED && dnp3_next(t, &r, &o) > 0; i++) {
		json_object(j, NULL);
		json_u64(j, "group", o.group);
		json_u64(j, "variation", o.variation);
		json_u64(j, "qualifier", o.qualifier);
		json_u64(j, "prefix_code", o.qualifier >> 4 & 7);
		json_u64(j, "range_code", o.qualifier & 15);
		json_u64(j, "start", o.start);
		json_u64(j, "stop", o.stop);
		json_u64(j, "count", o.count);
		if (!headers_only(t) && o.count && (o.size || prefix_is_size(o.qualifier) || (o.form && *o.form != '-')))
			log_points(&o, j);
		json_end(j);
	}
	json_end(j);
}
