#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "os/privileges.h"

/* What the C library, libpcap, libevent, hiredis, OpenSSL and Hyperscan use once everything is set up. */
static const char *const allowed[] = { "accept4", "access", "arch_prctl", "bind", "brk", "clock_getres", "clock_gettime",
	"clock_nanosleep", "clone", "clone3", "close", "connect", "dup", "dup2", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "eventfd2", "exit", "exit_group", "faccessat", "faccessat2", "fallocate", "fchmod",
	"fchmodat", "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "futex", "getcpu", "getcwd", "getdents64",
	"getegid", "geteuid", "getgid", "getpeername", "getpid", "getppid", "getrandom", "getrlimit", "getrusage", "getsockname",
	"getsockopt", "gettid", "gettimeofday", "getuid", "ioctl", "link", "linkat", "listen", "lseek", "lstat", "madvise",
	"mbind", "membarrier", "mincore", "mkdir", "mkdirat", "mlock", "mmap", "mprotect", "mremap", "munmap", "nanosleep", "newfstatat",
	"open", "openat", "pipe", "pipe2", "poll", "ppoll", "prctl", "pread64", "prlimit64", "pwrite64", "pwritev", "pwritev2", "read",
	"readlink", "readlinkat", "readv", "recvfrom", "recvmmsg", "recvmsg", "rename", "renameat", "renameat2",
	"restart_syscall", "rmdir", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait",
	"sched_getaffinity", "sched_setaffinity", "sched_yield", "select", "sendmmsg", "sendmsg", "sendto", "set_robust_list",
	"set_tid_address", "setsockopt", "shutdown", "sigaltstack", "socket", "socketpair", "stat", "statfs", "statx", "symlink",
	"sysinfo", "tgkill", "timerfd_create", "timerfd_settime", "umask", "uname", "unlink", "unlinkat", "utimensat", "write",
	"writev" };

int
seccomp_on(char why[static 128])
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = 0;

	why[0] = '\0';
	if (!ctx) {
		snprintf(why, 128, "no seccomp in this kernel");
		return E_UNSUPPORTED;
	}
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && rc == 0; i++) {
		int nr = seccomp_syscall_resolve_name(allowed[i]);
		if (nr != __NR_SCMP_ERROR)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
		if (rc == -EDOM || rc == -EFAULT)
			rc = 0; /* a call this architecture does not have */
	}
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc < 0) {
		snprintf(why, 128, "seccomp: %s", strerror(-rc));
		return E_UNSUPPORTED;
	}
	return 0;
}
