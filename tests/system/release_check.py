#!/usr/bin/python3
"""release_check.py matrix CASUSCTL JOURNAL EVE PACKS EFFECTS: for every party, every marking as the records' own, the shipped rules, and
rules drawn by lot, what `casusctl release` lets out is exactly what the rules say.

release_check.py streams SOCKET ACLDIR EVE PACKS SENSOR: each party's stream holds exactly that, and no user reads what is another's.
"""
import copy
import glob
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from release_rules import ALL, Rules, load  # noqa: E402


def parties_of(packs):
    out = []
    for path in sorted(glob.glob(packs + "/*.yaml")):
        d = load(path)
        if d.get("kind") == "party":
            out.append(d["id"])
    return out


def records_of(eve):
    with open(eve) as f:
        return [json.loads(line) for line in f]


def about_each(records):
    """Each record with the last document of its incident, as casusctl knows it."""
    last = {}
    for r in records:
        casus = r.get("casus", {})
        i = casus.get("incident")
        if isinstance(i, dict):
            last[i["id"]] = i
            yield r, i["id"], i
        else:
            name = i if isinstance(i, str) else casus.get("escalation", {}).get("incident")
            yield r, name, last.get(name)


def compare(got, want, where):
    """The program's record against (record, marking, partial)."""
    told = got["casus"].pop("release")
    if not got["casus"] and "casus" not in want[0]:
        del got["casus"]
    if got != want[0]:
        a, b = json.dumps(got, sort_keys=True), json.dumps(want[0], sort_keys=True)
        n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        sys.exit(f"release_check: {where}: got ...{a[max(0, n - 60):n + 60]}... expected ...{b[max(0, n - 60):n + 60]}...")
    if told["marking"] != want[1] or told["partial"] != want[2]:
        sys.exit(f"release_check: {where}: told as {told['marking']}, partial {told['partial']}; expected {want[1]}, {want[2]}")


def variants(policy, parties):
    yield "shipped", policy
    for m in policy["markings"]:
        p = copy.deepcopy(policy)
        p["records"] = [{"type": ["incident", "escalation", "alert"], "marking": m["id"]}]
        yield "records " + m["id"], p
    for m in policy["markings"] if os.environ.get("RELEASE_FULL") else []:
        p = copy.deepcopy(policy)
        p["records"] = [{"type": "incident", "marking": "TLP:CLEAR", "to": ["NATO", "JP"]}]
        p["fields"] = [dict(f, marking=m["id"]) for f in p["fields"]]
        yield "fields " + m["id"], p
    for seed in range(10 if os.environ.get("RELEASE_FULL") else 1):
        rnd, p = random.Random(seed), copy.deepcopy(policy)
        words = parties + ["owner", "its-owner", "unowned"]
        marks = [m["id"] for m in p["markings"]]
        for f in p["fields"]:
            f["marking"] = rnd.choice(marks)
            f.pop("to", None)
            if rnd.random() < .6:
                f["to"] = rnd.sample(words, 4)
        for r in p["records"]:
            r["marking"] = rnd.choice(marks[:4])
            r["to"] = rnd.sample(parties + ["owner"], 8)
        yield f"lot {seed}", p


def matrix(ctl, journal, eve, packs, effects):
    parties, records = parties_of(packs), list(about_each(records_of(eve)))
    policy = load(packs + "/release.yaml")
    compared = withheld = 0
    with tempfile.TemporaryDirectory() as tmp:
        shutil.copytree(packs, tmp + "/p")
        for name, p in variants(policy, parties):
            with open(tmp + "/p/release.yaml", "w") as f:
                yaml.safe_dump(p, f)
            rules = Rules(p, parties)
            for party in parties:
                out = subprocess.run([ctl, "release", party, "--dir", journal, "--packs", tmp + "/p", "--effects", effects],
                                     capture_output=True, text=True)
                if out.returncode not in (0, 1):
                    sys.exit(f"release_check: {name}, {party}: {out.stderr}")
                got = [json.loads(line) for line in out.stdout.splitlines()]
                want = [rules.release(r, party, about) for r, i, about in records if i]
                withheld += sum(w is None for w in want)
                want = [w for w in want if w]
                if len(got) != len(want):
                    sys.exit(f"release_check: {name}, {party}: {len(got)} records came out, expected {len(want)}")
                for g, w in zip(got, want):
                    compare(g, w, f"{name}, {party}")
                compared += len(got)
    print(f"release matrix: {len(parties)} parties, {len(list(variants(policy, parties)))} sets of rules, {compared} records as the rules say, "
          f"{withheld} withheld whole")


def streams(socket, acl, eve, packs, sensor):
    import redis
    parties = parties_of(packs)
    rules = Rules(load(packs + "/release.yaml"), parties)
    records = [r for r in records_of(eve) if r["event_type"] in ("incident", "escalation")]

    def user(name):
        with open(f"{acl}/{name}.password") as f:
            return redis.Redis(unix_socket_path=socket, username=name, password=f.read().strip(), decode_responses=True)

    def refused(call, what):
        nonlocal tries
        tries += 1
        try:
            call()
        except redis.exceptions.NoPermissionError:
            return
        except redis.exceptions.ResponseError as e:
            if "permission" in str(e).lower():
                return
        sys.exit(f"release_check: {what} was not refused")

    tries = seen = 0
    for party in parties:
        c = user("party-" + party)
        key = "casus:1:{party-%s}:release"
        got = [json.loads(f["j"]) for _, f in c.xrange(key % party)]
        want = [w for w in (rules.release(r, party) for r in records) if w]
        if len(got) != len(want):
            sys.exit(f"release_check: stream of {party}: {len(got)} records, expected {len(want)}")
        for g, w in zip(got, want):
            compare(g, w, "stream of " + party)
        seen += len(got)
        for other in parties:
            if other != party:
                refused(lambda: c.xrange(key % other), f"{party} reading {other}'s stream")
                refused(lambda: c.xread({key % other: "0"}), f"{party} reading {other}'s stream")
        incident = records[0]["casus"].get("incident", {})
        for call, what in ((lambda: c.xrange("casus:1:{%s}:alerts" % sensor), "alerts"), (lambda: c.hgetall("casus:1:{%s}:state" % sensor), "state"),
                           (lambda: c.hgetall("casus:1:{%s}:incident" % incident.get("id", "I-0")), "an incident"), (lambda: c.keys("*"), "all keys"),
                           (lambda: c.zrange("casus:1:incidents", 0, -1), "the list of incidents"), (lambda: c.xadd(key % party, {"j": "1"}), "its own stream, writing"),
                           (lambda: c.eval("return redis.call('XRANGE', KEYS[1], '-', '+')", 1, key % party), "a script"),
                           (lambda: c.subscribe if False else c.publish("casus:1:notify", "x"), "the doorbell"), (lambda: c.config_get("*"), "the configuration"),
                           (lambda: c.acl_list(), "the users"), (lambda: c.hgetall("casus:1:{party-%s}:released" % party), "the place of others")):
            refused(call, f"{party}: {what}")
    try:
        redis.Redis(unix_socket_path=socket).ping()
        sys.exit("release_check: a client without a user was let in")
    except (redis.exceptions.AuthenticationError, redis.exceptions.NoPermissionError):
        pass
    print(f"release streams: {len(parties)} parties, {seen} records as the rules say, {tries} tries to read or write what is not theirs refused")


if __name__ == "__main__":
    {"matrix": matrix, "streams": streams}[sys.argv[1]](*sys.argv[2:])
