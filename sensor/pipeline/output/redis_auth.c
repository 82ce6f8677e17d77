#include "pipeline/output/redis_auth.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool
redis_wanted(const struct output_conf *c)
{
	return (c->redis_socket && *c->redis_socket) || (c->redis_host && *c->redis_host);
}

int
redis_password(char out[static REDIS_PASSWORD_MAX], const struct output_conf *c, struct diag *d)
{
	const char *path = c->redis_password_file;
	struct stat st;
	ssize_t n;
	int fd;

	out[0] = '\0';
	if (!path || !*path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		diag_error(d, path, 0, 0, "cannot read the Redis password");
		if (fd >= 0)
			close(fd);
		return E_IO;
	}
	n = read(fd, out, REDIS_PASSWORD_MAX - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	if (st.st_mode & 077) {
		diag_error(d, path, 0, 0, "mode %04o lets others read the Redis password; expected 0600 or 0400", st.st_mode & 07777);
		return E_PERM;
	}
	out[strcspn(out, "\r\n")] = '\0';
	if (!out[0]) {
		diag_error(d, path, 0, 0, "holds no password");
		return E_BAD;
	}
	return 0;
}

unsigned
redis_auth(struct span args[static REDIS_AUTH_ARGS], const struct output_conf *c, const char *password)
{
	unsigned n = 0;

	args[n++] = SPAN_LIT("AUTH");
	if (c->redis_user && *c->redis_user)
		args[n++] = span_str(c->redis_user);
	args[n++] = span_str(password);
	return n;
}
