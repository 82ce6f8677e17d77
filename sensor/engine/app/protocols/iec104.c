/*
 * iec104 - IEC 60870-5-104 telecontrol: each ASDU is a transaction of its own direction.
 *
 * Spec: IEC 60870-5-104 section 5 (APCI); IEC 60870-5-101 section 7.2 and 7.3 (ASDU), with the sizes that 104 fixes:
 * cause of transmission 2 bytes, common address 2, object address 3; all little-endian.
 *
 *   0x68 length(1) control(4) | type(1) SQ|number(1) T|N|cause(1) originator(1) address(2) { object(3) element... }
 *   control: I-frame bit 0 of the first byte = 0; S-frame 01; U-frame 11 (STARTDT, STOPDT, TESTFR)
 *
 * STARTDT and STOPDT are transactions too; acknowledgements and TESTFR are passed over.
 */
#include "engine/app/protocols/parse.h"

#define APCI 6
#define APDU_MAX 253
#define OBJECTS_LOGGED 16

enum { T_SC = 45, T_DC = 46, T_RC = 47, T_SE_A = 48, T_SE_B = 49, T_SE_C = 50, T_BO = 51, T_COMMANDS_END = 64, T_RESET = 105,
	T_SEGMENT = 125, T_TYPES = 128 };
enum { COT_ACT = 6, COT_ACT_CON, COT_DEACT, COT_DEACT_CON, COT_ACT_TERM, COT_UNKNOWN_TYPE = 44, COT_UNKNOWN_OBJECT = 47 };
enum { U_STARTDT = 0x07, U_STARTDT_CON = 0x0b, U_STOPDT = 0x13, U_STOPDT_CON = 0x23, U_TESTFR = 0x43, U_TESTFR_CON = 0x83 };

enum iec104_event { EV_INVALID_APCI, EV_MALFORMED_ASDU, EV_UNKNOWN_TYPE };

struct iec104 {
	bool resync[2];
};

struct iec104_tx {
	struct tx tx;
	uint8_t u;            /* U-frame: its first control byte; 0 = an ASDU */
	uint16_t send, receive; /* sequence numbers */
	uint8_t type, number, cot, originator;
	bool sequence, negative, test;
	uint16_t ca;
	uint8_t n;            /* bytes in objects[] */
	uint8_t objects[APDU_MAX];
};

/* Types: size of an element without object address, and what it does when a client sends it. */
static const struct asdu_type {
	const char *name;
	uint8_t size, kind;
} types[T_TYPES] = {
	[1] = { "M_SP_NA_1", 1, OT_READ }, [2] = { "M_SP_TA_1", 4, OT_READ }, [3] = { "M_DP_NA_1", 1, OT_READ },
	[4] = { "M_DP_TA_1", 4, OT_READ }, [5] = { "M_ST_NA_1", 2, OT_READ }, [6] = { "M_ST_TA_1", 5, OT_READ },
	[7] = { "M_BO_NA_1", 5, OT_READ }, [8] = { "M_BO_TA_1", 8, OT_READ }, [9] = { "M_ME_NA_1", 3, OT_READ },
	[10] = { "M_ME_TA_1", 6, OT_READ }, [11] = { "M_ME_NB_1", 3, OT_READ }, [12] = { "M_ME_TB_1", 6, OT_READ },
	[13] = { "M_ME_NC_1", 5, OT_READ }, [14] = { "M_ME_TC_1", 8, OT_READ }, [15] = { "M_IT_NA_1", 5, OT_READ },
	[16] = { "M_IT_TA_1", 8, OT_READ }, [17] = { "M_EP_TA_1", 6, OT_READ }, [18] = { "M_EP_TB_1", 7, OT_READ },
	[19] = { "M_EP_TC_1", 7, OT_READ }, [20] = { "M_PS_NA_1", 5, OT_READ }, [21] = { "M_ME_ND_1", 2, OT_READ },
	[30] = { "M_SP_TB_1", 8, OT_READ }, [31] = { "M_DP_TB_1", 8, OT_READ }, [32] = { "M_ST_TB_1", 9, OT_READ },
	[33] = { "M_BO_TB_1", 12, OT_READ }, [34] = { "M_ME_TD_1", 10, OT_READ }, [35] = { "M_ME_TE_1", 10, OT_READ },
	[36] = { "M_ME_TF_1", 12, OT_READ }, [37] = { "M_IT_TB_1", 12, OT_READ }, [38] = { "M_EP_TD_1", 10, OT_READ },
	[39] = { "M_EP_TE_1", 11, OT_READ }, [40] = { "M_EP_TF_1", 11, OT_READ },
	[45] = { "C_SC_NA_1", 1, OT_CONTROL }, [46] = { "C_DC_NA_1", 1, OT_CONTROL }, [47] = { "C_RC_NA_1", 1, OT_CONTROL },
	[48] = { "C_SE_NA_1", 3, OT_CONTROL }, [49] = { "C_SE_NB_1", 3, OT_CONTROL }, [50] = { "C_SE_NC_1", 5, OT_CONTROL },
	[51] = { "C_BO_NA_1", 4, OT_CONTROL }, [58] = { "C_SC_TA_1", 8, OT_CONTROL }, [59] = { "C_DC_TA_1", 8, OT_CONTROL },
	[60] = { "C_RC_TA_1", 8, OT_CONTROL }, [61] = { "C_SE_TA_1", 10, OT_CONTROL }, [62] = { "C_SE_TB_1", 10, OT_CONTROL },
	[63] = { "C_SE_TC_1", 12, OT_CONTROL }, [64] = { "C_BO_TA_1", 11, OT_CONTROL }, [70] = { "M_EI_NA_1", 1, OT_READ },
	[100] = { "C_IC_NA_1", 1, OT_READ }, [101] = { "C_CI_NA_1", 1, OT_READ }, [102] = { "C_RD_NA_1", 0, OT_READ },
	[103] = { "C_CS_NA_1", 7, OT_WRITE }, [104] = { "C_TS_NA_1", 2, OT_READ }, [105] = { "C_RP_NA_1", 1, OT_STOP },
	[106] = { "C_CD_NA_1", 2, OT_WRITE }, [107] = { "C_TS_TA_1", 9, OT_READ }, [110] = { "P_ME_NA_1", 3, OT_WRITE },
	[111] = { "P_ME_NB_1", 3, OT_WRITE }, [112] = { "P_ME_NC_1", 5, OT_WRITE }, [113] = { "P_AC_NA_1", 1, OT_WRITE },
	[120] = { "F_FR_NA_1", 6, OT_PROGRAM }, [121] = { "F_SR_NA_1", 7, OT_PROGRAM }, [122] = { "F_SC_NA_1", 4, OT_READ },
	[123] = { "F_LS_NA_1", 5, OT_PROGRAM }, [124] = { "F_AF_NA_1", 4, OT_READ }, [125] = { "F_SG_NA_1", 4, OT_PROGRAM },
	[126] = { "F_DR_TA_1", 13, OT_READ }, [127] = { "F_SC_NB_1", 16, OT_READ },
};

static const char *const type_names[] = { "M_SP_NA_1=1", "M_DP_NA_1=3", "M_ST_NA_1=5", "M_BO_NA_1=7", "M_ME_NA_1=9",
	"M_ME_NB_1=11", "M_ME_NC_1=13", "M_IT_NA_1=15", "M_PS_NA_1=20", "M_ME_ND_1=21", "M_SP_TB_1=30", "M_DP_TB_1=31",
	"M_ST_TB_1=32", "M_BO_TB_1=33", "M_ME_TD_1=34", "M_ME_TE_1=35", "M_ME_TF_1=36", "M_IT_TB_1=37", "M_EP_TD_1=38",
	"M_EP_TE_1=39", "M_EP_TF_1=40", "C_SC_NA_1=45", "C_DC_NA_1=46", "C_RC_NA_1=47", "C_SE_NA_1=48", "C_SE_NB_1=49",
	"C_SE_NC_1=50", "C_BO_NA_1=51", "C_SC_TA_1=58", "C_DC_TA_1=59", "C_RC_TA_1=60", "C_SE_TA_1=61", "C_SE_TB_1=62",
	"C_SE_TC_1=63", "C_BO_TA_1=64", "M_EI_NA_1=70", "C_IC_NA_1=100", "C_CI_NA_1=101", "C_RD_NA_1=102", "C_CS_NA_1=103",
	"C_TS_NA_1=104", "C_RP_NA_1=105", "C_CD_NA_1=106", "C_TS_TA_1=107", "P_ME_NA_1=110", "P_ME_NB_1=111", "P_ME_NC_1=112",
	"P_AC_NA_1=113", "F_FR_NA_1=120", "F_SR_NA_1=121", "F_SC_NA_1=122", "F_LS_NA_1=123", "F_AF_NA_1=124", "F_SG_NA_1=125",
	"F_DR_TA_1=126", "F_SC_NB_1=127", NULL };

static const char *const cot_names[] = { "periodic=1", "background=2", "spontaneous=3", "initialized=4", "request=5",
	"activation=6", "activation_con=7", "deactivation=8", "deactivation_con=9", "activation_term=10", "return_remote=11",
	"return_local=12", "file=13", "interrogated=20", "counter_interrogated=37", "unknown_type=44", "unknown_cause=45",
	"unknown_address=46", "unknown_object=47", NULL };

/* ---- objects ---- */

/* Do the objects of an ASDU fill its bytes? A segment of a file brings its own length. */
static bool
objects_fit(uint8_t type, bool sequence, uint8_t number, uint32_t n)
{
	uint32_t size = types[type].size;

	if (type == T_SEGMENT)
		return n >= 7;
	return number && n == (sequence ? 3 + number * size : number * (3 + size));
}

/* The address of the i-th object. */
static bool
object_address(const struct iec104_tx *t, unsigned i, uint32_t *out, struct span *element)
{
	struct rd r = rd_of(span_of(t->objects, t->n));
	uint32_t size = t->type < T_TYPES ? types[t->type].size : 0;

	if (t->u || i >= t->number || t->type >= T_TYPES || !types[t->type].name)
		return false;
	if (!t->sequence)
		rd_skip(&r, i * (3 + size));
	*out = rd_u16le(&r);
	*out |= (uint32_t) rd_u8(&r) << 16;
	if (t->sequence) {
		*out += i;
		rd_skip(&r, i * size);
	}
	*element = rd_span(&r, size);
	return !r.bad;
}

/* ---- frames ---- */

/* Process information, which only the controlled station sends. */
static bool
from_station(uint8_t type)
{
	return type < T_SC || type == 70;
}

static void
count(struct app *a, const struct iec104_tx *t, int dir)
{
	bool refused = t->negative || (t->cot >= COT_UNKNOWN_TYPE && t->cot <= COT_UNKNOWN_OBJECT);

	if (dir == TO_CLIENT) {
		app_count_response(a, refused);
		return;
	}
	app_count_request(a);
	if (t->type < T_TYPES && types[t->type].name && !from_station(t->type))
		app_count_ot(a, (enum ot_kind) types[t->type].kind);
}

static void
information(struct app *a, int dir, uint16_t send, uint16_t receive, struct span asdu)
{
	struct iec104_tx *t = (struct iec104_tx *) app_tx_new(a);
	struct rd r = rd_of(asdu);
	struct span rest;
	uint8_t b;

	if (!t)
		return;
	t->tx.only_dir = (uint8_t) (1 << dir);
	t->send = send;
	t->receive = receive;
	t->type = rd_u8(&r);
	b = rd_u8(&r);
	t->sequence = b & 0x80;
	t->number = b & 0x7f;
	b = rd_u8(&r);
	t->cot = b & 0x3f;
	t->negative = b & 0x40;
	t->test = b & 0x80;
	t->originator = rd_u8(&r);
	t->ca = rd_u16le(&r);
	rest = rd_rest(&r);
	t->n = (uint8_t) rest.n;
	memcpy(t->objects, rest.p, rest.n);
	tx_reach(&t->tx, dir, 1);
	if (t->type >= T_TYPES || !types[t->type].name)
		app_event(a, &t->tx, EV_UNKNOWN_TYPE);
	else if (!objects_fit(t->type, t->sequence, t->number, t->n))
		app_event(a, &t->tx, EV_MALFORMED_ASDU);
	count(a, t, dir);
}

static void
unnumbered(struct app *a, int dir, uint8_t u)
{
	struct iec104_tx *t;

	if (u == U_TESTFR || u == U_TESTFR_CON)
		return;
	t = (struct iec104_tx *) app_tx_new(a);
	if (!t)
		return;
	t->tx.only_dir = (uint8_t) (1 << dir);
	t->u = u;
	tx_reach(&t->tx, dir, 1);
	if (u == U_STARTDT || u == U_STOPDT)
		app_count_request(a);
	else
		app_count_response(a, false);
	if (u == U_STOPDT) /* the station falls silent */
		app_count_ot(a, OT_CONTROL);
}

static bool
u_known(uint8_t u)
{
	return u == U_STARTDT || u == U_STARTDT_CON || u == U_STOPDT || u == U_STOPDT_CON || u == U_TESTFR || u == U_TESTFR_CON;
}

/* An APDU without its first two bytes. false: not one. */
static bool
apdu(struct app *a, int dir, struct span s)
{
	struct rd r = rd_of(s);
	uint16_t send = rd_u16le(&r), receive = rd_u16le(&r);

	if (!(send & 1)) {
		if (rd_left(&r) < 6)
			return false;
		information(a, dir, send >> 1, receive >> 1, rd_rest(&r));
		return true;
	}
	if (rd_left(&r) || (send & 0xff00) || ((send & 2) && (receive || !u_known((uint8_t) send))))
		return false;
	if (send & 2)
		unnumbered(a, dir, (uint8_t) send);
	return true;
}

/* ---- probe ---- */

static bool
probe_apdu(struct span s)
{
	struct rd r = rd_of(s);
	uint16_t send = rd_u16le(&r), receive = rd_u16le(&r);
	uint8_t type, vsq, cot;

	if (send & 1) {
		if (s.n != 4 || send & 0xff00)
			return false;
		return send & 2 ? receive == 0 && u_known((uint8_t) send) : send == 1 && !(receive & 1);
	}
	type = rd_u8(&r);
	vsq = rd_u8(&r);
	cot = rd_u8(&r) & 0x3f;
	rd_skip(&r, 3);
	return !r.bad && !(receive & 1) && type < T_TYPES && types[type].name && cot && cot <= 47 &&
	    objects_fit(type, vsq & 0x80, vsq & 0x7f, rd_left(&r));
}

/* The direction an APDU goes in by its meaning, -1 when both could be. */
static int
sent_by(struct span body)
{
	struct rd r = rd_of(body);
	uint8_t u = rd_u8(&r), type, cot;

	if (u & 1)
		return u == U_STARTDT || u == U_STOPDT ? TO_SERVER : u == U_STARTDT_CON || u == U_STOPDT_CON ? TO_CLIENT : -1;
	rd_skip(&r, 3);
	type = rd_u8(&r);
	rd_u8(&r);
	cot = rd_u8(&r) & 0x3f;
	if (from_station(type) || cot == COT_ACT_CON || cot == COT_DEACT_CON || cot == COT_ACT_TERM)
		return TO_CLIENT;
	return cot == COT_ACT || cot == COT_DEACT ? TO_SERVER : -1;
}

/* All of the bytes are APDUs one after another; the last may be incomplete. An S-frame alone is too little. */
static enum app_probe
iec104_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	bool strong = false, reversed = false;

	while (rd_left(&r) >= 2) {
		uint8_t start = rd_u8(&r), n = rd_u8(&r);
		struct span body;

		if (start != 0x68 || n < 4 || n > APDU_MAX)
			return PROBE_NO;
		body = rd_span(&r, n);
		if (r.bad)
			return strong ? PROBE_YES : PROBE_MORE;
		if (!probe_apdu(body))
			return PROBE_NO;
		if (!(body.p[0] & 1) || body.p[0] & 2) {
			strong = true;
			reversed |= sent_by(body) == !dir;
		}
	}
	return !strong ? PROBE_MORE : reversed ? PROBE_REVERSED : PROBE_YES;
}

static int
iec104_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct iec104 *st = state;
	struct rd r = rd_of(bytes);
	uint32_t taken = 0;

	if (st->resync[dir]) {
		enum app_probe p = iec104_probe(bytes, dir, APP_TCP);

		if (p == PROBE_NO || p == PROBE_MORE)
			return (int) bytes.n;
		st->resync[dir] = false;
	}
	while (rd_left(&r) >= 2) {
		uint8_t start = rd_u8(&r), n = rd_u8(&r);
		struct span body;

		if (start != 0x68 || n < 4 || n > APDU_MAX) {
			app_event(a, NULL, EV_INVALID_APCI);
			st->resync[dir] = true;
			return (int) bytes.n;
		}
		body = rd_span(&r, n);
		if (r.bad)
			break;
		taken += 2u + n;
		if (!apdu(a, dir, body))
			app_event(a, NULL, EV_INVALID_APCI);
	}
	return (int) taken;
}

static int
iec104_gap(struct app *a, void *state, int dir, uint32_t n)
{
	((struct iec104 *) state)->resync[dir] = true;
	return 0;
}

/* ---- fields ---- */

#define NUMBER(name, present, value) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		const struct iec104_tx *t = (const struct iec104_tx *) tx; \
\
		if (i || !(t->tx.only_dir >> dir & 1) || !(present)) \
			return false; \
		*out = (value); \
		return true; \
	}
NUMBER(n_type, !t->u, t->type)
NUMBER(n_cot, !t->u, t->cot)
NUMBER(n_ca, !t->u, t->ca)
NUMBER(n_negative, !t->u, t->negative)
NUMBER(n_u, t->u, t->u)

static bool
n_ioa(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct iec104_tx *t = (const struct iec104_tx *) tx;
	struct span element;
	uint32_t address;

	if (!(t->tx.only_dir >> dir & 1) || !object_address(t, i, &address, &element))
		return false;
	*out = address;
	return true;
}

static bool
f_objects(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct iec104_tx *t = (const struct iec104_tx *) tx;

	*out = span_of(t->objects, t->n);
	return i == 0 && (t->tx.only_dir >> dir & 1) && t->n;
}

#define DONE { 1, 1 }
static const char *const u_names[] = { "startdt_act=7", "startdt_con=11", "stopdt_act=19", "stopdt_con=35", NULL };
static const struct field fields[] = {
	{ "iec104.type_id", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_type, .names = type_names, .help = "type identification of the ASDU" },
	{ "iec104.cot", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_cot, .names = cot_names, .help = "cause of transmission" },
	{ "iec104.ca", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_ca, .help = "common address of the ASDU" },
	{ "iec104.ioa", NULL, NULL, FIELD_NUMBER, true, 3, DONE, .number = n_ioa, .help = "each information object address" },
	{ "iec104.negative", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_negative, .help = "1: negative confirmation" },
	{ "iec104.u", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_u, .names = u_names, .help = "function of a U-frame" },
	{ "iec104.objects", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_objects, .help = "bytes of the information objects" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_APCI] = { "invalid_apci" },
	[EV_MALFORMED_ASDU] = { "malformed_asdu" },
	[EV_UNKNOWN_TYPE] = { "unknown_type" },
	{ NULL }
};

/* ---- log ---- */

/* The value a command carries; section 7.2.6 of 101. */
static void
log_value(uint8_t type, struct span element, struct json *j)
{
	struct rd r = rd_of(element);
	uint32_t raw;
	float f;

	switch (type >= 58 && type <= T_COMMANDS_END ? type - 13 : type) {
	case T_SC:
		json_u64(j, "value", rd_u8(&r) & 1);
		break;
	case T_DC: case T_RC:
		json_u64(j, "value", rd_u8(&r) & 3);
		break;
	case T_SE_A: /* normalized: -1 ... 1 - 2^-15 */
		json_f64(j, "value", (int16_t) rd_u16le(&r) / 32768.0);
		break;
	case T_SE_B:
		json_i64(j, "value", (int16_t) rd_u16le(&r));
		break;
	case T_SE_C:
		raw = rd_u32le(&r);
		memcpy(&f, &raw, sizeof(f));
		json_f64(j, "value", (double) f);
		break;
	case T_BO:
		json_u64(j, "value", rd_u32le(&r));
		break;
	case T_RESET:
		json_u64(j, "qualifier", rd_u8(&r));
		break;
	}
}

/* Bit 7 of the qualifier: select before operate. */
static bool
is_select(uint8_t type, struct span element)
{
	static const uint8_t at[] = { 0, 0, 0, 2, 2, 4 };
	uint8_t base = type >= 58 && type <= T_COMMANDS_END ? type - 13 : type;

	return base >= T_SC && base <= T_SE_C && at[base - T_SC] < element.n && element.p[at[base - T_SC]] & 0x80;
}

static void
iec104_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct iec104_tx *t = (const struct iec104_tx *) tx;
	struct span element;
	uint32_t address;

	if (t->u) {
		json_str(j, "frame", "U");
		json_span(j, "function", value_name(u_names, t->u));
		return;
	}
	json_str(j, "frame", "I");
	json_u64(j, "type_id", t->type);
	if (t->type < T_TYPES && types[t->type].name)
		json_str(j, "type", types[t->type].name);
	json_u64(j, "cot", t->cot);
	json_named(j, "cause", cot_names, t->cot);
	json_bool(j, "negative", t->negative);
	json_bool(j, "test", t->test);
	json_u64(j, "originator", t->originator);
	json_u64(j, "ca", t->ca);
	json_u64(j, "count", t->number);
	json_array(j, "objects");
	for (unsigned i = 0; i < OBJECTS_LOGGED && object_address(t, i, &address, &element); i++) {
		json_object(j, NULL);
		json_u64(j, "ioa", address);
		log_value(t->type, element, j);
		if (t->type >= T_SC && t->type <= T_COMMANDS_END)
			json_bool(j, "select", is_select(t->type, element));
		json_end(j);
	}
	json_end(j);
}

/* Measured values and states come many a second: they are there for rules, not for the log. */
static bool
iec104_loggable(const struct tx *tx)
{
	const struct iec104_tx *t = (const struct iec104_tx *) tx;

	return t->u || t->type >= T_SC || t->tx.events;
}

const struct protocol protocol_iec104 = {
	.name = "iec104",
	.keeps_stream = true,
	.spec = "IEC 60870-5-104, IEC 60870-5-101",
	.transport = APP_TCP,
	.ports = { "2404", NULL },
	.probe_min = APCI,
	.probe_max = 512,
	.probe = iec104_probe,
	.state_size = sizeof(struct iec104),
	.tx_size = sizeof(struct iec104_tx),
	.done = DONE,
	.max_record = 2 + APDU_MAX,
	.feed = iec104_feed,
	.gap = iec104_gap,
	.fields = fields,
	.events = events,
	.log = iec104_log,
	.loggable = iec104_loggable,
};
