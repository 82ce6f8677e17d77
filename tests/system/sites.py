"""Incidents of known truth, as several simulated sensors tell them: documents, hosts, commands for Redis."""
import hashlib
import json
import random
import time

SENSORS = ["site-a", "site-b", "site-c", "site-d"]
CLASSES = [("JP", "JP", "energy", "critical", "ot"), ("US", "US", "health", "high", "enterprise"), ("NATO", "PL", "transport", "critical", "safety"),
           ("FR", "FR", "finance", "critical", "enterprise"), ("AU", "AU", "water", "high", "ot"), ("UK", "UK", "government", "medium", "dmz")]
EFFECTS = ["scan", "intrusion", "c2", "lateral", "exfiltration", "denial", "ot-write", "ot-control", "ot-stop", "destruction"]


def eve_time(s):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(s)) + ".%06d+0000" % round(s % 1 * 1e6)


class Incident:
    """What really happened, and who could see it."""

    def __init__(self, k, rnd, most=3.6):
        """most: the power of ten up to which it has hosts."""
        self.k, self.begin = k, 1767225600 + 40 * k
        self.attackers = ["5.%d.%d.%d" % (k >> 8 & 255, k & 255, 1 + i) for i in range(rnd.randint(1, 3))]
        self.sensors = rnd.sample(SENSORS, rnd.randint(2, 4))
        n = max(len(self.sensors), int(10 ** rnd.uniform(.5, most)))
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


FEW = 2048  # hosts that a sensor tells one by one


class Teller:
    """What a sensor writes to Redis of an incident: its hosts into a sketch, and into a sorted set while they are few; the record."""

    def __init__(self):
        self.told = {}  # by incident and sensor: how many hosts

    def commands(self, sensor, seq, doc, hosts, prefix="casus:1:"):
        key, few = (f"{prefix}{{{doc['id']}}}:{what}:{sensor}" for what in ("hosts", "few"))
        new = [hashlib.blake2b(h.encode(), digest_size=8).hexdigest() for h in hosts[self.told.get(key, 0):]]
        self.told[key] = len(hosts)
        for i in range(0, len(new), 500):
            yield "PFADD", key, *new[i:i + 500]
            if len(hosts) <= FEW:
                yield "ZADD", few, *[x for h in new[i:i + 500] for x in (0, h)]
        if len(hosts) > FEW:
            yield "DEL", few
        record = {"timestamp": doc["last"], "event_type": "incident",
                  "casus": {"v": 1, "sensor": sensor, "epoch": "simulated", "seq": seq, "eid": "%032x" % seq, "incident": doc}}
        yield ("XADD", f"{prefix}{{{sensor}}}:alerts", f"{seq}-0", "j", json.dumps(record, separators=(",", ":")), "t", "incident", "e",
               "%032x" % seq)
