#!/usr/bin/python3
"""bus - rate from journal to Redis, by unix socket and by TLS, of records of 600 bytes (make tests/bench/bus first).

  bus.py [--records 500000] [--runs 3]      prints the best of the runs; exit 1 when a run did not deliver all
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUS = os.path.join(TOP, "tests/bench/bus")
CERTIFICATES = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 9 -subj /CN=ca
printf 'subjectAltName=IP:127.0.0.1' > ext
openssl req -newkey rsa:2048 -nodes -keyout my.key -out my.csr -subj /CN=my
openssl x509 -req -in my.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out my.pem -days 9 -extfile ext
chmod 600 *.key
"""


def server(top, port):
    return subprocess.Popen(["redis-server", "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--unixsocket", top + "/s", "--dir", top,
                             "--save", "", "--tls-cert-file", top + "/my.pem", "--tls-key-file", top + "/my.key", "--tls-ca-cert-file", top + "/ca.pem"],
                            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def run(top, args, how):
    best = {}
    for _ in range(args.runs):
        subprocess.run(["redis-cli", "-s", top + "/s", "flushall"], stdout=subprocess.DEVNULL, check=True)
        shutil.rmtree(top + "/j", ignore_errors=True)
        os.mkdir(top + "/j")
        out = subprocess.run([BUS, top + "/j", str(args.records), *how], capture_output=True, text=True, check=False)
        if out.returncode:
            sys.exit(out.stderr)
        for line in out.stdout.splitlines():
            m = re.match(r"(.*?) (\d+) records/s(.*)", line)
            best[m[1]] = max(best.get(m[1], (0, "")), (int(m[2]), m[3]))
    for name, (rate, rest) in best.items():
        print(f"{name}: {rate} records/s{rest}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--records", type=int, default=500000)
    p.add_argument("--runs", type=int, default=3)
    args = p.parse_args()
    top, port = tempfile.mkdtemp(prefix="casus-bus."), 20000 + os.getpid() % 20000
    subprocess.run(["sh", "-ec", CERTIFICATES], cwd=top, stderr=subprocess.DEVNULL, check=True)
    redis = server(top, port)
    try:
        while subprocess.run(["redis-cli", "-s", top + "/s", "ping"], capture_output=True, check=False).returncode:
            time.sleep(0.05)
        run(top, args, [top + "/s"])
        run(top, args, ["127.0.0.1", str(port), top + "/ca.pem", top + "/my.pem", top + "/my.key"])
    finally:
        redis.kill()
        redis.wait()
        shutil.rmtree(top)


if __name__ == "__main__":
    main()
