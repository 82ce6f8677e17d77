/*
 * csum - "valid" or "invalid": the argument of ipv4-csum, tcpv4-csum and their kin.
 *
 * Thread:    immutable after loading.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the sums -> ../decode/checksum.c
 */
#ifndef ENGINE_DETECT_CSUM_H
#define ENGINE_DETECT_CSUM_H

#include "engine/detect/keyword.h"

int csum_parse(struct build *b, const char *value, union kw_arg *out); /* a bool in *out: valid is wanted */
/* The transport checksum of a packet of this protocol and IP version is as wanted. */
bool csum_l4(const struct match_ctx *c, const union kw_arg *a, int ip_version, uint8_t proto);

#endif
