/*
 * goose - events of protection devices straight over Ethernet: read for what betrays a forged or repeated one.
 *
 * Spec: IEC 61850-8-1 section 18.1 (numbers of states and repeats), annex A (goosePdu), annex C (frame).
 *
 *   application(2) length(2) reserved(2) reserved(2) | 61 { 80 control block, 81 time to live, 82 data set, 83 id, 84 time,
 *   85 state number, 86 sequence number, 87 simulation, 88 revision, 89 needs commissioning, 8a entries, ab data }
 *
 * A device counts its states from 1 and the repeats of each from 0 (from 1 after it began). What a stream, told apart by
 * application and control block, said last is kept for the STREAMS that spoke last; a frame of another device, of an older state
 * or of a repeat that has been is one nobody but a forger sends; steps of more than one are losses, or forged as well.
 */
#include "base/der.h"
#include "engine/decode/layer.h"

#define STREAMS DECODE_GOOSE

static uint64_t
hash_of(uint16_t application, struct span name)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ application; /* FNV-1a */

	for (uint32_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * UINT64_C(1099511628211);
	return h ? h : 1;
}

/* The stream's place; a new one takes the place that was silent longest. */
static struct decode_goose *
stream_of(struct decode *d, uint64_t hash)
{
	struct decode_goose *oldest = &d->goose[0];

	for (unsigned i = 0; i < STREAMS; i++) {
		if (d->goose[i].hash == hash)
			return &d->goose[i];
		if (d->goose[i].used < oldest->used)
			oldest = &d->goose[i];
	}
	*oldest = (struct decode_goose) { .hash = hash };
	return oldest;
}

static void
check_order(struct packet *p, const struct decode_goose *g, uint32_t state, uint32_t sequence)
{
	bool begun = state == 1 && sequence <= 1; /* the device started anew */

	if (p->has_mac && memcmp(g->mac, p->mac_src, 6) != 0)
		packet_event_set(p, EV_GOOSE_SOURCE_CHANGED);
	if (state == g->state) {
		if (sequence <= g->sequence && !begun)
			packet_event_set(p, EV_GOOSE_REPEATED);
		else if (sequence > g->sequence + 1)
			packet_event_set(p, EV_GOOSE_SQNUM_JUMP);
	} else if (state < g->state) {
		if (!begun)
			packet_event_set(p, EV_GOOSE_STNUM_BACKWARDS);
	} else {
		if (state > g->state + 1)
			packet_event_set(p, EV_GOOSE_STNUM_JUMP);
		if (sequence != 0)
			packet_event_set(p, EV_GOOSE_SQNUM_JUMP);
	}
}

static void
follow(struct decode *d, struct packet *p, uint64_t hash, uint32_t state, uint32_t sequence)
{
	struct decode_goose *g = stream_of(d, hash);

	if (g->used)
		check_order(p, g, state, sequence);
	g->used = ++d->goose_clock;
	g->state = state;
	g->sequence = sequence;
	memcpy(g->mac, p->mac_src, 6);
}

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in), apdu;
	uint16_t application = rd_u16(&r), length = rd_u16(&r);
	int64_t state, sequence;
	struct span name, simulation = SPAN_NONE;

	rd_skip(&r, 4);
	if (r.bad)
		return decode_bad(p, EV_GOOSE_PKT_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_GOOSE);
	p->l3 = p->l3_header = span_head(in, length);
	if (length < 8 || length > in.n)
		return decode_bad(p, EV_GOOSE_MALFORMED);
	apdu = rd_of(rd_span(&r, length - 8u));
	apdu = der_in(&apdu, 0x61);
	name = der(&apdu, 0x80, NULL);
	der(&apdu, 0x81, NULL);
	der(&apdu, 0x82, NULL);
	if (der_next(&apdu) == 0x83)
		der(&apdu, 0, NULL);
	der(&apdu, 0x84, NULL);
	state = der_int(&apdu, 0x85);
	sequence = der_int(&apdu, 0x86);
	if (der_next(&apdu) == 0x87)
		simulation = der(&apdu, 0, NULL);
	if (apdu.bad)
		return decode_bad(p, EV_GOOSE_MALFORMED);
	if (simulation.n && simulation.p[0])
		packet_event_set(p, EV_GOOSE_SIMULATION);
	follow(d, p, hash_of(application, name), (uint32_t) state, (uint32_t) sequence);
	return true;
}

const struct layer layer_goose = {
	.name = "goose",
	.decode = decode,
	.ethertypes = (const uint16_t[]) { 0x88b8, LAYER_END },
};
