#!/usr/bin/env python3
"""Do incidents join what belongs together and keep apart what does not? Labelled mixes of captures through the whole sensor.

  tests/bench/grouping.py [--mixes N] [--seed N] [--jobs N] [--captures DIR] [--rules FILE] [--casus PROGRAM] [--verbose]

Each mix is drawn with the seed: two to six attacks and up to three captures of ordinary traffic, each moved to its own time within a
few hours and, where it shares addresses with another one, to its own networks, or (every third mix) all private hosts into one network; the captures stay where they are, the mix
lives as long as its run. Attacks are those that reference-alerts.json of that folder knows to alert. Every alert has the label of the capture its packet came from. A pair of alerts of attacks is
rightly joined when both have the same label and the same incident (merged ones followed). precision: of the pairs that
share an incident those of one label, pairs with an alert of ordinary traffic among them being wrong; recall: of the
pairs of one label those that share an incident, counted among alerts that belong to an incident ("tagged") and among all
alerts of attacks ("all": a rule that says nothing of an effect belongs to no incident). Exit 0: precision >= 0.95 and recall >= 0.85, pairs of all mixes together and mixes in
the mean; 1: not; 77: no captures.
"""
import argparse, collections, concurrent.futures, gzip, json, os, random, struct, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get('top_srcdir') or os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('top_builddir') or TOP
SHARED = os.path.join(TOP, '..', 'shared')
ANY = ['--set', 'vars.address-groups.HOME_NET=any', '--set', 'vars.address-groups.EXTERNAL_NET=any']
BEGIN = 1_700_000_000
FEW = 2  # alerts of one attack, for it to be counted: one alert alone makes no pair
MOST = 12_000_000  # bytes of one capture; larger ones take too long to rewrite


# ---- captures ----

def blocks(data):
    """(time in ns, link type, frame) of a pcap or pcapng."""
    if data[:4] == b'\x0a\x0d\x0d\x0a':
        yield from pcapng(data)
        return
    order = '<' if data[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
    unit = 1 if data[:4] in (b'\x4d\x3c\xb2\xa1', b'\xa1\xb2\x3c\x4d') else 1000
    link = struct.unpack_from(order + 'I', data, 20)[0] & 0xffff
    at = 24
    while at + 16 <= len(data):
        s, f, n, _ = struct.unpack_from(order + 'IIII', data, at)
        if at + 16 + n > len(data):
            return
        yield s * 1_000_000_000 + f * unit, link, data[at + 16:at + 16 + n]
        at += 16 + n


def pcapng(data):
    order, at, faces = '<', 0, []
    while at + 12 <= len(data):
        if data[at:at + 4] == b'\x0a\x0d\x0d\x0a':
            order = '<' if data[at + 8:at + 12] == b'\x4d\x3c\x2b\x1a' else '>'
            faces = []
        kind, n = struct.unpack_from(order + 'II', data, at)
        if n < 12 or at + n > len(data):
            return
        body = data[at + 8:at + n - 4]
        if kind == 1:
            link, unit, o = struct.unpack_from(order + 'H', body)[0], 1000, 8
            while o + 4 <= len(body):
                code, size = struct.unpack_from(order + 'HH', body, o)
                if code == 9 and size == 1:
                    unit = 10 ** 9 // 2 ** (body[o + 4] & 0x7f) if body[o + 4] & 0x80 else 10 ** (9 - body[o + 4])
                o += 4 + (size + 3 & ~3)
                if not code:
                    break
            faces.append((link, unit))
        elif kind == 6:
            face, hi, lo, size = struct.unpack_from(order + 'IIII', body)
            if face < len(faces):
                yield (hi << 32 | lo) * faces[face][1], faces[face][0], body[20:20 + size]
        at += n


def network(frame, link):
    """Where the IP header begins, or None."""
    if link == 1:
        at, kind = 12, struct.unpack_from('>H', frame, 12)[0] if len(frame) >= 14 else 0
        while kind in (0x8100, 0x88a8) and at + 6 <= len(frame):
            at += 4
            kind = struct.unpack_from('>H', frame, at)[0]
        at += 2
        return at if kind in (0x0800, 0x86dd, 0x0806) else None
    if link in (12, 101, 228, 229):
        return 0
    if link == 113:
        return 16
    return 4 if link == 0 else None


def add1(total, old, new):
    """RFC 1624: a checksum after 16 bits changed."""
    s = (~total & 0xffff) + (~old & 0xffff) + new
    s = (s & 0xffff) + (s >> 16)
    return ~((s & 0xffff) + (s >> 16)) & 0xffff


class Capture:
    def __init__(self, path, short):
        opener = gzip.open if path.endswith('.gz') else open
        with opener(path, 'rb') as f:
            self.frames = list(blocks(f.read()))
        self.name = short
        self.link = self.frames[0][1] if self.frames else 1
        self.frames = [x for x in self.frames if x[1] == self.link]
        self.addresses, self.resolvers = set(), set()
        for _, link, f in self.frames:
            at = network(f, link)
            if at is not None and len(f) >= at + 20 and f[at] >> 4 == 4:
                self.addresses.update((f[at + 12:at + 16], f[at + 16:at + 20]))
                if f[at + 9] == 17 and f[at + 20:at + 24].find(b'\0\x35') in (0, 2):
                    self.resolvers.add(f[at + 16:at + 20] if f[at + 22:at + 24] == b'\0\x35' else f[at + 12:at + 16])

    def moved(self, salt):
        """old -> new address, each network onto one of its own: private ones stay private."""
        to = {}
        for a in self.addresses:
            b = bytearray(a)
            if b[0] >= 224 or b[0] in (0, 127) or (b[0] == 169 and b[1] == 254):
                continue
            if b[0] == 10:
                b[1] ^= salt
            elif b[0] == 192 and b[1] == 168:
                b[2] ^= salt
            elif b[0] == 172 and 16 <= b[1] < 32:
                b[2] ^= salt
            elif a in self.resolvers:
                continue  # 8.8.8.8 is everybody's
            else:
                b[1] ^= salt
            to[a] = bytes(b)
        return to

    @staticmethod
    def rewrite(frame, link, to):
        at = network(frame, link)
        if at is None or not to or len(frame) < at + 20:
            return frame
        if frame[at] >> 4 != 4 or frame[at - 2:at] == b'\x08\x06' and link == 1:
            if link == 1 and frame[at - 2:at] == b'\x08\x06' and len(frame) >= at + 28:
                f = bytearray(frame)
                for o in (at + 14, at + 24):
                    f[o:o + 4] = to.get(bytes(f[o:o + 4]), bytes(f[o:o + 4]))
                return bytes(f)
            return frame
        f = bytearray(frame)
        l4, proto, first = at + (f[at] & 15) * 4, f[at + 9], not (f[at + 6] & 0x1f or f[at + 7])
        where = [at + 10]
        if first and proto == 6 and len(f) >= l4 + 18:
            where.append(l4 + 16)
        elif first and proto == 17 and len(f) >= l4 + 8 and f[l4 + 6:l4 + 8] != b'\0\0':
            where.append(l4 + 6)
        for o in (at + 12, at + 16):
            old = bytes(f[o:o + 4])
            new = to.get(old, old)
            if new == old:
                continue
            for c in where:
                s = struct.unpack_from('>H', f, c)[0]
                for k in (0, 2):
                    s = add1(s, *struct.unpack('>HH', old[k:k + 2] + new[k:k + 2]))
                struct.pack_into('>H', f, c, s)
            f[o:o + 4] = new
        return bytes(f)


# ---- mixes ----

def is_private(b):
    return b[0] == 10 or b[:2] == b'\xc0\xa8' or (b[0] == 172 and 16 <= b[1] < 32)


def pack(captures, rng, path, crowded=False):
    """Writes the mix; label of each packet, from 1 on."""
    taken, rows, host = set(), [], 0
    for n, c in enumerate(captures):
        to = {}
        if any(a in taken and a not in c.resolvers for a in c.addresses):
            for salt in rng.sample(range(1, 256), 255):
                to = c.moved(salt)
                if not any(new in taken for new in to.values()):
                    break
        for old in sorted(c.addresses) if crowded else ():
            if is_private(old):
                host += 1
                to[old] = bytes((192, 168, 77 + host // 250, 2 + host % 250))
        taken |= {to.get(a, a) for a in c.addresses} - c.resolvers
        first, offset = min(x[0] for x in c.frames), int(rng.uniform(0, 3 * 3600) * 1e9)
        for k, (t, link, frame) in enumerate(c.frames):
            t = min(t - first, 12 * 3600 * 10 ** 9)  # some hold years of silence
            rows.append((t + offset, n, k, c.rewrite(frame, link, to)))
    rows.sort(key=lambda x: x[:3])
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
        for t, n, _, frame in rows:
            link = captures[n].link
            if link != 1:
                at = network(frame, link)
                kind = b'\x86\xdd' if len(frame) > at and frame[at] >> 4 == 6 else b'\x08\x00'
                frame = b'\2\0\0\0\0\1\2\0\0\0\0\2' + kind + frame[at:]
            f.write(struct.pack('<IIII', BEGIN + t // 10 ** 9, t % 10 ** 9, len(frame), len(frame)) + frame)
    return [captures[n].name for _, n, _, _ in rows]


def told(path, labels):
    """(label, incident or None, the alert) of each alert."""
    into, alerts, ends = {}, [], collections.defaultdict(set)
    with open(path) as lines:
        for line in lines:
            e = json.loads(line)
            if e['event_type'] == 'incident':
                i = e['casus']['incident']
                if 'merged_into' in i:
                    into[i['id']] = i['merged_into']
            elif e['event_type'] == 'alert':
                key = frozenset((e.get('src_ip'), e.get('dest_ip')))
                label = labels[e['pcap_cnt'] - 1] if 'pcap_cnt' in e else None
                if label:
                    ends[key].add(label)
                alerts.append([label, e['casus'].get('incident'), e['alert'], key])
    for a in alerts:
        if a[0] is None and len(ends[a[3]]) == 1:  # at the end of a flow: it has no packet of its own
            a[0] = next(iter(ends[a[3]]))
        i = a[1]['id'] if isinstance(a[1], dict) else a[1]
        while i in into:
            i = into[i]
        a[1] = i
    return [(a[0], a[1], a[2]) for a in alerts if a[0]]


def pairs(n):
    return n * (n - 1) // 2


def score(alerts, attacks):
    """right pairs, joined pairs, pairs of one label (tagged), (all)."""
    both, incident, label, every = (collections.Counter() for _ in range(4))
    for name, i, _ in alerts:
        if name in attacks:
            every[name] += 1
        if i is None:
            continue
        incident[i] += 1
        if name in attacks:
            label[name] += 1
            both[name, i] += 1
    noise = collections.Counter(i for name, i, _ in alerts if i is not None and name not in attacks)
    return (sum(map(pairs, both.values())), sum(pairs(incident[i]) - pairs(noise[i]) for i in incident),
            sum(map(pairs, label.values())), sum(map(pairs, every.values())))


def loud(a, attacks, setting):
    """Those that raise alerts enough, as the reference has it; without one, all."""
    try:
        with open(f'{a.captures}/reference-alerts.json') as f:
            book = json.load(f)['pcaps']
    except OSError:
        return attacks
    return [n for n in attacks if book.get(n, {}).get(setting, {}).get('alerts', 0) >= FEW] or attacks


def run(captures, rng, networks, crowded, a):
    """Alerts of the mix; words where it went wrong."""
    captures = [c for c in captures if c.frames]
    with tempfile.TemporaryDirectory(prefix='casus-grouping.') as work:
        labels = pack(captures, rng, f'{work}/mix.pcap', crowded)
        rules = [w for r in a.all_rules for w in ('-S', r)]
        p = subprocess.run([a.casus, '-r', f'{work}/mix.pcap', *rules, '-l', f'{work}/out', '-k', 'none', '-q', *networks, *a.more],
                           capture_output=True, text=True)
        if p.returncode not in (0, 65):
            return 'exit %d: %s' % (p.returncode, p.stderr[-400:])
        return told(f'{work}/out/eve.json', labels)


def one(job):
    number, seed, a, some, calm = job
    rng, attacks = random.Random(seed * 1_000_003 + number), some[number % 2]
    chosen = rng.sample(attacks, min(rng.randint(2, 6), len(attacks))) + rng.sample(calm, min(rng.randint(1, 3), len(calm)))
    rng.shuffle(chosen)
    return chosen, run([Capture(os.path.join(a.captures, c), c) for c in chosen], rng, ANY if number % 2 else [], number % 3 == 2, a)


def words(alerts):
    """Which label went into which incidents, for people."""
    rows = collections.defaultdict(collections.Counter)
    for name, i, rule in alerts:
        rows[i][name] += 1
        if i is None:
            rows[None, rule['signature']][name, rule['category']] += 1
    for i in sorted(rows, key=str):
        print('     ', i, ', '.join(f'{n if isinstance(n, str) else "; ".join(n)} {c}' for n, c in rows[i].most_common()))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--mixes', type=int, default=60)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--jobs', type=int, default=2)
    p.add_argument('--captures', default=f'{SHARED}/traffic')
    p.add_argument('--rules', default=f'{SHARED}/rules/et-open.rules.gz')
    p.add_argument('--own', action='store_true', help='the shipped rules beside them')
    p.add_argument('--casus', default=f'{BUILD}/sensor/casus')
    p.add_argument('--set', action='append', default=[], dest='sets')
    p.add_argument('--verbose', action='store_true')
    a = p.parse_args()
    a.more = [w for s in a.sets for w in ('--set', s)]
    if not os.path.isdir(f'{a.captures}/attack') or not os.path.isfile(a.rules):
        print(f'grouping.py: skipped: no captures in {a.captures}, or no rules in {a.rules}')
        sys.exit(77)
    attacks, calm = (sorted(f'{d}/{n}' for d in some if os.path.isdir(f'{a.captures}/{d}') for n in os.listdir(f'{a.captures}/{d}'))
                     for some in (('attack',), ('ics', 'realistic')))
    attacks, calm = ([n for n in some if os.path.getsize(f'{a.captures}/{n}') < MOST] for some in (attacks, calm))
    sums, means, bad = [0, 0, 0, 0], [[], [], []], 0
    with tempfile.TemporaryDirectory(prefix='casus-grouping.') as work:
        a.all_rules = [a.rules]
        if a.rules.endswith('.gz'):
            a.all_rules = [f'{work}/all.rules']
            with gzip.open(a.rules) as packed, open(a.all_rules[0], 'wb') as out:
                out.write(packed.read())
        if a.own:
            own = f'{TOP}/rules/signatures'
            a.all_rules += [f'{own}/{n}' for n in sorted(os.listdir(own)) if n.endswith('.rules')]
        with concurrent.futures.ProcessPoolExecutor(a.jobs) as pool:
            some = [loud(a, attacks, 'default'), loud(a, attacks, 'anynet')]
            for n, (chosen, alerts) in enumerate(pool.map(one, ((n, a.seed, a, some, calm) for n in range(a.mixes)))):
                if isinstance(alerts, str):
                    print(n, alerts)
                    bad += 1
                    continue
                got = score(alerts, set(attacks))
                sums = [x + y for x, y in zip(sums, got)]
                right, joined, tagged, every = got
                for k, (x, y) in enumerate(((right, joined), (right, tagged), (right, every))):
                    if y:
                        means[k].append(x / y)
                if a.verbose:
                    print(n, 'precision', f'{right / joined:.3f}' if joined else '-', 'recall', f'{right / tagged:.3f}' if tagged else '-',
                          f'{right / every:.3f}' if every else '-', *chosen)
                    words(alerts)
    right, joined, tagged, every = sums
    ratio = [right / joined if joined else 0, right / tagged if tagged else 0, right / every if every else 0]
    mean = [sum(m) / len(m) if m else 0 for m in means]
    for name, r, m in zip(('precision', 'recall, tagged', 'recall, all'), ratio, mean):
        print(f'{name:15} {r:.4f} of all pairs, {m:.4f} in the mean of mixes')
    print(f'{a.mixes} mixes, seed {a.seed}, {joined} pairs joined; failed runs: {bad}')
    sys.exit(1 if bad or min(ratio[0], mean[0]) < 0.95 or min(ratio[1], mean[1]) < 0.85 else 0)


if __name__ == '__main__':
    main()
