/*
 * c37118 - synchrophasor data transfer: each frame is a transaction of its own direction.
 *
 * Spec: IEEE C37.118.2-2011 section 6: 6.2 frames (SYNC, FRAMESIZE, IDCODE, SOC, FRACSEC, CHK), 6.4 configuration,
 * 6.6 commands, annex B (CRC-CCITT); frames of the 2005 edition are the same but for configuration 3.
 *
 *   0xaa type|version(1) size(2) id(2) second(4) quality|fraction(4) ... CRC(2)      size counts all of it
 *   type: bits 6-4: 0 data, 1 header, 2 and 3 configuration, 4 command, 5 configuration 3
 *
 * Data comes many times a second: it is there for rules, not for the log.
 */
#include "engine/app/protocols/parse.h"

#define HEADER 14
#define FRAME_MIN 16
#define KEPT_MAX 16384 /* bytes of a frame that are kept */
#define PROBE_SIZE 1024
#define STATIONS_LOGGED 32

enum { F_DATA, F_HEADER, F_CONFIG1, F_CONFIG2, F_COMMAND, F_CONFIG3, F_TYPES };
enum { C_OFF = 1, C_ON, C_HEADER, C_CONFIG1, C_CONFIG2, C_CONFIG3, C_EXTENDED = 8 };

enum c37118_event { EV_INVALID_FRAME, EV_BAD_CRC, EV_TIME_BACKWARDS };

struct c37118 {
	bool resync[2];
	struct {
		bool any;
		uint16_t id;
		uint32_t second;
	} last[2]; /* data frame of that direction */
};

struct c37118_tx {
	struct tx tx;
	uint8_t type, version, quality;
	uint16_t id;
	uint32_t second, fraction;
	struct bytes data; /* between header and CRC */
};

static const char *const type_names[] = { "data=0", "header=1", "configuration_1=2", "configuration_2=3", "command=4",
	"configuration_3=5", NULL };
static const char *const command_names[] = { "data_off=1", "data_on=2", "send_header=3", "send_configuration_1=4",
	"send_configuration_2=5", "send_configuration_3=6", "extended=8", NULL };

static uint16_t
crc_of(struct span s)
{
	uint16_t crc = 0xffff;

	for (uint32_t i = 0; i < s.n; i++) {
		crc ^= (uint16_t) (s.p[i] << 8);
		for (int k = 0; k < 8; k++)
			crc = (uint16_t) (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return crc;
}

/* The size that a frame at the front tells; 0: none begins here. */
static uint16_t
frame_size(struct span s)
{
	struct rd r = rd_of(s);
	uint8_t sync = rd_u8(&r), type = rd_u8(&r);
	uint16_t size = rd_u16(&r);

	return !r.bad && sync == 0xaa && type >> 4 < F_TYPES && (type & 15) >= 1 && (type & 15) <= 3 && size >= FRAME_MIN ? size : 0;
}

static bool
crc_ok(struct span frame)
{
	struct rd r = rd_of(span_skip(frame, frame.n - 2));

	return rd_u16(&r) == crc_of(span_head(frame, frame.n - 2));
}

/* ---- frames ---- */

static bool
command_of(const struct c37118_tx *t, uint16_t *command)
{
	struct rd r = rd_of(bytes_span(&t->data));

	*command = rd_u16(&r);
	return t->type == F_COMMAND && !r.bad;
}

static void
count(struct app *a, const struct c37118_tx *t)
{
	uint16_t command;

	if (!command_of(t, &command)) {
		app_count_response(a, false);
		return;
	}
	app_count_request(a);
	/* transmission stopped: nobody sees the grid; an extended frame is whatever the maker made of it */
	app_count_ot(a, command == C_OFF ? OT_CONTROL : command >= C_ON && command <= C_CONFIG3 ? OT_READ : OT_WRITE);
}

static void
check_time(struct app *a, struct c37118 *st, struct c37118_tx *t, int dir)
{
	if (t->type != F_DATA)
		return;
	if (st->last[dir].any && st->last[dir].id == t->id && t->second < st->last[dir].second)
		app_event(a, &t->tx, EV_TIME_BACKWARDS);
	st->last[dir].any = true;
	st->last[dir].id = t->id;
	st->last[dir].second = t->second;
}

static void
frame(struct app *a, struct c37118 *st, int dir, struct span s)
{
	struct c37118_tx *t = (struct c37118_tx *) app_tx_new(a);
	struct rd r = rd_of(s);
	uint8_t b;

	if (!t)
		return;
	t->tx.only_dir = (uint8_t) (1 << dir);
	rd_skip(&r, 1);
	b = rd_u8(&r);
	t->type = b >> 4;
	t->version = b & 15;
	rd_skip(&r, 2);
	t->id = rd_u16(&r);
	t->second = rd_u32(&r);
	t->quality = rd_u8(&r);
	t->fraction = rd_u24(&r);
	app_keep(a, &t->data, span_head(rd_span(&r, s.n - FRAME_MIN), KEPT_MAX), KEPT_MAX);
	tx_reach(&t->tx, dir, 1);
	if (!crc_ok(s)) {
		app_event(a, &t->tx, EV_BAD_CRC);
		return;
	}
	check_time(a, st, t, dir);
	count(a, t);
}

/* Bytes before something that may be a frame. */
static uint32_t
to_next_frame(struct span s)
{
	for (uint32_t i = 1; i < s.n; i++)
		if (s.p[i] == 0xaa && (s.n - i < 4 || frame_size(span_skip(s, i))))
			return i;
	return s.n;
}

static int
c37118_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct c37118 *st = state;
	uint32_t taken = 0;

	while (bytes.n - taken >= 4) {
		struct span s = span_skip(bytes, taken);
		uint16_t size = frame_size(s);

		if (size > s.n && a->transport != APP_UDP && !(st->resync[dir] && size > PROBE_SIZE))
			break;
		if (size == 0 || size > s.n || (st->resync[dir] && !crc_ok(span_head(s, size)))) {
			if (!st->resync[dir])
				app_event(a, NULL, EV_INVALID_FRAME);
			st->resync[dir] = true;
			taken += to_next_frame(s);
			continue;
		}
		st->resync[dir] = false;
		frame(a, st, dir, span_head(s, size));
		taken += size;
	}
	return a->transport == APP_UDP ? (int) bytes.n : (int) taken;
}

static int
c37118_gap(struct app *a, void *state, int dir, uint32_t n)
{
	((struct c37118 *) state)->resync[dir] = true;
	return 0;
}

static void
c37118_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct c37118_tx *) tx)->data);
}

/* The CRC is what makes it sure. Commands go to the server, data may come from either side. */
static enum app_probe
c37118_probe(struct span s, int dir, uint8_t transport)
{
	uint16_t size = frame_size(s);

	if (size == 0 || size > PROBE_SIZE)
		return PROBE_NO;
	if (s.n < size)
		return PROBE_MORE;
	if (!crc_ok(span_head(s, size)))
		return PROBE_NO;
	return s.p[1] >> 4 == F_COMMAND && dir == TO_CLIENT ? PROBE_REVERSED : PROBE_YES;
}

/* ---- configuration ---- */

struct station {
	struct span name; /* blanks at the end taken off */
	uint16_t id;
};

/* Configurations 1 and 2: time base(4) number(2) { name(16) id(2) format(2) phasors(2) analogs(2) digitals(2) names and
 * units... nominal frequency(2) changes(2) } rate(2). Configuration 3 has names with lengths and is not taken apart. */
static bool
station_at(const struct c37118_tx *t, unsigned i, struct station *out)
{
	struct rd r = rd_of(bytes_span(&t->data));
	uint16_t n;

	if (t->type != F_CONFIG1 && t->type != F_CONFIG2)
		return false;
	rd_skip(&r, 4);
	n = rd_u16(&r);
	for (unsigned k = 0; k < n && !r.bad; k++) {
		uint32_t phasors, analogs, digitals;

		out->name = rd_span(&r, 16);
		out->id = rd_u16(&r);
		if (k == i) {
			while (out->name.n && (out->name.p[out->name.n - 1] == ' ' || out->name.p[out->name.n - 1] == 0))
				out->name.n--;
			return !r.bad;
		}
		rd_skip(&r, 2);
		phasors = rd_u16(&r);
		analogs = rd_u16(&r);
		digitals = rd_u16(&r);
		rd_skip(&r, 20ull * (phasors + analogs) + 260ull * digitals + 4);
	}
	return false;
}

/* ---- fields ---- */

#define NUMBER(name, when, value) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		const struct c37118_tx *t = (const struct c37118_tx *) tx; \
		uint16_t command = 0; \
\
		(void) command; \
		if (i || !(tx->only_dir >> dir & 1) || !(when)) \
			return false; \
		*out = (value); \
		return true; \
	}
NUMBER(n_type, true, t->type)
NUMBER(n_version, true, t->version)
NUMBER(n_id, true, t->id)
NUMBER(n_quality, true, t->quality)
NUMBER(n_command, command_of(t, &command), command)
NUMBER(n_stat, t->type == F_DATA && t->data.n >= 2, (uint64_t) t->data.p[0] << 8 | t->data.p[1])

static bool
f_station(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct station s;

	if (!(tx->only_dir >> dir & 1) || !station_at((const struct c37118_tx *) tx, i, &s))
		return false;
	*out = s.name;
	return true;
}

static bool
f_data(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = bytes_span(&((const struct c37118_tx *) tx)->data);
	return i == 0 && (tx->only_dir >> dir & 1) && out->n;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "c37118.frame_type", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_type, .names = type_names, .help = "type of the frame" },
	{ "c37118.version", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_version, .help = "1: edition of 2005, 2: of 2011" },
	{ "c37118.id", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_id, .help = "data stream the frame belongs to" },
	{ "c37118.command", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_command, .names = command_names, .help = "what a command asks for" },
	{ "c37118.time_quality", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_quality, .help = "time quality flags; 15 in the low bits: clock failed" },
	{ "c37118.stat", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_stat, .help = "status word of the first unit in a data frame" },
	{ "c37118.station", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_station, .help = "each station named by a configuration" },
	{ "c37118.data", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_data, .help = "what stands between header and CRC" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_FRAME] = { "invalid_frame" },
	[EV_BAD_CRC] = { "bad_crc" },
	[EV_TIME_BACKWARDS] = { "time_backwards" },
	{ NULL }
};

/* ---- log ---- */

static void
c37118_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct c37118_tx *t = (const struct c37118_tx *) tx;
	struct station s;
	uint16_t command;

	if (t->version == 0) /* only there for an event */
		return;
	json_named(j, "frame_type", type_names, t->type);
	json_u64(j, "version", t->version);
	json_u64(j, "id", t->id);
	json_u64(j, "second", t->second);
	json_u64(j, "time_quality", t->quality);
	if (command_of(t, &command))
		json_named_always(j, "command", command_names, command);
	if (t->type == F_HEADER && full)
		json_printable(j, "header", span_head(bytes_span(&t->data), 256));
	if (station_at(t, 0, &s)) {
		json_array(j, "stations");
		for (unsigned i = 0; i < STATIONS_LOGGED && station_at(t, i, &s); i++) {
			json_object(j, NULL);
			json_span(j, "name", s.name);
			json_u64(j, "id", s.id);
			json_end(j);
		}
		json_end(j);
	}
}

static bool
c37118_loggable(const struct tx *tx)
{
	const struct c37118_tx *t = (const struct c37118_tx *) tx;

	return (t->version && t->type != F_DATA) || tx->events;
}

const struct protocol protocol_c37118 = {
	.name = "c37118",
	.aliases = "synchrophasor",
	.keeps_stream = true,
	.spec = "IEEE C37.118.2",
	.transport = APP_TCP | APP_UDP,
	.ports = { "4712", "4712,4713" },
	.probe_min = 4,
	.probe_max = PROBE_SIZE,
	.probe = c37118_probe,
	.state_size = sizeof(struct c37118),
	.tx_size = sizeof(struct c37118_tx),
	.done = DONE,
	.max_record = 65535,
	.feed = c37118_feed,
	.gap = c37118_gap,
	.tx_clear = c37118_tx_clear,
	.fields = fields,
	.events = events,
	.log = c37118_log,
	.loggable = c37118_loggable,
};
