/*
 * flag_test - "[+*!]LETTERS[,IGNORED]": the test of tcp.flags and fragbits; "fin,!comp" or a number: flags by words.
 *
 * Thread:    immutable after loading.
 * Memory:    the ruleset's arena.
 * Owns:      nothing.
 * Not here:  the letters -> keywords/tcp_flags.c, keywords/fragbits.c, keywords/mqtt_flags.c ...
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

struct flag_word {
	const char *word;
	uint8_t bit;
};
struct flag_words {
	const struct kw_number *number; /* NULL: by words */
	uint8_t set, clear;
};
/* All of the words, separated by commas, those with '!' not; or a number test of the whole. words ends with {NULL, 0}. */
int flag_words_parse(struct build *b, const char *value, const struct flag_word *words, const char *expected, union kw_arg *out);
bool flag_words_has(const struct flag_words *t, uint8_t flags);

#endif
