"""TALLRec's movie rows from MovieLens-100K, written from its description alone: the second truth for Rectune's exporter.

Rule: like = rating > 3. A user's ratings are sorted by time; each window of 10 ratings and the one after it is a row. Rows of all
users, in the order in which users appear in u.data, are joined; the last 10,000 are kept and cut 8000 / 1000 / 1000.

    python tallrec_rows.py ../shared/data/ml-100k OUT/movie

Source: Bao et al. 2023, "TALLRec", RecSys, arXiv:2305.00447, and its published repository.
"""

import argparse
import json
from pathlib import Path

HISTORY = 10
KEPT = 10_000
CUTS = {"train": (0, 8_000), "valid": (8_000, 9_000), "test": (9_000, 10_000)}
INSTRUCTION = (
    "Given the user's preference and unpreference, identify whether the user will like the target movie "
    'by answering "Yes." or "No.".'
)


def read_titles(path):
    """u.item (latin-1, `|` between fields) -> {item id: title as printed there}"""
    fields = (line.split("|") for line in path.read_text(encoding="latin-1").splitlines())
    return {field[0]: field[1] for field in fields}


def read_users(path):
    """u.data -> {user id: [(item id, liked), ...]}; users by first appearance, ratings by time, ties in the order of the file"""
    log = {}
    for line in path.read_text().splitlines():
        user, item, rating, timestamp = line.split("\t")
        log.setdefault(user, []).append((int(timestamp), item, int(rating) > 3))
    # sorted() is stable and the key is the time alone, so equal times keep the order of the file
    return {user: [(item, liked) for _, item, liked in sorted(events, key=lambda e: e[0])] for user, events in log.items()}


def quoted(titles):
    return ", ".join(f'"{title}"' for title in titles)


def row(history, target, titles):
    liked = quoted(titles[item] for item, is_liked in history if is_liked)
    disliked = quoted(titles[item] for item, is_liked in history if not is_liked)
    item, is_liked = target
    return {
        "instruction": INSTRUCTION,
        # an empty list leaves the space after its colon
        "input": f"User Preference: {liked}\nUser Unpreference: {disliked}\n"
        f'Whether the user will like the target movie "{titles[item]}"?',
        "output": "Yes." if is_liked else "No.",
    }


def all_windows(users):
    """(history, target) of every user, oldest window first"""
    for events in users.values():
        for end in range(HISTORY, len(events)):
            yield events[end - HISTORY : end], events[end]


def auc(scores, labels):
    """pairwise definition, ties one half"""
    likes = [s for s, is_liked in zip(scores, labels) if is_liked]
    others = [s for s, is_liked in zip(scores, labels) if not is_liked]
    return sum((a > b) + 0.5 * (a == b) for a in likes for b in others) / (len(likes) * len(others))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ml100k", type=Path, help="folder with u.data and u.item")
    parser.add_argument("out", type=Path, help="folder for train.json, valid.json, test.json")
    arguments = parser.parse_args()

    titles = read_titles(arguments.ml100k / "u.item")
    windows = list(all_windows(read_users(arguments.ml100k / "u.data")))
    kept = windows[-KEPT:]
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(f"{len(windows)} windows, {len(kept)} kept")
    for name, (start, end) in CUTS.items():
        part = kept[start:end]
        rows = [row(history, target, titles) for history, target in part]
        # as json.dump(indent=4) of the published script: ASCII escapes, no newline at the end
        (arguments.out / f"{name}.json").write_text(json.dumps(rows, indent=4), encoding="ascii")
        labels = [target[1] for _, target in part]
        share = [sum(is_liked for _, is_liked in history) / HISTORY for history, _ in part]
        print(f"{name}: {len(rows)} rows, {100 * sum(labels) / len(labels):.1f} % Yes, AUC of the liked share {auc(share, labels):.4f}")


if __name__ == "__main__":
    main()
