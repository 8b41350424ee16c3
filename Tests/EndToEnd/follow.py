"""follow.py FOLDER PIPELINE: asks for a run, follows it on the feed, replays its history. Only Bus.docc/Wire.md was needed."""
import json, struct, sys, time, zmq

folder, pipeline = sys.argv[1:3]
run = f"{pipeline}@python-{time.time_ns()}"
context = zmq.Context()
commands, feed = context.socket(zmq.DEALER), context.socket(zmq.SUB)
feed.subscribe(b"run.")
feed.connect(f"ipc://{folder}/feed")
commands.connect(f"ipc://{folder}/commands")
time.sleep(0.2)  # a subscription takes a moment; the truth is read below anyhow


def ask(verb, body, *events):
    commands.send_multipart([b"1", verb, json.dumps(body).encode(), *events])
    _, status, answer, *events = commands.recv_multipart()
    assert status == b"ok", answer
    return json.loads(answer), [(struct.unpack(">Q", events[i + 1])[0], json.loads(events[i + 2])) for i in range(0, len(events), 3)]


event = {"specversion": "1.0", "id": run, "source": "python", "type": "run.requested.v1", "pipeline": pipeline,
         "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "data": {"cause": "message"}}
ask(b"publish", {}, f"run.requested.v1/-/{pipeline}/".encode(), json.dumps(event).encode())
kind = ""
while kind not in ("run.succeeded.v1", "run.failed.v1"):
    kind = feed.recv_multipart()[0].decode().split("/")[0]
    print("live", kind)

history, position, newest = [], 0, 1
while position < newest:
    answer, events = ask(b"read", {"after": position, "limit": 100})
    position, newest = answer["upTo"], answer["newest"]
    history += [event for _, event in events if run in (event["id"], event.get("run"))]
print("replayed", history[0]["type"], "…", history[-1]["type"], f"({len(history)} events)")
