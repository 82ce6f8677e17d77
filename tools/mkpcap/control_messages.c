/*
 * control_messages - what control systems say: Modbus, IEC 60870-5-104, DNP3.
 */
#include "mkpcap.h"

static uint32_t
next_message(struct script *s)
{
	return s->flow ? s->flow->messages[s->side]++ : 0;
}

static bool
expect(struct script *s, const char *word)
{
	return accept(s, word) || fail(s, "expected %s", word);
}

static bool
two(struct script *s, const char *a, int64_t *x, const char *between, const char *b, int64_t *y)
{
	return take_number(s, a, 0, 65535, x) && (!between || expect(s, between)) && take_number(s, b, 0, 65535, y);
}

/* Values after =, each 16 bits, counted by the caller from the size. */
static bool
registers(struct script *s, struct buf *b)
{
	int64_t v;

	do {
		if (!take_number(s, "a value", 0, 65535, &v))
			return false;
		put_u16(b, (uint32_t) v);
	} while (!at_end(s) && b->n < 250);
	return true;
}

/* The PDU, Modbus Application Protocol V1.1b3 section 6. */
static bool
modbus_write(struct script *s, struct buf *b, uint32_t function)
{
	int64_t a, v;
	struct buf values;

	if (!take_number(s, "an address", 0, 65535, &a) || !expect(s, "="))
		return false;
	put_u8(b, function);
	put_u16(b, (uint32_t) a);
	if (function == 5) {
		bool on = accept(s, "on");
		put_u16(b, on ? 0xff00 : 0);
		return on || expect(s, "off");
	}
	if (function == 6) {
		bool ok = take_number(s, "a value", 0, 65535, &v);
		put_u16(b, ok ? (uint32_t) v : 0);
		return ok;
	}
	buf_init(&values, 300);
	bool ok = registers(s, &values);
	put_u16(b, (uint32_t) (function == 15 ? values.n * 8 : values.n / 2));
	put_u8(b, (uint32_t) values.n);
	buf_add(b, values.p, values.n);
	buf_clear(&values);
	return ok;
}

static bool
modbus_pdu(struct script *s, struct buf *b)
{
	static const struct {
		const char *name;
		uint32_t function;
	} reads[] = { { "read-coils", 1 }, { "read-inputs", 2 }, { "read-registers", 3 }, { "read-input-registers", 4 },
		{ "diagnostics", 8 } }, writes[] = { { "write-coil", 5 }, { "write-register", 6 }, { "write-coils", 15 },
		{ "write-registers", 16 } };
	int64_t x, y;

	for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
		if (accept(s, reads[i].name)) {
			if (!two(s, "an address or sub-function", &x, NULL, "a quantity or value", &y))
				return false;
			return put_u8(b, reads[i].function), put_u16(b, (uint32_t) x), put_u16(b, (uint32_t) y), true;
		}
	}
	for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
		if (accept(s, writes[i].name))
			return modbus_write(s, b, writes[i].function);
	}
	if (accept(s, "exception")) {
		if (!two(s, "a function", &x, NULL, "a code", &y))
			return false;
		return put_u8(b, (uint32_t) x | 0x80), put_u8(b, (uint32_t) y), true;
	}
	if (accept(s, "values")) { /* the answer to a read: function, then its bytes */
		if (!take_number(s, "a function", 1, 127, &x))
			return false;
		struct buf v;
		buf_init(&v, 300);
		bool ok = registers(s, &v);
		put_u8(b, (uint32_t) x);
		put_u8(b, (uint32_t) v.n);
		buf_add(b, v.p, v.n);
		buf_clear(&v);
		return ok;
	}
	return accept(s, "pdu") ? take_data(s, b) : fail(s, "expected a Modbus message such as read-registers or write-coil");
}

static bool
put_modbus(struct script *s, struct buf *b)
{
	int64_t unit = 1, tx = next_message(s);

	if (!option_number(s, "unit", 0, 255, &unit) || !option_number(s, "tx", 0, 65535, &tx))
		return false;
	put_u16(b, (uint32_t) tx);
	put_u16(b, 0);
	size_t length = b->n;
	put_u16(b, 0);
	put_u8(b, (uint32_t) unit);
	bool ok = modbus_pdu(s, b);
	set_u16(b, length, (uint32_t) (b->n - length - 2));
	return ok;
}

/* U-frames, IEC 60870-5-104 section 5.3 */
static bool
iec104_control(struct script *s, struct buf *b)
{
	static const struct {
		const char *name;
		uint32_t code;
	} u[] = { { "startdt", 0x07 }, { "startdt-con", 0x0b }, { "stopdt", 0x13 }, { "stopdt-con", 0x23 }, { "testfr", 0x43 },
		{ "testfr-con", 0x83 } };

	for (size_t i = 0; i < sizeof u / sizeof u[0]; i++) {
		if (accept(s, u[i].name)) {
			put_u16(b, 0x6804);
			put_u8(b, u[i].code);
			put_u16(b, 0);
			put_u8(b, 0);
			return true;
		}
	}
	return false;
}

/* What follows the object's address. */
static bool
iec104_value(struct script *s, struct buf *b, int64_t type)
{
	int64_t v = 0;

	if (accept(s, "on"))
		v = type == 46 || type == 59 ? 2 : 1;
	else if (accept(s, "off"))
		v = type == 46 || type == 59 ? 1 : 0;
	else if (accept(s, "value")) {
		if (!take_number(s, "a value", 0, UINT32_MAX, &v))
			return false;
		return type == 50 || type == 63 ? put_le32(b, (uint32_t) v), put_u8(b, 0), true : (put_le16(b, (uint32_t) v), true);
	} else if (!at_end(s)) {
		return take_data(s, b);
	} else if (type == 100) {
		v = 20;
	} else if (type == 105) {
		v = 1;
	}
	put_u8(b, (uint32_t) v);
	return true;
}

static bool
put_iec104(struct script *s, struct buf *b)
{
	int64_t type, ioa = 0, ca = 1, cot = 6;
	uint32_t mine, other;

	if (iec104_control(s, b))
		return true;
	if (!accept(s, "command") && !accept(s, "asdu"))
		return fail(s, "expected startdt, startdt-con, testfr, testfr-con, stopdt, stopdt-con, command or asdu");
	if (!take_number(s, "a type", 1, 127, &type) || !option_number(s, "ioa", 0, 0xffffff, &ioa)
	    || !option_number(s, "ca", 0, 65535, &ca) || !option_number(s, "cot", 0, 255, &cot))
		return false;
	mine = next_message(s);
	other = s->flow ? s->flow->messages[!s->side] : 0;
	size_t begin = b->n;
	put_u16(b, 0x6800);
	put_le16(b, mine << 1);
	put_le16(b, other << 1);
	put_u8(b, (uint32_t) type);
	put_u8(b, 1);
	put_le16(b, (uint32_t) cot);
	put_le16(b, (uint32_t) ca);
	put_le16(b, (uint32_t) ioa);
	put_u8(b, (uint32_t) ioa >> 16);
	bool ok = iec104_value(s, b, type);
	if (b->n - begin - 2 > 253)
		return fail(s, "more than 253 bytes in an APDU");
	set_u16(b, begin, 0x6800 | (uint32_t) (b->n - begin - 2));
	return ok;
}

/* IEEE 1815 section 9.2.5: polynomial 0x3d65, reflected, inverted */
static void
put_dnp3_crc(struct buf *b, size_t from)
{
	uint32_t crc = 0;

	for (size_t i = from; i < b->n; i++) {
		crc ^= (uint8_t) b->p[i];
		for (int k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ 0xa6bc : crc >> 1;
	}
	put_le16(b, ~crc & 0xffff);
}

/* dnp3 from 1 to 10 function 13 [DATA]: one link frame with one whole application message */
static bool
put_dnp3(struct script *s, struct buf *b)
{
	int64_t from = 1, to = 10, function;
	uint32_t sequence = next_message(s) & 15;
	struct buf app;

	if (!option_number(s, "from", 0, 65535, &from) || !option_number(s, "to", 0, 65535, &to) || !expect(s, "function")
	    || !take_number(s, "a function code", 0, 255, &function))
		return false;
	buf_init(&app, DATA_MAX);
	put_u8(&app, 0xc0 | sequence);
	put_u8(&app, 0xc0 | sequence);
	put_u8(&app, (uint32_t) function);
	bool ok = take_data(s, &app) && (app.n <= 250 || fail(s, "more than 250 bytes in a DNP3 frame"));
	size_t at = b->n;
	put_u16(b, 0x0564);
	put_u8(b, (uint32_t) app.n + 5);
	put_u8(b, s->side == 0 ? 0xc4 : 0x44);
	put_le16(b, (uint32_t) to);
	put_le16(b, (uint32_t) from);
	put_dnp3_crc(b, at);
	for (size_t i = 0; ok && i < app.n; i += 16) {
		at = b->n;
		buf_add(b, app.p + i, app.n - i < 16 ? app.n - i : 16);
		put_dnp3_crc(b, at);
	}
	buf_clear(&app);
	return ok;
}

/* s7 ROSCTR DATA...: TPKT, COTP data, S7 header; DATA are the parameters */
static bool
put_s7(struct script *s, struct buf *b)
{
	int64_t rosctr;
	struct buf p;

	if (accept(s, "connect")) {
		static const uint8_t cr[] = { 3, 0, 0, 22, 17, 0xe0, 0, 0, 0, 1, 0, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2, 0xc0, 1, 10 };
		buf_add(b, cr, sizeof cr);
		return true;
	}
	if (!take_number(s, "a ROSCTR", 1, 7, &rosctr))
		return false;
	buf_init(&p, DATA_MAX);
	bool ok = take_data(s, &p) && (p.n < 1000 || fail(s, "too many parameters"));
	put_u16(b, 0x0300);
	put_u16(b, (uint32_t) (17 + p.n));
	put_u8(b, 2);
	put_u16(b, 0xf080);
	put_u16(b, 0x3200 | (uint32_t) rosctr);
	put_u16(b, 0);
	put_u16(b, next_message(s));
	put_u16(b, (uint32_t) p.n);
	put_u16(b, 0);
	buf_add(b, p.p, p.n);
	buf_clear(&p);
	return ok;
}

const struct message control_messages[] = {
	{ "modbus", "modbus [unit N] [tx N] read-registers A N | write-register A = V | write-registers A = V ... | write-coil A = on |\n"
		    "         values FUNCTION V ... | diagnostics SUB V | exception FUNCTION CODE | pdu DATA", put_modbus },
	{ "iec104", "iec104 startdt | startdt-con | testfr | ... | command TYPE [ioa N] [ca N] [cot N] [on|off|value V|DATA]", put_iec104 },
	{ "dnp3", "dnp3 [from N] [to N] function N [DATA]", put_dnp3 },
	{ "s7", "s7 connect | s7 ROSCTR PARAMETERS", put_s7 },
	{ NULL, NULL, NULL },
};
