#!/usr/bin/python3
"""sse - a sensor's alerts as server-sent events for a browser: new EventSource("http://localhost:8080/edge-1").

The stream id is the event's id, so a browser that comes back sends Last-Event-ID and goes on right behind it; nothing is kept
here. Without that header it begins with new records, with ?from=ID (0 = the oldest) at that place. Records are sent
as they are; a reader drops doubles on casus.eid and sees gaps on (casus.epoch, casus.seq) of the records it asked for.

  sse.py --socket /run/redis/redis.sock [--listen 127.0.0.1:8080] [--origin https://dashboard.example]

An example: towards browsers it has no users and no TLS; put it behind something that has. Towards Redis --tls speaks TLS. Needs python3-redis.
"""
import argparse
import http.server
import re
import socketserver
import sys
import urllib.parse

import redis

ID = re.compile(r"\d{1,20}(-\d{1,20})?")
SENSOR = re.compile(r"/([a-z0-9-]{1,32})")
WAIT_MS = 15000


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        sensor = SENSOR.fullmatch(url.path)
        last = self.headers.get("Last-Event-ID") or urllib.parse.parse_qs(url.query).get("from", ["$"])[0]
        if not sensor or not (last == "$" or ID.fullmatch(last)):
            self.send_error(404 if not sensor else 400)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        if self.server.args.origin:
            self.send_header("Access-Control-Allow-Origin", self.server.args.origin)
        self.end_headers()
        try:
            self.follow(f"{self.server.args.prefix}{{{sensor.group(1)}}}:alerts", last)
        except (BrokenPipeError, ConnectionResetError):
            pass
        except redis.RedisError as error:
            print(f"sse: {error}", file=sys.stderr)  # the browser comes back by itself, with the last id it has

    def follow(self, stream, last):
        client = self.server.client
        if last == "$":  # the place must hold over the reads that follow
            newest = client.xrevrange(stream, count=1)
            last = newest[0][0].decode() if newest else "0-0"
        while True:
            answer = client.xread({stream: last}, count=500, block=WAIT_MS)
            for _, entries in answer or []:
                for entry_id, fields in entries:
                    last = entry_id.decode()
                    event = fields[b"t"].decode("ascii", "replace")
                    self.wfile.write(b"id: %s\nevent: %s\ndata: %s\n\n" % (entry_id, event.encode(), fields[b"j"]))
            if not answer:
                self.wfile.write(b": still here\n\n")
            self.wfile.flush()

    def log_message(self, format, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--socket")
    p.add_argument("--host", default="localhost")
    p.add_argument("--port", type=int, default=6379)
    p.add_argument("--user")
    p.add_argument("--password-file")
    p.add_argument("--tls", action="store_true", help="TLS to --host; its certificate must be for that name")
    p.add_argument("--tls-ca", help="PEM file of the CA that it must come from; default: the system's")
    p.add_argument("--tls-cert", help="PEM file of the certificate that is shown where Redis asks for one")
    p.add_argument("--tls-key", help="PEM file of its key")
    p.add_argument("--prefix", default="casus:1:")
    p.add_argument("--listen", default="127.0.0.1:8080")
    p.add_argument("--origin", help="page that may read it from another origin")
    args = p.parse_args()
    password = open(args.password_file, encoding="utf-8").readline().rstrip("\r\n") if args.password_file else None
    where = {"unix_socket_path": args.socket} if args.socket else {"host": args.host, "port": args.port}
    if args.tls and not args.socket:
        where.update(ssl=True, ssl_cert_reqs="required", ssl_check_hostname=True, ssl_ca_certs=args.tls_ca, ssl_certfile=args.tls_cert,
                     ssl_keyfile=args.tls_key)
    address, port = args.listen.rsplit(":", 1)
    server = Server((address, int(port)), Handler)
    server.args = args
    server.client = redis.Redis(username=args.user, password=password, **where)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
