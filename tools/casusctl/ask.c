/* One question to the sensor over its control socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "casusctl.h"

#define WAIT_S 15

static int
dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct timeval tv = { WAIT_S, 0 };
	int fd;

	if (strlen(path) >= sizeof sun.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
	if (connect(fd, (struct sockaddr *) &sun, sizeof sun) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
send_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t k = send(fd, text, n, MSG_NOSIGNAL);
		if (k <= 0)
			return -1;
		text += k;
		n -= (size_t) k;
	}
	return 0;
}

/* The answer is one line. */
static json_t *
receive(int fd)
{
	FILE *in = fdopen(fd, "r");
	json_t *o = NULL;
	char *line = NULL;
	size_t cap = 0;

	if (!in) {
		close(fd);
		return NULL;
	}
	if (getline(&line, &cap, in) > 0)
		o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	free(line);
	fclose(in);
	return o;
}

static json_t *
exchange(const char *path, const char *command, const char *id, const char *party, const char *long_text)
{
	json_t *q = json_pack("{s:s}", "command", command), *answer = NULL;
	char *text;
	int fd;

	if (id)
		json_object_set_new(q, "id", json_string(id));
	if (party)
		json_object_set_new(q, "party", json_string(party));
	if (long_text)
		json_object_set_new(q, "text", json_string(long_text));
	text = json_dumps(q, JSON_COMPACT);
	json_decref(q);
	fd = dial(path);
	if (fd < 0)
		fprintf(stderr, "casusctl: %s: %s; is the sensor running?\n", path, strerror(errno));
	else if (!text || send_all(fd, text, strlen(text)) < 0 || send_all(fd, "\n", 1) < 0)
		close(fd);
	else
		answer = receive(fd);
	if (fd >= 0 && !answer)
		fprintf(stderr, "casusctl: %s: no answer\n", path);
	free(text);
	return answer;
}

/* The result of an answer, which is used up; NULL: told on stderr. */
static json_t *
result_of(json_t *answer, int *code)
{
	json_t *result;
	const char *error;

	*code = CTL_FAILURE;
	if (!answer)
		return NULL;
	result = json_incref(json_object_get(answer, "result"));
	error = json_string_value(json_object_get(answer, "error"));
	if (!json_is_true(json_object_get(answer, "ok"))) {
		fprintf(stderr, "casusctl: %s\n", error ? error : "refused");
		*code = CTL_FINDING;
		json_decref(result);
		result = NULL;
	}
	json_decref(answer);
	if (result)
		*code = CTL_OK;
	return result;
}

json_t *
ask(const struct options *o, const char *command, const char *id, const char *party, int *code)
{
	return result_of(exchange(o->socket, command, id, party, NULL), code);
}

static int
print_result(const struct options *o, json_t *result, int code)
{
	if (!result)
		return code;
	if (o->json)
		print_json(result);
	else
		print_text(result, 0);
	json_decref(result);
	return code;
}

int
ask_text_and_print(const struct options *o, const char *command, const char *text)
{
	int code;
	json_t *result = result_of(exchange(o->socket, command, NULL, NULL, text), &code);

	return print_result(o, result, code);
}

int
ask_and_print(const struct options *o, const char *command, const char *id, const char *party)
{
	int code;
	json_t *result = ask(o, command, id, party, &code);

	return print_result(o, result, code);
}
