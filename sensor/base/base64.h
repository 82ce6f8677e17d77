/*
 * base64 - the alphabet of RFC 4648 section 4. What stands between the letters, and what a wrong one means, each reader knows itself.
 *
 * Thread:    anything.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  payload -> ../engine/detect/bytes.c   mail -> ../engine/app/protocols/mime.c
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdint.h>

#define BASE64_NONE 0x80 /* a bit that no value has */

/* The value of a letter, or BASE64_NONE. */
static inline uint8_t
base64_value(uint8_t c)
{
	enum { NO = BASE64_NONE };
	static const uint8_t from_blank[96] = {
		NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
		52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
		NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
		NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
		41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO };

	return c >= ' ' && c < 0x80 ? from_blank[c - ' '] : BASE64_NONE;
}

#endif
