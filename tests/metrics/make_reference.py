#!/usr/bin/env python3
"""Makes reference.json beside this file with scikit-learn 1.9 and numpy 2.4: `python make_reference.py`."""
import json
from pathlib import Path

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (accuracy_score, average_precision_score, brier_score_loss, cohen_kappa_score, confusion_matrix,
                             log_loss, precision_recall_curve, precision_score, recall_score, roc_auc_score, roc_curve)

BINS = 15
rng = np.random.default_rng(20261121)


def ece_equal_width(p, y):
    which = np.clip(np.ceil(p * BINS).astype(int), 1, BINS)
    return sum(abs(p[which == b].mean() - y[which == b].mean()) * (which == b).sum() for b in set(which)) / len(p)


def ece_equal_mass(p, y):  # no ties in this data
    order = np.argsort(p)
    which = ((np.arange(len(p)) + 0.5) * BINS // len(p)).astype(int)
    p, y = p[order], y[order]
    return sum(abs(p[which == b].mean() - y[which == b].mean()) * (which == b).sum() for b in set(which)) / len(p)


def mean_auc(groups, scores, y):
    mixed = [g for g in sorted(set(groups)) if len(set(y[groups == g])) == 2]
    areas = [roc_auc_score(y[groups == g], scores[groups == g]) for g in mixed]
    sizes = [(groups == g).sum() for g in mixed]
    return float(np.mean(areas)), len(mixed), float(np.average(areas, weights=sizes))


def case(n, tasks, ties):
    task, run = rng.integers(0, tasks, n), rng.integers(0, 4, n)
    y = (rng.random(n) < 0.2 + 0.5 * rng.random(tasks)[task]).astype(int)
    log_odds = rng.normal(0, 2.5, n) + 1.2 * (y - 0.5)
    if ties:
        log_odds = np.round(log_odds)
    p = 1 / (1 + np.exp(-log_odds))
    per_task, mixed, _ = mean_auc(task, log_odds, y)
    fpr, tpr, _ = roc_curve(y, log_odds, drop_intermediate=False)
    pr_precision, pr_recall, _ = precision_recall_curve(y, log_odds)
    tn, fp, fn, tp = confusion_matrix(y, p >= 0.6).ravel().tolist()
    clipped = np.clip(p, 1e-7, 1 - 1e-7)
    out = {"task": task.tolist(), "run": run.tolist(), "log_odds": log_odds.tolist(), "resolved": y.astype(bool).tolist(),
           "pooled": roc_auc_score(y, log_odds), "per_task": per_task, "mixed_tasks": mixed, "within_run": mean_auc(run, log_odds, y)[0],
           "brier": brier_score_loss(y, p), "log_loss": log_loss(y, clipped), "accuracy": accuracy_score(y, p >= 0.6),
           "within_run_by_size": mean_auc(run, log_odds, y)[2], "average_precision": average_precision_score(y, log_odds),
           "precision": precision_score(y, p >= 0.6), "recall": recall_score(y, p >= 0.6),
           "fpr": fpr.tolist(), "tpr": tpr.tolist(), "pr_precision": pr_precision.tolist(), "pr_recall": pr_recall.tolist(),
           "confusion": [tp, fp, tn, fn], "ece_equal_width": ece_equal_width(p, y)}
    if not ties:
        out["ece_equal_mass"] = ece_equal_mass(p, y)
    return out


cases = [case(37, 6, False), case(120, 15, True), case(200, 31, False)]
Path(__file__).with_name("reference.json").write_text(json.dumps(cases, default=float) + "\n")


def kappas():
    for n in (8, 50, 300):
        a = rng.integers(0, 4, n)
        b = np.where(rng.random(n) < 0.6, a, rng.integers(0, 4, n))
        yield {"a": a.tolist(), "b": b.tolist(), "kappa": cohen_kappa_score(a, b)}


Path(__file__).with_name("kappa.json").write_text(json.dumps(list(kappas()), default=float) + "\n")


def fits():
    for n, ties in ((400, False), (900, True)):
        x = rng.normal(0.4, 2.5, n)
        if ties:
            x = np.round(x * 2) / 2
        y = rng.random(n) < 1 / (1 + np.exp(-(0.45 * x - 0.6)))
        ups, downs = y.sum(), (~y).sum()
        # Platt's targets as weights of both labels; without regularisation.
        both, labels = np.concatenate([x, x])[:, None], np.concatenate([np.ones(n), np.zeros(n)])
        target = np.where(y, (ups + 1) / (ups + 2), 1 / (downs + 2))
        free = dict(C=np.inf, tol=1e-12, max_iter=10000)
        platt = LogisticRegression(**free).fit(both, labels, np.concatenate([target, 1 - target]))
        heat = LogisticRegression(fit_intercept=False, **free).fit(x[:, None], y)
        rising = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(x, y)
        at = np.unique(x)
        yield {"log_odds": x.tolist(), "resolved": y.tolist(), "platt": [platt.coef_[0, 0], platt.intercept_[0]],
               "temperature": heat.coef_[0, 0], "isotonic": np.column_stack([at, rising.predict(at)]).tolist()}


Path(__file__).with_name("fit.json").write_text(json.dumps(list(fits()), default=float) + "\n")
