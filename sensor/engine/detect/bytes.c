/*
 * bytes - byte_test, byte_jump, byte_extract and byte_math over one buffer; base64.
 */
#include "base/base64.h"
#include "engine/detect/engine.h"

bool
byte_endian_little(const struct inspect *in, const struct op_byte *b)
{
	if (b->endian == BYTE_LITTLE)
		return true;
	if (b->endian != BYTE_DCE)
		return false;
	/* data representation of the DCERPC header this packet or buffer belongs to: little on every system of today */
	return true;
}

/* Digits after blanks, at most n bytes, as strtoull reads them; -1 when there is none. */
static int
number_text(struct span s, uint8_t base, uint64_t *out)
{
	uint32_t i = 0, digits = 0;
	uint64_t v = 0;
	bool minus = false;

	while (i < s.n && (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')))
		i++;
	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		minus = s.p[i++] == '-';
	if (base == 16 && i + 2 < s.n && s.p[i] == '0' && (s.p[i + 1] | 0x20) == 'x')
		i += 2;
	for (; i < s.n; i++, digits++) {
		unsigned d = (unsigned) byte_hex(s.p[i]); /* none: larger than any */
		if (d >= base || __builtin_mul_overflow(v, (uint64_t) base, &v) || __builtin_add_overflow(v, (uint64_t) d, &v))
			break;
	}
	if (digits == 0)
		return -1;
	*out = minus ? -v : v;
	return (int) i;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Reads the number an op speaks of. *end = offset after it. false: it is not within the buffer. */
static bool
number_at(struct inspect *in, const struct op_byte *b, struct span buf, uint64_t *v, uint32_t *end)
{
	int64_t from = operand_get(in, &b->offset) + (b->relative ? (int64_t) in->at : 0);
	int64_t n = operand_get(in, &b->bytes);

	if (b->string && n == 0 && from >= 0 && from <= buf.n) /* 0: as far as there are digits */
		n = least(buf.n - from, 23);
	if (from < 0 || n <= 0 || n > 23 || from + n > buf.n)
		return false;
	struct span s = span_head(span_skip(buf, (uint32_t) from), (uint32_t) n);
	if (b->string) {
		int used = number_text(s, b->base, v);
		*end = (uint32_t) from + (used < 0 ? 0 : (uint32_t) used);
		return used >= 0;
	}
	if (n > 8)
		return false;
	*v = 0;
	bool little = byte_endian_little(in, b);
	for (uint32_t i = 0; i < s.n; i++)
		*v = *v << 8 | s.p[little ? s.n - 1 - i : i];
	*end = (uint32_t) from + s.n;
	return true;
}

static bool
run_byte_test(struct inspect *in, const struct op *op, struct span buf)
{
	const struct op_byte *b = op->arg;
	uint64_t v, want = (uint64_t) operand_get(in, &b->value);
	uint32_t end;
	bool yes = false;

	if (!number_at(in, b, buf, &v, &end))
		return false;
	if (b->bitmask)
		v = (v & b->bitmask) >> b->shift;
	switch (b->oper) {
	case BYTE_LT: yes = v < want; break;
	case BYTE_GT: yes = v > want; break;
	case BYTE_EQ: yes = v == want; break;
	case BYTE_LE: yes = v <= want; break;
	case BYTE_GE: yes = v >= want; break;
	case BYTE_AND: yes = (v & want) != 0; break;
	case BYTE_OR: yes = (v ^ want) != 0; break;
	default: break;
	}
	return yes != op->negated;
}

static bool
run_byte_jump(struct inspect *in, const struct op_byte *b, struct span buf)
{
	uint64_t v = 0;
	uint32_t end = 0;
	int64_t to;

	if (operand_get(in, &b->bytes) == 0) {
		int64_t from = operand_get(in, &b->offset) + (b->relative ? (int64_t) in->at : 0);
		if (from < 0 || from > buf.n)
			return false;
		end = (uint32_t) from;
	} else if (!number_at(in, b, buf, &v, &end))
		return false;
	if (b->bitmask)
		v = (v & b->bitmask) >> b->shift;
	if (b->multiplier)
		v *= b->multiplier;
	if (b->align && v % 4)
		v += 4 - v % 4;
	if (v > UINT32_MAX)
		return false;
	if (b->from_beginning)
		to = (int64_t) v;
	else if (b->from_end)
		to = (int64_t) buf.n + (int64_t) v;
	else
		to = (int64_t) end + (int64_t) v;
	to += operand_get(in, &b->post_offset);
	if (to < 0) /* before the beginning is the beginning */
		to = 0;
	if (to > buf.n)
		return false;
	in->at = (uint32_t) to;
	return true;
}

static bool
run_byte_extract(struct inspect *in, const struct op_byte *b, struct span buf)
{
	uint64_t v;
	uint32_t end;

	if (!number_at(in, b, buf, &v, &end))
		return false;
	if (b->multiplier)
		v *= b->multiplier;
	if (b->align_to && v % b->align_to)
		v += b->align_to - v % b->align_to;
	in->var[b->out] = v;
	in->at = end;
	return true;
}

static bool
run_byte_math(struct inspect *in, const struct op_byte *b, struct span buf)
{
	uint64_t v, r = (uint64_t) operand_get(in, &b->value);
	uint32_t end;

	if (!number_at(in, b, buf, &v, &end))
		return false;
	switch (b->oper) {
	case BYTE_ADD: v += r; break;
	case BYTE_SUB: v -= r; break;
	case BYTE_MUL: v *= r; break;
	case BYTE_DIV:
		if (r == 0)
			return false;
		v /= r;
		break;
	case BYTE_SHL: v = r < 64 ? v << r : 0; break;
	case BYTE_SHR: v = r < 64 ? v >> r : 0; break;
	default: return false;
	}
	if (b->bitmask)
		v = (v & b->bitmask) >> b->shift;
	in->var[b->out] = v;
	in->at = end;
	return true;
}

bool
byte_run(struct inspect *in, const struct op *op, struct span buf)
{
	switch (op->type) {
	case OP_BYTE_TEST:
		return run_byte_test(in, op, buf);
	case OP_BYTE_JUMP:
		return run_byte_jump(in, op->arg, buf);
	case OP_BYTE_EXTRACT:
		return run_byte_extract(in, op->arg, buf);
	default:
		return run_byte_math(in, op->arg, buf);
	}
}

/* RFC 4648 section 4; blanks and line ends are passed over (RFC 2045). Stops at the first other character: what
 * came before counts, unless `strict`, when nothing does. Returns bytes written. */
uint32_t
base64_run(struct span in, uint8_t *out, uint32_t cap, bool strict)
{
	uint32_t acc = 0, have = 0, n = 0;

	for (uint32_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];
		uint8_t d = base64_value(c);
		if (d == BASE64_NONE) {
			if (c == ' ' || c == '\r' || c == '\n' || c == '\t' || c == '\f' || c == '\v')
				continue;
			if (c != '=' && strict)
				return 0;
			break;
		}
		acc = acc << 6 | d;
		if (++have == 4) {
			if (n + 3 > cap)
				return n;
			out[n++] = (uint8_t) (acc >> 16);
			out[n++] = (uint8_t) (acc >> 8);
			out[n++] = (uint8_t) acc;
			acc = have = 0;
		}
	}
	if (have >= 2 && n + 2 <= cap) {
		acc <<= 6 * (4 - have);
		out[n++] = (uint8_t) (acc >> 16);
		if (have == 3)
			out[n++] = (uint8_t) (acc >> 8);
	}
	return n;
}
