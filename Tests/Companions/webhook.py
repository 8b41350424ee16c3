"""A receiver of webhooks on loopback that verifies signatures and acts once for each key. Ends with the process that started it.

usage: webhook.py FOLDER ANSWERS    ANSWERS: statuses of the first answers, `500,429,200`; the last one stays. 0 means: never answers.
The shared secret is in FOLDER/secret; port, calls.jsonl (every call) and acts.jsonl (one for each key) go to FOLDER.
"""
import hashlib, hmac, json, os, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder, answers = sys.argv[1], [int(word) for word in sys.argv[2].split(",")]
parent = os.getppid()
lock = threading.Lock()
seen = set()
count = 0


def write(name, record):
    with open(f"{folder}/{name}", "a") as file:
        file.write(json.dumps(record) + "\n")


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global count
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = dict(part.split("=", 1) for part in self.headers["X-Sluice-Signature"].split(","))
        with open(f"{folder}/secret", "rb") as file:
            wanted = hmac.new(file.read(), fields["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(wanted, fields["v1"]) and abs(time.time() - int(fields["t"])) < 300
        key = self.headers["Idempotency-Key"]
        with lock:
            status = answers[min(count, len(answers) - 1)] if good else 401
            count += 1
            write("calls.jsonl", {"key": key, "good": good, "status": status, "kind": self.headers["Content-Type"], "path": self.path})
            if status == 200 and key not in seen:
                seen.add(key)
                write("acts.jsonl", {"key": key, "notice": json.loads(body)})
        if status == 0:
            time.sleep(3600)
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(f"{folder}/port.part", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(f"{folder}/port.part", f"{folder}/port")
while os.getppid() == parent:
    time.sleep(0.2)
os._exit(0)
