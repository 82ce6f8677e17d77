/*
 * modbus - Modbus/TCP: a transaction is a request and its response.
 *
 * Spec: MODBUS Messaging on TCP/IP Implementation Guide V1.0b section 3.1.3 (MBAP);
 * MODBUS Application Protocol Specification V1.1b3 section 6 (functions) and 7 (exceptions).
 *
 *   transaction(2) protocol(2)=0 length(2) unit(1) | function(1) data...     length = 1 + bytes of function and data
 *   exception: function|0x80 code(1)
 */
#include "engine/app/protocols/modbus.h"

#define MBAP 7
#define PDU_MAX 253
#define UNANSWERED_MAX 500 /* more open requests than this are a flood */

enum { FC_READ_COILS = 1, FC_READ_DISCRETES, FC_READ_HOLDING, FC_READ_INPUT, FC_WRITE_COIL, FC_WRITE_REGISTER,
	FC_EXCEPTION_STATUS, FC_DIAGNOSTIC, FC_PROGRAM_484, FC_PROGRAM = 13, FC_WRITE_COILS = 15, FC_WRITE_REGISTERS,
	FC_PROGRAM_884 = 18, FC_RESET_LINK = 19, FC_READ_FILE = 20, FC_WRITE_FILE, FC_MASK_WRITE, FC_READ_WRITE, FC_READ_FIFO,
	FC_MEI = 43, FC_UMAS = 90 };

enum modbus_event { EV_INVALID_PROTOCOL, EV_UNSOLICITED, EV_INVALID_LENGTH, EV_INVALID_FUNCTION, EV_INVALID_VALUE,
	EV_INVALID_EXCEPTION, EV_VALUE_MISMATCH, EV_FLOODED };

struct modbus {
	uint32_t open;      /* requests without a response */
	bool resync[2];     /* after a gap: bytes are passed over until a message begins with them */
};

/* Functions, by number. */
static const struct function {
	const char *name;
	uint8_t access;
	uint8_t kind; /* enum ot_kind; diagnostics and UMAS: by sub-function */
} functions[FC_MEI + 1] = {
	[1] = { "RdCoils", MODBUS_READ | MODBUS_COILS, OT_READ },
	[2] = { "RdDiscreteInputs", MODBUS_READ | MODBUS_DISCRETES, OT_READ },
	[3] = { "RdHoldRegs", MODBUS_READ | MODBUS_HOLDING, OT_READ },
	[4] = { "RdInputRegs", MODBUS_READ | MODBUS_INPUT, OT_READ },
	[5] = { "WrSingleCoil", MODBUS_WRITE | MODBUS_COILS | MODBUS_SINGLE, OT_WRITE },
	[6] = { "WrSingleReg", MODBUS_WRITE | MODBUS_HOLDING | MODBUS_SINGLE, OT_WRITE },
	[7] = { "RdExcStatus", 0, OT_READ },
	[8] = { "Diagnostic", 0, OT_READ },
	[9] = { "Program484", 0, OT_PROGRAM },
	[10] = { "Poll484", 0, OT_READ },
	[11] = { "GetCommEventCtr", 0, OT_READ },
	[12] = { "GetCommEventLog", 0, OT_READ },
	[13] = { "ProgramController", 0, OT_PROGRAM },
	[14] = { "PollController", 0, OT_READ },
	[15] = { "WrMultCoils", MODBUS_WRITE | MODBUS_COILS | MODBUS_MULTIPLE, OT_WRITE },
	[16] = { "WrMultRegs", MODBUS_WRITE | MODBUS_HOLDING | MODBUS_MULTIPLE, OT_WRITE },
	[17] = { "ReportServerID", 0, OT_READ },
	[18] = { "Program884", 0, OT_PROGRAM },
	[19] = { "ResetCommLink", 0, OT_CONTROL },
	[20] = { "RdFileRec", 0, OT_READ },
	[21] = { "WrFileRec", 0, OT_WRITE },
	[22] = { "MaskWrReg", MODBUS_WRITE | MODBUS_HOLDING, OT_WRITE },
	[23] = { "RdWrMultRegs", MODBUS_READ | MODBUS_WRITE | MODBUS_HOLDING | MODBUS_MULTIPLE, OT_WRITE },
	[24] = { "RdFIFOQueue", 0, OT_READ },
	[43] = { "MEI", 0, OT_READ },
};

static const struct function *
function_of(uint8_t fc)
{
	static const struct function unknown = { "Unknown", 0, OT_READ };

	return fc <= FC_MEI && functions[fc].name ? &functions[fc] : &unknown;
}

/* V1.1b3 section 5: public codes, two user-defined ranges, codes some companies use. */
static uint8_t
category_of(uint8_t fc)
{
	if ((fc >= 65 && fc <= 72) || (fc >= 100 && fc <= 110))
		return MODBUS_USER_DEFINED;
	if (fc == 9 || fc == 10 || fc == 13 || fc == 14 || fc == 41 || fc == 42 || (fc >= 90 && fc <= 92) || (fc >= 125 && fc <= 127))
		return MODBUS_RESERVED;
	return fc <= FC_MEI && functions[fc].name ? MODBUS_PUBLIC_ASSIGNED : MODBUS_PUBLIC_UNASSIGNED;
}

/* Schneider's functions inside 90: session(1) code(1). */
static enum ot_kind
umas_kind(uint8_t code)
{
	switch (code) {
	case 0x23: case 0x29:
		return OT_WRITE;
	case 0x33: case 0x34: case 0x35:
		return OT_PROGRAM;
	case 0x40:
		return OT_CONTROL;
	case 0x41:
		return OT_STOP;
	}
	return OT_READ;
}

static enum ot_kind
kind_of(const struct modbus_msg *m)
{
	if (m->function == FC_DIAGNOSTIC) /* 1 restart communications, 4 force listen only, 10 clear counters */
		return m->sub == 4 ? OT_STOP : m->sub == 1 || m->sub == 10 ? OT_CONTROL : OT_READ;
	if (m->function == FC_UMAS)
		return umas_kind((uint8_t) m->sub);
	return (enum ot_kind) function_of(m->function)->kind;
}

/* ---- messages ---- */

static void
values_at(struct modbus_msg *m, const struct rd *r, uint32_t n)
{
	m->data_off = (uint8_t) (m->pdu_n - rd_left(r));
	m->data_n = (uint8_t) (n < rd_left(r) ? n : rd_left(r));
}

static void
read_request(struct modbus_msg *m, struct rd *r)
{
	switch (m->function) {
	case FC_READ_COILS: case FC_READ_DISCRETES: case FC_READ_HOLDING: case FC_READ_INPUT: case FC_READ_WRITE:
		m->has_read = true;
		m->read_address = rd_u16(r);
		m->read_quantity = rd_u16(r);
		if (m->function != FC_READ_WRITE)
			break;
		/* fall through */
	case FC_WRITE_COILS: case FC_WRITE_REGISTERS:
		m->has_write = true;
		m->write_address = rd_u16(r);
		m->write_quantity = rd_u16(r);
		values_at(m, r, rd_u8(r));
		break;
	case FC_WRITE_COIL: case FC_WRITE_REGISTER:
		m->has_write = true;
		m->write_address = rd_u16(r);
		m->write_quantity = 1;
		values_at(m, r, 2);
		rd_skip(r, 2);
		break;
	case FC_MASK_WRITE:
		m->has_write = true;
		m->write_address = rd_u16(r);
		m->write_quantity = 1;
		m->and_mask = rd_u16(r);
		m->or_mask = rd_u16(r);
		break;
	case FC_DIAGNOSTIC:
		m->sub = rd_u16(r);
		values_at(m, r, 255);
		break;
	case FC_MEI:
		m->sub = rd_u8(r);
		values_at(m, r, 255);
		break;
	case FC_UMAS:
		rd_u8(r);
		m->sub = rd_u8(r);
		values_at(m, r, 255);
		break;
	default:
		values_at(m, r, 255);
	}
}

static void
read_response(struct modbus_msg *m, struct rd *r)
{
	if (m->exception) {
		m->code = rd_u8(r);
		return;
	}
	switch (m->function) {
	case FC_READ_COILS: case FC_READ_DISCRETES: case FC_READ_HOLDING: case FC_READ_INPUT: case FC_READ_WRITE: {
		uint8_t n = rd_u8(r);

		values_at(m, r, n);
		rd_skip(r, n);
		break;
	}
	case FC_WRITE_COILS: case FC_WRITE_REGISTERS:
		m->has_write = true;
		m->write_address = rd_u16(r);
		m->write_quantity = rd_u16(r);
		break;
	default:
		read_request(m, r);
	}
}

static void
read_message(struct modbus_msg *m, int dir, struct span message)
{
	struct rd r = rd_of(message);
	struct span pdu;

	m->present = true;
	m->transaction = rd_u16(&r);
	m->protocol = rd_u16(&r);
	rd_skip(&r, 2);
	m->unit = rd_u8(&r);
	pdu = rd_rest(&r);
	m->pdu_n = (uint8_t) pdu.n;
	memcpy(m->pdu, pdu.p, pdu.n);
	r = rd_of(span_of(m->pdu, m->pdu_n));
	m->function = rd_u8(&r);
	m->exception = dir == TO_CLIENT && m->function & 0x80;
	m->function &= m->exception ? 0x7f : 0xff;
	m->access = function_of(m->function)->access;
	m->category = category_of(m->function);
	if (dir == TO_SERVER)
		read_request(m, &r);
	else
		read_response(m, &r);
	m->short_pdu = r.bad;
}

bool
modbus_written(const struct modbus_msg *m, uint16_t address, uint16_t *value)
{
	struct rd r = rd_of(span_of(m->pdu + m->data_off, m->data_n));
	uint32_t i = (uint32_t) address - m->write_address;

	if (!m->has_write || m->data_n == 0 || address < m->write_address || i >= m->write_quantity)
		return false;
	if (m->function == FC_WRITE_COILS) {
		rd_skip(&r, i / 8);
		*value = rd_u8(&r) >> (i % 8) & 1;
	} else {
		rd_skip(&r, 2 * i);
		*value = rd_u16(&r);
		if (m->function == FC_WRITE_COIL)
			*value = *value == 0xff00;
	}
	return !r.bad;
}

/* ---- transactions ---- */

/* Quantities of V1.1b3 section 6. */
static bool
value_ok(const struct modbus_msg *m)
{
	bool bits = m->function == FC_READ_COILS || m->function == FC_READ_DISCRETES || m->function == FC_WRITE_COILS;
	uint32_t read_max = bits ? 2000 : 125, write_max = bits ? 1968 : m->function == FC_READ_WRITE ? 121 : 123;

	if (m->has_read && (m->read_quantity == 0 || m->read_quantity > read_max))
		return false;
	if (m->function == FC_WRITE_COILS || m->function == FC_WRITE_REGISTERS || m->function == FC_READ_WRITE) {
		uint32_t want = bits ? (m->write_quantity + 7u) / 8 : 2u * m->write_quantity;

		return m->write_quantity && m->write_quantity <= write_max && want == m->data_n;
	}
	if (m->function == FC_WRITE_COIL && m->data_n == 2) {
		uint8_t hi = m->pdu[m->data_off], lo = m->pdu[m->data_off + 1];

		return lo == 0 && (hi == 0 || hi == 0xff);
	}
	return true;
}

static void
check(struct app *a, struct tx *tx, const struct modbus_msg *m, int dir)
{
	if (m->protocol != 0)
		app_event(a, tx, EV_INVALID_PROTOCOL);
	if (m->short_pdu)
		app_event(a, tx, EV_INVALID_LENGTH);
	if (m->function == 0 || (dir == TO_SERVER && m->function > 127))
		app_event(a, tx, EV_INVALID_FUNCTION);
	if (m->exception && (m->code == 0 || m->code > 11 || m->code == 9))
		app_event(a, tx, EV_INVALID_EXCEPTION);
	if (dir == TO_SERVER && !m->short_pdu && !value_ok(m))
		app_event(a, tx, EV_INVALID_VALUE);
}

static bool
answers(const struct modbus_msg *q, const struct modbus_msg *r)
{
	if (r->exception || r->short_pdu || q->short_pdu)
		return true;
	if (q->has_write && r->has_write)
		return q->write_address == r->write_address && q->write_quantity == r->write_quantity;
	if (q->has_read) {
		bool bits = q->function == FC_READ_COILS || q->function == FC_READ_DISCRETES;

		return r->data_n == (bits ? (q->read_quantity + 7) / 8 : 2 * q->read_quantity);
	}
	return true;
}

static void
request(struct app *a, struct modbus *st, struct span message)
{
	struct modbus_tx *t = (struct modbus_tx *) app_tx_new(a);

	if (!t)
		return;
	read_message(&t->msg[TO_SERVER], TO_SERVER, message);
	tx_reach(&t->tx, TO_SERVER, 1);
	app_count_request(a);
	app_count_ot(a, kind_of(&t->msg[TO_SERVER]));
	check(a, &t->tx, &t->msg[TO_SERVER], TO_SERVER);
	if (++st->open <= UNANSWERED_MAX)
		return;
	app_event(a, &t->tx, EV_FLOODED);
	each_tx(a, old)
		if (old->progress[TO_CLIENT] == 0) {
			tx_reach(old, TO_CLIENT, 1);
			st->open--;
			break;
		}
}

static void
response(struct app *a, struct modbus *st, struct span message)
{
	struct modbus_tx *t = NULL;
	struct modbus_msg *m;
	struct rd r = rd_of(message);
	uint16_t id = rd_u16(&r);

	each_tx(a, x) {
		const struct modbus_tx *q = (const struct modbus_tx *) x;

		if (x->progress[TO_CLIENT] == 0 && q->msg[TO_SERVER].transaction == id) {
			t = (struct modbus_tx *) x;
			break;
		}
	}
	if (t) {
		st->open--;
	} else {
		t = (struct modbus_tx *) app_tx_new(a);
		if (!t)
			return;
		t->tx.only_dir = 1 << TO_CLIENT;
		app_event(a, &t->tx, EV_UNSOLICITED);
	}
	m = &t->msg[TO_CLIENT];
	read_message(m, TO_CLIENT, message);
	tx_reach(&t->tx, TO_CLIENT, 1);
	app_count_response(a, m->exception);
	check(a, &t->tx, m, TO_CLIENT);
	if (t->msg[TO_SERVER].present &&
	    (t->msg[TO_SERVER].function != m->function || !answers(&t->msg[TO_SERVER], m)))
		app_event(a, &t->tx, EV_VALUE_MISMATCH);
}

/* Is a PDU shaped as its function wants it? For the probe. */
static bool
shape_ok(struct span pdu, int dir)
{
	struct rd r = rd_of(pdu);
	uint8_t fc = rd_u8(&r), first = rd_u8(&r);
	uint16_t quantity;
	bool reply = dir == TO_CLIENT;

	if (reply && fc & 0x80)
		return pdu.n == 2 && first >= 1 && first <= 11 && fc != 0x80;
	rd_u8(&r);
	quantity = rd_u16(&r);
	switch (fc) {
	case FC_READ_COILS: case FC_READ_DISCRETES: case FC_READ_HOLDING: case FC_READ_INPUT:
		return reply ? pdu.n == 2u + first && first > 0 : pdu.n == 5 && quantity > 0 && quantity <= 2000;
	case FC_WRITE_COIL: case FC_WRITE_REGISTER: case FC_DIAGNOSTIC:
		return pdu.n == 5;
	case FC_WRITE_COILS: case FC_WRITE_REGISTERS:
		return reply ? pdu.n == 5 : pdu.n > 6 && pdu.n == 6u + rd_u8(&r);
	case FC_MASK_WRITE:
		return pdu.n == 7;
	case FC_READ_WRITE:
		return reply ? pdu.n == 2u + first : pdu.n > 10;
	case FC_MEI:
		return first == 13 || first == 14;
	case FC_EXCEPTION_STATUS: case 11: case 12: case 17:
		return reply || pdu.n == 1;
	case FC_READ_FILE: case FC_WRITE_FILE:
		return pdu.n == 2u + first;
	case FC_UMAS:
		return pdu.n >= 3;
	}
	return false;
}

/* All of the bytes are messages one after another; the last may be incomplete. */
static enum app_probe
modbus_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);

	while (rd_left(&r) >= MBAP + 1) {
		uint16_t n;
		struct span pdu;

		rd_skip(&r, 2);
		if (rd_u16(&r) != 0)
			return PROBE_NO;
		n = rd_u16(&r);
		if (n < 2 || n > PDU_MAX + 1)
			return PROBE_NO;
		rd_u8(&r);
		pdu = rd_span(&r, n - 1u);
		if (r.bad)
			return PROBE_MORE;
		if (!shape_ok(pdu, dir))
			return PROBE_NO;
	}
	return PROBE_YES;
}

static int
modbus_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct modbus *st = state;
	struct rd r = rd_of(bytes), header;
	uint16_t n;

	if (st->resync[dir] && modbus_probe(bytes, dir, APP_TCP) != PROBE_YES)
		return (int) bytes.n;
	st->resync[dir] = false;
	for (header = r; rd_left(&r) >= MBAP; header = r) {
		struct span message;

		rd_skip(&header, 4);
		n = rd_u16(&header);
		if (n < 2 || n > PDU_MAX + 1) { /* the length of the next one cannot be known */
			app_event(a, NULL, EV_INVALID_LENGTH);
			return -1;
		}
		message = rd_span(&r, 6u + n);
		if (r.bad) {
			r.bad = false;
			break;
		}
		if (dir == TO_SERVER)
			request(a, st, message);
		else
			response(a, st, message);
	}
	return (int) (bytes.n - rd_left(&r));
}

static int
modbus_gap(struct app *a, void *state, int dir, uint32_t n)
{
	((struct modbus *) state)->resync[dir] = true;
	return 0;
}

/* ---- fields ---- */

#define NUMBER(name, present, value) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		const struct modbus_msg *m = modbus_of(tx, dir); \
\
		if (i || !m || !(present)) \
			return false; \
		*out = (value); \
		return true; \
	}
NUMBER(n_function, true, m->function)
NUMBER(n_unit, true, m->unit)
NUMBER(n_transaction, true, m->transaction)
NUMBER(n_address, m->has_read || m->has_write, m->has_read ? m->read_address : m->write_address)
NUMBER(n_quantity, m->has_read || m->has_write, m->has_read ? m->read_quantity : m->write_quantity)
NUMBER(n_exception, m->exception, m->code)
NUMBER(n_sub, m->function == FC_DIAGNOSTIC || m->function == FC_MEI || m->function == FC_UMAS, m->sub)

static bool
f_data(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct modbus_msg *m = modbus_of(tx, dir);

	if (i || !m)
		return false;
	*out = span_of(m->pdu + m->data_off, m->data_n);
	return out->n > 0;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "modbus.function", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_function, .help = "function code without the exception bit" },
	{ "modbus.unit", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_unit, .help = "unit identifier" },
	{ "modbus.transaction_id", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_transaction, .help = "transaction identifier" },
	{ "modbus.address", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_address, .help = "first coil or register, from 0" },
	{ "modbus.quantity", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_quantity, .help = "coils or registers" },
	{ "modbus.exception", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_exception, .help = "exception code" },
	{ "modbus.subfunction", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_sub, .help = "diagnostics sub-function, MEI type" },
	{ "modbus.data", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_data, .help = "values read or written" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_PROTOCOL] = { "invalid_protocol_id" },
	[EV_UNSOLICITED] = { "unsolicited_response" },
	[EV_INVALID_LENGTH] = { "invalid_length" },
	[EV_INVALID_FUNCTION] = { "invalid_function_code" },
	[EV_INVALID_VALUE] = { "invalid_value" },
	[EV_INVALID_EXCEPTION] = { "invalid_exception_code" },
	[EV_VALUE_MISMATCH] = { "value_mismatch" },
	[EV_FLOODED] = { "flooded" },
	{ NULL }
};

/* ---- log ---- */

static void
log_flags(struct json *j, const char *key, unsigned flags, const char *const *names)
{
	char buf[128];
	struct text t = text_of(buf, sizeof(buf));

	for (unsigned i = 0; names[i]; i++) {
		if (!(flags >> i & 1))
			continue;
		if (t.n)
			text_add(&t, SPAN_LIT(" | "));
		text_add(&t, span_str(names[i]));
	}
	if (t.n == 0)
		text_add(&t, SPAN_LIT("NONE"));
	json_span(j, key, text_span(&t));
}

static void
log_coded(struct json *j, const char *key, unsigned raw, const char *const *names, unsigned n, struct span more)
{
	json_object(j, key);
	json_u64(j, "raw", raw);
	json_str(j, "code", raw < n && names[raw] ? names[raw] : "Unknown");
	if (more.n)
		json_hex(j, "data", more, 0);
	json_end(j);
}

static void
log_access(const struct modbus_msg *m, int dir, struct json *j)
{
	struct span data = span_of(m->pdu + m->data_off, m->data_n);

	if (m->access & MODBUS_READ) {
		json_object(j, "read");
		if (m->has_read) {
			json_u64(j, "address", m->read_address);
			json_u64(j, "quantity", m->read_quantity);
		} else {
			json_hex(j, "data", data, 0);
		}
		json_end(j);
	}
	if (!m->has_write)
		return;
	json_object(j, "write");
	json_u64(j, "address", m->write_address);
	if (m->function == FC_MASK_WRITE) {
		json_u64(j, "and_mask", m->and_mask);
		json_u64(j, "or_mask", m->or_mask);
	} else {
		if (m->access & MODBUS_MULTIPLE)
			json_u64(j, "quantity", m->write_quantity);
		if (m->data_n)
			json_hex(j, "data", data, 0);
	}
	json_end(j);
}

static void
log_message(const struct modbus_msg *m, int dir, struct json *j)
{
	static const char *const access[] = { "READ", "WRITE", "DISCRETES", "COILS", "INPUT", "HOLDING", "SINGLE", "MULTIPLE", NULL };
	static const char *const categories[] = { "PUBLIC_ASSIGNED", "PUBLIC_UNASSIGNED", "USER_DEFINED", "RESERVED", NULL };
	static const char *const exceptions[] = { NULL, "IllegalFunction", "IllegalDataAddr", "IllegalDataValue", "ServerDeviceFail",
		"Ack", "ServerDeviceBusy", "NegAck", "MemParityErr", NULL, "GatewayPathUnavailable", "GatewayTargetFailToResp" };
	static const char *const diagnostics[] = { "RetQueryData", "RestartCommOpt", "RetDiagReg", "ChangeInputDelimiter",
		"ForceListenOnlyMode", NULL, NULL, NULL, NULL, NULL, "ClearCtrDiagReg", "RetBusMsgCount", "RetBusCommErrCount",
		"RetBusExcErrCount", "RetServerMsgCount", "RetServerNoRespCount", "RetServerNAKCount", "RetServerBusyCount",
		"RetBusCharOverrunCount", "RetOverrunErrCount", "ClearOverrunCounterFlag", "GetClearPlusStats" };
	static const char *const mei[] = { [13] = "CANOpenGenRefReqResp", [14] = "RdDevId" };
	struct span data = span_of(m->pdu + m->data_off, m->data_n);

	json_u64(j, "transaction_id", m->transaction);
	json_u64(j, "protocol_id", m->protocol);
	json_u64(j, "unit_id", m->unit);
	json_u64(j, "function_raw", m->function | (m->exception ? 0x80 : 0));
	json_str(j, "function_code", function_of(m->function)->name);
	log_flags(j, "access_type", m->access, access);
	log_flags(j, "category", m->category, categories);
	json_str(j, "error_flags", m->short_pdu ? "DATA_LENGTH" : dir == TO_SERVER && !value_ok(m) ? "DATA_VALUE" : "NONE");
	if (m->exception)
		log_coded(j, "exception", m->code, exceptions, 12, SPAN_NONE);
	else if (m->function == FC_DIAGNOSTIC)
		log_coded(j, "diagnostic", m->sub, diagnostics, 22, data);
	else if (m->function == FC_MEI)
		log_coded(j, "mei", m->sub, mei, 15, data);
	else if (m->access)
		log_access(m, dir, j);
	else if (data.n)
		json_hex(j, "data", data, 0);
}

static void
modbus_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	static const char *const key[2] = { "request", "response" };

	json_u64(j, "id", tx->id + 1);
	for (int dir = 0; dir < 2; dir++)
		if (modbus_of(tx, dir)) {
			json_object(j, key[dir]);
			log_message(modbus_of(tx, dir), dir, j);
			json_end(j);
		}
}

const struct protocol protocol_modbus = {
	.name = "modbus",
	.keeps_stream = true,
	.spec = "MODBUS Messaging on TCP/IP V1.0b, MODBUS Application Protocol V1.1b3",
	.transport = APP_TCP,
	.ports = { "502", NULL },
	.probe_min = MBAP + 1,
	.probe_max = 512,
	.probe = modbus_probe,
	.state_size = sizeof(struct modbus),
	.tx_size = sizeof(struct modbus_tx),
	.done = DONE,
	.max_record = 6 + 1 + PDU_MAX,
	.feed = modbus_feed,
	.gap = modbus_gap,
	.eof = txs_end,
	.fields = fields,
	.events = events,
	.log = modbus_log,
};
