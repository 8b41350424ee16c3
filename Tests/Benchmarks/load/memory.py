#!/usr/bin/env python3
"""Peak memory of `sluice load` for tables of different lengths, each written into its standard input while it reads.

memory.py PROGRAM SCRATCH ROWS…      prints one JSON object: {"1000000": 62.1, …}, megabytes of resident memory at most
"""
import json
import os
import shutil
import subprocess
import sys

program, scratch, *lengths = sys.argv[1:]
BLOCK = 1_000
block = "".join(f"{n},user {n % 97},{n / 4:.2f},2025-01-{n % 28 + 1:02}T10:00:00Z,{'true' if n % 3 else 'false'}\n" for n in range(BLOCK)).encode()
peaks = {}
for length in lengths:
    home, database = f"{scratch}/home", f"{scratch}/memory.db"
    loader = subprocess.Popen(
        [program, "load", "-", "--format", "csv", "--into", "events", "--warehouse", f"sqlite://{database}"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={**os.environ, "SLUICE_HOME": home})
    loader.stdin.write(b"id,name,price,at,flag\n")
    for _ in range(int(length) // BLOCK):
        loader.stdin.write(block)
    loader.stdin.close()
    _, status, usage = os.wait4(loader.pid, 0)
    if status:
        sys.exit(f"loading {length} rows failed")
    count = subprocess.run(["sqlite3", database, "select count(*) from events"], text=True, capture_output=True, check=True).stdout.strip()
    if count != length:
        sys.exit(f"{count} rows are there in the place of {length}")
    peaks[length] = round(usage.ru_maxrss / 1024, 1)
    shutil.rmtree(home)
    for end in ("", "-wal", "-shm", "-journal"):
        if os.path.exists(database + end):
            os.remove(database + end)
print(json.dumps(peaks))
