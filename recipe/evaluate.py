"""How good a score is: areas under the curve with intervals over tasks, calibration, and the simple baselines."""

import numpy as np
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

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
    """Mean over the groups with both outcomes of the area within the group: (mean, mean weighted by size, how many)."""
    areas, sizes = [], []
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(groups[order]) != 0])
    for part in np.split(order, starts[1:]):
        area = auc(y[part], score[part])
        if area == area:
            areas.append(area)
            sizes.append(len(part))
    if not areas:
        return np.nan, np.nan, 0
    return float(np.mean(areas)), float(np.average(areas, weights=sizes)), len(areas)


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
    """{name: (value, low, high)}: 95 % bootstrap over tasks, seeded."""
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
    spread = {k: np.nanpercentile([d[k] for d in draws], (2.5, 97.5)) for k in value}
    return {k: (v, *spread[k]) for k, v in value.items()}


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


BASELINES = {"resolve rate of the run": run_rate, "features": simple_features, "TF-IDF": words}
