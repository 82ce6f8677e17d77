/*
 * lua - scripts in rules: refused with a reason rather than passed over.
 */
#include "engine/detect/keyword.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_error(b, 0, "Lua is out of scope, expected a rule without lua or luajit");
}

const struct keyword keyword_lua = {
	.name = "lua", .aliases = "luajit luaxform", .help = "scripts are not supported: a rule with one does not load", .example = "lua:x.lua",
	.scope = KW_META, .arg = ARG_OPTIONAL, .setup = setup, .note = "not supported",
};
