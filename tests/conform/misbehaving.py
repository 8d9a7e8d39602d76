"""A testee that does what its first argument says when a document is read; it describes itself properly before that."""

import json
import os
import sys
import time


def say(**members):
    print(json.dumps(members), flush=True)


behaviour = sys.argv[1]
if behaviour == "ends at once":
    sys.exit("no such release")
if behaviour == "never reads":
    time.sleep(600)
for line in sys.stdin:
    request = json.loads(line)
    id = request["id"]
    if request["op"] == "stop":
        break
    if request["op"] == "describe":
        say(id=id, ok=True, **({} if behaviour == "nameless" else {"reader": "made-up@1"}))
    elif behaviour == "echoes" or request["document"] == "":
        say(id=id, ok=True, saved=request["document"])
    elif behaviour == "crashes":
        print("segmentation fault, as it were", file=sys.stderr, flush=True)
        os._exit(139)
    elif behaviour == "hangs":
        time.sleep(600)
    elif behaviour == "says garbage":
        print("Loading model... done!", flush=True)
    elif behaviour == "answers another":
        say(id=id + 1, ok=True, saved="")
    elif behaviour == "invents a stage":
        say(id=id, ok=False, stage="thinking", error={"type": "ValueError"})
    elif behaviour == "fails without a reason":
        say(id=id, ok=False)
    elif behaviour == "half an answer":
        print('{"id": ', end="", flush=True)
        os._exit(0)
