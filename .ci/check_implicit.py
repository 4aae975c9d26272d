"""Checks that implicit, given the factors of a model, recommends the films als-recommend does.

usage: check_implicit.py DEMO_DIR RECOMMENDATIONS.csv

DEMO_DIR holds als_model.npz, seen.npz and the two maps; RECOMMENDATIONS.csv is what
`als-recommend --artifact-dir DEMO_DIR --out RECOMMENDATIONS.csv` wrote, 20 films for each user.
Of 1,000 users, or all if there are fewer, every list must hold the same films in the same order.
Films may only change places where their scores are equal to rounding: implicit multiplies matrices,
whose sums are taken in another order.
"""

import csv
import json
import pathlib
import sys

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

USERS = 1000
K = 20
# A score is a sum of some dozens of products in single precision.
ROUNDING = 1e-5

folder, recommendations = map(pathlib.Path, sys.argv[1:3])
user_map, movie_map = (
    json.loads((folder / name).read_text(encoding="utf-8"))
    for name in ("user_map.json", "movie_map.json")
)

ours = {}
with recommendations.open(newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        films = ours.setdefault(row["user_id"], [])
        assert int(row["rank"]) == len(films) + 1, row
        films.append((movie_map[row["movie_id"]], float(row["score"])))

factors = np.load(folder / "als_model.npz")
model = AlternatingLeastSquares(factors=factors["item_factors"].shape[1])
model.user_factors, model.item_factors = factors["user_factors"], factors["item_factors"]
seen = np.load(folder / "seen.npz")
indptr, indices = seen["indptr"].astype(np.int64), seen["indices"].astype(np.int64)
watched = csr_matrix(
    (np.ones(len(indices), dtype=np.float32), indices, indptr), shape=(len(user_map), len(movie_map))
)

# Spread evenly over the model, and so the same in every run.
ids = list(user_map)
chosen = [ids[place] for place in np.linspace(0, len(ids) - 1, min(USERS, len(ids))).astype(int)]
assert len(set(chosen)) == len(chosen)
rows = np.array([user_map[user] for user in chosen])
items, scores = model.recommend(rows, watched[rows], N=K, filter_already_liked_items=True)

moved = 0
for user, row, their_items, their_scores in zip(chosen, rows, items, scores):
    # Where fewer films are left, implicit fills up with seen ones and the lowest score there is.
    real = their_scores > np.finfo(np.float32).min
    theirs = list(zip(their_items[real].tolist(), their_scores[real].tolist()))
    mine = ours.get(user, [])
    assert len(mine) == len(theirs), f"user {user}: {len(mine)} films, {len(theirs)} in implicit"
    exact = factors["item_factors"].astype(np.float64) @ factors["user_factors"][row].astype(np.float64)
    for rank, ((item, score), (their_item, their_score)) in enumerate(zip(mine, theirs), 1):
        close = ROUNDING * max(1.0, abs(score))
        assert abs(score - their_score) <= close, f"user {user}, rank {rank}: {score}, {their_score}"
        assert abs(score - exact[item]) <= close, f"user {user}, rank {rank}: {score}, {exact[item]}"
        if item != their_item:
            moved += 1
            assert abs(exact[item] - exact[their_item]) <= close, f"user {user}, rank {rank}"

films = sum(len(ours.get(user, [])) for user in chosen)
print(f"implicit recommends the same {films} films to {len(chosen)} users, {moved} at a tied place")
