/*
 * ftpbounce - a PORT command that names another host than the client itself. RFC 959 section 4.1.2, RFC 2577 section 3.
 */
#include <stdlib.h>

#include "engine/detect/keyword.h"

/* A field of the transaction's protocol by name. */
static bool
field_bytes(const struct match_ctx *c, const char *name, struct span *out)
{
	each_field(f, c->tx->proto)
		if (strcmp(f->name, name) == 0 && f->bytes)
			return f->bytes(c->tx, TO_SERVER, 0, NULL, out);
	return false;
}

/* "10,0,0,1,4,1": the address of it. */
static bool
read_host(struct span text, struct addr *out)
{
	struct rd r = rd_of(text);
	uint8_t host[4] = { 0 };
	unsigned value = 0, digits = 0, n = 0;

	while (n < 4 && rd_left(&r) > 0) {
		uint8_t c = rd_u8(&r);
		if (c == ' ' && digits == 0)
			continue;
		if (c >= '0' && c <= '9' && digits < 3) {
			value = value * 10 + (c - '0');
			digits++;
			continue;
		}
		if (c != ',' || digits == 0 || value > 255)
			return false;
		host[n++] = (uint8_t) value;
		value = digits = 0;
	}
	*out = addr_v4(host);
	return n == 4;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	struct span command, data;
	struct addr host;

	if (!c->in->flow || !field_bytes(c, "ftp.command", &command) || !field_bytes(c, "ftp.command_data", &data))
		return false;
	if (command.n != 4 || strncasecmp((const char *) command.p, "PORT", 4) != 0 || !read_host(data, &host))
		return false;
	struct addr client = flow_addr(c->in->flow, TO_SERVER);

	return !addr_eq(&host, &client);
}

const struct keyword keyword_ftpbounce = {
	.name = "ftpbounce", .help = "PORT command that names another host than the client", .example = "ftpbounce",
	.scope = KW_TX, .arg = ARG_NONE, .flags = KW_NEEDS_FLOW, .match = match, .protocols = "ftp", .dirs = 1,
};
