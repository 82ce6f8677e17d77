#!/usr/bin/python3
"""fusion.py [--incidents N] [--seed S]: a Redis Cluster of three nodes on loopback, four simulated sensors, two workers of casus-fusion.

Every incident is seen by two to four sensors, hosts by one or more of them, told in three revisions each. Midway one node and one worker
are killed (SIGKILL); the node is started again with its append-only file (appendfsync always, no replica), the worker is not. Checked then:
nothing is lost (every sensor's last document is in the view, nothing pending), unique hosts are within 2 % of the truth, bands are those
of one sensor that sees everything (the same documents, whole, through a second fusion of that one sensor). Exit 77: cannot run here.
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

try:
    import redis
except ImportError:
    print("fusion.py: skipped: no python3-redis", file=sys.stderr)
    sys.exit(77)

TOP, BUILD = os.environ.get("top_srcdir", "."), os.environ.get("top_builddir", ".")
FUSION = os.path.join(BUILD, "tools/fusion/casus-fusion")
SENSORS = ["site-a", "site-b", "site-c", "site-d"]
CLASSES = [("JP", "JP", "energy", "critical", "ot"), ("US", "US", "health", "high", "enterprise"), ("NATO", "PL", "transport", "critical", "safety"),
           ("FR", "FR", "finance", "critical", "enterprise"), ("AU", "AU", "water", "high", "ot"), ("UK", "UK", "government", "medium", "dmz")]
EFFECTS = ["scan", "intrusion", "c2", "lateral", "exfiltration", "denial", "ot-write", "ot-control", "ot-stop", "destruction"]


def eve_time(s):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(s)) + ".%06d+0000" % round(s % 1 * 1e6)


class Incident:
    """What really happened, and who could see it."""

    def __init__(self, k, rnd):
        self.k, self.begin = k, 1767225600 + 40 * k
        self.attackers = ["5.%d.%d.%d" % (k >> 8 & 255, k & 255, 1 + i) for i in range(rnd.randint(1, 3))]
        self.sensors = rnd.sample(SENSORS, rnd.randint(2, 4))
        n = int(10 ** rnd.uniform(.5, 3.6))
        owners = rnd.sample(CLASSES, rnd.randint(1, 3))
        self.assets = [dict(zip(("owner", "territory", "sector", "criticality", "zone"), c), name="asset %d of incident %d" % (i, k), **{"class": "civil"})
                       for i, c in enumerate(owners)]
        effects = rnd.sample(EFFECTS, rnd.randint(1, 4))
        self.hosts = []
        for h in range(n):
            seen = rnd.sample(self.sensors, rnd.randint(1, len(self.sensors)))
            if h < len(self.sensors):
                seen = list(set(seen + [self.sensors[h]]))
            self.hosts.append({"ip": "10.%d.%d.%d" % (k % 250, h >> 8, h & 255), "asset": self.assets[h % len(self.assets)], "seen": set(seen),
                               "effects": rnd.sample(effects, rnd.randint(1, len(effects))), "alerts": rnd.randint(1, 5),
                               "at": self.begin + rnd.randint(0, 4000) * (h > 0), "ot": rnd.randint(0, 3)})
        self.outage = {a["name"]: rnd.choice([0, 0, 20, 600, 5000, 100000]) for a in self.assets}
        self.statements = []
        if rnd.random() < .3:
            self.statements.append({"id": "s%d" % k, "author": "response team", "time": eve_time(self.begin + 60), "circumstance": "gray-zone",
                                    "facts": rnd.choice([{"physical_damage": [1, 2]}, {"function_loss_h": [2, 30]}, {"deaths": [1, 1], "injuries": [3, 5]}, {}]),
                                    "channel": "file"})
        self.confirmed = bool(self.statements) and rnd.random() < .3

    def id_of(self, sensor):
        return "I-20260101-%08x" % (random.Random(f"{self.k} {sensor}").getrandbits(32))

    def document(self, sensor, part=1.0):
        """As the sensor would tell it after that part of it; sensor None: one that sees everything."""
        hosts = [h for h in self.hosts if sensor is None or sensor in h["seen"]]
        hosts = hosts[:max(1, int(len(hosts) * part))]
        at = sorted(h["at"] for h in hosts)
        assets = [a for a in self.assets if any(h["asset"] is a for h in hosts)]
        kinds = sorted({e for h in hosts for e in h["effects"]})
        beyond = [e for e in kinds if e != "scan"]
        flows = sum(1 for h in hosts if set(h["effects"]) & set(beyond))
        n = len(hosts)
        fact = lambda lo, likely=None, hi=None: {"lo": lo, "likely": lo if likely is None else likely, "hi": lo if hi is None else hi, "method": "simulated"}
        scale = {"targets": fact(n), "sources": fact(len(self.attackers)), "duration_s": fact(at[-1] - at[0]), "sign_kinds": fact(min(len(beyond), flows)),
                 "signatures": fact(len(kinds)), "pivots": fact(0), "coverage": 1, "coverage_why": "no loss known", "outages": [], "inventory": []}
        for name, effect in (("ot_writes", "ot-write"), ("ot_controls", "ot-control"), ("ot_stops", "ot-stop"), ("ot_programs", "none"), ("ot_reads", "none")):
            scale[name] = fact(sum(h["ot"] for h in hosts if effect in h["effects"]))
        down = [a for a in assets if self.outage[a["name"]]]
        longest = max([self.outage[a["name"]] for a in down], default=0)
        scale["outage_s"], scale["services_down"] = fact(longest), fact(len(down))
        scale["outage_share"], scale["people_affected"] = fact(1 if down else 0), fact(0)
        scale["outages"] = [{"asset": a["name"], "service": "main", "proto": 6, "port": 443, "begin": eve_time(self.begin), "certain": True, "share": [1, 1, 1],
                             "end": eve_time(self.begin + self.outage[a["name"]])} for a in down]
        told = self.statements
        return {"id": self.id_of(sensor), "revision": int(part * 3 + .5), "state": "open" if part < 1 else "quiet", "first": eve_time(at[0]), "last": eve_time(at[-1]),
                "alerts": sum(h["alerts"] for h in hosts), "suppressed": 0,
                "effects": {e: {"alerts": sum(h["alerts"] for h in hosts if e in h["effects"]), "first": eve_time(at[0]), "last": eve_time(at[-1])} for e in kinds},
                "signatures": [{"gid": 1, "signature_id": 9000000 + EFFECTS.index(e), "signature": e, "effect": e, "alerts": 1, "suppressed": 0} for e in kinds],
                "folded_alerts": 0,
                "victims": [{"ip": h["ip"], "asset": h["asset"]["name"], "alerts": h["alerts"], "effects": h["effects"]} for h in hosts[:64]],
                "attackers": [{"ip": a, "alerts": 1, "effects": kinds} for a in self.attackers], "assets": assets, "scale": scale,
                "legal": {"circumstance": "gray-zone" if told else "unknown", "attribution": "none", "human_confirmation": self.confirmed, "linked_incidents": 0},
                "unknowns": [], "statements": told}, [h["ip"] for h in hosts]


def free_ports(n):
    rnd, out = random.Random(os.getpid()), []
    while len(out) < n:
        p = rnd.randint(12000, 22000)  # and the bus 10,000 above: both below what the kernel gives to outgoing connections
        try:
            for q in (p, p + 10000):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", q))
            out.append(p)
        except OSError:
            pass
    return out


class Cluster:
    def __init__(self, folder):
        self.folder, self.ports, self.proc, self.link = folder, free_ports(3), {}, {}
        for p in self.ports:
            os.mkdir(f"{folder}/{p}")
            self.start(p)
        for p in self.ports:
            self.wait(p)
        nodes = [f"127.0.0.1:{p}" for p in self.ports]
        out = subprocess.run(["redis-cli", "--cluster", "create", *nodes, "--cluster-yes"], capture_output=True, text=True)
        if out.returncode:
            raise SystemExit("fusion.py: no cluster: " + out.stdout + out.stderr)
        while any(redis.Redis("127.0.0.1", p).execute_command("CLUSTER INFO").get("cluster_state") != "ok" for p in self.ports):
            time.sleep(.1)
        self.slots = {}
        for a, b, master in self.map():
            for s in range(a, b + 1):
                self.slots[s] = master

    def map(self):
        c = redis.Redis("127.0.0.1", self.ports[0], decode_responses=True)
        c.response_callbacks.pop("CLUSTER SLOTS", None)
        for row in c.execute_command("CLUSTER SLOTS"):
            yield int(row[0]), int(row[1]), int(row[2][1])

    def start(self, p):
        self.proc[p] = subprocess.Popen(["redis-server", "--port", str(p), "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
                                         "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir", f"{self.folder}/{p}"],
                                        stdin=subprocess.DEVNULL, stdout=open(f"{self.folder}/{p}.log", "a"), stderr=subprocess.STDOUT)

    def wait(self, p):
        for _ in range(300):
            try:
                return redis.Redis("127.0.0.1", p).ping()
            except redis.exceptions.RedisError:
                time.sleep(.1)
        raise SystemExit("fusion.py: redis-server does not answer: " + open(f"{self.folder}/{p}.log").read()[-600:])

    def kill(self, p):
        self.proc[p].send_signal(signal.SIGKILL)
        self.proc[p].wait()

    def end(self):
        for p in self.proc.values():
            p.terminate()
        for p in self.proc.values():
            p.wait()

    def node(self, key):
        from redis.crc import key_slot
        p = self.slots[key_slot(key.encode())]
        if p not in self.link:
            self.link[p] = redis.Redis("127.0.0.1", p, decode_responses=True, socket_timeout=10)
        return self.link[p]

    def do(self, key, *args):
        """Until it is done, whatever happens to the nodes; a record that is there already is there."""
        while True:
            try:
                return self.node(key).execute_command(*args)
            except redis.exceptions.ResponseError as e:
                if "equal or smaller" in str(e):
                    return None
                if not str(e).startswith(("CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN")) and "down" not in str(e).lower():
                    raise
            except redis.exceptions.RedisError:
                pass
            time.sleep(.05)


FEW = 2048  # hosts that a sensor tells one by one
told = {}   # by key: how many it has told


def publish_hosts(cluster, incident, sensor, hosts):
    """As the sensor does: new ones into the sketch, and into a sorted set while they are few."""
    key, few = ("casus:1:{%s}:%s:%s" % (incident, what, sensor) for what in ("hosts", "few"))
    new = ["%016x" % int.from_bytes(hashlib.blake2b(h.encode(), digest_size=8).digest(), "big") for h in hosts[told.get(key, 0):]]
    for i in range(0, len(new), 500):
        cluster.do(key, "PFADD", key, *new[i:i + 500])
        if len(hosts) <= FEW:
            cluster.do(few, "ZADD", few, *[x for h in new[i:i + 500] for x in (0, h)])
    if len(hosts) > FEW:
        cluster.do(few, "DEL", few)
    told[key] = len(hosts)


def publish(cluster, sensor, seq, doc, hosts):
    name = sensor or "all"
    record = {"timestamp": doc["last"], "event_type": "incident", "casus": {"v": 1, "sensor": name, "epoch": "simulated", "seq": seq, "eid": "%032x" % seq, "incident": doc}}
    publish_hosts(cluster, doc["id"], name, hosts)
    key = "casus:1:{%s}:alerts" % name
    cluster.do(key, "XADD", key, "%d-0" % seq, "j", json.dumps(record, separators=(",", ":")), "t", "incident", "e", "%032x" % seq)


def worker(cluster, name, extra=(), log=None):
    args = [FUSION, "--set", "from.nodes=" + ",".join(f"127.0.0.1:{p}" for p in cluster.ports), "--set", "consumer=" + name, "--set", "claim-after=2s",
            "--set", "timeout=3s", "--set", f"packs={TOP}/rules/policy", "--set", f"effects={TOP}/rules/effects.yaml", *extra]
    return subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log or subprocess.STDOUT)


def idle(cluster, sensors, group):
    """Everything read and acknowledged?"""
    for s in sensors:
        key = "casus:1:{%s}:alerts" % s
        for g in cluster.do(key, "XINFO", "GROUPS", key) or []:
            g = g if isinstance(g, dict) else dict(zip(g[::2], g[1::2]))
            if g["name"] == group and (g["pending"] or g["lag"]):
                return False
    return True


def wait_idle(cluster, sensors, group, seconds):
    end = time.monotonic() + seconds
    while not idle(cluster, sensors, group):
        if time.monotonic() > end:
            raise SystemExit(f"fusion.py: after {seconds} s there are still records that nobody acknowledged")
        time.sleep(.2)


def view(cluster, prefix):
    """By attacker: the incidents of the view."""
    out, ids = {}, cluster.do(prefix + "alliance", "ZRANGE", prefix + "alliance", 0, -1)
    for i in ids:
        key = "%s{%s}:incident" % (prefix, i)
        doc = json.loads(cluster.do(key, "HGET", key, "j"))["casus"]["incident"]
        for a in doc["attackers"]:
            out.setdefault(a["ip"], []).append(doc)
    return out, len(ids)


def check(incidents, got, n_got, whole):
    bad, worst, total = [], 0.0, 0.0
    if n_got != len(incidents):
        bad.append(f"{n_got} incidents in the view, {len(incidents)} happened")
    bands = wide = by_sketch = 0
    for i in incidents:
        docs = got.get(i.attackers[0], [])
        if len(docs) != 1:
            bad.append(f"incident {i.k}: {len(docs)} in the view")
            continue
        doc, one = docs[0], whole[i.attackers[0]][0]
        told = {(s["sensor"], s["incident"], s["revision"]) for s in doc["sensors"]}
        if told != {(s, i.id_of(s), 3) for s in i.sensors}:
            bad.append(f"incident {i.k}: members {sorted(told)}")
        error = abs(doc["hosts"]["likely"] - len(i.hosts)) / len(i.hosts)
        worst, total = max(worst, error), total + error
        by_sketch += max(sum(s in h["seen"] for h in i.hosts) for s in i.sensors) > FEW
        wide += error > .02
        for p in one["parties"]:
            a, b = ([d["parties"][p][k] for k in ("lo", "likely", "hi")] for d in (doc, one))
            bands += a != b
            if a != b and len(bad) < 20:
                bad.append(f"incident {i.k}: {p} {a}, one sensor seeing everything {b}")
    if wide:
        bad.append(f"{wide} estimates of unique hosts are off by more than 2 %")
    print(f"{len(incidents)} incidents: unique hosts off by {100 * total / len(incidents):.2f} % in the mean, {100 * worst:.2f} % at worst, {wide} above 2 % ({by_sketch} counted by sketch); "
          f"{bands} of {16 * len(incidents)} intervals of bands differ from one sensor's")
    return bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--incidents", type=int, default=1000)
    p.add_argument("--seed", type=int, default=1)
    o = p.parse_args()
    if not shutil.which("redis-server") or not shutil.which("redis-cli") or not os.access(FUSION, os.X_OK):
        print("fusion.py: skipped: no redis-server, or casus-fusion is not built", file=sys.stderr)
        sys.exit(77)
    rnd = random.Random(o.seed)
    incidents = [Incident(k, rnd) for k in range(o.incidents)]
    todo = [(part, i, s) for part in (1 / 3, 2 / 3, 1.0) for i in incidents for s in i.sensors]
    # In memory where there is such a folder: a process that is killed loses nothing of a file there either.
    folder = tempfile.mkdtemp(prefix="casus-fusion-test.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    workers, cluster = [], None
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    try:
        cluster = Cluster(folder)
        extra = ("--set", "sensors=" + ",".join(SENSORS))
        log = open(folder + "/workers.log", "w")
        workers = [worker(cluster, f"w{k}", extra, log) for k in range(2)]
        victim, revived = rnd.choice(cluster.ports), None
        for n, (part, i, s) in enumerate(todo):
            if n == len(todo) // 2:
                cluster.kill(victim)
                workers[0].send_signal(signal.SIGKILL)
                revived = time.monotonic() + 1.5
                time.sleep(.5)
                cluster.start(victim)
            publish(cluster, s, n + 1, *i.document(s, part))
        wait_idle(cluster, SENSORS, "fusion", 60 + 3 * o.incidents)
        shared = workers[1].poll() is None
        got, n_got = view(cluster, "casus:1:")
        took = time.monotonic() - begin
        # One sensor that sees everything: another prefix for the view, its own stream.
        for n, i in enumerate(incidents):
            doc, hosts = i.document(None)
            record = {"timestamp": doc["last"], "event_type": "incident", "casus": {"v": 1, "sensor": "all", "epoch": "simulated", "seq": n + 1, "eid": "%032x" % n, "incident": doc}}
            cluster.do("whole:{all}:alerts", "XADD", "whole:{all}:alerts", "%d-0" % (n + 1), "j", json.dumps(record), "t", "incident", "e", "x")
        out = worker(cluster, "all", ("--set", "sensors=all", "--set", "prefix=whole:", "--once"), log)
        if out.wait() != 0:
            raise SystemExit("fusion.py: casus-fusion --once failed: " + open(folder + "/workers.log").read()[-2000:])
        whole, n_whole = view(cluster, "whole:")
        bad = check(incidents, got, n_got, whole)
        if n_whole != len(incidents):
            bad.append(f"the one sensor: {n_whole} incidents")
        if not shared or revived is None:
            bad.append("the second worker died, or nothing was killed")
        workers[1].terminate()
        if workers[1].wait() != 0:
            bad.append(f"worker: exit code {workers[1].returncode}")
        tail = [line.split("fusion: ", 1)[-1].strip() for line in open(folder + "/workers.log") if "entries=" in line]
        print(f"{len(todo)} records of {len(SENSORS)} sensors, node {victim} and worker w0 killed midway, {took:.0f} s; the surviving worker: {tail[-1] if tail else '?'}")
        for b in bad:
            print("fusion.py: " + b, file=sys.stderr)
        if bad:
            sys.stderr.write(open(folder + "/workers.log").read()[-3000:])
        sys.exit(1 if bad else 0)
    finally:
        for w in workers:
            if w.poll() is None:
                w.kill()
                w.wait()
        if cluster:
            cluster.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
