/*
 * ftp_data - data connections of FTP: one transaction, the file. Found only by what the control connection announced.
 *
 * Spec: RFC 959 section 3.2, 3.3.
 */
#include "engine/app/file.h"
#include "engine/app/protocols/parse.h"

#define NAME_MAX 256

struct data_tx {
	struct tx tx;
	struct body file[2];
bool cut[2];          /* more of it came than was read */
	uint8_t command;      /* 'R', 'S', or 'L': a listing, which is no file */
	uint16_t name_n;
	uint8_t name[NAME_MAX];
};

struct data {
	struct data_tx *tx;
	bool begun;
	uint8_t command;
	uint16_t name_n;
	uint8_t name[NAME_MAX];
};

static void
data_expected(struct app *a, void *state, struct span note)
{
	struct data *st = state;
	struct rd r = rd_of(note);
	struct span name;

	st->command = rd_u8(&r);
	name = span_head(rd_rest(&r), NAME_MAX);
	st->name_n = (uint16_t) name.n;
	if (name.n)
		memcpy(st->name, name.p, name.n);
}

/* The transfer, where it is of a file. */
static struct data_tx *
file(struct app *a, struct data *st)
{
	if (st->begun)
		return st->command == 'L' ? NULL : st->tx;
	st->begun = true;
	st->tx = (struct data_tx *) app_tx_new(a);
	if (!st->tx)
		return NULL;
	st->tx->command = st->command;
	st->tx->name_n = st->name_n;
	memcpy(st->tx->name, st->name, sizeof(st->name));
	return st->command == 'L' ? NULL : st->tx;
}

static int
data_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct data_tx *t = file(a, state);

	if (t) {
		file_begin(a, &t->tx, &t->file[dir], dir);
		body_take(&t->file[dir], a, bytes, 0);
	}
	return (int) bytes.n;
}

static void
data_eof(struct app *a, void *state, int dir)
{
	struct data *st = state;

	if (!st->tx)
		return;
	st->tx->file[dir].eof = true;
	st->tx->cut[dir] = a->cut[dir];
	tx_reach(&st->tx->tx, dir, 1);
}

static void
data_tx_clear(struct app *a, struct tx *tx)
{
	struct data_tx *t = (struct data_tx *) tx;
	struct data *st = a->state;

	body_clear(&t->file[0], a);
	body_clear(&t->file[1], a);
	if (a->proto == tx->proto && st && st->tx == t)
		st->tx = NULL;
}

static bool
f_name(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	const struct data_tx *t = (const struct data_tx *) tx;

	*out = span_of(t->name, t->name_n);
	return i == 0 && out->n && t->file[dir].total; /* in the direction of the file */
}

static bool
data_file(const struct tx *tx, int dir, unsigned i, struct app_file *out)
{
	const struct data_tx *t = (const struct data_tx *) tx;

	*out = (struct app_file) { .name = span_of(t->name, t->name_n) };
	file_tell(&t->file[dir], t->file[dir].eof && !t->cut[dir], out);
	return i == 0 && out->size > 0;
}

/* What a client fetches is looked at in the server's direction, whoever opened the connection. */
static bool
n_command(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	uint8_t command = ((const struct data_tx *) tx)->command;

	*out = command == 'R' ? 1 : 2;
	return i == 0 && command != 'L' && dir == (*out == 1 ? TO_CLIENT : TO_SERVER);
}

static struct body *
b_file(struct tx *tx, int dir)
{
	return &((struct data_tx *) tx)->file[dir];
}

static const char *const commands[] = { "retr=1", "stor=2", NULL };
static const struct field fields[] = {
	{ .name = "file.name", .kind = FIELD_BYTES, .dirs = 3, .bytes = f_name, .help = "name of the file" },
	FILE_MAGIC_FIELD,
	{ .name = "file.data", .aliases = "file_data", .kind = FIELD_BODY, .dirs = 3, .body = b_file, .help = "the file" },
	{ .name = "ftpdata_command", .kind = FIELD_NUMBER, .dirs = 3, .number = n_command, .names = commands,
	    .help = "retr or stor: which command the transfer belongs to" },
	{ NULL }
};

static void
data_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct data_tx *t = (const struct data_tx *) tx;

	if (t->name_n)
		json_span(j, "filename", span_of(t->name, t->name_n));
	if (t->command != 'L')
		json_str(j, "command", t->command == 'R' ? "RETR" : "STOR");
}

const struct protocol protocol_ftp_data = {
	.name = "ftp-data",
	.log_name = "ftp_data",
	.spec = "RFC 959",
	.transport = APP_TCP,
	.state_size = sizeof(struct data),
	.tx_size = sizeof(struct data_tx),
	.done = { 1, 1 },
	.expected = data_expected,
	.feed = data_feed,
	.eof = data_eof,
	.tx_clear = data_tx_clear,
	.fields = fields,
	.log = data_log,
	.file = data_file,
};
