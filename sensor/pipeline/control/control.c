#include "pipeline/control/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "pipeline/control/command.h"

#define CLIENTS_MAX 16
#define LINE_MAX_BYTES 65536
#define ANSWER_MAX (8U << 20)
#define IDLE_S 30
#define GROUPS_MAX 256

struct client {
	struct control *c;
	struct bufferevent *bev; /* NULL = free */
	bool closing;            /* once the answer is written */
	bool trusted;            /* root or the sensor's own user: may tell without a signature */
};

struct control {
	struct command_env env;
	struct evconnlistener *listener;
	struct sockaddr_un where;
	gid_t gid;               /* of the socket's file */
	dev_t device;
	ino_t inode;
	struct client clients[CLIENTS_MAX];
	char *room;
};

static void
client_close(struct client *k)
{
	bufferevent_free(k->bev);
	k->bev = NULL;
	k->closing = false;
}

/* Root, the sensor's own user (these two are trusted), and members of the group that the file belongs to. */
static bool
is_allowed(const struct control *c, evutil_socket_t fd, bool *trusted)
{
	struct ucred peer;
	socklen_t n = sizeof peer;
	gid_t groups[GROUPS_MAX];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return false;
	*trusted = peer.uid == 0 || peer.uid == geteuid();
	if (*trusted || peer.gid == c->gid)
		return true;
	n = sizeof groups;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) < 0)
		return false;
	for (size_t i = 0; i < n / sizeof groups[0]; i++) {
		if (groups[i] == c->gid)
			return true;
	}
	return false;
}

static void
answer(struct client *k, struct span text)
{
	struct evbuffer *out = bufferevent_get_output(k->bev);

	evbuffer_add(out, text.p, text.n);
	evbuffer_add(out, "\n", 1);
}

static void
too_long(struct client *k)
{
	answer(k, SPAN_LIT("{\"ok\":false,\"error\":\"a request is one line of at most 65536 bytes\"}"));
	k->closing = true;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct client *k = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n;
	char *line;

	while (!k->closing && (line = evbuffer_readln(in, &n, EVBUFFER_EOL_CRLF))) {
		k->c->env.trusted = k->trusted;
		if (n <= LINE_MAX_BYTES)
			answer(k, command_answer(&k->c->env, span_of(line, n), k->c->room, ANSWER_MAX));
		else
			too_long(k);
		free(line);
		if (evbuffer_get_length(bufferevent_get_output(bev)) > ANSWER_MAX)
			k->closing = true; /* asks faster than it reads */
	}
	if (!k->closing && evbuffer_get_length(in) > LINE_MAX_BYTES)
		too_long(k);
	if (k->closing)
		bufferevent_disable(bev, EV_READ);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct client *k = arg;

	if (k->closing)
		client_close(k);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *k = arg;

	/* The other side has said all it wants: what is left of the answer is still written. */
	if ((what & BEV_EVENT_EOF) && evbuffer_get_length(bufferevent_get_output(bev))) {
		k->closing = true;
		return;
	}
	client_close(k);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int n, void *arg)
{
	struct control *c = arg;
	struct timeval idle = { IDLE_S, 0 };
	struct client *k = NULL;
	bool trusted = false;

	for (unsigned i = 0; i < CLIENTS_MAX && !k; i++) {
		if (!c->clients[i].bev)
			k = &c->clients[i];
	}
	if (!k || !is_allowed(c, fd, &trusted)) {
		log_warning("control", "%s", k ? "a user outside the socket's group was refused" : "too many clients");
		evutil_closesocket(fd);
		return;
	}
	*k = (struct client) { .c = c, .trusted = trusted };
	k->bev = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!k->bev) {
		evutil_closesocket(fd);
		return;
	}
	bufferevent_setcb(k->bev, on_read, on_written, on_event, k);
	bufferevent_setwatermark(k->bev, EV_READ, 0, 2 * LINE_MAX_BYTES);
	bufferevent_set_timeouts(k->bev, &idle, &idle);
	bufferevent_enable(k->bev, EV_READ | EV_WRITE);
}

/* A socket file that nobody listens on is left over from a kill. */
static int
clear_old(const struct sockaddr_un *where, char why[static 256])
{
	struct stat st;
	int fd, rc;

	if (lstat(where->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(why, 256, "%s is there and no socket", where->sun_path);
		return E_EXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	rc = fd < 0 ? -1 : connect(fd, (const struct sockaddr *) where, sizeof *where);
	if (fd >= 0)
		close(fd);
	if (rc == 0) {
		snprintf(why, 256, "another sensor listens on %s", where->sun_path);
		return E_EXIST;
	}
	return unlink(where->sun_path) < 0 && errno != ENOENT ? E_PERM : 0;
}

static int
listen_on(struct control *c, struct event_base *loop)
{
	mode_t old = umask(0117);
	struct stat st;

	c->listener = evconnlistener_new_bind(loop, on_accept, c, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, CLIENTS_MAX,
	    (struct sockaddr *) &c->where, sizeof c->where);
	umask(old);
	if (!c->listener || stat(c->where.sun_path, &st) < 0)
		return E_IO;
	c->gid = st.st_gid;
	c->device = st.st_dev;
	c->inode = st.st_ino;
	return 0;
}

struct control *
control_new(const char *path, struct event_base *loop, struct assess *assess, struct output *output,
    const struct control_calls *calls, char why[static 256])
{
	struct control *c = calloc(1, sizeof *c);

	why[0] = 0;
	if (!c)
		return NULL;
	c->env = (struct command_env) { .assess = assess, .output = output, .calls = *calls };
	c->where.sun_family = AF_UNIX;
	c->room = malloc(ANSWER_MAX);
	if (strlen(path) >= sizeof c->where.sun_path)
		snprintf(why, 256, "%.120s: too long for a socket, expected at most %zu bytes", path,
		    sizeof c->where.sun_path - 1);
	else
		memcpy(c->where.sun_path, path, strlen(path) + 1);
	if (!why[0] && c->room && clear_old(&c->where, why) == 0 && listen_on(c, loop) == 0)
		return c;
	if (!why[0])
		snprintf(why, 256, "cannot listen on %.150s: %s", path, strerror(errno));
	control_free(c);
	return NULL;
}

void
control_free(struct control *c)
{
	struct stat st;

	if (!c)
		return;
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (c->clients[i].bev)
			client_close(&c->clients[i]);
	}
	if (c->listener) {
		evconnlistener_free(c->listener);
		if (c->inode && stat(c->where.sun_path, &st) == 0 && st.st_ino == c->inode && st.st_dev == c->device)
			unlink(c->where.sun_path);
	}
	free(c->room);
	free(c);
}
