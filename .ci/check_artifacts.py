"""Checks, with numpy, pyarrow and jsonschema, that other programs read a folder of artifacts.

usage: check_artifacts.py ARTIFACT_DIR SCHEMA_DIR
"""

import csv
import hashlib
import json
import pathlib
import sys

import jsonschema
import numpy as np
import pyarrow.parquet as pq

folder, schemas = map(pathlib.Path, sys.argv[1:3])


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def validator(name):
    return jsonschema.Draft202012Validator(read_json(schemas / name))


# The npz files, as numpy and implicit take them.
users, movies = read_json(folder / "user_map.json"), read_json(folder / "movie_map.json")
model = np.load(folder / "als_model.npz")
assert sorted(model.files) == ["item_factors", "user_factors"], model.files
for name, ids in (("user_factors", users), ("item_factors", movies)):
    factors = model[name]
    assert factors.dtype == np.float32 and factors.flags["C_CONTIGUOUS"], name
    assert factors.shape == (len(ids), 50), (name, factors.shape)
    assert np.isfinite(factors).all(), name
for ids in (users, movies):
    assert list(ids) == sorted(ids, key=str.encode) and list(ids.values()) == list(range(len(ids)))
seen = np.load(folder / "seen.npz")
assert sorted(seen.files) == ["indices", "indptr", "ratings"], seen.files
indptr, indices, ratings = seen["indptr"], seen["indices"], seen["ratings"]
assert indptr.dtype == np.uint64 and indices.dtype == np.uint32
assert ratings.dtype == np.float32 and len(ratings) == len(indices)
assert len(indptr) == len(users) + 1 and indptr[-1] == len(indices) and indices.max() < len(movies)

# What the scores rank highest is what people watched: the factors are of these maps.
scores = model["user_factors"] @ model["item_factors"].T
watched = np.zeros_like(scores, dtype=bool)
watched[np.repeat(np.arange(len(users)), np.diff(indptr.astype(np.int64))), indices] = True
# Maps that do not belong to the factors would give a half.
better = np.searchsorted(np.sort(scores[~watched]), scores[watched]).mean() / (~watched).sum()
assert better > 0.75, better

# The Parquet files.
popularity = pq.read_table(folder / "popgen_popularity.parquet").to_pydict()
order = [(-pop, movie.encode()) for pop, movie in zip(popularity["pop"], popularity["movie_id"])]
assert order == sorted(order)
preferences = pq.read_table(folder / "popgen_user_genre_prefs.parquet").to_pydict()
for genres, weights in zip(preferences["top_genres"], preferences["weights"]):
    assert 1 <= len(genres) == len(weights) <= 10 and weights == sorted(weights, reverse=True)
events = pq.read_table(folder / "events.parquet")
assert events.schema.names == ["user_id", "movie_id", "kind", "minute", "stars", "timestamp"]

# What als-recommend wrote for everybody: the best unseen films of all, by id and rank.
recommended = pq.read_table(folder / "recommendations.parquet")
types = {field.name: str(field.type) for field in recommended.schema}
assert types == {
    "user_id": "int64",
    "rank": "int32",
    "movie_id": "dictionary<values=string, indices=int32, ordered=0>",
    "score": "float",
}, types
recommended = recommended.to_pydict()
places = list(zip(recommended["user_id"], recommended["rank"]))
assert places == sorted(set(places))
lists = {}
for user, rank, movie, score in zip(*recommended.values()):
    films = lists.setdefault(user, [])
    assert rank == len(films) + 1
    films.append((movies[movie], score))
unseen = np.where(watched, -np.inf, scores)
for user, row in users.items():
    best = np.sort(unseen[row])[::-1][:20]
    best = best[np.isfinite(best)]
    films = lists.pop(int(user), [])
    assert np.allclose([score for _, score in films], best, rtol=1e-5, atol=1e-6), user
    assert np.allclose([unseen[row, film] for film, _ in films], best, rtol=1e-5, atol=1e-6), user
assert not lists

# Manifests vouch for themselves and for every file.
for name in ("model_manifest.json", "popgen_manifest.json"):
    text = (folder / name).read_text(encoding="utf-8")
    manifest = json.loads(text)
    rest = "".join(
        line for line in text.splitlines(keepends=True) if '"manifest_sha256":' not in line
    )
    assert hashlib.sha256(rest.encode()).hexdigest() == manifest["manifest_sha256"], name
    keys = [line.split(":")[0] for line in text.splitlines()]
    again = json.dumps(manifest, indent=2, sort_keys=True).splitlines()
    assert keys == [line.split(":")[0] for line in again], f"{name}: keys are not sorted"
    for artifact in manifest["artifacts"].values():
        digest = hashlib.sha256(pathlib.Path(artifact["path"]).read_bytes()).hexdigest()
        assert digest == artifact["sha256"], artifact["path"]

# The schemas describe what is written, and the ratings are those of the rows.
rows = validator("interactions.schema.json")
with (folder / "interactions_dedup.csv").open(newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        user, movie = users[row["user_id"]], movies[row["movie_id"]]
        start, end = indptr[user], indptr[user + 1]
        place = start + np.searchsorted(indices[start:end], movie).astype(np.uint64)
        assert indices[place] == movie and ratings[place] == float(row["rating"]), row
        numbers = {key: int(row[key]) for key in ("user_id", "rating", "timestamp")}
        rows.validate({**row, **numbers})
validator("movie_catalog.schema.json").validate(read_json(folder / "movie_catalog.json"))
experiment = {"experiment_id": "e", "salt": "s", "variants": [{"name": "als_model", "weight": 1}]}
validator("experiment.schema.json").validate(experiment)

print(f"read {len(users)} users and {len(movies)} films with numpy {np.__version__}")
