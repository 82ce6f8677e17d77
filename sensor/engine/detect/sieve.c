/*
 * sieve - literals lie in buckets; for four places that follow each other tables say in which buckets a byte may stand there.
 *
 * Where all four agree on a bucket, a hash of the four bytes tells whether a literal is filed under them; where one is, it is
 * compared. The tables are looked at for as many places at once as the processor can (sieve_wide.c, sieve_narrow.c).
 *
 * Source: Qiu et al., "Hyperscan: A Fast Multi-pattern Regex Matcher for Modern CPUs", NSDI 2019 (buckets, shift-or); Langdale,
 * "Teddy: An efficient SIMD-based literal matching engine for scanning".
 */
#include "engine/detect/sieve_private.h"

#include "base/vec.h"

#ifdef __x86_64__

uint32_t
sieve_lanes(void)
{
	bool bits = __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");

	if (bits && vec_lanes() == 64 && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2"))
		return 64;
	return bits && vec_lanes() >= 32 ? 32 : 0;
}

static bool
is_there(const struct sifting *f, const struct sieve_lit *x, uint32_t at)
{
	struct span text = span_of(f->s->text + x->text, x->n);

	if (f->in.n < x->n || at - x->at > f->in.n - x->n) /* zeros behind the input are looked at, too; before it the difference is large */
		return false;
	struct span there = span_of(f->in.p + at - x->at, x->n);
	return x->nocase ? span_eq_nocase(there, text) : memcmp(there.p, text.p, x->n) == 0;
}

void
sieve_compare(const struct sifting *f, uint32_t i, uint64_t v, uint32_t at)
{
	for (;; i++) {
		const struct sieve_lit *x = &f->s->lits[i];
		if ((v & x->mask) == x->head && is_there(f, x, at))
			f->to->found(f->to->arg, x->id);
		if (x->last)
			break;
	}
}

/* Places of the input from `from` on; end: it is that of the input, what is behind it must not be read. */
static void
piece(const struct sifting *f, uint32_t from, uint32_t places, bool end)
{
	if (f->s->lanes == 64)
		sieve_wide(f, from, places, end);
	else
		sieve_narrow(f, from, places, end);
}

void
sieve_find(const struct sieve *s, struct span in, const struct sieve_told *to)
{
	struct sifting f = { .s = s, .in = in, .to = to };
	uint32_t i = 0, n;

	for (uint32_t k = 0; k < s->n_singles; k++)
		if (in.n && memchr(in.p, s->singles[k].byte, in.n))
			to->found(to->arg, s->singles[k].id);
	if (!s->sets && !to->same_bytes)
		return;
	while ((n = in.n - i) >= SIEVE_BEHIND) {
		n = (n - SIEVE_ROOM) / SIEVE_BLOCK * SIEVE_BLOCK;
		if (n > SIEVE_PIECE)
			n = SIEVE_PIECE;
		piece(&f, i, n, false);
		i += n;
	}
	if (n)
		piece(&f, i, n, true);
}

#else

uint32_t
sieve_lanes(void)
{
	return 0;
}

void
sieve_find(const struct sieve *s, struct span in, const struct sieve_told *to)
{
}

#endif

bool
sieve_possible(void)
{
	return sieve_lanes() > 0;
}
