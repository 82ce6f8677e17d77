#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/log.h"
#include "fake_assess.h"
#include "pipeline/control/command.h"
#include "pipeline/output/output.h"
#include "tmpdir.h"

static char dir[TMPDIR_LEN];
static struct clock now;
static struct counters counters;
static struct event_base *loop;
static struct output *output;
static unsigned reloads;

static int
reload(void *arg, char why[static 256])
{
	reloads++;
	snprintf(why, 256, "begun");
	return 0;
}

static void
sum(void *arg, struct counters *c)
{
	*c = counters;
}

static void
status(void *arg, struct json *j)
{
	json_u64(j, "workers", 2);
}

static const struct control_calls calls = { .reload = reload, .counters = sum, .status = status };

static int
setup(void **state)
{
	struct output_conf c = { .sensor = "s1", .journal_segment_bytes = 1 << 20, .journal_max_bytes = 16 << 20 };
	struct diag d;

	tmpdir_make(dir);
	c.dir = dir;
	diag_init(&d, 0);
	loop = event_base_new();
	output = output_new(&c, loop, &now, &counters, &d);
	diag_clear(&d);
	assert_non_null(output);
	return 0;
}

static int
teardown(void **state)
{
	output_free(output);
	event_base_free(loop);
	tmpdir_clear(dir);
	return 0;
}

static json_t *
ask(const char *line)
{
	static char room[1 << 20];
	struct command_env env = { .output = output, .calls = calls };
	struct span s = command_answer(&env, span_str(line), room, sizeof room);
	json_t *o = json_loadb((const char *) s.p, s.n, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	return o;
}

static void
refused(const char *line, const char *why)
{
	json_t *o = ask(line);

	assert_true(json_is_false(json_object_get(o, "ok")));
	assert_non_null(strstr(json_string_value(json_object_get(o, "error")), why));
	json_decref(o);
}

static json_t *
result(const char *line, const char *member)
{
	static json_t *o;
	json_t *v;

	json_decref(o);
	o = ask(line);
	assert_true(json_is_true(json_object_get(o, "ok")));
	v = json_object_get(json_object_get(o, "result"), member);
	assert_non_null(v);
	return v;
}

static void
test_commands(void **state)
{
	assert_int_equal(json_integer_value(result("{\"command\":\"status\"}", "workers")), 2);
	assert_non_null(json_object_get(result("{\"command\":\"status\"}", "output"), "journal"));
	assert_non_null(json_object_get(result("{\"command\":\"stats\"}", "stats"), "capture"));
	assert_int_equal(json_array_size(result("{\"command\":\"incidents\"}", "incidents")), 1);
	assert_string_equal(json_string_value(result("{\"command\":\"explain\",\"id\":\"i-1\",\"party\":\"x\"}", "explanation")), "x");
	assert_non_null(result("{\"command\":\"incident\",\"id\":\"i-1\"}", "incident"));
	assert_string_equal(json_string_value(result("{\"command\":\"reload\"}", "reload")), "begun");
	assert_int_equal(reloads, 1);
	assert_int_equal(json_array_size(result("{\"command\":\"help\"}", "commands")), 9);
	assert_int_equal(json_integer_value(result("{\"command\":\"version\"}", "schema")), 1);
}

static void
test_refusals(void **state)
{
	refused("", "not a JSON object");
	refused("[]", "not a JSON object");
	refused("{}", "missing");
	refused("{\"command\":\"x\"}", "unknown command");
	refused("{\"command\":\"status\",\"command\":\"stats\"}", "not a JSON object");
	refused("{\"command\":\"status\",\"other\":1}", "unknown member");
	refused("{\"command\":7}", "must be a text");
	refused("{\"command\":\"status\",\"id\":\"i-1\"}", "takes no");
	refused("{\"command\":\"explain\"}", "needs");
	refused("{\"command\":\"explain\",\"id\":\"nope\"}", "no incident");
	refused("{\"command\":\"a\\u0000b\"}", "not a JSON object");
}

static int
dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *) &sun, sizeof sun), 0);
	return fd;
}

static void
turn(void)
{
	struct timeval tv = { 0, 50000 };

	event_base_loopexit(loop, &tv);
	event_base_dispatch(loop);
}

static void
test_socket(void **state)
{
	static const char two[] = "{\"command\":\"version\"}\n{\"command\":\"nope\"}\n";
	static char text[70000];
	char path[TMPDIR_LEN + 16], why[256];
	struct control *c, *second;
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/casus.sock", dir);
	c = control_new(path, loop, NULL, output, &calls, why);
	assert_non_null(c);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	second = control_new(path, loop, NULL, output, &calls, why);
	assert_null(second);
	assert_non_null(strstr(why, "another sensor"));
	fd = dial(path);
	assert_int_equal(write(fd, two, sizeof two - 1), sizeof two - 1);
	turn();
	n = read(fd, text, sizeof text - 1);
	assert_true(n > 0);
	text[n] = 0;
	assert_non_null(strstr(text, "\"schema\":1"));
	assert_non_null(strstr(text, "unknown command"));
	memset(text, 'x', 69000);
	assert_int_equal(write(fd, text, 69000), 69000); /* no line: told, then closed */
	turn();
	turn();
	n = read(fd, text, sizeof text - 1);
	assert_true(n > 0);
	text[n] = 0;
	assert_non_null(strstr(text, "at most 65536"));
	close(fd);
	control_free(c);
	assert_int_equal(stat(path, &st), -1);
}

static void
test_stale_socket(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char why[256];
	struct control *c;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s/casus.sock", dir);
	assert_int_equal(bind(fd, (struct sockaddr *) &sun, sizeof sun), 0);
	close(fd); /* as after kill -9 */
	c = control_new(sun.sun_path, loop, NULL, output, &calls, why);
	assert_non_null(c);
	control_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale_socket, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
