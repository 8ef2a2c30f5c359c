#!/usr/bin/env bash
# druidjs 0.9.0 (@saehrimnir/druidjs): OPTICS cuts clusters in pieces, depending on the order of the rows.
#
# Expected: points that each have min_points within epsilon (core points) and are joined by steps of at most
# epsilon from one to the next are one cluster, from whichever of them the search starts: what OPTICS
# and DBSCAN share. scikit-learn 1.9.1, both OPTICS and DBSCAN, keeps them together in any order of rows.
# Happens: when a waiting point turns out to be nearer than thought, the list of those that wait is made anew,
# but the loop goes on with the old one; whatever the same step adds after that waits in a list that nobody
# reads. Unless another neighbour comes by, the search ends before the cluster does, and the rest begins
# a cluster of its own, or counts as outliers if it is small. No error, no warning.
# Hurts: whoever colours a map of codes by clusters. Of two rings of points, sampled twenty times, a fifth are
# cut, down the middle at worst, and another order of the same rows gives another number of clusters.
# Way round: join clusters that have core points within epsilon of each other.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . @saehrimnir/druidjs@0.9.0 > /dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import { OPTICS } from "@saehrimnir/druidjs";

const { sets, epsilon, min_points } = JSON.parse(readFileSync("sets.json"));
console.log(JSON.stringify(sets.map((rows) => new OPTICS(rows, { epsilon, min_points }).get_cluster_list())));
JS
cat > look.py <<'PY'
import json
import subprocess
import sys

import numpy as np
from sklearn.cluster import DBSCAN, OPTICS
from sklearn.datasets import make_circles

EPSILON, LEAST = 0.1, 5
sets = [make_circles(600, noise=0.04, factor=0.5, random_state=seed)[0] for seed in range(20)]
orders = [np.random.default_rng(seed).permutation(600) for seed in range(20)]


def druid(many):
    """The labels that druidjs gives to each set of rows."""
    with open("sets.json", "w") as file:
        json.dump({"sets": [rows.tolist() for rows in many], "epsilon": EPSILON, "min_points": LEAST}, file)
    return [np.array(each) for each in json.loads(subprocess.check_output(["node", "look.mjs"]))]


def pieces(found, labels, core):
    """For each cluster by `found`, the sizes of what `labels` makes of its core points, from the largest."""
    counts = (np.unique(labels[core & (found == one)], return_counts=True)[1] for one in range(found.max() + 1))
    return [sorted(each.tolist(), reverse=True) for each in counts]


cut, cut_by_other, clusters, worst, changed = 0, 0, 0, [0, 0], 0
for rows, order, given, given_shuffled in zip(
    sets, orders, druid(sets), druid([rows[order] for rows, order in zip(sets, orders)])
):
    reference = DBSCAN(eps=EPSILON, min_samples=LEAST).fit(rows)
    core = np.zeros(len(rows), bool)
    core[reference.core_sample_indices_] = True
    other = OPTICS(max_eps=EPSILON, min_samples=LEAST, cluster_method="dbscan", eps=EPSILON).fit(rows).labels_
    parts = pieces(reference.labels_, given, core)
    clusters += len(parts)
    cut += sum(len(each) > 1 for each in parts)
    cut_by_other += sum(len(each) > 1 for each in pieces(reference.labels_, other, core))
    worst = max([worst, *(each for each in parts if len(each) > 1)], key=lambda each: each[1])
    back = np.empty_like(given_shuffled)
    back[order] = given_shuffled
    changed += len(set(given[core])) != len(set(back[core]))
print(f"{clusters} clusters of core points in 20 samples of two rings, by DBSCAN of scikit-learn")
print(f"cut by OPTICS of scikit-learn: {cut_by_other}; by druidjs: {cut}, at worst into pieces of {worst}")
print(f"samples whose number of clusters is another with the rows in another order: {changed}")
sys.exit(0 if cut_by_other == 0 and cut >= 6 and worst[1] >= 50 and changed >= 5 else 1)
PY
venv/bin/python -W ignore look.py
