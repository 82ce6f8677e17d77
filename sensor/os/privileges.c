#include "os/privileges.h"

#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

/* Could this user do its work? Tried with the effective ids alone, which root can take back. */
static bool
can_work(const struct privileges *p, uid_t uid, gid_t gid)
{
	bool ok = setegid(gid) == 0 && seteuid(uid) == 0;

	if (ok && p->write_dir)
		ok = faccessat(AT_FDCWD, p->write_dir, W_OK | X_OK, AT_EACCESS) == 0;
	if (ok && p->read_path)
		ok = faccessat(AT_FDCWD, p->read_path, R_OK, AT_EACCESS) == 0;
	if (seteuid(0) != 0 || setegid(0) != 0)
		return false;
	return ok;
}

/* An empty folder of root's becomes the user's: it was made for the sensor, and holds nothing of anybody else. */
static void
give_folder(const char *dir, uid_t uid, gid_t gid)
{
	DIR *d = opendir(dir);
	struct stat st;
	const struct dirent *e;
	bool empty = true;

	if (!d)
		return;
	while (empty && (e = readdir(d)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (empty && fstat(dirfd(d), &st) == 0 && st.st_uid == 0 && fchown(dirfd(d), uid, gid) != 0)
		empty = false; /* can_work() will tell */
	closedir(d);
}

static int
find_user(const struct privileges *p, uid_t *uid, gid_t *gid, char how[static 128])
{
	const char *name = p->user ? p->user : getpwnam("casus") ? "casus" : "nobody";
	struct passwd *pw = getpwnam(name);

	if (!pw) {
		snprintf(how, 128, "no such user: %s", name);
		return E_NOENT;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	if (p->group) {
		struct group *gr = getgrnam(p->group);
		if (!gr) {
			snprintf(how, 128, "no such group: %s", p->group);
			return E_NOENT;
		}
		*gid = gr->gr_gid;
	}
	return 0;
}

static int
drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (geteuid() == 0 || capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return capng_apply(CAPNG_SELECT_BOTH);
	return capng_apply(CAPNG_SELECT_CAPS);
}

static int
become(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0)
		return E_PERM;
	/* The bounding set can only be emptied while CAP_SETPCAP is there. */
	capng_clear(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_BOUNDS) != 0 || setresuid(uid, uid, uid) != 0)
		return E_PERM;
	return setuid(0) == 0 ? E_PERM : 0; /* there must be no way back */
}

int
privileges_drop(const struct privileges *p, char how[static 128])
{
	uid_t uid = 0;
	gid_t gid = 0;
	int rc;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	capng_get_caps_process();
	if (geteuid() != 0) {
		if (drop_capabilities() != 0) {
			snprintf(how, 128, "cannot give up capabilities: %s", strerror(errno));
			return E_PERM;
		}
		snprintf(how, 128, "user %u without capabilities", (unsigned) geteuid());
		return 0;
	}
	rc = find_user(p, &uid, &gid, how);
	if (rc < 0)
		return rc;
	if (uid != 0 && p->give_empty && p->write_dir)
		give_folder(p->write_dir, uid, gid);
	if (uid != 0 && can_work(p, uid, gid)) {
		rc = become(uid, gid);
		snprintf(how, 128, rc < 0 ? "cannot become user %u" : "user %u without capabilities", (unsigned) uid);
		return rc;
	}
	if (p->asked && uid != 0) {
		snprintf(how, 128, "user %u cannot write to %.80s", (unsigned) uid, p->write_dir ? p->write_dir : "");
		return E_PERM;
	}
	if (drop_capabilities() != 0) {
		snprintf(how, 128, "cannot give up capabilities: %s", strerror(errno));
		return E_PERM;
	}
	snprintf(how, 128, "user 0 without capabilities (user %u could not write to %.60s)", (unsigned) uid, p->write_dir ? p->write_dir : "");
	return 0;
}
