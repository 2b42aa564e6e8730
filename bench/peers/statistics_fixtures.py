"""Intervals, tests and sample sizes of small inputs by scipy and statsmodels, and DeLong's variances by their definition.

    statistics_fixtures.py --out tests/fixtures/statistics.json

Wants numpy, scipy and statsmodels. Undefined is null.
"""

import argparse
import itertools
import json
import warnings

import numpy
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from metric_fixtures import plain, write


def normal():
    xs = [-38.0, -20.0, -8.0, -3.0, -2.5, -1.96, -0.5, -1e-9, 0.0, 0.1, 1.0, 2.5, 2.6, 5.0, 8.0]
    ps = [1e-300, 1e-20, 1e-9, 0.001, 0.025, 0.3, 0.5, 0.7, 0.975, 1 - 1e-9]
    return [{"x": x, "below": plain(stats.norm.cdf(x))} for x in xs] + [{"p": p, "quantile": plain(stats.norm.ppf(p))} for p in ps]


def intervals(rng):
    """scipy's own bootstrap distribution of a mean, with the intervals that it takes from it."""
    for case, values in [
        ("skewed", rng.exponential(size=25)),
        ("even", rng.standard_normal(40)),
        ("few distinct values", rng.integers(0, 2, 12).astype(float)),
    ]:
        values = numpy.round(values, 6)
        for level in (0.9, 0.95):
            made = {}
            for method in ("percentile", "BCa"):
                result = stats.bootstrap(
                    (values,), numpy.mean, n_resamples=400, confidence_level=level, method=method, rng=numpy.random.default_rng(5)
                )
                made[method] = result
            yield {
                "case": f"{case}, {level}",
                "values": [plain(x) for x in values],
                "level": level,
                "resampled": [plain(x) for x in made["BCa"].bootstrap_distribution],
                "percentile": [plain(x) for x in made["percentile"].confidence_interval],
                "bca": [plain(x) for x in made["BCa"].confidence_interval],
            }


def signed_ranks(differences):
    """All signs of the ranks by size, zeros ranked and left out of the sum (Pratt): what scipy's exact method does without ties."""
    d = numpy.array(differences)
    ranks = stats.rankdata(numpy.abs(d))[d != 0]
    seen = ranks[d[d != 0] > 0].sum()
    sums = numpy.array([(ranks * signs).sum() for signs in itertools.product([0, 1], repeat=len(ranks))])
    return min(1.0, 2 * min((sums <= seen + 1e-9).mean(), (sums >= seen - 1e-9).mean()))


def wilcoxon(rng):
    cases = [
        ("no ties, exact", numpy.round(rng.standard_normal(12) + 0.4, 6)),
        ("no ties, 40 users, exact", numpy.round(rng.standard_normal(40) + 0.3, 6)),
        ("ties and zeros", rng.integers(-2, 4, 11).astype(float)),
        ("ties, no zeros", rng.choice([-2.0, -1.0, 1.0, 2.0, 3.0], 10)),
        ("one difference", numpy.array([0.5])),
        ("zeros alone", numpy.zeros(4)),
        ("60 users, ties and zeros, normal", rng.integers(-3, 5, 75).astype(float)),
        ("200 users, normal", numpy.round(rng.standard_normal(200) + 0.1, 6)),
    ]
    for case, d in cases:
        nonzero = numpy.count_nonzero(d)
        if nonzero == 0:
            p = None
        elif nonzero > 50:
            p = stats.wilcoxon(d, zero_method="pratt", correction=False, method="asymptotic").pvalue
        elif nonzero == len(d) == len(numpy.unique(numpy.abs(d))):
            p = stats.wilcoxon(d, method="exact").pvalue
        else:
            p = signed_ranks(d)
        yield {"case": case, "differences": [plain(x) for x in d], "p": plain(p)}


def permutation(rng):
    """Exact exchanges of pairs; users differ in their number of rows."""
    for case, n in [("8 users", 8), ("10 users", 10), ("2 users", 2)]:
        rows = rng.integers(1, 5, n).astype(float)
        first = numpy.round(rng.random(n) * rows + 0.2 * rows, 6)
        second = numpy.round(rng.random(n) * rows, 6)
        d = first - second

        def statistic(x, axis):
            return x.sum(axis=axis) / rows.sum()

        result = stats.permutation_test((d,), statistic, permutation_type="samples", n_resamples=numpy.inf, vectorized=True)
        yield {"case": case, "first": list(first), "second": list(second), "rows": list(rows), "p": plain(result.pvalue)}


def holm(rng):
    for values in [[0.01, 0.04, 0.03, 0.005], [0.5, 0.5], [0.2], [0.9, 0.001, 0.02, 0.02, 1.0], list(rng.random(7))]:
        yield {"values": [plain(x) for x in values], "corrected": [plain(x) for x in multipletests(values, method="holm")[1]]}


def delong(rng):
    """Variances from the placements of each liked and each other row, pair by pair."""
    for case, n, levels in [("no ties", 30, 0), ("ties", 40, 4), ("two of each", 4, 0)]:
        labels = rng.random(n) < 0.4 if n > 4 else numpy.array([True, False, True, False])
        truth = rng.standard_normal(n) + labels
        scores = [truth + rng.standard_normal(n) for _ in range(2)]
        scores = [numpy.round(s * levels / 3) if levels else numpy.round(s, 6) for s in scores]
        wins = [(s[labels][:, None] > s[~labels][None, :]) + 0.5 * (s[labels][:, None] == s[~labels][None, :]) for s in scores]
        of_liked = numpy.cov([w.mean(axis=1) for w in wins])
        of_others = numpy.cov([w.mean(axis=0) for w in wins])
        covariance = of_liked / labels.sum() + of_others / (~labels).sum()
        gap = wins[0].mean() - wins[1].mean()
        error = numpy.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
        yield {
            "case": case,
            "labels": [bool(x) for x in labels],
            "first": [plain(x) for x in scores[0]],
            "second": [plain(x) for x in scores[1]],
            "auc": [plain(w.mean()) for w in wins],
            "covariance": [[plain(x) for x in row] for row in covariance],
            "p": plain(2 * stats.norm.sf(abs(gap) / error)),
        }


def power():
    """Units for a difference of a mean whose units have standard deviation 1: effect = difference / deviation."""
    solver = NormalIndPower(ddof=0)
    for effect, alpha, wanted in [(0.05, 0.05, 0.8), (0.2, 0.05, 0.9), (0.5, 0.01, 0.8), (0.02, 0.1, 0.5)]:
        yield {
            "effect": effect,
            "alpha": alpha,
            "power": wanted,
            "units": plain(solver.solve_power(effect_size=effect, alpha=alpha, power=wanted, ratio=0)),
            "powerOf100": plain(solver.power(effect, 100, alpha, ratio=0)),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("error")
    rng = numpy.random.default_rng(2)
    made = {
        "madeBy": {"script": "bench/peers/statistics_fixtures.py", "scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": numpy.__version__},
        "normal": normal(),
        "intervals": list(intervals(rng)),
        "wilcoxon": list(wilcoxon(rng)),
        "permutation": list(permutation(rng)),
        "holm": list(holm(rng)),
        "delong": list(delong(rng)),
        "power": list(power()),
    }
    write(arguments.out, made)


if __name__ == "__main__":
    main()
