/*
 * build_sig - the header of a rule, the checks on the whole, and the pattern it is found by.
 */
#include "engine/detect/ruleset.h"

#define P_ICMP 1
#define P_TCP 6
#define P_UDP 17
#define P_ICMP6 58
#define P_SCTP 132

static const struct {
	const char *name;
	uint8_t protos[2];
	uint8_t n, version;
} ip_names[] = { { "ip", { 0 }, 0, 0 }, { "any", { 0 }, 0, 0 }, { "ip4", { 0 }, 0, 4 }, { "ipv4", { 0 }, 0, 4 }, { "ip6", { 0 }, 0, 6 },
	{ "ipv6", { 0 }, 0, 6 }, { "tcp", { P_TCP }, 1, 0 }, { "tcp4", { P_TCP }, 1, 4 }, { "tcp6", { P_TCP }, 1, 6 },
	{ "tcp-pkt", { P_TCP }, 1, 0 }, { "tcp-stream", { P_TCP }, 1, 0 },
	{ "udp", { P_UDP }, 1, 0 }, { "udp4", { P_UDP }, 1, 4 }, { "udp6", { P_UDP }, 1, 6 }, { "icmp", { P_ICMP, P_ICMP6 }, 2, 0 },
	{ "icmpv4", { P_ICMP }, 1, 0 }, { "icmpv6", { P_ICMP6 }, 1, 0 }, { "sctp", { P_SCTP }, 1, 0 },
	{ "pkthdr", { 0 }, 0, 0 }, { "arp", { 0 }, 0, 0 }, { "ether", { 0 }, 0, 0 } };

/* A protocol name in a rule may stand for several: what carries it is meant, too. */
static bool
stands_for(const char *rule, const struct protocol *p)
{
	static const char *const also[][2] = { { "http", "http2" }, { "http", "doh2" }, { "http2", "doh2" }, { "dns", "doh2" },
		{ "dcerpc", "smb" } };

	if (text_same(p->name, rule) || word_in(p->aliases, rule))
		return true;
	for (unsigned i = 0; i < sizeof(also) / sizeof(*also); i++)
		if (text_same(also[i][0], rule) && text_same(also[i][1], p->name))
			return true;
	return false;
}

uint64_t
protocols_for(const char *name, const struct apps_conf *apps, bool *known, bool *off)
{
	uint64_t set = 0;

	*known = *off = false;
	for (unsigned i = 0; i < protocol_table_n; i++) {
		if (!stands_for(name, protocol_table[i]))
			continue;
		*known = true;
		if (apps && !app_protocol_enabled(apps, protocol_table[i]))
			*off = true;
		else
			set |= UINT64_C(1) << i;
	}
	return set;
}

int
build_app(struct build *b, const char *protocols)
{
	bool off;
	uint64_t set = build_protocols(b, protocols, &off);

	if (!set)
		return build_error(b, 0, off ? "the protocol \"%s\" is switched off" : "unknown protocol \"%s\"", protocols);
	uint64_t both = b->apps ? b->apps & set : set;
	if (!both)
		return build_error(b, 0, "works on %s, not on the rule's protocol", protocols);
	b->apps = both;
	return 0;
}

static bool
flow_starts(const struct match_ctx *c, const union kw_arg *a)
{
	return c->in->flow && c->in->flow->packets[c->dir] == 1;
}

bool
build_progress(const struct build *b, const char *name, int *dir, uint8_t *progress)
{
	static const char *const ends[2][2] = { { "request_started", "response_started" }, { "request_complete", "response_complete" } };

	for (unsigned i = 0; i < protocol_table_n; i++) {
		if (!(b->apps >> i & 1))
			continue;
		for (*dir = 0; *dir < 2; ++*dir) {
			const char *const *n = protocol_table[i]->progress_names[*dir];
			for (*progress = 0; n && n[*progress]; ++*progress)
				if (!strcmp(n[*progress], name))
					return true;
		}
	}
	for (unsigned end = 0; b->apps && end < 2; end++)
		for (*dir = 0; *dir < 2; ++*dir)
			if (!strcmp(ends[end][*dir], name)) {
				*progress = end ? BUILD_COMPLETE : 0;
				return true;
			}
	return false;
}

static int
app_hook(struct build *b)
{
	uint8_t progress;

	if (!build_progress(b, b->rule->hook, &b->hook_dir, &progress))
		return build_error(b, 0, "unknown hook \"%s\" of %s", b->rule->hook, b->rule->proto);
	b->hook_progress = progress;
	return build_direction(b, b->hook_dir);
}

static int
packet_hook(struct build *b)
{
	if (!strcmp(b->rule->hook, "flow_start")) {
		b->not_iponly = true;
		build_require(b, KW_NEEDS_FLOW | KW_NEEDS_PACKET);
		return build_match(b, flow_starts, NULL, 0);
	}
	if (!strcmp(b->rule->hook, "all")) {
		b->not_iponly = true;
		return 0;
	}
	return build_error(b, 0, "unknown hook \"%s\" of %s: flow_start or all was expected", b->rule->hook, b->rule->proto);
}

int
build_header(struct build *b)
{
	const char *proto = b->rule->proto;

	for (unsigned i = 0; i < sizeof(ip_names) / sizeof(*ip_names); i++) {
		if (!text_same(ip_names[i].name, proto))
			continue;
		if (ip_names[i].n && build_ip_proto(b, ip_names[i].protos, ip_names[i].n) < 0)
			return E_BAD;
		b->ip_version = ip_names[i].version;
		b->tcp_pkt = !strcmp(proto, "tcp-pkt");
		b->tcp_stream = !strcmp(proto, "tcp-stream");
		b->no_ip = !strcmp(proto, "pkthdr") || !strcmp(proto, "arp") || !strcmp(proto, "ether");
		return b->rule->hook ? packet_hook(b) : 0;
	}
	bool off;
	b->apps = build_protocols(b, proto, &off);
	if (!b->apps)
		return build_error(b, 0, off ? "the protocol \"%s\" is switched off (app-layer.protocols)" : "unknown protocol \"%s\"", proto);
	uint64_t tcp_udp[4] = { 0 };
	for (unsigned i = 0; i < protocol_table_n; i++)
		if (b->apps >> i & 1) {
			if (protocol_table[i]->transport & APP_TCP)
				tcp_udp[0] |= UINT64_C(1) << P_TCP;
			if (protocol_table[i]->transport & APP_UDP)
				tcp_udp[0] |= UINT64_C(1) << P_UDP;
		}
	memcpy(b->ip_protos, tcp_udp, sizeof(tcp_udp));
	b->not_iponly = true;
	return b->rule->hook ? app_hook(b) : 0;
}

/* ---- the pattern a rule is found by ---- */

uint32_t
pattern_strength(const uint8_t *p, uint32_t n)
{
	uint64_t seen[4] = { 0 };
	uint32_t score = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t c = p[i];
		uint64_t bit = UINT64_C(1) << c % 64;
		bool again = seen[c / 64] & bit, letter = byte_letter(c);
		seen[c / 64] |= bit;
		score += again ? 1 : letter ? 3 : c == 0 || c == 1 || c == 0xff || c == ' ' ? 2 : 4;
	}
	return score;
}

static struct fast
fast_of(const struct op_content *c)
{
	return (struct fast) { .content = c, .bytes = span_of(c->p, c->n), .size = UINT32_MAX };
}

/* How much it tells to find the pattern, in eighths of a byte of any value. */
static uint32_t
content_score(const struct draft_list *l, const struct op_content *c)
{
	if (c->flags & CO_FAST)
		return UINT32_MAX;
	return pattern_strength(c->p, c->n < 24 ? c->n : 24) * 2 + (l->buffer.kind == BUF_FIELD) * 6; /* fewer bytes to look through */
}

/* The same among fields: one place counts; a byte anywhere, and words that are everywhere, do not. Between a field and the payload this
 * does not choose: a rule that is found by the one is not always asked when the other is there. */
static uint32_t
field_score(const struct draft_list *l, const struct op_content *c)
{
	uint32_t score = content_score(l, c), at;
	struct fast f = fast_of(c);

	if (l->buffer.kind != BUF_FIELD || score == UINT32_MAX)
		return score;
	if (l->sized && !l->buffer.body)
		f.size = l->size;
	/* it decides which buffer, and with two of them when the rule is asked: places that only `within` gives do not count */
	bool placed = fast_fixed(&f, &at) && !(c->flags & (CO_DISTANCE | CO_WITHIN) && f.size != c->n), common = pattern_common(f.bytes, c->flags & CO_NOCASE);
	bool little = placed ? c->n >= PATTERN_SHORT && f.size != c->n && common : c->n == 1 || common;
	score += placed * 8;
	return little ? score / 2 : score;
}

static const struct op_content *
choose(const struct build *b, uint32_t from, bool frame, uint32_t (*score_of)(const struct draft_list *, const struct op_content *), int *list)
{
	const struct op_content *best = NULL;
	uint32_t best_score = 0;

	for (uint32_t l = from; l < b->n_lists; l++) {
		const struct draft_list *d = &b->lists[l];
		if (d->buffer.kind == BUF_PACKET || d->absent || (frame && d->buffer.kind != BUF_FRAME))
			continue;
		for (uint32_t i = 0; i < d->n; i++) {
			const struct op_content *c = d->ops[i].arg;
			if (d->ops[i].type != OP_CONTENT || d->ops[i].negated || c->n == 0)
				continue;
			if (best && !best_score) /* not needed for one alone */
				best_score = score_of(&b->lists[*list], best);
			uint32_t score = best ? score_of(d, c) : 0;
			if (!best || score > best_score) {
				best = c;
				best_score = score;
				*list = (int) l;
			}
		}
	}
	return best;
}

const struct op_content *
fast_choose(const struct build *b, int *list)
{
	const struct op_content *best;
	bool frame = false, payload = false;

	for (uint32_t l = 1; l < b->n_lists; l++)
		frame = frame || b->lists[l].buffer.kind == BUF_FRAME;
	for (uint32_t i = 0; i < b->lists[0].n; i++)
		payload = payload || b->lists[0].ops[i].type == OP_CONTENT;
	if (payload && (best = choose(b, 0, frame, content_score, list)) && *list == 0)
		return best;
	return choose(b, 1, frame, field_score, list);
}

/* ---- the whole ---- */

static int
check_content(struct build *b, struct op *op)
{
	struct op_content *c = (struct op_content *) op->arg;

	b->opt = c->opt;
	if (op->negated && c->flags & CO_FAST && c->flags & (CO_OFFSET | CO_DEPTH | CO_DISTANCE | CO_WITHIN))
		return build_error(b, 0, "fast_pattern cannot be used with a negated content that has offset, depth, distance or within");
	if (c->flags & (CO_OFFSET | CO_DEPTH) && c->flags & (CO_DISTANCE | CO_WITHIN) && c->flags & CO_STARTS)
		return build_error(b, 0, "startswith cannot be used with distance or within");
	if (c->flags & CO_DEPTH && c->depth.var < 0 && c->depth.value < (int64_t) c->n)
		return build_error(b, 0, "depth %lld is smaller than the content (%u bytes)", (long long) c->depth.value, c->n);
	if (c->flags & CO_WITHIN && c->within.var < 0 && c->within.value < (int64_t) c->n)
		return build_error(b, 0, "within %lld is smaller than the content (%u bytes)", (long long) c->within.value, c->n);
	if (c->flags & CO_DEPTH && c->depth.var < 0 && c->flags & CO_OFFSET && c->offset.var < 0)
		c->depth.value += c->offset.value;
	op->relative = c->flags & (CO_DISTANCE | CO_WITHIN) || c->offset.var >= 0 || c->depth.var >= 0;
	b->opt = NULL;
	return 0;
}

/* It may be anywhere behind a place: where nothing is found from one place on, nothing is from a later one. */
static bool
only_behind(const struct op *op)
{
	const struct op_content *c = op->arg;

	return op->type == OP_CONTENT && !op->negated && (c->flags & (CO_DISTANCE | CO_WITHIN | CO_DEPTH | CO_OFFSET)) == CO_DISTANCE &&
	    c->distance.var < 0;
}

/* Marks the places that are worth another try, see struct op. */
static void
mark_again(struct op *ops, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!build_sets_place(&ops[i]))
			continue;
		for (uint32_t k = i + 1; k < n; k++) {
			if (ops[k].relative) {
				ops[i].again = !only_behind(&ops[k]);
				break;
			}
			if (build_sets_place(&ops[k]))
				break;
		}
	}
}

/* The one place where a content can begin, by where the match before it ended; -1: there are several. */
static int64_t
place_of(const struct op_content *c, int64_t end)
{
	if (c->offset.var >= 0 || c->depth.var >= 0 || c->distance.var >= 0 || c->within.var >= 0)
		return -1;
	switch (c->flags & (CO_OFFSET | CO_DEPTH | CO_DISTANCE | CO_WITHIN)) {
	case CO_DEPTH:
	case CO_DEPTH | CO_OFFSET: {
		int64_t begin = c->flags & CO_OFFSET ? c->offset.value : 0;
		return c->depth.value == begin + (int64_t) c->n ? begin : -1;
	}
	case CO_WITHIN:
	case CO_WITHIN | CO_DISTANCE:
		if (end < 0 || c->within.value != (int64_t) c->n)
			return -1;
		end += c->flags & CO_DISTANCE ? c->distance.value : 0;
		return end < 0 ? -1 : end;
	default:
		return -1;
	}
}

/* Behind another one, long patterns are told of no place: each place costs more than they do in a search. */
static void
mark_places(struct op *ops, uint32_t n)
{
	int64_t end = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct op_content *c = (struct op_content *) ops[i].arg;
		if (!build_sets_place(&ops[i]))
			continue;
		if (ops[i].type != OP_CONTENT) {
			end = -1;
			continue;
		}
		int64_t place = place_of(c, end);
		bool many = c->flags & (CO_DISTANCE | CO_WITHIN) && end > 0 && c->n >= PATTERN_SHORT;
		c->place = many || place > INT32_MAX ? -1 : (int32_t) place;
		end = place < 0 ? -1 : place + c->n;
	}
}

static const struct op *
finish_ops(struct build *b, struct op *ops, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (ops[i].type == OP_CONTENT && check_content(b, &ops[i]) < 0)
			return NULL;
	mark_again(ops, n);
	mark_places(ops, n);
	struct op *out = arena_alloc(build_arena(b), (n ? n : 1) * sizeof(*out));
	if (out && n)
		memcpy(out, ops, n * sizeof(*out));
	return out;
}

static int
finish_base64(struct build *b)
{
	if (!b->base64 || !b->base64_list.n)
		return 0;
	b->base64->n = (uint16_t) b->base64_list.n;
	return (b->base64->ops = finish_ops(b, b->base64_list.ops, b->base64_list.n)) ? 0 : E_BAD;
}

static bool
has_negation(const struct op *ops, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (ops[i].negated || ops[i].type == OP_TEST)
			return true;
	return false;
}

static bool
writes(const struct op *ops, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (ops[i].type == OP_TEST && ((const struct op_test *) ops[i].arg)->writes)
			return true;
	return false;
}

static bool
asks_for_end(const struct op *ops, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (ops[i].type == OP_CONTENT && ((const struct op_content *) ops[i].arg)->flags & CO_ENDS)
			return true;
	return false;
}

static int
finish_list(struct build *b, struct draft_list *d, struct part *p)
{
	*p = (struct part) { .kind = PART_BUFFER, .dirs = d->buffer.dirs, .absent_ok = d->absent, .absent_only = d->absent_only,
		.n = (uint16_t) d->n, .waits = d->absent || has_negation(d->ops, d->n),
		.writes = writes(d->ops, d->n) };
	if (!(p->ops = finish_ops(b, d->ops, d->n)))
		return E_BAD;
	if (d->buffer.kind == BUF_FRAME && (p->at_end = asks_for_end(p->ops, p->n)))
		p->waits = true;
	if (d->buffer.kind == BUF_FIELD || d->buffer.kind == BUF_FRAME) {
		uint64_t both = b->apps ? b->apps & d->buffer.protocols : d->buffer.protocols;
		if (!both)
			return build_error(b, 0, "%s does not exist in protocol %s", d->buffer.name, b->rule->proto);
		b->apps = both;
	}
	if (d->buffer.n_transforms) {
		struct transform *t = arena_alloc(build_arena(b), d->buffer.n_transforms * sizeof(*t));
		if (!t)
			return E_NOMEM;
		memcpy(t, d->transforms, d->buffer.n_transforms * sizeof(*t));
		d->buffer.transforms = t;
	}
	p->buffer = buffer_intern(b->rs, &d->buffer);
	return 0;
}

static void *
dup_array(struct build *b, const void *p, size_t n, size_t size)
{
	static char nothing;
	void *out = n ? arena_alloc(build_arena(b), n * size) : &nothing;

	if (out && n)
		memcpy(out, p, n * size);
	return out;
}

/* They are all of one frame, which is not a transaction. */
static int
check_frames(struct build *b, const struct part *fr, unsigned n_fr, unsigned n_tx)
{
	if (n_fr && n_tx)
		return build_error(b, 0, "frames and fields of transactions in one rule");
	for (unsigned i = 1; i < n_fr; i++)
		if (strcmp(b->rs->buffers[fr[i].buffer].name, b->rs->buffers[fr[0].buffer].name))
			return build_error(b, 0, "%s and %s: a rule looks at one frame at a time", b->rs->buffers[fr[0].buffer].name,
			    b->rs->buffers[fr[i].buffer].name);
	return 0;
}

static void
writes_last(struct part *p, unsigned n)
{
	for (unsigned i = 0, left = n; left--;)
		if (p[i].writes) {
			struct part t = p[i];
			memmove(&p[i], &p[i + 1], (n - i - 1) * sizeof(*p));
			p[n - 1] = t;
		} else
			i++;
}

static int
finish_parts(struct build *b, struct sig *s)
{
	struct part pk[DETECT_PARTS], tx[DETECT_PARTS * 2], fr[DETECT_PARTS];
	unsigned n_pk = 0, n_tx = 0, n_fr = 0;

	for (uint32_t i = 1; i < b->n_lists; i++) {
		struct part p;
		if (b->lists[i].n == 0 && !b->lists[i].absent)
			continue;
		if (finish_list(b, &b->lists[i], &p) < 0)
			return E_BAD;
		if (b->lists[i].buffer.kind == BUF_PACKET)
			pk[n_pk++] = p;
		else if (b->lists[i].buffer.kind == BUF_FRAME)
			fr[n_fr++] = p;
		else
			tx[n_tx++] = p;
	}
	if (check_frames(b, fr, n_fr, n_tx + b->n_parts) < 0)
		return E_BAD;
	for (uint32_t i = 0; i < b->n_parts; i++)
		tx[n_tx++] = b->parts[i];
	if (b->lists[0].n && n_tx) { /* payload besides fields: remembered with the transaction */
		if (n_tx == DETECT_PARTS)
			return build_error(b, 0, "more than %d buffers in one rule", DETECT_PARTS);
		tx[n_tx++] = (struct part) { .kind = PART_PAYLOAD, .dirs = 3 };
	}
	if (n_tx > DETECT_PARTS)
		return build_error(b, 0, "more than %d buffers in one rule", DETECT_PARTS);
	writes_last(tx, n_tx);
	for (unsigned i = 0; i < n_pk; i++)
		if (pk[i].writes)
			s->flags |= SIG_WRITES;
	s->packet_parts = dup_array(b, pk, n_pk, sizeof(*pk));
	s->n_packet_parts = (uint8_t) n_pk;
	s->parts = dup_array(b, tx, n_tx, sizeof(*tx));
	s->n_parts = (uint8_t) n_tx;
	s->frame_parts = dup_array(b, fr, n_fr, sizeof(*fr));
	s->n_frame_parts = (uint8_t) n_fr;
	return s->parts && s->packet_parts && s->frame_parts ? 0 : E_NOMEM;
}

/* Which way a rule looks, from its keywords and its fields. */
static int
finish_direction(struct build *b, struct sig *s)
{
	bool server = false, client = false;

	for (unsigned i = 0; i < s->n_parts; i++) {
		server = server || s->parts[i].dirs == 1;
		client = client || s->parts[i].dirs == 2;
	}
	s->dirs = b->dirs ? b->dirs : 3;
	if (b->rule->transactional) {
		if (b->dirs)
			return build_error(b, 0, "a rule with => cannot ask for a direction");
		s->flags |= SIG_TRANSACTIONAL;
		return 0;
	}
	if (server && client)
		return build_error(b, 0, "fields of requests and of responses in one rule: write => in its header");
	if ((server && s->dirs == 2) || (client && s->dirs == 1))
		return build_error(b, 0, "a field does not exist in the direction that flow asks for");
	if (server)
		s->dirs = 1;
	else if (client)
		s->dirs = 2;
	return 0;
}

static void
finish_payload(struct build *b, struct sig *s)
{
	bool tcp = b->ip_protos[0] >> P_TCP & 1;

	if (!b->lists[0].n)
		return;
	s->flags |= SIG_PAYLOAD;
	if (!tcp || b->tcp_pkt || b->flags & KW_NEEDS_PACKET) {
		s->flags |= SIG_NEED_PACKET;
		return;
	}
	s->flags |= SIG_NEED_STREAM;
	if (b->flags & KW_NEEDS_STREAM) /* how far a stream has come changes with every packet */
		s->flags |= SIG_NEED_PACKET;
	if (b->tcp_stream) {
		s->flags |= SIG_STREAM_ONLY;
		return;
	}
	for (uint32_t i = 0; i < b->lists[0].n; i++)
		if (b->lists[0].ops[i].type == OP_CONTENT &&
		    ((const struct op_content *) b->lists[0].ops[i].arg)->flags & (CO_DEPTH | CO_OFFSET))
			s->flags |= SIG_NEED_PACKET;
}

static void
finish_flags(struct build *b, struct sig *s)
{
	static const struct {
		unsigned kw;
		uint32_t sig;
	} map[] = { { KW_NEEDS_FLOW, SIG_NEED_FLOW }, { KW_NEEDS_STREAM, SIG_NEED_TCP | SIG_NEED_FLOW }, { KW_NOT_PSEUDO, SIG_NOT_PSEUDO },
		{ KW_EVENT, SIG_EVENT }, { KW_NOALERT, SIG_NOALERT } };

	for (unsigned i = 0; i < sizeof(map) / sizeof(*map); i++)
		if (b->flags & map[i].kw)
			s->flags |= map[i].sig;
	if (b->no_ip)
		s->flags |= SIG_NO_IP;
	if (b->established)
		s->flags |= SIG_ESTABLISHED;
	s->established_opt = b->established_opt;
	if (b->rule->bidirectional)
		s->flags |= SIG_BOTH_WAYS;
	if (s->n_parts || b->hook_dir >= 0)
		s->flags |= SIG_TX;
	if (s->n_frame_parts)
		s->flags |= SIG_FRAME | SIG_NEED_FLOW;
	if (b->dirs || b->apps)
		s->flags |= SIG_NEED_FLOW;
}

/* Most of all addresses: the rule is not about addresses, and looked at with every packet. */
static bool
is_wide(const struct addr_set *a)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; a && i < a->n; i++)
		if (addr_is_v4(&a->r[i].hi)) {
			uint32_t lo = addr_is_v4(&a->r[i].lo) ? __builtin_bswap32(a->r[i].lo.w[3]) : 0;
			sum += __builtin_bswap32(a->r[i].hi.w[3]) - lo + UINT64_C(1);
		} else if (!addr_is_v4(&a->r[i].lo) && a->r[i].lo.q[0] == 0 && a->r[i].hi.q[0] != 0)
			sum += UINT32_MAX;
	return sum > UINT64_C(0x80000000);
}

static bool
is_iponly(const struct build *b, const struct sig *s)
{
	return !b->not_iponly && !s->n_parts && !s->n_packet_parts && !b->apps && !b->lists[0].n && !s->sport && !s->dport &&
	    !b->dirs && !b->no_ip && !b->tcp_pkt && !b->tcp_stream && !(b->rule->hook) && !is_wide(s->src) && !is_wide(s->dst);
}

static void
sort_matchers(struct build *b)
{
	for (uint32_t i = 1; i < b->n_matchers; i++)
		for (uint32_t k = i; k > 0 && b->matchers[k - 1].cost > b->matchers[k].cost; k--) {
			struct matcher t = b->matchers[k];
			b->matchers[k] = b->matchers[k - 1];
			b->matchers[k - 1] = t;
		}
}

/* A short pattern that may be anywhere tells less than another one of the same list that can be at one place only. Of a field, where
 * a single byte at a place is in most of them, that one is not shorter. */
static const struct op_content *
fixed_instead(const struct draft_list *l, const struct op_content *c)
{
	struct fast f = fast_of(c);
	uint32_t at, best = 0, least = l->buffer.kind == BUF_FIELD ? c->n : 1;

	if (c->n >= PATTERN_SHORT || fast_fixed(&f, &at))
		return c;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct op *op = &l->ops[i];
		if (op->type != OP_CONTENT || op->negated)
			continue;
		f = fast_of(op->arg);
		uint32_t strength = pattern_strength(f.bytes.p, f.bytes.n);
		if (f.bytes.n >= least && strength > best && fast_placed(&f)) {
			best = strength;
			c = op->arg;
		}
	}
	return c;
}

/* What a rule asks of the packet is asked when its pattern is found, which for one in a body may be at another packet than for another
 * one: such a rule is found by what its author says, wherever in the body that is. */
static bool
asks_packet(const struct build *b, const struct sig *s)
{
	return b->n_matchers || s->n_packet_parts || b->payload_sizes.least || b->payload_sizes.most != UINT32_MAX;
}

static int
finish_fast(struct build *b, const struct sig *s, struct fast *fast)
{
	int list = -1;
	const struct op_content *c = fast_choose(b, &list);
	bool bound = c && b->lists[list].buffer.body && asks_packet(b, s);

	if (bound && c->flags & (CO_DISTANCE | CO_WITHIN))
		((struct op_content *) c)->place = -1;
	if (c && !bound && !(c->flags & (CO_FAST_CHOP | CO_NEGATED)) && b->lists[list].buffer.kind != BUF_FRAME)
		c = fixed_instead(&b->lists[list], c);
	*fast = (struct fast) { .content = c };
	if (!c)
		return 0;
	fast->bytes = span_of(c->p, c->n);
	if (c->flags & CO_FAST_CHOP) {
		if (c->chop_at + c->chop_n > c->n) {
			b->opt = c->opt;
			return build_error(b, 0, "fast_pattern:%u,%u lies beyond the content (%u bytes)", c->chop_at, c->chop_n, c->n);
		}
		fast->bytes = span_of(c->p + c->chop_at, c->chop_n);
	}
	fast->payload = list == 0;
	fast->size = list > 0 && b->lists[list].sized && !b->lists[list].buffer.body ? b->lists[list].size : UINT32_MAX;
	if (list > 0)
		fast->buffer = buffer_intern(b->rs, &b->lists[list].buffer);
	return 0;
}

int
build_finish(struct build *b, struct sig *s, struct fast *fast)
{
	const struct rule *r = b->rule;

	memset(s, 0, sizeof(*s));
	if (b->content_list == -2 && !b->base64)
		return build_error(b, 0, "base64_data without base64_decode");
	if (finish_base64(b) < 0 || finish_parts(b, s) < 0 || finish_direction(b, s) < 0)
		return E_BAD;
	finish_payload(b, s);
	if (b->lists[0].n && !(s->payload = finish_ops(b, b->lists[0].ops, b->lists[0].n)))
		return E_BAD;
	s->n_payload = (uint16_t) b->lists[0].n;
	if (finish_fast(b, s, fast) < 0)
		return E_BAD;
	fast->payload_sizes = b->payload_sizes;
	finish_flags(b, s);
	s->action = (uint8_t) r->action;
	s->apps = b->apps;
	memcpy(s->ip_protos, b->ip_protos, sizeof(s->ip_protos));
	s->ip_version = b->ip_version;
	s->src = r->src_any ? NULL : ruleset_addr_set(b->rs, r->src);
	s->dst = r->dst_any ? NULL : ruleset_addr_set(b->rs, r->dst);
	s->sport = !r->sport || r->sport->any ? NULL : ruleset_port_set(b->rs, r->sport);
	s->dport = !r->dport || r->dport->any ? NULL : ruleset_port_set(b->rs, r->dport);
	sort_matchers(b);
	s->matchers = dup_array(b, b->matchers, b->n_matchers, sizeof(*b->matchers));
	s->n_matchers = (uint8_t) b->n_matchers;
	s->actions = dup_array(b, b->actions, b->n_actions, sizeof(*b->actions));
	s->n_actions = (uint8_t) b->n_actions;
	if (b->hook_dir >= 0)
		s->hook[b->hook_dir] = (uint8_t) b->hook_progress;
	s->rule = r;
	if (b->pdonly && !s->n_parts && !s->n_payload)
		s->flags |= SIG_PDONLY;
	if (!(s->flags & (SIG_TX | SIG_PAYLOAD | SIG_FRAME)))
		s->flags |= SIG_NOT_PSEUDO;
	if (is_iponly(b, s))
		s->flags |= SIG_IPONLY;
	return 0;
}
