/*
 * records - the records of an ordinary pcap file (native byte order, version 2.4), read in large pieces; anything else about
 * a file is libpcap's to read and to complain about.
 *
 * Thread:    the worker's.
 * Memory:    one buffer, taken at the first open.
 * Owns:      the buffer; the file is libpcap's.
 * Not here:  pcapng, swapped files, pipes, filters -> libpcap
 * Source:    draft-ietf-opsawg-pcap
 */
#ifndef ENGINE_CAPTURE_RECORDS_H
#define ENGINE_CAPTURE_RECORDS_H

#include "engine/capture/source.h"

struct records {
	uint8_t *buf;        /* heap */
	size_t n, at;        /* bytes in buf; of the next record */
	uint64_t offset;     /* in the file, of buf[0]; modulo 2^64, since the buffer may begin before the file */
	uint32_t snaplen;
	bool on, nano;
};

/* Is the open file one whose records can be read here? */
void records_open(struct records *r, pcap_t *p);
/* Hands up to max frames to c's callback; their bytes stay where they are until the next call. 0: the next record is the end
 * of the file, or not as it should be: libpcap's handle stands before it and goes on from there (r->on is false). */
int records_read(struct capture *c, struct records *r, unsigned max);
void records_close(struct records *r);

#endif
