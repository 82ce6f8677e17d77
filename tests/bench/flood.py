#!/usr/bin/env python3
"""A flood of forged sources through the whole sensor, at its own pace: is anything lost, does memory hold, does it keep up?

  tests/bench/flood.py [--seconds N] [--rate N] [--sources N] [--told N] [--cap MB] [--fast] [--casus PROGRAM] [--flood PROGRAM]

`make tests/bench/flood` builds what makes the packets: --rate SYNs a second, each of them an alert, from --sources addresses; and
once a second another attacker on another victim, which must become an incident of its own. Of the alerts --told a
second are written (a threshold), all of them reach their incident. They come as fast as they are recorded (--fast: as fast as
possible). Prints the alerts that were counted, incidents, the largest resident memory, and how late after its packet a record was
written. Exit 1: an alert or an incident was lost, memory was over the cap, or a record more than a second late.
"""
import argparse, datetime, json, os, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get('top_srcdir') or os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('top_builddir') or TOP
BEGIN = 1_700_000_000
RULES = '''alert tcp any any -> any 80 (msg:"SYN of a flood"; flags:S; flow:stateless; metadata:casus_effect denial; threshold:type limit, track by_rule, count %d, seconds 1; sid:1; rev:1;)
alert udp any any -> any 666 (msg:"something else"; content:"MARK"; metadata:casus_effect intrusion; sid:2; rev:1;)
'''


def when(text):
    return datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%S.%f%z').timestamp()


class Follow(threading.Thread):
    """Reads eve.json while it is written: how late is each record?"""

    def __init__(self, path, paced):
        super().__init__(daemon=True)
        self.path, self.paced, self.over = path, paced, False
        self.begin = None
        self.late, self.incidents, self.stats, self.victims = [], {}, {}, set()

    def take(self, line):
        e = json.loads(line)
        t = when(e['timestamp']) - BEGIN
        if self.begin is None and e['event_type'] == 'alert':
            self.begin = time.monotonic() - t
        if e['event_type'] in ('alert', 'incident') and not self.over:
            self.late.append((time.monotonic() - self.begin - t, e['event_type'], t))
        if e['event_type'] == 'incident':
            i = e['casus']['incident']
            self.incidents[i['id']] = i
        if e['event_type'] == 'stats':
            self.stats = e['stats']

    def run(self):
        while not os.path.exists(self.path) and not self.over:
            time.sleep(0.02)
        rest = ''
        with open(self.path) as f:
            while True:
                more = f.read(1 << 20)
                if not more:
                    if self.over:
                        return
                    time.sleep(0.02)
                    continue
                *lines, rest = (rest + more).split('\n')
                for line in lines:
                    self.take(line)


def resident(pid):
    try:
        with open(f'/proc/{pid}/status') as f:
            for line in f:
                if line.startswith('VmHWM'):
                    return int(line.split()[1]) // 1024
    except OSError:
        pass
    return 0


def numbers(tree, path=''):
    for k, v in tree.items():
        if isinstance(v, dict):
            yield from numbers(v, f'{path}{k}.')
        elif isinstance(v, (int, float)):
            yield f'{path}{k}', v


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--seconds', type=int, default=60)
    p.add_argument('--rate', type=int, default=100_000)
    p.add_argument('--sources', type=int, default=1_000_000)
    p.add_argument('--told', type=int, default=100)
    p.add_argument('--cap', type=int, default=1024, help='MB')
    p.add_argument('--fast', action='store_true')
    p.add_argument('--casus', default=f'{BUILD}/sensor/casus')
    p.add_argument('--flood', default=f'{BUILD}/tests/bench/flood')
    p.add_argument('--set', action='append', default=[], dest='sets')
    a = p.parse_args()
    with tempfile.TemporaryDirectory(prefix='casus-flood.') as work:
        with open(f'{work}/flood.rules', 'w') as f:
            f.write(RULES % a.told)
        pace = [] if a.fast else ['--replay-speed', '1']
        began = time.monotonic()
        make = subprocess.Popen([a.flood, str(a.seconds), str(a.rate), str(a.sources)], stdout=subprocess.PIPE)
        sensor = subprocess.Popen([a.casus, '-r', '-', '-S', f'{work}/flood.rules', '-l', f'{work}/out', '-k', 'none', '-q', *pace,
                                   *(w for s in a.sets for w in ('--set', s))], stdin=make.stdout, stderr=subprocess.PIPE, text=True)
        make.stdout.close()
        follow = Follow(f'{work}/out/eve.json', not a.fast)
        follow.start()
        most = 0
        while sensor.poll() is None:
            most = max(most, resident(sensor.pid))
            time.sleep(0.1)
        took = time.monotonic() - began
        used = os.times()
        follow.over = True
        follow.join()
        words = sensor.stderr.read()
        if sensor.returncode:
            print(f'exit {sensor.returncode}: {words[-400:]}')
            sys.exit(1)
    flood = max(follow.incidents.values(), key=lambda i: i['alerts'])
    others = sum(i['alerts'] >= 1 and i is not flood and i['state'] != 'merged' for i in follow.incidents.values())
    late = max(follow.late, default=(0, '', 0))
    refused = {k: v for k, v in numbers(follow.stats) if v and ('refused' in k or 'ring' in k and 'drop' in k or 'lost' in k)}
    print(f"alerts         {flood['alerts']} of {a.seconds * a.rate} reached the incident; sources "
          + ' / '.join(f"{flood['scale']['sources'][k]:.0f}" for k in ('lo', 'likely', 'hi')) + f' of {min(a.sources, a.seconds * a.rate)}')
    print(f'incidents      {others} of {a.seconds} others; lost or refused: {refused or "none"}')
    print(f'memory         {most} MB at most, cap {a.cap} MB')
    print(f'time           {took:.1f} s for {a.seconds} s; latest record {late[0]:.2f} s after its packet ({late[1]} at {late[2]:.1f} s)')
    print(f'processor      {used.children_user + used.children_system:.1f} s')
    ok = flood['alerts'] == a.seconds * a.rate and others == a.seconds and not refused and most <= a.cap and (a.fast or late[0] <= 1)
    sys.exit(0 if ok else 1)


if __name__ == '__main__':
    main()
