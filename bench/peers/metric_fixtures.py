"""Metrics of small inputs by independent implementations: scikit-learn, RecBole's own metric classes, and plain enumeration of ties.

    metric_fixtures.py --recbole FOLDER --out tests/fixtures/metrics.json

FOLDER holds RecBole (`pip install --no-deps --target FOLDER recbole==1.2.1`): its metric classes are loaded without the rest of the
package, which wants torch. numpy, scipy and scikit-learn come from this Python. Undefined is null.
"""

import argparse
import importlib
import itertools
import json
import sys
import types

import numpy
import scipy
import sklearn
from sklearn import metrics as sk

CLIP = 1e-7


def sigmoid(x):
    return 1 / (1 + numpy.exp(-numpy.asarray(x, dtype=float)))


def judgement_cases(rng):
    def rows(n, users, scores, labels):
        return {"users": [f"u{u}" for u in rng.integers(0, users, n)], "logOdds": scores, "labels": labels}

    def normal(n):
        return [round(float(x), 3) or 0.001 for x in 2 * rng.standard_normal(n)]  # at exactly 0 ours counts one half

    def coins(n, p=0.5):
        return [bool(x) for x in rng.random(n) < p]

    n = 40
    yield "distinct scores", rows(n, 8, normal(n), coins(n))
    yield "many ties", rows(n, 8, [float(x) for x in rng.integers(-2, 3, n) + 0.5], coins(n))
    yield "all scores tied", rows(12, 4, [0.25] * 12, coins(12))
    yield "few liked", rows(n, 6, normal(n), coins(n, 0.1))
    yield "users of one row each", {**rows(30, 1, normal(30), coins(30)), "users": [f"u{i}" for i in range(30)]}
    yield "all liked", rows(9, 3, normal(9), [True] * 9)
    yield "none liked", rows(9, 3, normal(9), [False] * 9)
    yield "none liked and none called so", rows(5, 2, [-1.0, -2.0, -0.5, -3.0, -1.5], [False] * 5)
    yield "log-odds beyond the clip", rows(6, 2, [40.0, -40.0, 17.0, -17.0, 3.0, -700.0], [True, False, False, True, True, True])
    yield "one row", rows(1, 1, [0.7], [True])
    yield "no rows", rows(0, 1, [], [])


def judgement_metrics(users, logOdds, labels):
    empty = dict.fromkeys(["auc", "uauc", "uaucByRows", "logLoss", "accuracy", "f1", "brier", "calibrationError"])
    if not labels:
        return empty
    scores, labels, users = numpy.array(logOdds), numpy.array(labels), numpy.array(users)
    p = sigmoid(scores)
    both = labels.any() and not labels.all()
    own = []
    for user in numpy.unique(users):
        mine = users == user
        if labels[mine].any() and not labels[mine].all():
            own.append((sk.roc_auc_score(labels[mine], scores[mine]), mine.sum()))
    called = scores > 0
    # Bins [k / 10, (k + 1) / 10), the last with 1: numpy.histogram's own rule.
    edges = numpy.arange(11) / 10
    rows, _ = numpy.histogram(p, edges)
    said, _ = numpy.histogram(p, edges, weights=p)
    liked, _ = numpy.histogram(p, edges, weights=labels.astype(float))
    filled = rows > 0
    gap = numpy.abs(said[filled] / rows[filled] - liked[filled] / rows[filled])
    return {
        "auc": sk.roc_auc_score(labels, scores) if both else None,
        "uauc": numpy.mean([value for value, _ in own]) if own else None,
        "uaucByRows": numpy.average([value for value, _ in own], weights=[n for _, n in own]) if own else None,
        "logLoss": sk.log_loss(labels, numpy.clip(p, CLIP, 1 - CLIP), labels=[False, True]),
        "accuracy": sk.accuracy_score(labels, called),
        "f1": sk.f1_score(labels, called) if labels.any() or called.any() else None,
        "brier": sk.brier_score_loss(labels, p, labels=[False, True]),
        "calibrationError": numpy.average(gap, weights=rows[filled]),
    }


def list_cases(rng):
    for n, relevant in [(10, 1), (10, 3), (25, 8), (4, 4), (12, 11), (1, 1)]:
        places = rng.permutation(n)[:relevant]
        yield f"{relevant} relevant of {n}, no ties", {
            "scores": [float(x) for x in rng.permutation(n)],
            "relevant": [bool(i in places) for i in range(n)],
        }
    for n, relevant, levels in [(7, 1, 2), (7, 3, 2), (7, 2, 1), (8, 4, 3), (6, 5, 2)]:
        places = rng.permutation(n)[:relevant]
        yield f"{relevant} relevant of {n}, {levels} distinct scores", {
            "scores": [float(x) for x in rng.integers(0, levels, n)],
            "relevant": [bool(i in places) for i in range(n)],
        }
    yield "nothing relevant", {"scores": [3.0, 1.0, 2.0], "relevant": [False] * 3}
    yield "an empty list", {"scores": [], "relevant": []}


def orders(scores, relevant):
    """Relevance in the order of the ranks, once for each order of equal scores."""
    groups = [[r for s, r in zip(scores, relevant) if s == score] for score in sorted(set(scores), reverse=True)]
    for chosen in itertools.product(*(list(itertools.permutations(group)) for group in groups)):
        yield [r for group in chosen for r in group]


def list_metrics(recbole, scores, relevant, k):
    names = {"hitRate": "Hit", "reciprocalRank": "MRR", "averagePrecision": "MAP", "recall": "Recall", "ndcg": "NDCG", "precision": "Precision"}
    if not any(relevant):
        return {**dict.fromkeys(names), "rankBiasedPrecision": None}
    matrix = numpy.array(list(orders(scores, relevant)))
    wide = numpy.zeros((len(matrix), max(k, matrix.shape[1])), dtype=bool)  # RecBole wants at least K columns
    wide[:, : matrix.shape[1]] = matrix
    counts = numpy.full(len(matrix), sum(relevant))
    values = {}
    for ours, theirs in names.items():
        metric = getattr(recbole, theirs)({"topk": [k], "metric_decimal_place": 20})
        arguments = (wide[:, :k],) if theirs in ("Hit", "MRR", "Precision") else (wide[:, :k], counts)
        values[ours] = metric.metric_info(*arguments)[:, k - 1].mean()
    discount = 0.2 * 0.8 ** numpy.arange(matrix.shape[1])
    values["rankBiasedPrecision"] = (matrix * discount).sum(axis=1).mean()
    return values


def beyond_cases(rng):
    for rows, k, items in [(6, 3, 12), (20, 5, 9), (3, 1, 4), (1, 2, 2)]:
        shown = [[f"i{x}" for x in rng.permutation(items)[:k]] for _ in range(rows)]
        catalogue = [f"i{x}" for x in range(items)]
        yield {"catalogue": catalogue, "lists": shown}


def beyond_metrics(recbole, catalogue, lists):
    matrix = numpy.array([[int(item[1:]) for item in row] for row in lists])
    config = {"topk": [matrix.shape[1]], "metric_decimal_place": 20}
    return {
        "coverage": recbole.ItemCoverage(config).get_coverage(matrix, len(catalogue)),
        "gini": recbole.GiniIndex(config).get_gini(matrix, len(catalogue)),
    }


def load_recbole(folder):
    sys.path.insert(0, folder)
    numpy.float, numpy.bool = float, bool  # the names RecBole 1.2.1 still uses
    for name in ["recbole", "recbole.evaluator", "recbole.utils"]:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [f"{folder}/{name.replace('.', '/')}"]
    sys.modules["torch"] = types.ModuleType("torch")
    sys.modules["recbole.utils"].EvaluatorType = importlib.import_module("recbole.utils.enum_type").EvaluatorType
    return importlib.import_module("recbole.evaluator.metrics")


def write(path, made):
    """One case a line."""
    parts = [f'"{key}": ' + ("[\n" + ",\n".join(json.dumps(one) for one in value) + "\n]" if isinstance(value, list) else json.dumps(value)) for key, value in made.items()]
    with open(path, "w") as file:
        file.write("{\n" + ",\n".join(parts) + "\n}\n")


def plain(value):
    return None if value is None else float(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recbole", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    recbole = load_recbole(arguments.recbole)
    rng = numpy.random.default_rng(1)
    judgements = [
        {"case": case, **rows, "expected": {key: plain(value) for key, value in judgement_metrics(**rows).items()}}
        for case, rows in judgement_cases(rng)
    ]
    lists = [
        {"case": f"{case}, K = {k}", **rows, "k": k, "expected": {key: plain(v) for key, v in list_metrics(recbole, **rows, k=k).items()}}
        for case, rows in list_cases(rng)
        for k in (1, 3, 10)
    ]
    beyond = [{**rows, "expected": {k: plain(v) for k, v in beyond_metrics(recbole, **rows).items()}} for rows in beyond_cases(rng)]
    made = {
        "madeBy": {"script": "bench/peers/metric_fixtures.py", "scikit-learn": sklearn.__version__, "recbole": "1.2.1", "numpy": numpy.__version__},
        "judgements": judgements,
        "lists": lists,
        "beyond": beyond,
    }
    write(arguments.out, made)


if __name__ == "__main__":
    main()
