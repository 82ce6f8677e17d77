/*
 * tree - the few words about jansson's trees that fusion's files share.
 *
 * base/json.h has functions of the names json_object and json_array for writing: here jansson's own are meant.
 */
#ifndef FUSION_TREE_H
#define FUSION_TREE_H

#include <jansson.h>

static inline json_t *
object_new(void)
{
	return (json_object)();
}

static inline json_t *
array_new(void)
{
	return (json_array)();
}

/* A member's text; "" when there is none. */
static inline const char *
text_of(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? t : "";
}

#endif
