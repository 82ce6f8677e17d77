/*
 * seal - an Ed25519 signature over a segment of the journal: a small text file beside it.
 *
 * Thread:    any.
 * Memory:    the caller's; the key lives in the library.
 * Owns:      nothing.
 * Not here:  when a segment is sealed -> journal.c   comparing with the segment -> casusctl journal verify
 *
 * File:  lines "casus-journal 1", "sensor S", "epoch E", "segment N", "first SEQ", "last SEQ", "chain HEX",
 *        "signature HEX"; what is signed is every byte before the last line. As the hash chain runs over all records, the
 *        newest seal stands for every one of them before it.
 */
#ifndef PIPELINE_OUTPUT_SEAL_H
#define PIPELINE_OUTPUT_SEAL_H

#include "pipeline/output/frame.h"

#define SEAL_SUFFIX ".sig"
#define SEAL_MAX 512

struct seal {
	char sensor[FRAME_SENSOR_LEN], epoch[FRAME_EPOCH_LEN];
	uint64_t segment, first, last;
	uint8_t chain[FRAME_HASH]; /* hash of record `last` */
	uint8_t signature[64];
	uint32_t signed_n;         /* bytes of the text that are signed */
};

struct seal_key;
/* A PEM file: the private key (nobody else may read it) or, to verify, the public one. NULL: why[] tells. */
struct seal_key *seal_key_read(const char *path, bool private_key, char why[static 128]);
void seal_key_free(struct seal_key *k);

/* The file's text; its length, or E_IO when the library fails. */
int seal_write(const struct seal *s, const struct seal_key *k, char out[static SEAL_MAX]);
/* E_BAD: not such a text. */
int seal_read(struct seal *s, struct span text);
bool seal_is_good(const struct seal *s, struct span text, const struct seal_key *k);

#endif
