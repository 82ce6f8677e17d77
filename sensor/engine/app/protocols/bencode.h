/*
 * bencode - values as BitTorrent writes them: strings, integers, lists, dictionaries.
 *
 * Thread:    any.
 * Memory:    none; values are spans of the bytes at hand.
 * Owns:      nothing.
 * Not here:  what dictionaries mean -> bittorrent_dht.c
 */
#ifndef ENGINE_APP_BENCODE_H
#define ENGINE_APP_BENCODE_H

#include "base/span.h"

#define BENCODE_DEPTH 16 /* lists and dictionaries inside each other */

enum bencode_kind { BENCODE_STRING, BENCODE_INTEGER, BENCODE_LIST, BENCODE_DICT };

struct bencode {
	enum bencode_kind kind;
	struct span body; /* the string; the digits; what is between the brackets of a list or dictionary */
};

/* The value that begins where `r` stands, and past it. false: nothing is left, or (r->bad) it is no value. */
bool bencode_next(struct rd *r, struct bencode *out);
/* The value of a key in the body of a dictionary, of any kind; of several the first. */
bool bencode_get(struct span dict, const char *key, struct bencode *out);
/* ... of that kind only. */
bool bencode_get_kind(struct span dict, const char *key, enum bencode_kind kind, struct span *body);
/* The digits of an integer. false: they are none, or too many. */
bool bencode_integer(struct span body, int64_t *out);

#endif
