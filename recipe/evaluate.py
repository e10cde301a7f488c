"""How good a score is: areas under the curve with intervals over tasks, calibration, and the simple baselines."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from teacher import Teacher

BINS = 15
DRAWS = 1000
SIMPLE_FACTS = ("turns", "said", "seen", "files", "plus", "minus", "bad", "badshare", "badend")


class Pairs:
    """Every resolved rollout of `members` against every unresolved one: who scores higher, ties half."""

    def __init__(self, y, score, members):
        self.members = members
        self.resolved, self.unresolved = members[y[members] == 1], members[y[members] == 0]
        up, down = score[self.resolved, None], score[self.unresolved]
        self.won = (up > down) + 0.5 * (up == down)

    def area(self, weight):
        """The area under the curve, rollouts counted `weight` times; nan without both outcomes."""
        up, down = weight[self.resolved], weight[self.unresolved]
        pairs = up.sum() * down.sum()
        return up @ self.won @ down / pairs if pairs else np.nan


class Measured:
    """One judge on one set of rollouts. rows: dicts with run, task_id; y: 0 or 1; probability: the calibrated score."""

    def __init__(self, rows, y, score, probability=None):
        self.y, self.probability = y, probability
        self.task = codes([r["task_id"] for r in rows])
        self.everything = Pairs(y, score, np.arange(len(y)))
        self.runs = [Pairs(y, score, m) for m in members(codes([r["run"] for r in rows]))]
        tasks = [Pairs(y, score, m) for m in members(self.task)]
        mixed = [t for t in tasks if t.won.size]
        self.mixed = np.array([t.members[0] for t in mixed], int)
        self.task_areas = np.array([t.won.mean() for t in mixed])

    def at(self, weight):
        """All numbers, with each rollout counted `weight` times."""
        areas = np.array([run.area(weight) for run in self.runs])
        sizes = np.array([weight[run.members].sum() for run in self.runs])
        both = ~np.isnan(areas)
        out = {
            "within_run": mean(areas[both], np.ones(both.sum())),
            "within_run_by_size": mean(areas[both], sizes[both]),
            "pooled": self.everything.area(weight),
            "per_task": mean(self.task_areas, weight[self.mixed]),
        }
        if self.probability is not None:
            out["ece"] = ece(self.y, self.probability, weight)
            out["brier"] = mean((self.probability - self.y) ** 2, weight)
        return out

    def with_intervals(self, seed=0):
        """{name: (value, low, high)}, or None where nothing can be measured: 95 % bootstrap over tasks, seeded."""
        value = self.at(np.ones(len(self.y)))
        rng = np.random.default_rng(seed)
        tasks = self.task.max() + 1
        draws = [self.at(rng.multinomial(tasks, np.full(tasks, 1 / tasks))[self.task].astype(float)) for _ in range(DRAWS)]

        def spread(name):
            return np.nanpercentile([d[name] for d in draws], (2.5, 97.5))

        return {k: (float(v), *map(float, spread(k))) if v == v else None for k, v in value.items()}


def mean(values, weight):
    return float(values @ weight / weight.sum()) if weight.sum() else np.nan


def ece(y, p, weight):
    """Expected calibration error, 15 equal-width bins."""
    at = np.minimum((p * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(at, weight * (p - y))).sum() / weight.sum())


def codes(values):
    return np.unique(values, return_inverse=True)[1]


def members(groups):
    """The rows of each group."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.cumsum(np.bincount(groups))[:-1])


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
