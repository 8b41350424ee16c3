"""roles.py KEYS COMMANDS FEED: tries with every key, by pyzmq, what a role may do. Prints one JSON line for each try."""
import json, os, sys, time, zmq

keys, commands_at, feed_at = sys.argv[1:4]
context = zmq.Context()
server = open(f"{keys}/broker.pub").read().split()[0].encode()
TOPICS = ["pipeline.registered.v1", "pipeline.paused.v1", "pipeline.unpaused.v1", "run.requested.v1", "run.rejected.v1", "run.started.v1",
          "run.cancel_requested.v1", "run.succeeded.v1", "run.failed.v1", "tasks.added.v1", "task.ready.v1", "task.succeeded.v1", "task.failed.v1",
          "task.skipped.v1", "task.dead_lettered.v1", "task.requeued.v1", "alert.raised.v1", "sla.missed.v1", "file.arrived.v1",
          "webhook.received.v1", "backfill.requested.v1"]
VERBS = {"read": {"prefixes": ["run."]}, "confirm": {"position": 0}, "resume": {"reader": "x"}, "forget": {"reader": "nobody"},
         "claim": {"worker": "w", "waitMilliseconds": 0}, "extend": {"lease": "1.1"}, "complete": {"lease": "1.1"}, "release": {"lease": "1.1"},
         "withdraw": {"run": "none"}, "lead": {"name": "x"}, "inspect": {"subject": "status"}, "requeue": {"entry": 1}}
WORK = ("extract", "load", "transform", "quality")


def pair(name):
    words = dict(line.split() for line in open(f"{keys}/{name}.key") if not line.startswith("#"))
    return words["public"].encode(), words["secret"].encode()


def connect(kind, endpoint, own):
    socket = context.socket(kind)
    socket.linger = 0
    if own:
        socket.curve_publickey, socket.curve_secretkey = own
        socket.curve_serverkey = server
    socket.connect(endpoint)
    return socket


def ask(socket, verb, body, *events):
    socket.send_multipart([b"1", verb.encode(), json.dumps(body).encode(), *events])
    if not socket.poll(3000):
        return "silence"
    _, status, answer, *_ = socket.recv_multipart()
    return "ok" if status == b"ok" else json.loads(answer)["reason"]


def event(kind, name):
    text = {"specversion": "1.0", "id": f"{name}/{kind}", "source": "forger", "type": kind, "pipeline": "p", "data": {}}
    role = "-"
    if kind == "task.ready.v1":
        text |= {"role": "load", "run": "p@forged", "task": "t"}
        role = "load"
    return f"{kind}/{role}/p/".encode(), json.dumps(text).encode()


def say(role, kind, what, result):
    print(json.dumps({"role": role, "kind": kind, "what": what, "result": result}), flush=True)


roles = sorted(name[:-4] for name in os.listdir(keys) if name.endswith(".key") and name != "broker.key")
for role in roles:
    socket = connect(zmq.DEALER, commands_at, pair(role))
    for topic in TOPICS:
        say(role, "publish", topic, ask(socket, "publish", {}, *event(topic, role)))
    for verb, body in VERBS.items():
        if verb == "confirm":
            body = body | {"reader": role}
        if verb == "claim":
            body = body | {"role": role if role in WORK else "load"}
        say(role, "verb", verb, ask(socket, verb, body))
    socket.close()

# Every role and prefix at once: who hears anything within a tick and a half. The greeting of the last subscription shows that
# those before it have been seen.
feeds = []
for role in roles:
    for prefix in ["", "run.", "task.", "alert.", "tick/"]:
        feed = connect(zmq.SUB, feed_at, pair(role))
        feed.subscribe(prefix.encode())
        feeds.append((role, prefix, feed))
mark = connect(zmq.SUB, feed_at, pair("cli"))
mark.subscribe(b"tick/")
mark.poll(5000)
time.sleep(1.5)
for role, prefix, feed in feeds:
    say(role, "subscribe", prefix, "ok" if feed.poll(0) else "silence")

# Nobody's key, and no key at all: whatever is sent does not arrive.
foreign = zmq.curve_keypair()
for name, own in [("foreign", foreign), ("plain", None)]:
    socket = connect(zmq.DEALER, commands_at, own)
    socket.send_multipart([b"1", b"publish", b"{}", *event("run.requested.v1", name)])
    say(name, "publish", "run.requested.v1", "answered" if socket.poll(1500) else "silence")
    feed = connect(zmq.SUB, feed_at, own)
    feed.subscribe(b"")
    say(name, "subscribe", "", "heard" if feed.poll(1500) else "silence")
os._exit(0)  # sockets that nobody answers would hold up an orderly end
