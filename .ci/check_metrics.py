"""Checks the metrics of marquee-evaluation against definitions written here and scikit-learn's NDCG.

usage: check_metrics.py <RANKINGS.json, as the example random_rankings of marquee-evaluation prints it

NDCG is compared with sklearn.metrics.ndcg_score, everything else with the formulas below, which
share no code with the crate. Every value of every ranking must agree to 1e-9.
"""

import itertools
import json
import math
import sys

import numpy as np
from sklearn.metrics import ndcg_score

TOLERANCE = 1e-9


def ndcg(ranked, relevant, k):
    """scikit-learn ranks all items, so those that are not ranked come last, after k others."""
    if not relevant:
        return 0.0
    fillers = [("filler", number) for number in range(max(k, 2))]
    missed = sorted(set(relevant) - set(ranked))
    items = [*ranked, *fillers, *missed]
    truth = np.array([[1.0 if item in set(relevant) else 0.0 for item in items]])
    scores = np.array([[float(len(items) - place) for place in range(len(items))]])
    return ndcg_score(truth, scores, k=k)


def expected(ranked, relevant, k):
    gains = np.isin(ranked[:k], relevant).astype(float) if ranked else np.zeros(0)
    places = np.flatnonzero(gains) + 1
    precision_at = np.cumsum(gains) / np.arange(1, len(gains) + 1)
    return {
        "hit": float(gains.any()),
        "precision": gains.sum() / k,
        "recall": gains.sum() / len(relevant) if relevant else 0.0,
        "ndcg": ndcg(ranked, relevant, k),
        "mrr": 1.0 / places[0] if len(places) else 0.0,
        "map": (precision_at * gains).sum() / min(len(relevant), k) if relevant else 0.0,
    }


def close(name, ours, theirs):
    if theirs is None:
        assert ours is None, (name, ours)
    else:
        assert ours is not None and math.isclose(ours, theirs, abs_tol=TOLERANCE), (name, ours, theirs)


def diversity(ranked, genres):
    distances = [
        1 - len(genres[a] & genres[b]) / len(genres[a] | genres[b])
        for a, b in itertools.combinations(ranked, 2)
        if genres[a] and genres[b]
    ]
    return np.mean(distances) if distances else None


report = json.load(sys.stdin)
popularities = np.array(report["popularities"])
genres = [set(of_film) for of_film in report["genres"]]
values = 0
for case in report["cases"]:
    ranked, relevant, k = case["ranked"], case["relevant"], case["k"]
    for name, value in expected(ranked, relevant, k).items():
        close(name, case["metrics"].pop(name), value)
        values += 1
    assert not case["metrics"], case["metrics"]
    close("novelty", case["novelty"], np.mean(1 - popularities[ranked]) if ranked else None)
    close("diversity", case["diversity"], diversity(ranked, genres))
    values += 2

shown = np.array(report["exposures"], dtype=float)
close("coverage", report["coverage"], np.count_nonzero(shown) / len(shown))
# The mean absolute difference of all pairs, over twice the mean.
close("gini", report["gini"], np.abs(shown[:, None] - shown[None, :]).mean() / (2 * shown.mean()))
assert len(report["cases"]) >= 1000, len(report["cases"])
print(f"{values + 2} values of {len(report['cases'])} rankings agree to {TOLERANCE}")
