#!/usr/bin/env python3
"""Replays every case and compares what the sensor said with what was expected. README beside it tells the format.

usage: run.py [--casus PROGRAM] [--mkpcap PROGRAM] [--keep] [--every N] [CASE ...]
A CASE is the name of a folder here, or rules/SID. Last line: 'N passed, N failed'.
"""
import argparse, concurrent.futures, filecmp, glob, json, os, re, shutil, subprocess, sys, tempfile, warnings

# The system's python3 is the one that has the Debian packages; another may come first in the path.
if os.access('/usr/bin/python3', os.X_OK) and not sys.executable.startswith('/usr/bin/') and not os.environ.get('REPLAY_PYTHON'):
    os.environ['REPLAY_PYTHON'] = '1'
    os.execv('/usr/bin/python3', ['/usr/bin/python3'] + sys.argv)
try:
    import yaml
except ImportError:
    print('skipped: python3 without yaml')
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('top_builddir', TOP)
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'tests', 'system'))
LOGS = 'outputs: [{eve-log: {enabled: yes, types: [alert, %s{anomaly: {types: {decode: yes, stream: yes}}}, http, dns, tls, smb, modbus, dnp3, iec104, s7comm, ssh, ftp]}}]\n'


class Failed(Exception):
    pass


def need(condition, *words):
    if not condition:
        raise Failed(' '.join(str(w) for w in words))


def schema_check():
    """A function that tells what of an eve.json does not fit rules/schema, or None without schemas or a validator."""
    if not os.path.isdir(os.path.join(TOP, 'rules', 'schema')):
        return None
    try:
        import validate
    except ImportError:
        return None
    warnings.simplefilter('ignore')

    class Check(validate.Check):
        def tell(self, where, text):
            self.bad += 1
            if self.bad == 1:
                self.first = '%s: %s' % (where, text)

    def check(path):
        c = Check()
        c.eve(path)
        return c.first if c.bad else None
    return check


class Run:
    """One folder of work, in which the sensor runs."""

    def __init__(self, args, name):
        self.args, self.name = args, name
        self.dir = tempfile.mkdtemp(prefix='casus-replay-')

    def close(self):
        if not self.args.keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, *p):
        return os.path.join(self.dir, *p)

    def capture(self, text, name='in.pcap'):
        """A capture from a script; the path of it."""
        out = self.path(name)
        p = subprocess.run([self.args.mkpcap, text, '-o', out], capture_output=True, text=True)
        need(p.returncode == 0, 'mkpcap:', p.stderr)
        return out

    def casus(self, *words, log='log', stdin=None, exit_code=0, rules=True, config=True, flows=True):
        """Runs it with the rules and packs of this tree; its eve.json as a list, its messages."""
        where = self.path(log)
        shutil.rmtree(where, ignore_errors=True)
        os.makedirs(where)
        argv = [self.args.casus, '-l', where, '--packs', os.path.join(TOP, 'rules', 'policy'), '--no-summary',
                '--set', 'effects=' + os.path.join(TOP, 'rules', 'effects.yaml')]
        for file in ('classification', 'reference-config'):
            name = file.split('-')[0] + '.config'
            argv += ['--set', file + '-file=' + os.path.join(TOP, 'rules', 'signatures', name)]
        if config:
            with open(self.path('logs.yaml'), 'w') as f:
                f.write(LOGS % ('flow, ' if flows else ''))
            argv += ['-c', self.path('logs.yaml')]
        if rules:
            for file in sorted(glob.glob(os.path.join(TOP, 'rules', 'signatures', '*.rules'))):
                argv += ['-S', file]
        env = dict(os.environ, XDG_CACHE_HOME=self.path('cache'))
        p = subprocess.run(argv + list(words), capture_output=True, stdin=stdin or subprocess.DEVNULL, cwd=self.dir, env=env, timeout=300)
        messages = p.stderr.decode(errors='replace')
        need(p.returncode == exit_code, 'exit code', p.returncode, 'and not', exit_code, '\n' + messages[-2000:])
        eve = os.path.join(where, 'eve.json')
        lines = open(eve, encoding='utf-8').read().splitlines() if os.path.exists(eve) else []
        records = [json.loads(line) for line in lines]
        if self.args.schema and records:
            wrong = self.args.schema(eve)
            need(not wrong, 'schema:', wrong)
        return records, messages


def value(record, key):
    """By a dotted name; numbers are places in lists; NAME.__len is a length. None when it is not there."""
    parts = key.split('.')
    for i, part in enumerate(parts):
        if isinstance(record, dict) and '.'.join(parts[i:]) in record:
            return record['.'.join(parts[i:])]
        if part == '__len':
            return len(record)
        if isinstance(record, list) and part.isdigit():
            record = record[int(part)] if int(part) < len(record) else None
        elif isinstance(record, dict):
            record = record.get(part)
        else:
            return None
    return record


def fits(record, match):
    for key, want in match.items():
        name, _, op = key.partition('__') if key.endswith(('__startswith', '__contains', '__has-key', '__min')) else (key, '', '')
        if name == 'has-key':
            if value(record, want) is None:
                return False
            continue
        got = value(record, name)
        if op == 'startswith' and not str(got).startswith(str(want)):
            return False
        if op == 'contains' and (got is None or str(want) not in str(got)):
            return False
        if op == 'min' and (got is None or got < want):
            return False
        if not op and got != want:
            return False
    return True


def check_filters(records, checks):
    for check in checks:
        f = check['filter']
        n = sum(fits(r, f['match']) for r in records)
        want = str(f['count'])
        ok = n >= int(want[2:]) if want.startswith('>=') else n == int(want)
        need(ok, n, 'records and not', want, 'fit', f['match'])


def folder_case(args, name):
    """tests/replay/NAME/: in.pkt or in.pcap, test.yaml, and what else its arguments name."""
    here = os.path.join(HERE, name)
    with open(os.path.join(here, 'test.yaml')) as f:
        test = yaml.safe_load(f)
    run = Run(args, name)
    try:
        words = [str(w).replace('$CASE', here).replace('$TOP', TOP) for w in test.get('args', [])]
        if os.path.exists(os.path.join(here, 'in.pkt')):
            words += ['-r', run.capture(os.path.join(here, 'in.pkt'))]
        elif os.path.exists(os.path.join(here, 'in.pcap')):
            words += ['-r', os.path.join(here, 'in.pcap')]
        own = os.path.join(here, 'case.rules')
        conf = os.path.join(here, 'casus.yaml')
        if os.path.exists(own):
            words += ['-S', own]
        if os.path.exists(conf):
            words += ['-c', conf]
        records, messages = run.casus(*words, exit_code=test.get('exit', 0), rules=not os.path.exists(own) and test.get('rules', True),
                                      config=not os.path.exists(conf))
        check_filters(records, test.get('checks', []))
        for want in test.get('stderr', []):
            need(re.search(want.replace('$CASE', re.escape(here)), messages), 'no', want, 'in\n' + messages)
    finally:
        run.close()


def sids(records):
    return {r['alert']['signature_id'] for r in records if r['event_type'] == 'alert'}


def rule_case(args, sid):
    run = Run(args, sid)
    try:
        for kind in ('fire', 'miss'):
            records, _ = run.casus('-r', run.capture(os.path.join(HERE, 'rules', sid, kind + '.pkt')), flows=False)
            fired = int(sid) in sids(records)
            need(fired == (kind == 'fire'), kind, 'capture: the rule', 'fired' if fired else 'did not fire;', 'others:', sorted(sids(records)))
    finally:
        run.close()


def story():
    """A capture with a bit of everything."""
    return os.path.join(HERE, 'mixed', 'in.pkt')


def same_bytes(a, b):
    for root, _, files in os.walk(a):
        for f in files:
            other = os.path.join(b, os.path.relpath(os.path.join(root, f), a))
            need(os.path.exists(other) and filecmp.cmp(os.path.join(root, f), other, False), os.path.join(root, f), 'differs from', other)
            yield f


def case_determinism(args):
    """The same capture twice: the same bytes in eve.json and journal."""
    run = Run(args, 'determinism')
    try:
        pcap = run.capture(story())
        run.casus('-r', pcap, log='one')
        run.casus('-r', pcap, log='two')
        names = list(same_bytes(run.path('one'), run.path('two')))
        need('eve.json' in names and len(names) > 1, 'too few files were compared:', names)
    finally:
        run.close()


def facts_of(records):
    """What must not depend on the number of workers: order, numbering and the counters of a worker may."""
    out = []
    for r in records:
        if r['event_type'] in ('stats',):
            continue
        r = dict(r)
        for volatile in ('casus', 'pcap_cnt', 'flow_id'):
            r.pop(volatile, None)
        out.append(json.dumps(r, sort_keys=True))
    return sorted(out)


def case_workers(args):
    """One worker and two: the same set of events."""
    run = Run(args, 'workers')
    try:
        pcap = run.capture(story())
        one, _ = run.casus('-r', pcap, '-w', '1', log='one')
        two, _ = run.casus('-r', pcap, '-w', '2', log='two')
        a, b = facts_of(one), facts_of(two)
        need(len(a) > 20, 'too few events:', len(a))
        need(a == b, 'only with one:', [x for x in a if x not in b][:2], 'only with two:', [x for x in b if x not in a][:2])
    finally:
        run.close()


def case_matchers(args):
    """Whichever search for patterns this processor has, and the one that all have: the same events."""
    run = Run(args, 'matchers')
    try:
        os.makedirs(run.path('all'))
        for sid in sorted(os.listdir(os.path.join(HERE, 'rules'))):
            run.capture(os.path.join(HERE, 'rules', sid, 'fire.pkt'), 'all/%s.pcap' % sid)
        run.capture(story(), 'all/story.pcap')
        one, _ = run.casus('-r', run.path('all'), log='one')
        two, _ = run.casus('-r', run.path('all'), '--set', 'detect.mpm-algo=hs', log='two')
        a, b = facts_of(one), facts_of(two)
        need(len(set(sids(one))) > 30, 'too few rules fired:', len(set(sids(one))))
        need(a == b, 'only as it chose:', [x for x in a if x not in b][:2], 'only with hs:', [x for x in b if x not in a][:2])
    finally:
        run.close()


def case_stdin(args):
    """-r - reads the capture from standard input and says the same."""
    run = Run(args, 'stdin')
    try:
        pcap = run.capture(story())
        a, _ = run.casus('-r', pcap, log='file')
        with open(pcap, 'rb') as f:
            b, _ = run.casus('-r', '-', log='stdin', stdin=f)
        need(facts_of(a) == facts_of(b), 'other events from standard input')
    finally:
        run.close()


def case_folder(args):
    """-r FOLDER reads every capture of it, in the order of their names."""
    run = Run(args, 'folder')
    try:
        os.mkdir(run.path('captures'))
        fire = [os.path.join(HERE, 'rules', sid, 'fire.pkt') for sid in ('9102004', '9106002')]
        run.capture(fire[0], 'captures/a.pcap')
        run.capture(fire[1], 'captures/b.pcap')
        records, _ = run.casus('-r', run.path('captures'))
        need({9102004, 9106002} <= sids(records), 'alerts of', sorted(sids(records)), 'only')
    finally:
        run.close()


def case_damaged_capture(args):
    """A capture that ends inside a packet: what could be read is told, exit code 65."""
    run = Run(args, 'damaged')
    try:
        pcap = run.capture(story())
        data = open(pcap, 'rb').read()
        open(run.path('cut.pcap'), 'wb').write(data[:-7])
        records, messages = run.casus('-r', run.path('cut.pcap'), exit_code=65)
        need(sids(records), 'nothing was told of what could be read')
        open(run.path('none.pcap'), 'wb').write(b'this is no capture at all, not even close to it')
        _, messages = run.casus('-r', run.path('none.pcap'), exit_code=65)
        need('none.pcap' in messages, 'the message does not name the file:', messages)
    finally:
        run.close()


def case_missing_file(args):
    run = Run(args, 'missing')
    try:
        _, messages = run.casus('-r', run.path('nowhere.pcap'), exit_code=66)
        need('nowhere.pcap' in messages, 'the message does not name the file:', messages)
    finally:
        run.close()


def case_no_interface(args):
    run = Run(args, 'interface')
    try:
        _, messages = run.casus('-i', 'nosuchif0', exit_code=69)
        need('nosuchif0' in messages, 'the message does not name the interface:', messages)
    finally:
        run.close()


def bad_file(run, text, options, where, says):
    """A broken input file: exit code 78 and file:line:column. `options` gives the words for its path."""
    path = run.path('bad.file')
    with open(path, 'w') as f:
        f.write(text)
    words, more = options(path)
    for extra in (['-T'], ['-r', run.path('in.pcap')]):
        _, messages = run.casus(*words, *extra, exit_code=78, **more)
        need(re.search(r'bad\.file:%s:.*%s' % (where, says), messages), 'no bad.file:%s: %s in\n%s' % (where, says, messages))


def case_bad_files(args):
    """Unknown key, bad rule, bad inventory, bad context: all at file:line:column, exit code 78."""
    run = Run(args, 'bad')
    try:
        run.capture(story())
        conf = lambda p: (['-c', p], {'config': False})
        bad_file(run, 'workers: 1\nworkres: 2\n', conf, '2:1', 'workres')
        bad_file(run, 'workers: many\n', conf, '1:10', 'many')
        bad_file(run, 'stats:\n  interval: [\n', conf, r'\d+:\d+', '')
        bad_file(run, 'alert tcp any any -> any any (msg:"x"; nonsense:1; sid:1;)\n', lambda p: (['--init-errors-fatal', '-S', p], {'rules': False}),
                 r'1:\d+', 'nonsense')
        bad_file(run, 'assets:\n  - name: a\n    owner: JP\n    sector: energy\n    networks: [10.0.0.0/33]\n', lambda p: (['--inventory', p], {}),
                 r'5:\d+', '10.0.0.0/33')
        bad_file(run, 'statements:\n  - id: s1\n    author: x\n    time: yesterday\n', lambda p: (['--context', p], {}), r'4:\d+', 'yesterday')
    finally:
        run.close()


def case_bad_pack(args):
    """An unknown condition in a party's pack."""
    run = Run(args, 'pack')
    try:
        run.capture(story())
        shutil.copytree(os.path.join(TOP, 'rules', 'policy'), run.path('packs'))
        subprocess.run(['chmod', '-R', 'u+w', run.path('packs')], check=True)
        with open(run.path('packs', 'jp.yaml')) as f:
            text = f.read().replace('condition: intrusion', 'condition: intrusoin')
        with open(run.path('packs', 'jp.yaml'), 'w') as f:
            f.write(text)
        _, messages = run.casus('--packs', run.path('packs'), '-r', run.path('in.pcap'), exit_code=78)
        need(re.search(r'jp\.yaml:\d+:\d+:.*intrusoin', messages), messages)
    finally:
        run.close()


def case_config_rules(args):
    """A rule that does not load is told, but ends nothing unless asked."""
    run = Run(args, 'one bad rule')
    try:
        with open(run.path('two.rules'), 'w') as f:
            f.write('alert tcp any any -> any any (msg:"bad"; nonsense:1; sid:1;)\nalert tcp any any -> any any (msg:"good"; flags:S; sid:2;)\n')
        records, messages = run.casus('-S', run.path('two.rules'), '-r', run.capture(story()), rules=False)
        need('two.rules:1:' in messages, messages)
        need(sids(records) == {2}, sids(records))
    finally:
        run.close()


def case_scenario(args):
    """The shipped scenario: one incident, bands that rise step by step, parties that differ, unknowns that are listed."""
    run = Run(args, 'scenario')
    where = os.path.join(TOP, 'contrib', 'scenario')
    try:
        records, _ = run.casus('-r', run.capture(os.path.join(where, 'scenario.pkt')), '--inventory', os.path.join(where, 'inventory.yaml'),
                               '--context', os.path.join(where, 'context.yaml'), '--exercise')
        incidents = {r['casus']['incident']['id']: r['casus']['incident'] for r in records if r['event_type'] == 'incident'}
        need(len(incidents) == 1, 'incidents:', sorted(incidents))
        last = next(iter(incidents.values()))
        jp, us, nato = (last['parties'][p] for p in ('JP', 'US', 'NATO'))
        need(jp['lo'] == 'B2' and us['lo'] == 'B1' and nato['lo'] == 'B2', jp['lo'], us['lo'], nato['lo'])
        need(any(sorted(d['parties']) == ['JP', 'US'] for d in last['divergence']), last['divergence'])
        need({'deaths', 'injuries'} <= set(last['unknowns']), last['unknowns'])
        need({'scan', 'intrusion', 'c2', 'lateral', 'ot-write', 'ot-control', 'ot-stop'} <= set(last['effects']), last['effects'])
        scale = last['scale']
        need(scale['services_down']['likely'] >= 2 and scale['outage_s']['likely'] > 300, scale['services_down'], scale['outage_s'])
        need(scale['ot_controls']['likely'] == 18 and scale['ot_writes']['likely'] == 9, scale['ot_controls'], scale['ot_writes'])
        steps = [c['to']['lo'] for r in records if r['event_type'] == 'escalation'
                 for c in r['casus']['escalation']['changes'] if c['party'] == 'JP']
        need(len(steps) >= 4 and steps == sorted(steps), 'escalations of JP:', steps)
        quiet = [r for r in records if r['event_type'] == 'alert' and r['timestamp'] < '2026-11-20T03:04']
        need(not quiet, 'alerts before the attack:', [r['alert']['signature'] for r in quiet])
    finally:
        run.close()


CASES = {n[5:]: f for n, f in list(globals().items()) if n.startswith('case_')}


def job(args, name):
    try:
        if name.startswith('rules/'):
            rule_case(args, name[6:])
        elif name in CASES:
            CASES[name](args)
        else:
            folder_case(args, name)
        return name, None
    except (Failed, subprocess.TimeoutExpired, OSError, ValueError, KeyError) as e:
        return name, '%s: %s' % (type(e).__name__, e) if not isinstance(e, Failed) else str(e)


def all_names():
    names = sorted(n for n in os.listdir(HERE) if os.path.exists(os.path.join(HERE, n, 'test.yaml')))
    return names + sorted(CASES) + ['rules/' + n for n in sorted(os.listdir(os.path.join(HERE, 'rules')))]


def every_rule_has_captures():
    have = set(os.listdir(os.path.join(HERE, 'rules')))
    for file in glob.glob(os.path.join(TOP, 'rules', 'signatures', '*.rules')):
        for sid in re.findall(r'\bsid:(\d+);', open(file).read()):
            if sid not in have:
                yield sid


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--casus', default=os.path.abspath(os.path.join(BUILD, 'sensor', 'casus')))
    p.add_argument('--mkpcap', default=os.path.abspath(os.path.join(BUILD, 'tools', 'mkpcap', 'mkpcap')))
    p.add_argument('--keep', action='store_true', help='leave the folders of work')
    p.add_argument('--every', type=int, default=int(os.environ.get('REPLAY_EVERY', '1')), metavar='N',
                   help='every Nth of all cases only; or $REPLAY_EVERY')
    p.add_argument('names', nargs='*', metavar='CASE')
    args = p.parse_args()
    if args.every < 1:
        p.error('--every %d: expected 1 or more' % args.every)
    args.schema = schema_check()
    if not args.schema:
        print('note: records are not checked against rules/schema (no schemas, or python3 without jsonschema)')
    passed, failed = 0, 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, why in pool.map(lambda n: job(args, n), args.names or all_names()[::args.every]):
            passed, failed = passed + (why is None), failed + (why is not None)
            print(('PASS: ' if why is None else 'FAIL: ') + name + ('' if why is None else '\n      ' + why.replace('\n', '\n      ')))
    if not args.names:
        for sid in every_rule_has_captures():
            failed += 1
            print('FAIL: rule %s ships no captures' % sid)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
