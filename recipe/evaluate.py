"""How good a score is: areas under the curve with intervals over tasks, calibration, and the simple baselines."""

import numpy as np
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from teacher import Teacher

BINS = 15
DRAWS = 1000
SIMPLE_FACTS = ("turns", "said", "seen", "files", "plus", "minus", "bad", "badshare", "badend")


def auc(y, score):
    """Probability that a resolved one outranks an unresolved one, ties half; nan without both."""
    positive = int(y.sum())
    negative = len(y) - positive
    if not positive or not negative:
        return np.nan
    return (rankdata(score)[y == 1].sum() - positive * (positive + 1) / 2) / (positive * negative)


def grouped(groups, y, score):
    """The area within each group that has both outcomes: (mean, mean weighted by size, how many). groups: codes from 0."""
    size = np.bincount(groups)
    resolved = np.bincount(groups, weights=y)
    mixed = np.flatnonzero((resolved > 0) & (resolved < size))
    if not len(mixed):
        return np.nan, np.nan, 0
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(size)
    parts = [order[ends[g] - size[g] : ends[g]] for g in mixed]
    areas = [auc(y[part], score[part]) for part in parts]
    return float(np.mean(areas)), float(np.average(areas, weights=size[mixed])), len(mixed)


def ece(y, p):
    """Expected calibration error, 15 equal-width bins."""
    at = np.minimum((p * BINS).astype(int), BINS - 1)
    return sum(abs(p[at == b].mean() - y[at == b].mean()) * (at == b).mean() for b in np.unique(at))


def measure(rows, y, score, probability=None):
    """All numbers of one set of scores. rows: {"run": codes, "task": codes}, integer arrays as long as y."""
    run_mean, run_weighted, _ = grouped(rows["run"], y, score)
    out = {
        "within_run": run_mean,
        "within_run_by_size": run_weighted,
        "pooled": auc(y, score),
        "per_task": grouped(rows["task"], y, score)[0],
    }
    if probability is not None:
        out["ece"] = ece(y, probability)
        out["brier"] = float(np.mean((probability - y) ** 2))
    return out


def with_intervals(rows, y, score, probability=None, seed=0):
    """{name: (value, low, high)}, or None where nothing can be measured: 95 % bootstrap over tasks, seeded."""
    value = measure(rows, y, score, probability)
    by_task = [np.flatnonzero(rows["task"] == t) for t in np.unique(rows["task"])]
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(DRAWS):
        drawn = rng.integers(len(by_task), size=len(by_task))
        pick = np.concatenate([by_task[i] for i in drawn])
        # A task drawn twice is two tasks.
        task = np.concatenate([np.full(len(by_task[i]), n) for n, i in enumerate(drawn)])
        part = {"run": rows["run"][pick], "task": task}
        draws.append(measure(part, y[pick], score[pick], None if probability is None else probability[pick]))

    def spread(name):
        return np.nanpercentile([d[name] for d in draws], (2.5, 97.5))

    return {k: (float(v), *map(float, spread(k))) if v == v else None for k, v in value.items()}


def codes(values):
    return np.unique(values, return_inverse=True)[1]


def keys(rows):
    return {"run": codes([r["run"] for r in rows]), "task": codes([r["task_id"] for r in rows])}


def run_rate(train, test):
    """The resolve rate of the run, as seen in the training part."""
    overall = np.mean([r["resolved"] for r in train])
    rates = {run: np.mean([r["resolved"] for r in train if r["run"] == run]) for run in {r["run"] for r in train}}
    return np.array([rates.get(r["run"], overall) for r in test])


def simple_features(train, test):
    """Logistic regression on turns, sizes, exit status and error words."""
    kinds = sorted({r["facts"]["exit"] for r in train})

    def table(rows):
        return [[r["facts"][k] for k in SIMPLE_FACTS] + [r["facts"]["exit"] == k for k in kinds] for r in rows]

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=2000))
    model.fit(table(train), [r["resolved"] for r in train])
    return model.predict_proba(table(test))[:, 1]


def words(train, test):
    """TF-IDF of the last 20,000 characters and the patch, with logistic regression."""
    text = TfidfVectorizer(sublinear_tf=True, min_df=3, max_features=50_000)
    model = make_pipeline(text, LogisticRegression(max_iter=1000))
    model.fit([r["tail"] for r in train], [r["resolved"] for r in train])
    return model.predict_proba([r["tail"] for r in test])[:, 1]


def teacher(train, test):
    """The ensemble on all facts that the network learns from: no baseline, but what the network could at best copy."""
    return Teacher(train, seed=0)([r["facts"] for r in test])


BASELINES = {"resolve rate of the run": run_rate, "features": simple_features, "TF-IDF": words, "teacher": teacher}
