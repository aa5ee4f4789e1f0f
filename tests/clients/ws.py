"""Follows a stream over WebSocket with websockets, over every break, and prints each event as it comes.

usage: ws.py URL AFTER LAST
"""

import json
import sys
import time

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

url, cursor, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
deadline = time.monotonic() + 60
while cursor < last:
    if time.monotonic() > deadline:
        sys.exit("the events do not come")
    try:
        with connect(f"{url}&last_event_id={cursor}", proxy=None) as socket:
            while cursor < last:
                event = json.loads(socket.recv(timeout=30))
                if "sequence" not in event:
                    continue
                cursor = event["sequence"]
                print(json.dumps({"id": cursor, "sequence": cursor, "type": event["type"]}), flush=True)
    except (OSError, EOFError, ConnectionClosed, InvalidHandshake):
        time.sleep(0.01)
