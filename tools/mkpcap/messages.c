/*
 * messages - what offices say: DNS, HTTP, TLS hello, SMB2.
 */
#include <ctype.h>
#include <stdlib.h>

#include "mkpcap.h"

static const struct {
	const char *name;
	uint32_t type;
} record_types[] = { { "A", 1 }, { "NS", 2 }, { "CNAME", 5 }, { "NULL", 10 }, { "PTR", 12 }, { "MX", 15 }, { "TXT", 16 },
	{ "AAAA", 28 }, { "ANY", 255 } };

static bool
take_type(struct script *s, uint32_t *out)
{
	for (size_t i = 0; i < sizeof record_types / sizeof record_types[0]; i++) {
		if (accept(s, record_types[i].name)) {
			*out = record_types[i].type;
			return true;
		}
	}
	return false;
}

/* RFC 1035 section 4.1.2 */
static bool
put_name(struct script *s, struct buf *b, const char *name)
{
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, ".");
		if (n == 0 || n > 63)
			return fail(s, "a label of %zu bytes in \"%s\", expected 1..63", n, name);
		put_u8(b, (uint32_t) n);
		buf_add(b, p, n);
		p += n + (p[n] == '.');
	}
	put_u8(b, 0);
	return true;
}

struct dns {
	const char *name;
	uint32_t type;
	int64_t id, rcode, ttl;
};

static bool
put_dns_head(struct script *s, struct buf *b, const struct dns *d, uint32_t flags, uint32_t answers)
{
	put_u16(b, (uint32_t) d->id);
	put_u16(b, flags);
	put_u16(b, 1);
	put_u16(b, answers);
	put_u32(b, 0);
	if (!put_name(s, b, d->name))
		return false;
	put_u16(b, d->type);
	put_u16(b, 1);
	return true;
}

/* Over TCP the length comes first, RFC 1035 section 4.2.2. */
static size_t
dns_begin(struct script *s, struct buf *b)
{
	if (s->flow && s->flow->tcp)
		put_u16(b, 0);
	return b->n;
}

static void
dns_end(struct script *s, struct buf *b, size_t begin)
{
	if (s->flow && s->flow->tcp)
		set_u16(b, begin - 2, (uint32_t) (b->n - begin));
}

static bool
put_dns_query(struct script *s, struct buf *b)
{
	struct dns d = { .type = 1, .id = s->flow ? s->flow->messages[0]++ + 1 : 1 };

	if (!take_word(s, "a name", &d.name))
		return false;
	take_type(s, &d.type);
	if (!option_number(s, "id", 0, 65535, &d.id))
		return false;
	size_t begin = dns_begin(s, b);
	bool ok = put_dns_head(s, b, &d, 0x0100, 0);
	dns_end(s, b, begin);
	return ok;
}

static bool
put_record_data(struct script *s, struct buf *b, uint32_t type)
{
	const char *text;
	struct buf t;
	struct addr a;

	if (type == 16 || type == 10) {
		buf_init(&t, 65000);
		bool ok = take_string(s, "a text", &t);
		for (size_t i = 0; ok && i < t.n; i += 255) {
			size_t n = t.n - i < 255 ? t.n - i : 255;
			put_u8(b, (uint32_t) n);
			buf_add(b, t.p + i, n);
		}
		buf_clear(&t);
		return ok;
	}
	if (!take_word(s, "the record's data", &text))
		return false;
	if (type == 1 || type == 28) {
		if (addr_parse(&a, text) != 0 || addr_is_v4(&a) != (type == 1))
			return s->at--, fail(s, "\"%s\" is not an address of this type", text);
		buf_add(b, a.b + (type == 1 ? 12 : 0), type == 1 ? 4 : 16);
		return true;
	}
	if (type == 15)
		put_u16(b, 10);
	return put_name(s, b, text);
}

/* dns-answer NAME [rcode N] [TYPE DATA ...] */
static bool
put_dns_answer(struct script *s, struct buf *b)
{
	struct dns d = { .type = 1, .id = s->flow ? s->flow->messages[1]++ + 1 : 1, .ttl = 300 };
	uint32_t n = 0;

	if (!take_word(s, "a name", &d.name) || !option_number(s, "id", 0, 65535, &d.id) || !option_number(s, "rcode", 0, 15, &d.rcode)
	    || !option_number(s, "ttl", 0, INT32_MAX, &d.ttl))
		return false;
	bool typed = take_type(s, &d.type);
	size_t begin = dns_begin(s, b);
	bool ok = put_dns_head(s, b, &d, 0x8180 | (uint32_t) d.rcode, 0);
	uint32_t type = d.type;
	for (; ok && typed && !at_end(s); n++, typed = take_type(s, &type)) {
		put_u16(b, 0xc00c);
		put_u16(b, type);
		put_u16(b, 1);
		put_u32(b, (uint32_t) d.ttl);
		size_t length = b->n;
		put_u16(b, 0);
		ok = put_record_data(s, b, type);
		set_u16(b, length, (uint32_t) (b->n - length - 2));
	}
	set_u16(b, begin + 6, n);
	dns_end(s, b, begin);
	return ok;
}

/* http get HOST PATH [agent TEXT] | http answer CODE BODY */
static bool
put_http(struct script *s, struct buf *b)
{
	struct buf host, path, agent;
	int64_t code;
	bool ok, answer = accept(s, "answer");

	buf_init(&host, 4096);
	buf_init(&path, DATA_MAX);
	buf_init(&agent, 4096);
	if (answer) {
		ok = take_number(s, "a status", 100, 999, &code) && take_string(s, "a body", &path);
		if (ok)
			buf_printf(b, "HTTP/1.1 %d %s\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n\r\n",
			    (int) code, code < 300 ? "OK" : code < 400 ? "Found" : code < 500 ? "Not Found" : "Error", path.n);
		buf_add(b, path.p, path.n);
	} else {
		ok = (accept(s, "get") || fail(s, "expected get or answer")) && take_string(s, "a host", &host)
		    && take_string(s, "a path", &path) && (!accept(s, "agent") || take_string(s, "a user agent", &agent));
		if (ok)
			buf_printf(b, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n\r\n", path.p ? path.p : "/",
			    host.p ? host.p : "", agent.n ? agent.p : "Mozilla/5.0");
	}
	buf_clear(&host);
	buf_clear(&path);
	buf_clear(&agent);
	return ok;
}

static void
put_zeros(struct buf *b, size_t n)
{
	while (n--)
		put_u8(b, 0);
}

/* RFC 8446 section 4.1.2, with server_name (RFC 6066) */
static bool
put_client_hello(struct script *s, struct buf *b)
{
	struct buf name;

	buf_init(&name, 255);
	bool ok = take_string(s, "a server name", &name) && (!name.full || fail(s, "the name is too long"));
	size_t record = b->n + 3, n = name.n;
	put_u8(b, 0x16);
	put_u16(b, 0x0301);
	put_u16(b, 0);
	put_u16(b, 0x0100);
	put_u16(b, 0);
	size_t hello = b->n;
	put_u16(b, 0x0303);
	for (uint32_t i = 0; i < 32; i++)
		put_u8(b, i * 37 + 11);
	put_u8(b, 0);
	put_u16(b, 4);
	put_u16(b, 0xc02f);
	put_u16(b, 0x009c);
	put_u16(b, 0x0100);
	put_u16(b, (uint32_t) n + 9);
	put_u16(b, 0);
	put_u16(b, (uint32_t) n + 5);
	put_u16(b, (uint32_t) n + 3);
	put_u8(b, 0);
	put_u16(b, (uint32_t) n);
	buf_add(b, name.p, n);
	set_u16(b, hello - 2, (uint32_t) (b->n - hello));
	set_u16(b, record, (uint32_t) (b->n - record - 2));
	buf_clear(&name);
	return ok;
}

/* UTF-16LE of ASCII */
static void
put_wide(struct buf *b, struct buf *t)
{
	for (size_t i = 0; i < t->n; i++)
		put_le16(b, (uint8_t) t->p[i]);
}

/* MS-SMB2 2.2.1.2: the header without a session, tree 1, session 1 */
static void
put_smb2_head(struct script *s, struct buf *b, uint32_t command, uint32_t status)
{
	uint32_t id = s->flow ? s->flow->messages[s->side]++ : 0;

	put_u32(b, 0xfe534d42);
	put_le16(b, 64);
	put_le16(b, 1);
	put_le32(b, status);
	put_le16(b, command);
	put_le16(b, 1);
	put_le32(b, s->side); /* 1: an answer */
	put_le32(b, 0);
	put_le32(b, id);
	put_le32(b, 0);
	put_le32(b, 0xfeff);
	put_le32(b, command > 1 && command < 3 ? 0 : 1);
	put_le32(b, 1);
	put_zeros(b, 4 + 16);
}

static void
put_smb2_create(struct buf *b, struct buf *name)
{
	put_le16(b, 57);
	put_u16(b, 0);
	put_le32(b, 2);
	put_zeros(b, 16);
	put_le32(b, 0x0012019f);
	put_le32(b, 0);
	put_le32(b, 3);
	put_le32(b, 1);
	put_le32(b, 0x40);
	put_le16(b, 120);
	put_le16(b, (uint32_t) name->n * 2);
	put_zeros(b, 8);
	put_wide(b, name);
}

/* Answers in their smallest form; a file id of a create is 16 times the message. */
static void
put_smb2_answer(struct buf *b, uint32_t command, uint32_t status, bool disk)
{
	static const uint32_t sizes[] = { 65, 9, 4, 16, 4, 89, 60, 4, 17, 17 };

	if (status || command >= sizeof sizes / sizeof sizes[0]) {
		put_le16(b, 9);
		put_zeros(b, 7);
		return;
	}
	put_le16(b, sizes[command]);
	if (command == 0) {
		put_le16(b, 1);
		put_le16(b, 0x0302);
		put_zeros(b, 59);
	} else if (command == 3) {
		put_u8(b, disk ? 1 : 2);
		put_zeros(b, 13);
	} else {
		put_zeros(b, (sizes[command] & ~1u) - 2);
	}
}

static bool
smb2_body(struct script *s, struct buf *b, uint32_t command, struct buf *arg)
{
	bool ok = command <= 1 || take_string(s, "a name", arg);

	if (command == 0) {
		put_le16(b, 36);
		put_le16(b, 2);
		put_le16(b, 1);
		put_zeros(b, 2 + 4 + 16 + 8);
		put_le16(b, 0x0202);
		put_le16(b, 0x0302);
	} else if (command == 1) { /* no token: the server's turn to refuse or not */
		put_le16(b, 25);
		put_zeros(b, 10);
		put_le16(b, 88);
		put_zeros(b, 10);
	} else if (command == 3) {
		put_le16(b, 9);
		put_le16(b, 0);
		put_le16(b, 72);
		put_le16(b, (uint32_t) arg->n * 2);
		put_wide(b, arg);
	} else if (command == 5) {
		put_smb2_create(b, arg);
	} else { /* write: the data, offset 112 */
		put_le16(b, 49);
		put_le16(b, 112);
		put_le32(b, (uint32_t) arg->n);
		put_zeros(b, 8 + 16 + 16);
		buf_add(b, arg->p, arg->n);
	}
	return ok;
}

static bool
put_smb2(struct script *s, struct buf *b)
{
	static const struct {
		const char *name;
		uint32_t command;
	} commands[] = { { "negotiate", 0 }, { "setup", 1 }, { "tree", 3 }, { "create", 5 }, { "write", 9 } };
	int64_t command = -1, status = 0;
	bool ok = true, answer = accept(s, "answer");
	struct buf arg;

	for (size_t i = 0; i < sizeof commands / sizeof commands[0] && command < 0; i++) {
		if (accept(s, commands[i].name))
			command = commands[i].command;
	}
	if (command < 0)
		return fail(s, "expected [answer] negotiate, setup, tree, create or write");
	bool disk = answer && accept(s, "disk");
	size_t begin = b->n;
	put_u32(b, 0);
	if (answer && !option_number(s, "status", 0, UINT32_MAX, &status))
		return false;
	buf_init(&arg, 60000);
	put_smb2_head(s, b, (uint32_t) command, (uint32_t) status);
	if (answer)
		put_smb2_answer(b, (uint32_t) command, (uint32_t) status, disk);
	else
		ok = smb2_body(s, b, (uint32_t) command, &arg);
	set_u16(b, begin + 2, (uint32_t) (b->n - begin - 4));
	buf_clear(&arg);
	return ok;
}

const struct message messages[] = {
	{ "dns-query", "dns-query NAME [A|AAAA|TXT|MX|NS|CNAME|NULL|PTR|ANY] [id N]", put_dns_query },
	{ "dns-answer", "dns-answer NAME [id N] [rcode N] [ttl N] [TYPE DATA] ...", put_dns_answer },
	{ "http", "http get HOST PATH [agent TEXT] | http answer CODE BODY", put_http },
	{ "tls-client-hello", "tls-client-hello NAME", put_client_hello },
	{ "smb2", "smb2 [answer] negotiate | setup | tree SHARE | create FILE | write DATA; answers: [disk] [status N]", put_smb2 },
	{ NULL, NULL, NULL },
};
