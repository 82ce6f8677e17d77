/*
 * redis_server.h - a Redis of the test's own on a unix socket, in a folder of its own; and certificates for one that speaks TLS.
 */
#ifndef UNIT_REDIS_SERVER_H
#define UNIT_REDIS_SERVER_H

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tmpdir.h"

static char dir[TMPDIR_LEN], sock[TMPDIR_LEN + 16];
static pid_t server;

static inline redisContext *
client(void)
{
	redisContext *c = redisConnectUnix(sock);

	if (c && c->err) {
		redisFree(c);
		c = NULL;
	}
	return c;
}

static inline void
server_await(void)
{
	for (int i = 0; i < 200; i++) { /* until it has loaded what it had */
		redisReply *r;
		redisContext *c;
		usleep(20000);
		c = client();
		if (!c)
			continue;
		r = redisCommand(c, "PING");
		bool ready = r && (r->type == REDIS_REPLY_STATUS || strncmp(r->str, "NOAUTH", 6) == 0);
		freeReplyObject(r);
		redisFree(c);
		if (ready)
			return;
	}
	fail_msg("redis-server does not start");
}

static inline void
server_start_with(const char *a, const char *b, const char *a2, const char *b2)
{
	server = fork();
	if (server == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", sock, "--dir", dir, "--save", "", "--appendonly",
		    "yes", "--appendfsync", "always", a, b, a2, b2, (char *) NULL);
		_exit(127);
	}
	server_await();
}

static inline void
server_start(void)
{
	server_start_with(NULL, NULL, NULL, NULL);
}

static inline void
server_kill(void)
{
	int status;

	kill(server, SIGKILL);
	waitpid(server, &status, 0);
}

static inline bool
have_server(void)
{
	return system("redis-server --version >/dev/null 2>&1") == 0;
}

static inline redisReply *
command(const char *text)
{
	redisContext *c = client();
	redisReply *r;

	assert_non_null(c);
	r = redisCommand(c, text);
	assert_non_null(r);
	redisFree(c);
	return r;
}

/* A folder with a Redis in it; skips the test where there is none. As the programs do, the test outlives writing to a killed one. */
static inline void
server_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (!have_server())
		skip();
	tmpdir_make(dir);
	snprintf(sock, sizeof sock, "%s/redis.sock", dir);
	server_start();
}

static inline void
server_end(void)
{
	server_kill();
	tmpdir_clear(dir);
}

/* CA, a certificate for localhost and 127.0.0.1, one for the client, and another CA. */
static inline bool
certificates_make(void)
{
	char line[2048];

	snprintf(line, sizeof line,
	    "cd %s && exec 2>/dev/null && for ca in ca other; do openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -out $ca.pem -days 9 -subj /CN=$ca; done; "
	    "printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > ext; for n in server client; do openssl req -newkey rsa:2048 -nodes -keyout $n.key -out $n.csr "
	    "-subj /CN=$n && openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $n.pem -days 9 -extfile ext || exit 1; done; chmod 600 *.key",
	    dir);
	return system(line) == 0;
}

static inline void
server_start_tls(int port)
{
	char path[TMPDIR_LEN + 16];
	FILE *out;

	snprintf(path, sizeof path, "%s/tls.conf", dir);
	out = fopen(path, "w");
	assert_non_null(out);
	fprintf(out, "port 0\ntls-port %d\nbind 127.0.0.1 127.0.0.2\ndir %s\nunixsocket %s\nsave \"\"\ntls-cert-file %s/server.pem\ntls-key-file %s/server.key\n"
	    "tls-ca-cert-file %s/ca.pem\ntls-auth-clients yes\n", port, dir, sock, dir, dir, dir);
	fclose(out);
	server = fork();
	if (server == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execlp("redis-server", "redis-server", path, (char *) NULL);
		_exit(127);
	}
	server_await();
}

#endif
