#!/usr/bin/env python3
"""validate.py PATH... - checks records and data against rules/schema.

A PATH is a folder (every eve*.json and *.yaml in it), a *.json of EVE records, one a line, or a YAML file: a policy pack, a case, an
inventory, context inputs or effect classes. Each record must fit the schema of its event_type; without its object `casus` it
must fit the EVE subset still. A record for a party (casus.release) must fit the schema of those. Needs jsonschema 4.10 and yaml of Debian 12. Exit code 1: something does not fit.
"""
import json
import os
import sys

import yaml
from jsonschema import Draft202012Validator, RefResolver

BASE = "https://schema.casus.example/1/"


def schema_dir():
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "rules", "schema")
    return os.environ.get("CASUS_SCHEMA", here)


class Schemas:
    def __init__(self, folder):
        self.store = {}
        for name in sorted(os.listdir(folder)):
            if name.endswith(".json"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    schema = json.load(f)
                Draft202012Validator.check_schema(schema)
                self.store[schema["$id"]] = schema
        self.made = {}

    def problems(self, name, value):
        if name not in self.made:
            schema = self.store[BASE + name + ".json"]
            resolver = RefResolver(schema["$id"], schema, store=self.store)
            self.made[name] = Draft202012Validator(schema, resolver=resolver)
        for e in self.made[name].iter_errors(value):
            best = e
            while best.context:
                best = max(best.context, key=lambda c: len(c.absolute_path))
            yield "%s: %s" % ("/".join(str(p) for p in best.absolute_path) or "record", best.message[:300])


class Check:
    def __init__(self):
        self.schemas = Schemas(schema_dir())
        self.bad = 0
        self.counts = {}

    def tell(self, where, text):
        self.bad += 1
        if self.bad <= 50:
            print("%s: %s" % (where, text), file=sys.stderr)

    def record(self, where, r):
        kind = r.get("event_type") if isinstance(r, dict) else None
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if isinstance(r, dict) and isinstance(r.get("casus"), dict) and "release" in r["casus"]:
            for text in self.schemas.problems("released", r):  # nothing of it need be there
                self.tell(where, text)
            return
        for text in self.schemas.problems("eve", r):
            self.tell(where, text)
        casus = r.get("casus") if isinstance(r, dict) else None
        if casus is None:
            self.tell(where, "no object casus")
            return
        if kind == "stats":
            for text in self.schemas.problems("stats", casus):
                self.tell(where, "casus: " + text)
        if kind in ("incident", "escalation", "context") and not isinstance(casus.get(kind), dict):
            self.tell(where, "no casus.%s" % kind)
        plain = {k: v for k, v in r.items() if k != "casus"}
        if kind in ("incident", "escalation", "context"):
            return  # our own types: nothing of them is EVE
        for text in self.schemas.problems("eve", plain):
            self.tell(where, "without casus: " + text)

    def eve(self, path):
        last = {}
        with open(path, encoding="utf-8") as f:
            for n, line in enumerate(f, 1):
                where = "%s:%d" % (path, n)
                try:
                    r = json.loads(line, object_pairs_hook=self.no_doubles)
                except ValueError as e:
                    self.tell(where, "not JSON: %s" % e)
                    continue
                self.record(where, r)
                c = r.get("casus", {}) if isinstance(r, dict) else {}
                key = (c.get("sensor"), c.get("epoch"))
                if key in last and c.get("seq") and c.get("epoch") != "fusion" and c["seq"] != last[key] + 1:
                    self.tell(where, "seq %s after %s: a gap" % (c.get("seq"), last[key]))
                last[key] = c.get("seq") or 0

    @staticmethod
    def no_doubles(pairs):
        keys = [k for k, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError("a key twice: %s" % sorted(k for k in keys if keys.count(k) > 1)[0])
        return dict(pairs)

    def data(self, path):
        with open(path, encoding="utf-8") as f:
            try:
                value = yaml.safe_load(f)
            except yaml.YAMLError as e:
                self.tell(path, "not YAML: %s" % e)
                return
        name = None
        if isinstance(value, dict):
            for key, kind in (("kind", "pack"), ("assets", "inventory"), ("statements", "context"), ("classes", "effects")):
                if key in value and not name:
                    name = kind
            if name == "pack" and value["kind"] == "case":
                name = "case"
        if not name:
            self.tell(path, "neither pack, case, inventory, context inputs nor effect classes")
            return
        self.counts[name] = self.counts.get(name, 0) + 1
        for text in self.schemas.problems(name, value):
            self.tell(path, text)

    def path(self, path):
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                if name.endswith(".yaml") or (name.startswith("eve") and ".json" in name):
                    self.path(os.path.join(path, name))
        elif path.endswith(".yaml"):
            self.data(path)
        else:
            self.eve(path)


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 64
    check = Check()
    for path in sys.argv[1:]:
        check.path(path)
    print(", ".join("%d %s" % (n, k) for k, n in sorted(check.counts.items(), key=str)), "checked;", check.bad, "problems")
    return 1 if check.bad or not check.counts else 0


if __name__ == "__main__":
    sys.exit(main())
