"""stuck.py FEED: subscribes to everything, says so, and never reads again."""
import sys, time, zmq

feed = zmq.Context().socket(zmq.SUB)
feed.rcvhwm = 1
feed.subscribe(b"")
feed.connect(sys.argv[1])
feed.recv_multipart()
print("subscribed", flush=True)
time.sleep(600)
