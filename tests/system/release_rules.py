#!/usr/bin/python3
"""What a party may have of a record, computed from rules/policy/release.yaml by the words of the file alone.

Written apart from the program: the matrix test compares the two. Paths are sets of leaves here, not a walk that cuts.
"""
import yaml

ALL = object()


def load(path):
    with open(path) as f:
        return yaml.safe_load(f)


def names(value, parties):
    if value == "all":
        return set(parties)
    return set([value] if isinstance(value, str) else value or [])


def decided(term, words, about):
    """True, False, or None when nobody can tell."""
    words = [words] if isinstance(words, str) else words
    if about is None:
        return None
    if term == "exercise":
        return ("yes" if about.get("exercise") is True else "no") in words
    if term == "effect":
        return any(e in words for e in about["effects"]) if "effects" in about else None
    assets = about.get("assets") or []
    if any(a.get(term) in words for a in assets):
        return True
    return None if not assets or "asset" in about.get("unknowns", []) else False


def leaves(value, path=(), elements=()):
    """Every scalar and every empty container, with its path, its exact place, and the list elements it lies in."""
    if isinstance(value, dict) and value:
        for k, v in value.items():
            yield from leaves(v, path + ((k, None),), elements)
    elif isinstance(value, list) and value:
        for i, v in enumerate(value):
            yield from leaves(v, path + ((None, i),), elements + (v,))
    else:
        yield path, value, elements


class Rules:
    def __init__(self, policy, parties):
        self.p, self.parties = policy, parties
        self.rank = {m["id"]: i for i, m in enumerate(policy["markings"])}
        self.audience = {m["id"]: m["audience"] for m in policy["markings"]}
        self.brings = {m["id"]: bool(m.get("clients")) for m in policy["markings"]}
        self.community = names(policy.get("community"), parties)
        self.streams = names(policy.get("streams"), parties)
        self.fields = {}
        self.clients = {k: names(v, parties) for k, v in (policy.get("clients") or {}).items()}

    def closed(self, *markings):
        return max(markings, key=lambda m: self.rank[m])

    def whom(self, to, owners, element, marking):
        out = set()
        for word in to:
            if word == "owner":
                out |= owners
            elif word == "its-owner":
                out |= element if isinstance(element, set) else set()
            elif word == "unowned":
                out |= set(self.parties) if element is ALL else set()
            else:
                out.add(word)
        if self.brings[marking]:
            for p in list(out):
                out |= self.clients.get(p, set())
        return out

    def lets(self, party, marking, lists, owners, element):
        kind = self.audience[marking]
        if kind == "nobody" or (kind == "community" and party not in self.community) or (kind == "named" and not lists):
            return False
        return all(party in self.whom(to, owners, element, marking) for to in lists)

    def element(self, elements, about):
        """Whose asset the innermost list element that is about one is about; ALL: about none; a set of one or no party."""
        owner = set()
        for e in elements:
            if not isinstance(e, dict):
                continue
            name = e.get("owner") or e.get("party")
            if name is None and "asset" in e:
                name = next((a.get("owner") for a in (about or {}).get("assets", []) if a.get("name") == e["asset"]), "?")
            if name is None:
                owner = owner or ALL
            else:
                owner = {name} & set(self.parties)
        return owner

    def field(self, path, party):
        words = tuple(k for k, _ in path if k is not None)
        if (words, party) not in self.fields:
            self.fields[words, party] = self.find(words, party)
        return self.fields[words, party]

    def find(self, words, party):
        best = None
        for f in self.p["fields"]:
            parts = f["path"].split(".")
            if len(parts) > len(words):
                continue
            if not all(p == "*" or (party if p == "{party}" else p) == w for p, w in zip(parts, words)):
                continue
            key = (len(parts), sum(0 if p == "*" else 1 if p == "{party}" else 2 for p in parts), self.rank[f["marking"]])
            if best is None or key > best[0]:
                best = (key, f)
        return best and best[1]

    def release(self, record, party, about=ALL):
        """(record, marking, partial) or None."""
        if about is ALL:
            about = record.get("casus", {}).get("incident")
            about = about if isinstance(about, dict) else None
        kind = record["event_type"]
        rules = [r for r in self.p["records"] if kind in ([r["type"]] if isinstance(r["type"], str) else r["type"])
                 and all(decided(t, w, about) is not False for t, w in (r.get("when") or {}).items())]
        if party not in self.streams or not rules:
            return None
        owners = {a.get("owner") for a in (about or {}).get("assets", [])} & set(self.parties)
        base = self.closed(*(r["marking"] for r in rules))
        lists = [r["to"] for r in rules if "to" in r]
        if not self.lets(party, base, lists, owners, set()):
            return None
        kept, marking, partial, seen = [], base, False, {}
        for path, value, elements in leaves(record):
            f = self.field(path, party)
            m = f and self.closed(base, f["marking"])
            e = self.element(elements, about)
            key = (id(f), "all" if e is ALL else frozenset(e))
            if key not in seen:
                seen[key] = f and self.lets(party, m, lists + ([f["to"]] if "to" in f else []), owners, e)
            if seen[key]:
                kept.append((path, value))
                if not isinstance(value, (dict, list)):
                    marking = self.closed(marking, m)
            else:
                partial = True
        out = build(kept)
        if out is not None:
            mark_drill(out, record)
        return out and (out, marking, partial)


def build(kept):
    """The tree of the leaves that were kept; lists close up."""
    root = {}
    for path, value in kept:
        at = root
        for step in path:
            at = at.setdefault(step, {})
        at[None] = value

    def solid(node):
        if None in node and len(node) == 1:
            return node[None]
        if all(k[0] is None for k in node):
            return [solid(node[k]) for k in sorted(node, key=lambda k: k[1])]
        return {k[0]: solid(v) for k, v in node.items()}
    return solid(root) if root else None


def mark_drill(out, record):
    if isinstance(record, dict) and isinstance(out, dict):
        if record.get("exercise") is True:
            out["exercise"] = True
        for k, v in out.items():
            mark_drill(v, record.get(k))
