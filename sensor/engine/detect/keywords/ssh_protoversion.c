/*
 * ssh.protoversion, ssh.softwareversion - gone from the language: refused with the name of what took their place.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_error(b, 0, "this keyword is gone from the language, expected %s; content",
	    strstr(b->opt->name, "proto") ? "ssh.proto" : "ssh.software");
}

const struct keyword keyword_ssh_protoversion = {
	.name = "ssh.protoversion", .aliases = "ssh.softwareversion", .help = "use ssh.proto or ssh.software", .example = "ssh.proto; content:\"2.0\"",
	.scope = KW_META, .arg = ARG_OPTIONAL, .setup = setup, .note = "not supported",
};
