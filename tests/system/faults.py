#!/usr/bin/python3
"""faults - breaks what a sensor stands on, round after round, and counts what reached Redis.

A live sensor (lo of an own network namespace) under load writes its journal to a small disk of its own and sends to a
private Redis through a proxy. Four simulated sensors tell of common incidents there too, and two workers of casus-fusion
make one view of all. Each round does one or two of the faults below at random moments, then lets everything
settle and compares: every record of the journal is in Redis exactly once, in the journal's order, with no gap and with
the same bytes; the incident keys are what the journal's records make them; nothing that was in the journal has gone;
fusion's view is what a fusion that nothing disturbs makes of the same streams in an empty Redis, each revision told once.

  faults.py [--rounds 20 or $FAULT_ROUNDS] [--seed 1] [--rate 2500] [--only KIND,KIND]

  kill-sensor kill-redis kill-both   SIGKILL, then started again
  kill-fusion    SIGKILL of one worker or both, up to three times; back under the same name or another
  snapshot       Redis comes back from a copy of some time ago
  oom            maxmemory is reached, noeviction          readonly   Redis becomes a replica
  stall          the proxy forwards nothing for a while, then everything, late connections first
  cut            the proxy breaks the connection           freeze     SIGSTOP of Redis
  disk-full      no byte left for the journal; sometimes the sensor is killed in it
  torn           a write of the journal was cut in a record, sensor killed
  power-cut      the machine fell: unsynced records are gone from the journal's end, another boot id
  clock          the sensor's wall clock steps up to a day, to and fro

The same seed gives the same faults at the same planned moments. Needs root, redis-server, iproute2; skips (77) without.
Exit: 0 all rounds as promised, 1 not.
"""
import argparse
import collections
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from sites import SENSORS, Incident, Teller

TOP = os.path.abspath(os.environ.get("top_srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")))
BUILD = os.path.abspath(os.environ.get("top_builddir", TOP))
CASUS = os.path.join(BUILD, "sensor/casus")
CTL = os.path.join(BUILD, "tools/casusctl/casusctl")
FUSION = os.path.join(BUILD, "tools/fusion/casus-fusion")
KINDS = ("kill-sensor", "kill-redis", "kill-both", "kill-fusion", "snapshot", "oom", "readonly", "stall", "cut",
         "freeze", "disk-full", "torn", "power-cut", "clock")
SERIES = 10          # rounds after which journal and Redis begin anew
DISK = 192 << 20     # bytes of the journal's disk
SETTLE_S = 180       # patience; it costs time only where a promise is broken, or on a machine that is busy with something else
RULE = 'alert udp any any -> any 9999 (msg:"load"; content:"load"; classtype:trojan-activity; sid:1; rev:1;)\n'
NAME = re.compile(rb'"epoch":"(\w+)","seq":(\d+),"eid":"(\w+)"')

# What a program sees as the wall clock is moved by the number in a file. The monotonic clock is left alone.
SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static volatile long *step;
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CLOCK_STEP");
	int fd = path ? open(path, O_RDONLY) : -1;
	void *p = fd >= 0 ? mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (p != MAP_FAILED)
		step = p;
}
int clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int) syscall(SYS_clock_gettime, id, ts);
	if (rc == 0 && id == CLOCK_REALTIME && step)
		ts->tv_sec += *step;
	return rc;
}
int gettimeofday(struct timeval *tv, void *tz)
{
	struct timespec ts;
	int rc = clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return rc;
}
time_t time(time_t *out)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
"""


class Broken(Exception):
    """The promise does not hold."""


def skip(why):
    print(f"faults.py: skipped: {why}", file=sys.stderr)
    sys.exit(77)


def wait_for(what, ready, seconds=SETTLE_S):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise Broken(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Client:
    """As much of RESP as is needed here."""

    def __init__(self, path, timeout=30):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(timeout)
        self.s.connect(path)
        self.f = self.s.makefile("rb")

    def __call__(self, *args):
        out = [b"*%d\r\n" % len(args)]
        for a in args:
            a = a if isinstance(a, bytes) else str(a).encode()
            out.append(b"$%d\r\n%s\r\n" % (len(a), a))
        self.s.sendall(b"".join(out))
        return self.reply()

    def reply(self):
        line = self.f.readline()
        if not line:
            raise ConnectionError("closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == b"-1" else self.f.read(int(rest) + 2)[:-2]
        if kind == b"-":
            return RuntimeError(rest.decode())
        return int(rest) if kind == b":" else rest


class Proxy(threading.Thread):
    """Between sensor and Redis. `stalled`: takes nothing and forwards nothing, but connections can be made."""

    def __init__(self, listen, to, rng):
        super().__init__(daemon=True)
        self.listen = socket.socket(socket.AF_UNIX)
        self.listen.bind(listen)
        self.listen.listen(64)
        self.to, self.rng = to, rng
        self.stalled, self.cutting, self.ended = False, False, False
        self.links = []  # [side, side]; a side = [socket, bytes to write to it, the other has ended]

    def run(self):
        while not self.ended:
            if self.cutting:
                for link in self.links:
                    self.close(link)
                self.links, self.cutting = [], False
            if self.stalled:
                time.sleep(0.005)
                continue
            self.turn()

    def turn(self):
        order = list(reversed(self.links))  # late connections first: the early ones' bytes are stale by then
        sides = {side[0]: (link, i) for link in order for i, side in enumerate(link)}
        readable = [s for s, (link, i) in sides.items() if len(link[1 - i][1]) < 1 << 20 and not link[1 - i][2]]
        writable = [s for s, (link, i) in sides.items() if link[i][1]]
        r, w, _ = select.select(readable + [self.listen], writable, [], 0.02)
        for s in w:
            self.write(*sides[s])
        for s in r:
            if s is self.listen:
                self.accept()
            else:
                self.read(*sides[s])
        for link in [x for x in self.links if (x[0][2] and not x[0][1]) or (x[1][2] and not x[1][1])]:
            self.close(link)
            self.links.remove(link)

    def accept(self):
        a, _ = self.listen.accept()
        b = socket.socket(socket.AF_UNIX)
        try:
            b.connect(self.to)
        except OSError:
            a.close()
            return
        for s in (a, b):
            s.setblocking(False)
        self.links.append([[a, bytearray(), False], [b, bytearray(), False]])

    def read(self, link, i):
        try:
            data = link[i][0].recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        link[1 - i][1] += data
        if not data:
            link[1 - i][2] = True

    def write(self, link, i):
        try:
            n = link[i][0].send(link[i][1])
            del link[i][1][:n]
        except BlockingIOError:
            pass
        except OSError:
            link[i][1].clear()
            link[i][2] = True

    @staticmethod
    def close(link):
        for side in link:
            side[0].close()


class Sites(threading.Thread):
    """Simulated sensors beside the real one: what they told is sent again from where Redis was set back to."""

    def __init__(self, path, seed, rate):
        super().__init__(daemon=True)
        self.path, self.rate, self.rng = path, rate, random.Random(seed)
        self.on, self.ended, self.resync = False, False, True
        self.teller, self.told, self.at = Teller(), {s: [] for s in SENSORS}, dict.fromkeys(SENSORS, 0)
        self.next, self.c = self.records(), None

    def records(self):
        for k in range(0, 1 << 20, 5):
            some = [Incident(i, self.rng, 1.8) for i in range(k, k + 5)]
            for part in (1 / 3, 2 / 3, 1.0):
                yield from ((s, i, part) for i in some for s in i.sensors)

    def run(self):
        due = 0.0
        while not self.ended:
            time.sleep(0.02)
            due = min(due + 0.02 * self.rate, 5) if self.on else 0
            while due >= 1:
                due -= 1
                s, i, part = next(self.next)
                self.told[s].append(list(self.teller.commands(s, len(self.told[s]) + 1, *i.document(s, part))))
            try:
                self.send()
            except (OSError, RuntimeError, ValueError):
                self.c, self.resync = None, True

    def send(self):
        if self.resync:
            self.c = Client(self.path, 2)
            for s in SENSORS:
                info = self.c("XINFO", "STREAM", f"casus:1:{{{s}}}:alerts")
                if isinstance(info, RuntimeError) and "no such key" not in str(info):
                    raise info
                last = b"0-0" if isinstance(info, RuntimeError) else info[info.index(b"last-generated-id") + 1]
                self.at[s] = int(last.split(b"-")[0])
            self.resync = False
        for s in SENSORS:
            for commands in self.told[s][self.at[s]:self.at[s] + 10]:
                out = [self.c(*c) for c in (("MULTI",), *commands, ("EXEC",))][-1]
                if not isinstance(out, list):
                    raise out if isinstance(out, RuntimeError) else ValueError(out)
                for x in out:
                    if isinstance(x, RuntimeError):
                        raise x
                self.at[s] += 1
        if self.c("PING") != b"PONG":
            raise ValueError("PING")

    def settled(self):
        return not self.resync and all(self.at[s] == len(self.told[s]) for s in SENSORS)


class Fusion:
    """Two workers, and what they must come to."""

    def __init__(self, folder, real, streams):
        self.dir, self.real, self.streams, self.generation = folder, real, streams, 0
        self.workers = {}
        for k in (0, 1):
            self.start(f"w{k}")
        self.alone = folder + "/alone"
        self.reference = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", self.alone, "--dir", folder, "--save", "",
                                           "--dbfilename", "alone.rdb"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def command(self, path, name, *more):
        sets = {"from.socket": path, "sensors": ",".join(self.streams), "consumer": name, "claim-after": "1s", "batch": "1000", "timeout": "1s", "patience": "5s",
                "user": "root", "packs": TOP + "/rules/policy", "effects": TOP + "/rules/effects.yaml"}
        return [FUSION, *[x for k, v in sets.items() for x in ("--set", f"{k}={v}")], *more]

    def start(self, name):
        self.workers[name] = subprocess.Popen(self.command(self.real, name), stdin=subprocess.DEVNULL,
                                              stdout=open(self.dir + "/fusion.log", "ab"), stderr=subprocess.STDOUT)

    def kill(self, rng):
        names = rng.sample(sorted(self.workers), rng.randint(1, 2))
        for name in names:
            self.workers[name].kill()
        for name in names:
            self.workers.pop(name).wait()
        time.sleep(rng.uniform(0, 0.2))
        for name in names:
            self.generation += 1
            self.start(name if rng.random() < 0.5 else f"w{self.generation + 1}")

    def end(self):
        for p in [*self.workers.values(), self.reference]:
            p.kill()
            p.wait()

    def tops(self, c):
        out = {}
        for s in self.streams:
            page = c("XREVRANGE", f"casus:1:{{{s}}}:alerts", "+", "-", "COUNT", 1)
            out[s] = page[0][0] if page else b"0-0"
        return out

    def idle(self, c):
        tops = self.tops(c)
        for s in self.streams:
            groups = c("XINFO", "GROUPS", f"casus:1:{{{s}}}:alerts")
            g = dict(zip(groups[0][::2], groups[0][1::2])) if isinstance(groups, list) and groups else {}
            if g.get(b"pending", 1) or g[b"last-delivered-id"] != tops[s]:
                return False
        for name, p in self.workers.items():
            if p.poll() is not None:
                raise Broken(f"worker {name} of fusion ended with {p.returncode}")
        return True

    @staticmethod
    def view(c):
        out = {}
        for i in c("ZRANGE", "casus:1:alliance", 0, -1):
            doc = json.loads(c("HGET", b"casus:1:{%s}:incident" % i, "j") or b"{}").get("casus", {}).get("incident", {})
            revision = doc.pop("revision", None)
            if not revision:
                raise Broken(f"fusion: {i.decode()} is in the list of incidents, and has no document")
            told = [json.loads(f[1])["casus"]["incident"]["revision"] for _, f in c("XRANGE", b"casus:1:{%s}:timeline" % i, "-", "+")]
            if told != list(range(1, revision + 1)):
                raise Broken(f"fusion: {i.decode()} is at revision {revision}, its timeline tells {told}")
            out[i.decode()] = doc
        return out

    def undisturbed(self, c):
        """Incident records and hosts into an empty Redis, one worker over them."""
        wait_for("the Redis that nothing disturbs", lambda: answers(self.alone))
        to = Client(self.alone)
        to("FLUSHALL")
        for s in self.streams:
            key = f"casus:1:{{{s}}}:alerts"
            for i, f in stream(c, key):
                if f[3] != b"incident":
                    continue
                to("XADD", key, i, *f)
                incident = json.loads(f[1])["casus"]["incident"]["id"]
                for what in ("hosts", "few"):
                    name = f"casus:1:{{{incident}}}:{what}:{s}"
                    value = c("DUMP", name)
                    if value is not None:
                        to("RESTORE", name, 0, value, "REPLACE")
        p = subprocess.run(self.command(self.alone, "alone", "--once"), capture_output=True, check=False)
        if p.returncode:
            raise Broken(f"casus-fusion --once ended with {p.returncode}: {p.stderr.decode()[-400:]}")
        return self.view(to)

    def check(self, c):
        while True:
            wait_for("fusion", lambda: self.idle(c))
            tops = self.tops(c)
            try:
                got, expected = self.view(c), self.undisturbed(c)
            except Broken:
                if self.tops(c) == tops:
                    raise
                continue  # more came meanwhile
            if self.tops(c) == tops:
                break
        for i in sorted(set(got) | set(expected)):
            if got.get(i) != expected.get(i):
                a, b = got.get(i) or {}, expected.get(i) or {}
                keys = [k for k in sorted(set(a) | set(b)) if a.get(k) != b.get(k)]
                raise Broken(f"fusion: {i} differs in {keys}: {[a.get(k) for k in keys]!r:.200}, undisturbed {[b.get(k) for k in keys]!r:.200}")
        return len(got)


def answers(path):
    try:
        return Client(path)("PING") == b"PONG"
    except OSError:
        return False


def stream(c, key):
    """All entries of a stream: id, fields and values."""
    start, out = b"-", []
    while True:
        page = c("XRANGE", key, start, "+", "COUNT", 5000)
        out += page
        if len(page) < 5000:
            return out
        start = b"(" + page[-1][0]


class Bench:
    """The sensor, its disk, Redis, the load, fusion."""

    def __init__(self, top, args, rng, clock_shim):
        self.top, self.args, self.rng, self.shim = top, args, rng, clock_shim
        self.sensor = self.redis = self.load = self.fusion = self.sites = None
        self.known = []          # (epoch, seq, eid, hash of the bytes): all that ever was in the journal of this series
        self.count = collections.Counter()
        self.begin_series()

    # ---- beginning and end ----

    def begin_series(self):
        self.end_series()
        self.dir = tempfile.mkdtemp(prefix="series.", dir=self.top)
        self.disk = os.path.join(self.dir, "disk")
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", self.disk], check=True)
        self.sync = self.rng.choice(("never", "segment", "flush"))
        self.real, self.front = self.dir + "/real", self.dir + "/front"
        self.known, self.trimmed, self.first = [], 0, 1
        with open(self.dir + "/rules", "w", encoding="ascii") as f:
            f.write(RULE)
        with open(self.dir + "/step", "wb") as f:
            f.write(bytes(4096))
        self.redis_start()
        self.proxy = Proxy(self.front, self.real, self.rng)
        self.proxy.start()
        self.sensor_start()
        self.sites = Sites(self.real, self.rng.random(), self.args.site_rate)
        self.sites.start()
        self.fusion = Fusion(self.dir, self.real, ["edge-1", *SENSORS])

    def end_series(self):
        self.load_stop()
        if self.fusion:
            self.fusion.end()
            self.sites.ended = True
            self.sites.join()
        for p in (self.sensor, self.redis):
            if p and p.poll() is None:
                p.kill()
                p.wait()
        self.sensor = self.redis = self.fusion = None
        if hasattr(self, "dir"):
            self.proxy.ended = True
            self.proxy.join()
            self.proxy.listen.close()
            subprocess.run(["umount", self.disk], check=True)
            shutil.rmtree(self.dir)

    # ---- the parts ----

    def redis_start(self, dump=False):
        persist = ["--save", "", "--appendonly", "no"] if dump else ["--save", "", "--appendonly", "yes"]
        self.redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", self.real, "--dir", self.dir,
                                       "--appendfsync", self.rng.choice(("everysec", "always")), *persist],
                                      stdin=subprocess.DEVNULL, stdout=open(self.dir + "/redis.log", "ab"), stderr=subprocess.STDOUT)
        wait_for("Redis", lambda: answers(self.real))
        if dump:
            Client(self.real)("CONFIG", "SET", "appendonly", "yes")
        self.count["Redis starts"] += 1

    def redis_kill(self):
        self.redis.kill()
        self.redis.wait()

    def sensor_start(self):
        env = dict(os.environ)
        if self.shim:
            # AddressSanitizer, where built in, wants to be the first library; the shim does not disturb it.
            env.update(LD_PRELOAD=self.shim, CLOCK_STEP=self.dir + "/step",
                       ASAN_OPTIONS=":".join(filter(None, [env.get("ASAN_OPTIONS"), "verify_asan_link_order=0"])))
        options = {"redis.socket": self.front, "redis.timeout": "1s", "stats.interval": "1s", "journal.segment-bytes": "1mb",
                   "journal.max-bytes": "96mb", "journal.max-age": "0", "journal.sync": self.sync, "redis.maxlen": "10000000",
                   "redis.batch": str(self.rng.choice((1, 50, 500))), "sensor-name": "edge-1", "eve.file": "",
                   "capture.promiscuous": "no", "capture.quiet-after": "0", "control-socket": self.dir + "/ctl",
                   **self.args.options}
        sets = [x for k, v in options.items() for x in ("--set", f"{k}={v}")]
        self.sensor = subprocess.Popen([CASUS, "-i", "lo", "-S", self.dir + "/rules", "-l", self.disk, "-k", "none", *sets], env=env,
                                       stdin=subprocess.DEVNULL, stdout=open(self.dir + "/sensor.log", "ab"), stderr=subprocess.STDOUT)
        wait_for("the sensor", self.status)
        self.count["sensor starts"] += 1

    def status(self):
        if self.sensor.poll() is not None:
            with open(self.dir + "/sensor.log", errors="replace") as log:
                raise Broken(f"the sensor ended with {self.sensor.returncode}: {log.read()[-400:]}")
        p = subprocess.run([CTL, "--socket", self.dir + "/ctl", "--json", "status"], capture_output=True, check=False)
        return json.loads(p.stdout)["output"] if p.returncode == 0 else None

    def sensor_kill(self):
        self.sensor.kill()
        self.sensor.wait()

    def load_start(self):
        self.sites.on = True
        self.load = subprocess.Popen([sys.executable, __file__, "--send", str(self.args.rate), "--seed", str(self.rng.random())])

    def load_stop(self):
        if self.sites:
            self.sites.on = False
        if self.load:
            self.load.kill()
            self.load.wait()
        self.load = None

    # ---- the faults ----

    def nap(self, low, high):
        time.sleep(self.rng.uniform(low, high))

    def fault(self, kind):
        getattr(self, kind.replace("-", "_"))()

    def kill_sensor(self):
        self.sensor_kill()
        self.nap(0, 0.2)
        self.sensor_start()

    def kill_redis(self):
        self.redis_kill()
        self.nap(0, 0.5)
        self.redis_start()

    def kill_both(self):
        self.sensor_kill()
        self.redis_kill()
        self.redis_start()
        self.sensor_start()

    def kill_fusion(self):
        for _ in range(self.rng.randint(1, 3)):
            self.fusion.kill(self.rng)
            self.count["workers of fusion killed"] += 1
            self.nap(0, 0.3)

    def snapshot(self):
        if Client(self.real)("SAVE") != b"OK":
            raise Broken("SAVE failed")
        self.nap(0.2, 0.8)
        self.redis_kill()
        shutil.rmtree(self.dir + "/appendonlydir", ignore_errors=True)
        self.redis_start(dump=True)

    def oom(self):
        c = Client(self.real)
        used = int(re.search(rb"used_memory:(\d+)", c("INFO", "memory")).group(1))
        c("CONFIG", "SET", "maxmemory-policy", "noeviction")
        c("CONFIG", "SET", "maxmemory", used + self.rng.randrange(200000))
        self.nap(0.2, 0.8)
        c("CONFIG", "SET", "maxmemory", 0)

    def readonly(self):
        c = Client(self.real)
        c("CONFIG", "SET", "replica-serve-stale-data", "yes")
        c("REPLICAOF", "127.0.0.1", 1)
        self.nap(0.2, 0.8)
        c("REPLICAOF", "NO", "ONE")

    def stall(self):
        self.proxy.stalled = True
        self.nap(0.1, 2.5)
        self.proxy.stalled = False

    def cut(self):
        for _ in range(self.rng.randrange(1, 4)):
            self.proxy.cutting = True
            self.nap(0, 0.4)

    def freeze(self):
        self.redis.send_signal(signal.SIGSTOP)
        self.nap(0.1, 1.6)
        self.redis.send_signal(signal.SIGCONT)

    def disk_full(self):
        ballast = self.disk + "/ballast"
        with open(ballast, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(1 << 16))
            except OSError:
                pass
            for _ in range(64):  # to the last byte
                try:
                    f.write(b"x" * 512)
                except OSError:
                    break
        self.nap(0.2, 0.8)
        killed = self.rng.random() < 0.4
        if killed:
            self.sensor_kill()
        os.unlink(ballast)
        if killed:
            self.sensor_start()

    def last_segment(self):
        names = sorted(x for x in os.listdir(self.disk + "/journal") if x.endswith(".cjl"))
        return os.path.join(self.disk, "journal", names[-1])

    def told(self, what):
        with open(self.dir + "/sensor.log", encoding="utf-8", errors="replace") as f:
            if what not in f.read():
                raise Broken(f'the sensor does not tell "{what}"')

    def torn(self):
        self.sensor_kill()
        path = self.last_segment()
        data = open(path, "rb").read()
        at = data.rfind(b"CJR1")
        frame = data[at:] if at > 0 else b"CJR1" + bytes(400)
        with open(path, "ab") as f:  # as much of a record as the kernel had taken
            f.write(frame[:self.rng.randrange(1, len(frame))])
        self.sensor_start()
        self.told("torn end cut off")

    def power_cut(self):
        self.sensor_kill()
        if self.sync != "flush":
            path, before = self.last_segment(), self.journal()
            os.truncate(path, self.rng.randrange(192, os.path.getsize(path) + 1))
            kept = self.journal()
            if before[:len(kept)] != kept:
                raise Broken("what was left of the journal is not its beginning")
            self.lost = before[len(kept):]
            self.known = [x for x in self.known if x not in set(self.lost)]
        lock = self.disk + "/journal/lock"
        text = open(lock, encoding="ascii").read().split()
        with open(lock, "w", encoding="ascii") as f:
            f.write(f"{text[0]} {'0' * 8}{text[1][8:]} {text[2]}\n")
        self.sensor_start()
        if self.sync != "flush":
            self.told("the machine went down")

    def clock(self):
        for _ in range(2):
            with open(self.dir + "/step", "r+b") as f:
                f.write(self.rng.randrange(-86400, 86400).to_bytes(8, "little", signed=True))
            self.nap(0.1, 0.4)
        with open(self.dir + "/step", "r+b") as f:
            f.write(bytes(8))

    # ---- the count ----

    def journal(self):
        p = subprocess.run([CTL, "journal", "export", "--dir", self.disk + "/journal"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           check=False)
        return [self.name(line) for line in p.stdout.splitlines()]

    def with_trimmed(self, journal):
        """On a full disk the oldest segments go that Redis has: they were counted before, or are the journal's beginning."""
        first = journal[0][1] if journal else 1
        before = [x for x in self.known if x[1] < first]
        self.trimmed = first - 1
        if first > 1 and "disk-full" not in self.kinds and first != self.first:
            raise Broken(f"records before {first} have gone from the journal")
        self.first = first
        return before + journal

    @staticmethod
    def name(line):
        m = NAME.search(line)
        return m.group(1).decode(), int(m.group(2)), m.group(3).decode(), hash(bytes(line))

    def records(self, c, key):
        return [(tuple(int(x) for x in i.split(b"-")), f[1]) for i, f in stream(c, key)]

    def both_streams(self, c):
        """Alerts and stats as of one moment: read again where something came between the two."""
        keys = ["casus:1:{edge-1}:alerts", "casus:1:{edge-1}:stats"]
        while True:
            last = [c("XREVRANGE", k, "+", "-", "COUNT", 1) for k in keys]
            entries = sorted(x for k in keys for x in self.records(c, k))
            if last == [c("XREVRANGE", k, "+", "-", "COUNT", 1) for k in keys]:
                return entries

    def settled(self):
        s = self.status()
        redis = [x for x in s["sinks"] if x["name"] == "redis"][0] if s else {}
        if redis.get("state") == "conflict":
            raise Broken("the sensor believes that someone else writes")
        return bool(s) and redis["connected"] and redis["backlog"] == 0 and s["journal"]["refused"] == 0

    def check(self):
        self.load_stop()
        wait_for("delivery", self.settled)
        before = self.with_trimmed(self.journal())
        wait_for("delivery", self.settled)  # of what came in between
        verify = subprocess.run([CTL, "journal", "verify", "--dir", self.disk + "/journal"], capture_output=True, check=False)
        c = Client(self.real)
        entries = self.both_streams(c)
        redis = [self.name(j) for _, j in entries]
        journal = self.with_trimmed(self.journal())  # stats records go on: what came after Redis was read is for the next round
        journal = [x for x in journal if x[1] <= (before[-1][1] if before else 0) or x[1] <= max([y[1] for y in redis], default=0)]
        seen = collections.Counter(x[2] for x in redis)
        doubles = sum(n - 1 for n in seen.values())
        lost = [x for x in journal if x[2] not in seen]
        there, gone = set(journal), set(self.lost)
        # What came into the journal in this round, reached Redis and was then trimmed is in no export: its numbers tell.
        early = [x for x in redis if x not in there and x not in gone and len(self.known) < x[1] <= self.trimmed]
        journal = journal[:len(self.known)] + early + journal[len(self.known):] if early else journal
        there.update(early)
        strange = [x for x in redis if x not in there and x not in gone]
        in_order = [x for x in redis if x not in gone] == journal and [x[1] for x in journal] == list(range(1, len(journal) + 1))
        self.count["events"] += len(journal) - len(self.known)
        self.count["doubles"] += doubles
        self.count["lost"] += len(lost)
        line = f"journal {len(journal)}, Redis {len(redis)}, lost {len(lost)}, doubles {doubles}, strange {len(strange)}"
        if self.lost:
            line += f", cut with the machine {len(self.lost)}, of them in Redis {sum(x[2] in seen for x in self.lost)}"
        if self.known != journal[:len(self.known)]:
            raise Broken(f"{line}: records that were in the journal have gone from it or changed")
        if lost or doubles or strange or not in_order:
            raise Broken(f"{line}, in order {in_order}; first lost {lost[:1]}, first strange {strange[:1]}")
        if verify.returncode != 0:
            raise Broken(f"{line}: the journal is not whole: {verify.stderr.decode()[-400:]}")
        line += f", incidents {self.check_incidents(c, [j for _, j in entries])}"
        self.known = journal
        self.sites.resync = True
        wait_for("what the simulated sensors tell", self.sites.settled)
        line += f", fused to {self.fusion.check(c)}"
        return line

    def check_incidents(self, c, records):
        """Document, timeline and rank of each incident, from the records in order."""
        timeline, last = collections.defaultdict(list), {}
        for j in records:
            if b'"event_type":"incident"' not in j and b'"event_type":"escalation"' not in j:
                continue
            r = json.loads(j)
            if r["event_type"] not in ("incident", "escalation"):
                continue
            i = r["casus"]["incident"]["id"] if r["event_type"] == "incident" else r["casus"]["escalation"]["incident"]
            timeline[i].append(j)
            if r["event_type"] == "incident":
                last[i] = j
        if self.lost:  # what the journal lost may be in one and not in the other
            return len(last)
        for i, expected in timeline.items():
            got = [j for _, j in self.records(c, f"casus:1:{{{i}}}:timeline")]
            if got[:len(expected)] != expected:
                raise Broken(f"timeline of {i}: {len(got)} entries, expected {len(expected)}")
            for j in got[len(expected):]:  # told since the streams were read
                if b'"event_type":"incident"' in j:
                    last[i] = j
        for i, j in last.items():
            if c("HGET", f"casus:1:{{{i}}}:incident", "j") != j:
                raise Broken(f"the document of {i} is not its newest")
            if not c("PFCOUNT", f"casus:1:{{{i}}}:hosts:edge-1"):
                raise Broken(f"{i} has no hosts")
        if c("ZCARD", "casus:1:incidents") != len(timeline):
            raise Broken("casus:1:incidents does not hold all incidents")
        return len(last)

    def round(self, kinds):
        self.lost, self.kinds = [], kinds
        self.load_start()
        self.nap(0.2, 0.6)
        for kind in kinds:
            self.fault(kind)
            self.count[kind] += 1
            self.nap(0, 0.3)
        self.nap(0, 0.2)
        return self.check()


def send(rate, seed):
    """Datagrams at a rate until killed, from changing addresses to some."""
    rng = random.Random(seed)
    socks = []
    for i in range(16):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((f"127.1.{rng.randrange(250)}.{i + 1}", 0))
        socks.append(s)
    begin, n = time.monotonic(), 0
    while os.getppid() != 1:
        while n < (time.monotonic() - begin) * rate:
            socks[n % 16].sendto(b"load %d" % n, (f"127.2.0.{n % 24 + 1}", 9999))
            n += 1
        time.sleep(0.002)


def shim_build(top):
    cc = shutil.which("cc") or shutil.which("gcc")
    with open(top + "/step.c", "w", encoding="ascii") as f:
        f.write(SHIM)
    ok = cc and subprocess.run([cc, "-shared", "-fPIC", "-O1", "-o", top + "/step.so", top + "/step.c"], capture_output=True,
                               check=False).returncode == 0
    return top + "/step.so" if ok else None


def plan(rng, kinds, rounds):
    """Each kind comes as often as the others; in every third round a second one goes with it."""
    bag, out = [], []
    for n in range(rounds):
        if not bag:
            bag = rng.sample(kinds, len(kinds))
        one = [bag.pop()]
        if n % 3 == 2 and one[0] != "power-cut":
            one.append(rng.choice([k for k in kinds if k not in ("power-cut", one[0])] or kinds))
        out.append(one)
    return out


def campaign(args, top):
    shim = None if "asan" in args.without else shim_build(top)
    kinds = args.only or [k for k in KINDS if k != "clock" or shim]
    rng = random.Random(args.seed)
    rounds = plan(rng, kinds, args.rounds)
    bench, begin, bad = None, time.monotonic(), []
    try:
        for n, one in enumerate(rounds, 1):
            if bench is None:
                bench = Bench(top, args, rng, shim)
            elif (n - 1) % SERIES == 0 or "power-cut" in rounds[n - 2]:
                bench.begin_series()
            try:
                print(f"round {n:3} {'+'.join(one):26} {bench.round(one)}: ok", flush=True)
            except (Broken, OSError, RuntimeError, KeyError) as e:
                bad.append(f"round {n:3} {'+'.join(one):26} {e}: BROKEN")
                print(bad[-1], flush=True)
                if args.keep:
                    subprocess.run(["cp", "-a", bench.dir, args.keep], check=False)
                for name in ("sensor.log", "redis.log", "fusion.log"):
                    with open(os.path.join(bench.dir, name), encoding="utf-8", errors="replace") as f:
                        print("".join("  | " + x for x in f.readlines()[-12:]), end="")
                if n < len(rounds):
                    bench.begin_series()
    finally:
        if bench:
            bench.end_series()
    c = bench.count
    for line in bad:  # once more, where a shortened log still has it
        print(line)
    print(f"seed {args.seed}: {len(rounds)} rounds, {len(bad)} broken; {c['events']} events, {c['lost']} lost, {c['doubles']} doubles; "
          f"{c['sensor starts']} sensor starts, {c['Redis starts']} Redis starts, "
          f"{c['workers of fusion killed']} workers of fusion killed; "
          + ", ".join(f"{k} {c[k]}" for k in KINDS if c[k]) + f"; {time.monotonic() - begin:.0f} s")
    return 1 if bad else 0


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=int(os.environ.get("FAULT_ROUNDS", "20")))
    p.add_argument("--seed", default="1")
    p.add_argument("--rate", type=int, default=2500, help="datagrams a second; each is an alert")
    p.add_argument("--site-rate", type=float, default=25, help="records a second that the simulated sensors tell")
    p.add_argument("--only", type=lambda s: s.split(","), default=[])
    p.add_argument("--without", default="", help="asan: the sensor is a sanitizer build, nothing can be preloaded")
    p.add_argument("--set", dest="options", type=lambda s: s.split("=", 1), action="append", default=[], help="option of the sensor")
    p.add_argument("--keep", help="where to copy the folder of a broken round")
    p.add_argument("--send", type=float, help=argparse.SUPPRESS)
    args = p.parse_args()
    args.options = dict(args.options)
    return args


def main():
    args = arguments()
    if args.send:
        send(args.send, args.seed)
    if os.geteuid() != 0:
        skip("not root")
    for tool in ("redis-server", "unshare", "ip", "mount"):
        if not shutil.which(tool):
            skip(f"no {tool}")
    if not os.path.exists(CASUS):
        skip("not built")
    if "FAULTS_INSIDE" not in os.environ:
        probe = subprocess.run(["unshare", "-mn", "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            skip("no own namespaces here")
        os.environ["FAULTS_INSIDE"] = "1"
        os.environ["PYTHONHASHSEED"] = "0"
        os.execvp("unshare", ["unshare", "-mn", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    top = tempfile.mkdtemp(prefix="casus-faults.")
    try:
        return campaign(args, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
