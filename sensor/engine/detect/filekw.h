/*
 * filekw - what keywords about files share.
 *
 * Thread:    parse: the loader's; match: the worker's.
 * Memory:    the ruleset's arena.
 * Owns:      nothing.
 * Not here:  the digests -> ../app/file.h
 */
#ifndef ENGINE_DETECT_FILEKW_H
#define ENGINE_DETECT_FILEKW_H

#include "engine/detect/dataset.h"

/* "[!]FILE": a digest a line in hex; what follows a blank, and lines that begin with '#', do not count. */
int filehash_parse(struct build *b, const char *value, enum hash_kind kind, union kw_arg *out);
/* A file that came whole has a digest of the list, or of the list that is negated not one. */
bool filehash_match(const struct match_ctx *c, const union kw_arg *a);

#define FILE_PROTOCOLS "http http2 ftp-data nfs smb smtp" /* those that carry files */

#endif
