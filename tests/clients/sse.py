"""Follows a stream of Server-Sent Events with httpx-sse, over every break, and prints each event as it comes.

usage: sse.py URL AFTER LAST
"""

import json
import sys
import time

import httpx
import httpx_sse

url, cursor, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
deadline = time.monotonic() + 60
with httpx.Client(timeout=30, trust_env=False) as client:
    while cursor < last:
        if time.monotonic() > deadline:
            sys.exit("the events do not come")
        try:
            headers = {"Last-Event-ID": str(cursor)}
            with httpx_sse.connect_sse(client, "GET", url, headers=headers) as source:
                for event in source.iter_sse():
                    # Signals and the last word have no number; the library then repeats the last one.
                    sequence = json.loads(event.data).get("sequence") if event.data else None
                    if sequence is None:
                        continue
                    print(json.dumps({"id": int(event.id), "sequence": sequence, "type": event.event}), flush=True)
                    cursor = int(event.id)
                    if cursor >= last:
                        break
        except httpx.TransportError:
            time.sleep(0.01)
