#include "pipeline/output/redis_auth.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool
redis_wanted(const struct output_conf *c)
{
	return (c->redis_socket && *c->redis_socket) || (c->redis_host && *c->redis_host);
}

/* The file with the password, or where systemd put the credential. 0 = none is wanted. */
static int
password_path(const struct output_conf *c, char path[static PATH_MAX], struct diag *d)
{
	const char *name = c->redis_password_credential, *dir = getenv("CREDENTIALS_DIRECTORY");
	int n = 0;

	if (c->redis_password_file && *c->redis_password_file)
		n = snprintf(path, PATH_MAX, "%s", c->redis_password_file);
	else if (name && *name && dir && !strchr(name, '/'))
		n = snprintf(path, PATH_MAX, "%s/%s", dir, name);
	else if (name && *name) {
		diag_error(d, "redis.password-credential", 0, 0, "%s", dir ? "expected a name without a slash" :
		    "CREDENTIALS_DIRECTORY is not set; expected a unit with LoadCredential=");
		return E_NOENT;
	}
	return n < PATH_MAX ? n : E_LIMIT;
}

int
redis_password(char out[static REDIS_PASSWORD_MAX], const struct output_conf *c, struct diag *d)
{
	char path[PATH_MAX];
	int fd, rc = password_path(c, path, d);
	struct stat st;
	ssize_t n;

	out[0] = '\0';
	if (rc <= 0)
		return rc;
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
