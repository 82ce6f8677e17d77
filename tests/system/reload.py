#!/usr/bin/env python3
"""Rules that come later look at connections that are there already.

A sensor without rules, and with no log but that of alerts, follows packets and counts them only. One HTTP connection is opened on
an interface of its own, some requests go over it; rules on the stream, on fields and on bodies are loaded; when they are in force
every further request has an alert of each of them, and none before had one. Needs root, unshare(1), ip(8); skips without.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from live_check import find

TOP = pathlib.Path(os.environ.get('top_srcdir', '.')).resolve()
BUILD = pathlib.Path(os.environ.get('top_builddir', '.')).resolve()
CASUS, CTL = str(BUILD / 'sensor/casus'), str(BUILD / 'tools/casusctl/casusctl')
PORT = 18080
RULES = '''
alert http any any -> any any (msg:"target"; http.uri; content:"/asked"; sid:1;)
alert tcp any any -> any any (msg:"stream"; flow:established,to_server; content:"/asked"; content:"User-Agent"; distance:0; sid:2;)
alert http any any -> any any (msg:"body"; file.data; content:"hello"; sid:3;)
alert http any any -> any any (msg:"header"; http.user_agent; content:"tester"; sid:4;)
alert http any any -> any any (msg:"in force"; http.uri; content:"/idle"; sid:5;)
'''


def skip(why):
    print(f'reload.py: skipped: {why}', file=sys.stderr)
    sys.exit(77)


def fail(why):
    sys.exit(f'reload.py: {why}')


def until(what, true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            fail(f'not in {seconds} s: {what}')
        time.sleep(0.05)


def serve(listening):
    peer, _ = listening.accept()
    got = b''
    while data := peer.recv(4096):
        got += data
        while b'\r\n\r\n' in got:
            request, got = got.split(b'\r\n\r\n', 1)
            peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' + (b'hello' if b'/asked' in request else b'other'))


def ask(client, target, agent=b'tester'):
    client.sendall(b'GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n\r\n' % (target, agent))
    got = b''
    while not got.endswith((b'hello', b'other')):
        got += client.recv(4096) or fail('the server hung up')
    time.sleep(0.1)  # what acknowledges the answer


def ctl(out, *words):
    return subprocess.run([CTL, '--socket', f'{out}/casus.sock', '--json', *words], capture_output=True, text=True)


def packets(out):
    done = ctl(out, 'stats')
    return find(json.loads(done.stdout), 'capture')['kernel_packets'] if done.returncode == 0 else -1


def quiet(out):
    """Everything that was sent so far has been looked at: for longer than figures are renewed nothing is added."""
    last, since = -1, time.monotonic()
    while last <= 0 or time.monotonic() < since + 2.5:
        now = packets(out)
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.1)


def alerts(out):
    told = {}
    with open(f'{out}/eve.json', encoding='utf-8') as f:
        for line in f:
            if not line.endswith('\n'):
                break  # being written
            record = json.loads(line)
            if record['event_type'] == 'alert':
                sid = record['alert']['signature_id']
                told[sid] = told.get(sid, 0) + 1
    return told


def run(work):
    out, rules = f'{work}/out', pathlib.Path(f'{work}/a.rules')
    os.chmod(work, 0o755)  # the sensor becomes somebody else, and reads the rules again
    os.mkdir(out)
    rules.write_text('')
    pathlib.Path(f'{work}/casus.yaml').write_text('outputs: [{eve-log: {enabled: yes, filename: eve.json, types: [alert]}}]\n')
    sensor = subprocess.Popen([CASUS, '-c', f'{work}/casus.yaml', '-i', 'lo', '-S', str(rules), '-l', out, '-k', 'none', '-q'])
    try:
        until('the sensor answers', lambda: ctl(out, 'status').returncode == 0)
        listening = socket.create_server(('127.0.0.1', PORT))
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        client = socket.create_connection(('127.0.0.1', PORT))
        for i in range(5):
            ask(client, b'/asked-before-%d' % i)
        quiet(out)
        rules.write_text(RULES)
        if (done := ctl(out, 'reload')).returncode != 0:
            fail(f'reload: {done.stdout}{done.stderr}')
        until('rules are in force', lambda: ask(client, b'/idle', b'other') or 5 in alerts(out))
        for i in range(3):
            ask(client, b'/asked-after-%d' % i)
        client.close()
        until('alerts of the last request', lambda: all(alerts(out).get(sid, 0) >= 3 for sid in (1, 2, 3, 4)))
        sensor.send_signal(signal.SIGTERM)
        if (code := sensor.wait(60)) != 0:
            fail(f'exit {code}')
    finally:
        sensor.kill()
    told = alerts(out)
    told.pop(5)
    if told != {1: 3, 2: 3, 3: 3, 4: 3}:
        fail(f'alerts by rule: {told}, three of each expected')


def main():
    if not (os.access(CASUS, os.X_OK) and os.access(CTL, os.X_OK)):
        skip('not built')
    if os.geteuid() != 0 or not shutil.which('unshare') or not shutil.which('ip'):
        skip('needs root, unshare and ip')
    if 'RELOAD_INSIDE' not in os.environ:
        if subprocess.run(['unshare', '-n', 'ip', 'link', 'set', 'lo', 'up'], capture_output=True).returncode != 0:
            skip('network namespaces cannot be made')
        os.execvpe('unshare', ['unshare', '-n', sys.executable, __file__], {**os.environ, 'RELOAD_INSIDE': '1'})
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    with tempfile.TemporaryDirectory(prefix='casus-reload.') as work:
        run(work)


if __name__ == '__main__':
    main()
