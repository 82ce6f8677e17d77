/*
 * flag_test - "[+*!]LETTERS[,IGNORED]": the test of tcp.flags and fragbits.
 *
 * Thread:    immutable after loading.
 * Memory:    the ruleset's arena.
 * Owns:      nothing.
 * Not here:  the letters -> keywords/tcp_flags.c, keywords/fragbits.c
 */
#ifndef ENGINE_DETECT_FLAG_TEST_H
#define ENGINE_DETECT_FLAG_TEST_H

#include "engine/detect/keyword.h"

struct flag_letter {
	char letter; /* upper case */
	uint8_t bit;
};
struct flag_test {
	char modifier;      /* 0 exactly these, '+' these and perhaps others, '*' any of these, '!' not all of these */
	uint8_t want, mask; /* mask: without the ignored ones */
};
/* letters ends with {0, 0}; `expected` for the message. A struct flag_test in *out. */
int flag_test_parse(struct build *b, const char *value, const struct flag_letter *letters, const char *expected,
    union kw_arg *out);
bool flag_test_has(const struct flag_test *t, uint8_t flags);

#endif
