/*
 * tree - the tree behind struct conf, shared by the files of this folder.
 *
 * Thread:    main's, at start and at reload.
 * Memory:    the arena of its struct conf.
 * Owns:      nothing.
 * Not here:  YAML itself -> ../base/yaml.h   what callers see -> conf.h
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/conf.h"

struct conf {
	struct arena arena; /* all nodes and texts */
	struct yaml *root;  /* a map */
	bool foreign;
	unsigned files;     /* read so far, included ones too */
};

/* A node of the arena; a NULL key for elements of lists. */
struct yaml *tree_node(struct arena *a, enum yaml_kind kind, const char *key);
struct yaml *tree_copy(struct arena *a, const struct yaml *from);
struct yaml *tree_get(struct yaml *map, const char *key, size_t n); /* the member with the key key[0..n) */
void tree_append(struct yaml *parent, struct yaml *child);
/* The node at a dotted path, made when it is not there; NULL with *why when it cannot be. */
struct yaml *tree_make(struct arena *a, struct yaml *root, const char *path, const char **why);
/* A relative path taken from the folder of the file that names it; arena memory, or `path` itself. */
const char *tree_path(struct arena *a, const char *file, const char *path);

/* The file name of nodes that came by conf_set(). */
extern const char tree_from_set[];

#endif
