"""The teacher: an ensemble on the facts alone, whose soft answers the network learns before it sees a label."""

import hashlib

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tokens import EXITS, fact_lines, facts_of


def vector(facts):
    numbers = [facts[k] for k in sorted(facts) if k != "exit"]
    return numbers + [float(facts["exit"] == e) for e in EXITS]


def members(seed):
    return [
        make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=2000)),
        HistGradientBoostingClassifier(
            max_depth=3, learning_rate=0.03, max_iter=150, min_samples_leaf=20, random_state=seed
        ),
        ExtraTreesClassifier(300, min_samples_leaf=4, max_features=0.3, random_state=seed),
    ]


class Teacher:
    def __init__(self, rows, seed):
        table = np.array([vector(r["facts"]) for r in rows], float)
        self.members = [m.fit(table, [r["resolved"] for r in rows]) for m in members(seed)]

    def __call__(self, facts):
        """Probability of resolved for each of a list of facts."""
        table = np.array([vector(f) for f in facts], float)
        return np.mean([m.predict_proba(table)[:, 1] for m in self.members], axis=0)


def part_of(task, parts, salt):
    """A task's part, the same everywhere and always: 0 to parts - 1."""
    return int(hashlib.sha256((salt + task).encode()).hexdigest(), 16) % parts


def unseen_answers(rows, seed, parts=5):
    """What teachers that did not see a row's task say about it."""
    part = np.array([part_of(r["task_id"], parts, "inner") for r in rows])
    out = np.zeros(len(rows))
    for k in range(parts):
        teacher = Teacher([r for r, p in zip(rows, part) if p != k], seed)
        out[part == k] = teacher([r["facts"] for r, p in zip(rows, part) if p == k])
    return out


def blends(rows, count, rng):
    """Prompts of facts alone, each line taken from one of three rollouts, mostly the first."""
    lines = [fact_lines(r["text"]) for r in rows]
    texts = []
    for _ in range(count):
        first, second, third = rng.choice(len(rows), 3)
        chosen = rng.choice([first, first, second, third], 5)
        texts.append(facts_prompt([lines[c][i] for i, c in enumerate(chosen)]))
    return texts, [facts_of(t) for t in texts]


def facts_prompt(lines):
    return "# Facts\n" + "\n".join(lines) + "\nResolved?"
