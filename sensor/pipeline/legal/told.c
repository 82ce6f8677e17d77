#include "pipeline/legal/told.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"

#define FILE_MAX_BYTES ((size_t) 512 << 20)
#define LINE_ROOM (6 * TOLD_TEXT_MAX + 1024) /* every byte of a text escaped */

void
told_init(struct told_list *l)
{
	memset(l, 0, sizeof(*l));
	l->end = &l->first;
	l->fd = -1;
}

static void
told_free(struct told *t)
{
	if (t)
		free(t->text);
	free(t);
}

void
told_clear(struct told_list *l)
{
	while (l->first) {
		struct told *t = l->first;
		l->first = t->next;
		told_free(t);
	}
	if (l->fd >= 0)
		close(l->fd);
	free(l->path);
	told_init(l);
}

int
told_add(struct told_list *l, struct span text, bool trusted, const char *channel, struct told **out)
{
	struct told *t;

	if (l->n == TOLD_MAX || text.n > TOLD_TEXT_MAX)
		return E_LIMIT;
	t = calloc(1, sizeof(*t));
	if (!t || !(t->text = malloc(text.n + 1))) {
		told_free(t);
		return E_NOMEM;
	}
	if (text.n)
		memcpy(t->text, text.p, text.n);
	t->text[text.n] = '\0';
	t->n = text.n;
	t->trusted = trusted;
	t->channel = channel;
	*l->end = t;
	l->end = &t->next;
	l->n++;
	if (out)
		*out = t;
	return 0;
}

void
told_remove(struct told_list *l, struct told *t)
{
	struct told **at = &l->first;

	while (*at && *at != t)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = t->next;
	if (l->end == &t->next)
		l->end = at;
	l->n--;
	told_free(t);
}

/* ---- the file ---- */

static const char *
channel_of(const json_t *o)
{
	static const char *const known[] = { CHANNEL_SOCKET, CHANNEL_REDIS };
	const char *t = json_string_value(o);

	for (size_t i = 0; t && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], t) == 0)
			return known[i];
	return NULL;
}

static int
read_line(struct told_list *l, const char *line, size_t n)
{
	json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	const json_t *text = json_object_get(o, "text"), *mark = json_object_get(o, "mark");
	const char *channel = channel_of(json_object_get(o, "channel")), *m = json_string_value(mark);
	int rc = (text ? channel && json_is_string(text) : m != NULL) ? 0 : E_BAD;

	if (rc == 0 && mark && (!m || strlen(m) >= sizeof(l->mark)))
		rc = E_BAD;
	if (rc == 0 && text)
		rc = told_add(l, span_of(json_string_value(text), json_string_length(text)), json_is_true(json_object_get(o, "trusted")), channel, NULL);
	if (rc == 0 && m)
		snprintf(l->mark, sizeof(l->mark), "%s", m);
	json_decref(o);
	return rc;
}

int
told_parse(struct told_list *l, struct span file)
{
	const char *at = (const char *) file.p, *end = at + file.n;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t) (end - at));
		if (!stop) { /* it was cut: the statement was never confirmed */
			l->passed_over++;
			break;
		}
		int rc = stop > at ? read_line(l, at, (size_t) (stop - at)) : 0;
		if (rc == E_NOMEM)
			return rc;
		l->passed_over += rc < 0;
		at = stop + 1;
	}
	return 0;
}

int
told_is_ours(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? E_NOENT : E_IO;
	if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 022))
		return E_PERM;
	return 0;
}

int
told_open(struct told_list *l, const char *path)
{
	struct buf text;
	struct stat st;
	int rc = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? E_PERM : told_is_ours(path);

	if (rc < 0 && rc != E_NOENT)
		return rc;
	buf_init(&text, FILE_MAX_BYTES);
	if (rc == 0)
		rc = buf_read_file(&text, path) < 0 ? E_IO : told_parse(l, span_of(text.p, text.n));
	else
		rc = 0;
	buf_clear(&text);
	if (rc == 0 && !(l->path = strdup(path)))
		rc = E_NOMEM;
	return rc;
}

static int
write_line(int fd, const struct told *t, const char *mark)
{
	uint32_t cap = t ? LINE_ROOM : 256;
	char *room = malloc(cap + 1);
	struct json j;
	ssize_t n = -1;

	if (!room)
		return E_NOMEM;
	json_init(&j, room, cap);
	json_object(&j, NULL);
	if (mark && *mark)
		json_str(&j, "mark", mark);
	if (t) {
		json_str(&j, "channel", t->channel);
		json_span(&j, "text", span_of(t->text, t->n));
		json_bool(&j, "trusted", t->trusted);
	}
	json_end(&j);
	struct span s = json_text(&j);
	if (!j.truncated) {
		room[s.n] = '\n';
		n = write(fd, room, s.n + 1);
	}
	free(room);
	return n == (ssize_t) s.n + 1 ? 0 : E_IO;
}

int
told_keep(struct told_list *l, const struct told *t, const char *mark)
{
	off_t was;

	if (mark)
		snprintf(l->mark, sizeof(l->mark), "%s", mark);
	if (!l->path)
		return 0;
	if (l->fd < 0)
		l->fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	was = l->fd < 0 ? -1 : lseek(l->fd, 0, SEEK_END);
	if (was < 0)
		return E_IO;
	if (write_line(l->fd, t, mark) == 0 && fdatasync(l->fd) == 0)
		return 0;
	if (ftruncate(l->fd, was) < 0) /* no half of a line stays */
		return E_IO;
	return E_IO;
}

int
told_rewrite(struct told_list *l)
{
	char *fresh;
	int fd, rc = 0;

	if (!l->path)
		return 0;
	if (asprintf(&fresh, "%s.new", l->path) < 0)
		return E_NOMEM;
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		rc = E_IO;
	for (const struct told *t = l->first; t && rc == 0; t = t->next)
		rc = write_line(fd, t, NULL);
	if (rc == 0 && l->mark[0])
		rc = write_line(fd, NULL, l->mark);
	if (rc == 0 && (fsync(fd) < 0 || rename(fresh, l->path) < 0))
		rc = E_IO;
	if (rc < 0 && fd >= 0)
		close(fd);
	if (rc < 0)
		unlink(fresh);
	free(fresh);
	if (rc == 0) {
		if (l->fd >= 0)
			close(l->fd);
		l->fd = fd;
	}
	return rc;
}
