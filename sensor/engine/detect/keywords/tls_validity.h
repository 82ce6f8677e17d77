/*
 * tls_validity - a time in a rule, held against the validity of the server's certificate.
 *
 * Thread:    load time, then every worker's.
 * Memory:    the ruleset's arena.
 * Owns:      nothing.
 * Not here:  reading certificates -> app/protocols/tls_cert.c
 */
#ifndef ENGINE_DETECT_TLS_VALIDITY_H
#define ENGINE_DETECT_TLS_VALIDITY_H

#include "engine/app/protocols/tls.h"
#include "engine/detect/keyword.h"

/* ">2015", "<2015-10", "2014-01-01<>2016", "2015-02-12T18:07:27" */
int tls_validity_parse(struct build *b, const char *value, union kw_arg *out);
bool tls_validity_has(const union kw_arg *a, int64_t when);

#endif
