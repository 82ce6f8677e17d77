/*
 * pkt_data - back to the payload.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	build_payload(b);
	return 0;
}

const struct keyword keyword_pkt_data = {
	.name = "pkt_data", .help = "what follows looks at the payload again", .example = "pkt_data; content:\"abc\"",
	.scope = KW_BUFFER, .arg = ARG_NONE, .setup = setup,
};
