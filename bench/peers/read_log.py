"""A log of user, item, rating, timestamp read by others, the peer of `rectune import`.

    python bench/peers/read_log.py pandas|recbole LOG.csv

pandas   read_csv, users and items as text, then both as codes, which is what an import ends with
recbole  RecBole's Dataset on the same rows as an atomic file (its reader is pandas', and remaps ids); wants requirements-recbole.txt beside PyTorch

Prints one JSON object: rows, seconds that passed and that processors worked, peak memory in GB; or {"missing": why}.
"""
import json
import os
import resource
import shutil
import sys
import tempfile
import time


def read_by_pandas(path):
    import pandas as pd

    log = pd.read_csv(path, dtype={"user": str, "item": str})
    pd.factorize(log["user"])
    pd.factorize(log["item"])
    return len(log)


def read_by_recbole(path):
    from recbole.config import Config
    from recbole.data import create_dataset

    folder = os.path.dirname(os.path.dirname(path))  # RecBole adds the name of the data set
    settings = {
        "data_path": folder,
        "load_col": {"inter": ["user_id", "item_id", "rating", "timestamp"]},
        "field_separator": ",",
        "state": "ERROR",
        "show_progress": False,
    }
    config = Config(model="BPR", dataset="log", config_dict=settings)
    return len(create_dataset(config))


def atomic_file(path, work):
    folder = os.path.join(work, "log")
    os.makedirs(folder)
    with open(path, "rb") as log, open(os.path.join(folder, "log.inter"), "wb") as inter:
        log.readline()
        inter.write(b"user_id:token,item_id:token,rating:float,timestamp:float\n")
        shutil.copyfileobj(log, inter, 1 << 20)
    return os.path.join(folder, "log.inter")


def main():
    reader, path = sys.argv[1:]
    sys.argv = sys.argv[:1]  # RecBole reads it, too
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as work:
        if reader == "recbole":
            path = atomic_file(path, work)
            os.chdir(work)
        try:
            if reader == "recbole":
                from recbole_models import put_back_what_has_moved

                put_back_what_has_moved()
                import recbole.data  # noqa: F401  what it loads itself is not timed
            else:
                import pandas  # noqa: F401
        except ImportError as error:
            print(json.dumps({"missing": str(error)}), flush=True)
            return
        began, worked = time.perf_counter(), time.process_time()
        rows = read_by_pandas(path) if reader == "pandas" else read_by_recbole(path)
        seconds, processor = time.perf_counter() - began, time.process_time() - worked
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({"rows": rows, "seconds": seconds, "processor": processor, "peak": peak}))


main()
