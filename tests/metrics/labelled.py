#!/usr/bin/env python3
"""Makes labelled.json beside this file with scikit-learn 1.9 and numpy 2.4: `python labelled.py LABELS.csv LIST.jsonl`.

LIST.jsonl is what `rollscope list FOLDER --labels LABELS.csv` prints: which run a rollout is from is read there.

The labelled rollouts themselves are not ours to keep here; their labels are read, and every one of them gets a score by a
rule that `tests/eval.rs` follows too: FNV-1a of the path, a little help from the outcome, three decimals so that ties occur.
"""
import csv
import json
import math
import sys
from math import comb
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, confusion_matrix, log_loss, precision_score, recall_score, roc_auc_score


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def score(path, resolved):
    return (fnv(path) % 801 + (200 if resolved else 1)) / 1002


def groups(names):
    codes = np.unique(names, return_inverse=True)[1]
    return [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]


def mean_auc(parts, y, odds):
    mixed = [part for part in parts if 0 < y[part].sum() < len(part)]
    areas, sizes = [roc_auc_score(y[part], odds[part]) for part in mixed], [len(part) for part in mixed]
    return float(np.mean(areas)), float(np.average(areas, weights=sizes)), len(mixed)


def ece(p, y, bins=15):
    which = np.clip(np.ceil(p * bins).astype(int), 1, bins)
    return sum(abs(p[which == b].sum() - y[which == b].sum()) for b in set(which)) / len(p)


def best_at_k(y, odds, k):
    """Exact, ties averaged: P(the group of equal scores that starts at rank r holds the best of k drawn)."""
    n, sum_, at = len(y), 0.0, 0
    for value in sorted(set(odds), reverse=True):
        tied = odds == value
        share = (comb(n - at, k) - comb(n - at - tied.sum(), k)) / comb(n, k)
        sum_, at = sum_ + y[tied].mean() * share, at + int(tied.sum())
    return sum_


def curves(tasks, y, odds):
    for k in range(1, max(map(len, tasks)) + 1):
        enough = [task for task in tasks if len(task) >= k]
        passed = [1 - comb(int(len(task) - y[task].sum()), k) / comb(len(task), k) for task in enough]
        yield (float(np.mean([best_at_k(y[task], odds[task], k) for task in enough])), float(np.mean(passed)),
               float(np.mean([y[task].mean() for task in enough])), len(enough))


def main():
    rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
    run_of = {item["path"]: item["run"] for item in map(json.loads, open(sys.argv[2], encoding="utf-8"))}
    ends = {path: run for full, run in run_of.items() for path in ["/".join(full.split("/")[-3:])]}
    y = np.array([int(row["resolved"]) for row in rows])
    p = np.array([score(row["path"], row["resolved"] == "1") for row in rows])
    odds = np.array([math.log(value / (1 - value)) for value in p])
    tasks = groups([row["instance_id"] for row in rows])
    runs = groups([ends[row["path"]] for row in rows])
    per_task, _, mixed = mean_auc(tasks, y, odds)
    within, by_size, _ = mean_auc(runs, y, odds)
    tn, fp, fn, tp = confusion_matrix(y, p >= 0.5).ravel().tolist()
    best, passed, blind, counts = (list(column) for column in zip(*curves(tasks, y, odds)))
    out = {
        "judged": len(rows), "resolved": int(y.sum()), "tasks": len(tasks), "mixed_tasks": mixed,
        "auc": {"pooled": roc_auc_score(y, odds), "per_task": per_task, "within_run": within, "within_run_by_size": by_size},
        "average_precision": average_precision_score(y, odds), "ece": {"equal_width": ece(p, y)},
        "brier": brier_score_loss(y, p), "log_loss": log_loss(y, p), "accuracy": (tp + tn) / len(y),
        "precision": precision_score(y, p >= 0.5), "recall": recall_score(y, p >= 0.5),
        "confusion": {"tp": tp, "fp": fp, "tn": tn, "fn": fn},
        "best_at_k": best, "pass_at_k": passed, "random_at_k": blind, "tasks_at_k": counts,
    }
    Path(__file__).with_name("labelled.json").write_text(json.dumps(out, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main()
