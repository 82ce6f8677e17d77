#!/usr/bin/python3
"""exchange.py CASUSCTL JOURNAL PACKS EFFECTS INCIDENT PARTY...: the STIX 2.1 bundle and the MISP event of an incident, for each party.

STIX: every object has what the specification asks of its type, ids are UUIDv5 and the same in a second export, references lead into the
bundle, nothing is an extension with --no-extensions. Read back, bundle and event hold the released record byte for byte, and its
addresses, signatures, bands and statements also as objects of their own, and no more of these than were released.
"""
import base64
import hashlib
import json
import re
import subprocess
import sys
import uuid

SCO = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
NEEDS = {"identity": {"name": str}, "incident": {"name": str}, "indicator": {"pattern": str, "pattern_type": str, "valid_from": str},
         "sighting": {"sighting_of_ref": str}, "observed-data": {"first_observed": str, "last_observed": str, "number_observed": int, "object_refs": list},
         "note": {"content": str, "object_refs": list}, "grouping": {"context": str, "object_refs": list}, "ipv4-addr": {"value": str},
         "ipv6-addr": {"value": str}, "artifact": {"payload_bin": str, "hashes": dict}, "marking-definition": {"created": str}}
SCOS = {"ipv4-addr", "ipv6-addr", "artifact"}


def fail(text):
    sys.exit("exchange.py: " + text)


def run(args, codes=(0,)):
    p = subprocess.run(args, capture_output=True, text=True)
    if p.returncode not in codes:
        fail(f"{args}: exit code {p.returncode}: {p.stderr}")
    return p.stdout


def check_object(o, ids, extensions):
    t = o.get("type")
    if t not in NEEDS:
        fail(f"an object of type {t}")
    if o.get("spec_version") != "2.1":
        fail(f"{t}: no spec_version")
    kind, _, u = o["id"].partition("--")
    if kind != t or (t != "marking-definition" and uuid.UUID(u).version != 5):
        fail(f"{o['id']}: no UUIDv5 of its type")
    for key, of in NEEDS[t].items():
        if not isinstance(o.get(key), of) or not o[key]:
            fail(f"{t}: {key} is missing or empty")
    if t not in SCOS:
        for key in ("created",) if t == "marking-definition" else ("created", "modified"):
            if not TIME.match(o[key]):
                fail(f"{t}: {key} {o[key]}")
        if t != "marking-definition" and o["modified"] < o["created"]:
            fail(f"{t}: modified before it was created")
    if t == "observed-data" and (o["last_observed"] < o["first_observed"] or not 1 <= o["number_observed"] <= 999999999):
        fail("observed-data: times or number")
    if not extensions and "extensions" in o:
        fail(f"{t}: extensions, with --no-extensions")
    if t != "marking-definition" and not o.get("object_marking_refs"):
        fail(f"{t} {o['id']}: no marking")
    for key, v in o.items():
        for ref in v if key.endswith("_refs") else [v] if key.endswith("_ref") else []:
            if ref not in ids:
                fail(f"{t}: {key} {ref} is not in the bundle")
    if t == "ipv4-addr" or t == "ipv6-addr":
        if u != str(uuid.uuid5(SCO, '{"value":"%s"}' % o["value"])):
            fail(f"{o['value']}: not the id the specification gives it")


def check_bundle(b, extensions):
    objects = b["objects"]
    ids = [o["id"] for o in objects]
    if b["type"] != "bundle" or len(objects) > 500 or len(set(ids)) != len(ids):
        fail(f"bundle: {len(objects)} objects, {len(ids) - len(set(ids))} twice")
    for o in objects:
        check_object(o, set(ids), extensions)
    return objects


def compare(objects, record, party):
    art = [o for o in objects if o["type"] == "artifact"]
    raw = base64.b64decode(art[0]["payload_bin"])
    if hashlib.sha256(raw).hexdigest() != art[0]["hashes"]["SHA-256"] or json.loads(raw) != record:
        fail(f"{party}: the record read back is another")
    i = record["casus"]["incident"]
    got = {o["value"] for o in objects if o["type"].endswith("-addr")}
    want = {h["ip"] for k in ("victims", "attackers") for h in i.get(k, [])}
    if got != want:
        fail(f"{party}: addresses {got ^ want}")
    got = {(o["name"], o["pattern"]) for o in objects if o["type"] == "indicator"}
    want = {(s["signature"], "%d:%d" % (s["gid"], s["signature_id"])) for s in i.get("signatures", [])}
    if got != want:
        fail(f"{party}: signatures {got ^ want}")
    counts = sorted(o["count"] for o in objects if o["type"] == "sighting")
    if counts != sorted(s["alerts"] + s["suppressed"] for s in i.get("signatures", [])):
        fail(f"{party}: counts of signatures")
    note = next(o["content"] for o in objects if o["type"] == "note" and o["abstract"] == "indicative assessment")
    for p, band in i.get("parties", {}).items():
        if f"{p}: {band['lo']} to {band['hi']}, likely {band['likely']}" not in note:
            fail(f"{party}: the band of {p}")
    for c in i.get("consult_candidates", []):
        if c["id"] not in note:
            fail(f"{party}: {c['id']}")
    told = [json.loads(o["content"]) for o in objects if o["type"] == "note" and o["abstract"] == "statement of a person"]
    if told != i.get("statements", []):
        fail(f"{party}: statements")
    inc = next(o for o in objects if o["type"] == "incident")
    if ("EXERCISE" in inc["name"]) != bool(i.get("exercise")):
        fail(f"{party}: the mark of a drill")


def check_misp(event, record, party):
    e, i = event["Event"], record["casus"]["incident"]
    raw = [a for a in e["Attribute"] if a["type"] == "attachment"]
    if len(raw) != 1 or json.loads(base64.b64decode(raw[0]["data"])) != record:
        fail(f"{party}: misp: the record read back is another")
    for a in [e] + e["Attribute"]:
        if uuid.UUID(a["uuid"]).version != 5:
            fail(f"misp: {a['uuid']}")
    if len({a["uuid"] for a in e["Attribute"]}) != len(e["Attribute"]):
        fail("misp: an attribute twice")
    for kind, key in (("ip-src", "attackers"), ("ip-dst", "victims")):
        if sorted(a["value"] for a in e["Attribute"] if a["type"] == kind) != sorted(h["ip"] for h in i.get(key, [])):
            fail(f"{party}: misp: {key}")
    tags = {t["name"] for t in e["Tag"]}
    if record["casus"]["release"]["marking"].lower() not in tags or ("exercise:generic" in tags) != bool(i.get("exercise")):
        fail(f"{party}: misp: tags {tags}")
    for p, band in i.get("parties", {}).items():
        if 'casus:band-%s="%s-%s"' % (p, band["lo"], band["hi"]) not in tags:
            fail(f"{party}: misp: the band of {p}")


def main(ctl, journal, packs, effects, incident, *parties):
    common = ["--dir", journal, "--packs", packs, "--effects", effects]
    objects = n = 0
    for party in parties:
        lines = [json.loads(x) for x in run([ctl, "release", party, incident, *common], (0, 1)).splitlines()]
        records = [r for r in lines if r["event_type"] == "incident"]
        if not records:
            if run([ctl, "stix", incident, "--party", party, *common], (1,)):
                fail(f"{party}: a bundle of what is not released")
            continue
        record = max(records, key=lambda r: r["casus"]["incident"]["revision"])
        text = run([ctl, "stix", incident, "--party", party, *common])
        if run([ctl, "stix", incident, "--party", party, *common]) != text:
            fail("a second export differs")
        found = check_bundle(json.loads(text), True)
        compare(found, record, party)
        plain = check_bundle(json.loads(run([ctl, "stix", incident, "--party", party, "--no-extensions", *common])), False)
        compare(plain, record, party)
        if {o["id"] for o in plain} - {o["id"] for o in found}:
            fail("--no-extensions has other ids")
        check_misp(json.loads(run([ctl, "misp", incident, "--party", party, *common])), record, party)
        n, objects = n + 1, objects + len(found)
    print(f"exchange: {n} of {len(parties)} parties got a bundle, {objects} objects valid, every released record read back whole from STIX and MISP")


if __name__ == "__main__":
    main(*sys.argv[1:])
