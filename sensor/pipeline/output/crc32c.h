/*
 * crc32c - the Castagnoli checksum (RFC 3720 appendix B.4), for frames of the journal.
 *
 * Thread:    any.
 * Memory:    a constant table.
 * Owns:      nothing.
 * Not here:  where checksums stand -> frame.h
 */
#ifndef PIPELINE_OUTPUT_CRC32C_H
#define PIPELINE_OUTPUT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* crc 0 to begin; feed the result back in to go on. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

#endif
