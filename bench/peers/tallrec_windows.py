"""Every TALLRec window of a log as JSON, as the published preprocessing writes it: texts and labels, nothing else.

    python tallrec_windows.py FOLDER

FOLDER holds log.csv (user,item,rating,timestamp) and items.csv (item,title); writes FOLDER/peer.json and prints
{"rows": ..., "seconds": ..., "processor": ..., "peak": GB} of reading, windows and writing.
"""

import csv
import json
import resource
import sys
import time
from pathlib import Path

from tallrec_rows import all_windows, row

folder = Path(sys.argv[1])
begin, processor = time.perf_counter(), time.process_time()
with open(folder / "items.csv", encoding="utf-8", newline="") as file:
    titles = {line["item"]: line["title"] for line in csv.DictReader(file)}
log = {}
with open(folder / "log.csv", encoding="utf-8", newline="") as file:
    for line in csv.DictReader(file):
        log.setdefault(line["user"], []).append((int(line["timestamp"]), line["item"], int(line["rating"]) > 3))
users = {user: [(item, liked) for _, item, liked in sorted(events, key=lambda e: e[0])] for user, events in log.items()}
rows = [row(history, target, titles) for history, target in all_windows(users)]
with open(folder / "peer.json", "w", encoding="utf-8") as file:
    json.dump(rows, file, indent=4)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
seconds, spent = time.perf_counter() - begin, time.process_time() - processor
print(json.dumps({"rows": len(rows), "seconds": seconds, "processor": spent, "peak": peak}))
