"""Trains and measures the default reward model: `python recipe.py --data data/A data/B --out ../assets/reward-model`."""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

import evaluate
import tokens
from data import read, split
from teacher import part_of
from train import fit

FOLDS = 5


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", required=True, help="folders written by gather.py: train and evaluate")
    parser.add_argument("--test", nargs="*", default=[], help="folders to measure on at the end, never trained on")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="folds at a time")
    parser.add_argument("--vocabulary", type=int, default=3072, help="at most; the facts alone need about 2,000")
    parser.add_argument("--blends", type=int, default=3000, help="prompts of blended facts for the first stage")
    parser.add_argument("--blend-rounds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2, help="passes over the labelled prompts")
    return parser.parse_args()


def fold_scores(rows, tokenizer, opts, k):
    """{name: scores} of the rows of fold k by judges that did not see their tasks; and where these rows stand."""
    torch.set_num_threads(1)
    inside = np.array([part_of(r["task_id"], FOLDS, "fold") == k for r in rows])
    train = [r for r, i in zip(rows, inside) if not i]
    test = [r for r, i in zip(rows, inside) if i]
    judge = fit(train, tokenizer, opts, opts.seed + k)
    scores = {"model": judge.predict(judge.ids([r["text"] for r in test]))}
    print(f"fold {k + 1} of {FOLDS} done", flush=True)
    return inside, scores | {name: baseline(train, test) for name, baseline in evaluate.BASELINES.items()}


def unseen_scores(rows, tokenizer, opts):
    """{name: scores of all rows} by cross-validation over tasks, for the network and the baselines."""
    out = {name: np.zeros(len(rows)) for name in ("model", *evaluate.BASELINES)}
    with ProcessPoolExecutor(opts.workers) as pool:
        for inside, scores in pool.map(partial(fold_scores, rows, tokenizer, opts), range(FOLDS)):
            for name, values in scores.items():
                out[name][inside] = values
    return out


def calibration(y, odds):
    """(temperature, offset): score = sigmoid(log_odds / temperature + offset)."""
    line = LogisticRegression(C=1e6).fit(odds[:, None], y)
    return float(1 / line.coef_[0, 0]), float(line.intercept_[0])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numbers(rows, scores, scale):
    """Every measurement of a part: all rows, non-empty patches, each source; the model and each baseline."""
    temperature, offset = scale
    y = np.array([r["resolved"] for r in rows])
    parts = {"all": np.ones(len(rows), bool), "non-empty patch": np.array([bool(r["patch"].strip()) for r in rows])}
    parts |= {source: np.array([r["source"] == source for r in rows]) for source in sorted({r["source"] for r in rows})}
    out = {}
    for part, inside in parts.items():
        chosen = [r for r, i in zip(rows, inside) if i]
        head = {"rollouts": len(chosen), "resolved": int(y[inside].sum()), "tasks": len({r["task_id"] for r in chosen})}
        out[part] = head | {
            name: evaluate.Measured(
                chosen,
                y[inside],
                score[inside],
                sigmoid(score[inside] / temperature + offset) if name == "model" else None,
            ).with_intervals()
            for name, score in scores.items()
        }
    return out


def main():
    opts = options()
    torch.set_num_threads(opts.workers)
    train, held_out = split(read(opts.data))
    tokenizer = tokens.learn([r["text"] for r in train], opts.vocabulary)
    unseen = unseen_scores(train, tokenizer, opts)
    y = np.array([r["resolved"] for r in train])
    scale = calibration(y, unseen["model"])
    report = {"temperature": scale[0], "offset": scale[1], "cross-validation": numbers(train, unseen, scale)}

    judge = fit(train, tokenizer, opts, opts.seed)
    opts.out.mkdir(parents=True, exist_ok=True)
    judge.save(opts.out)
    for name, rows in (("held-out", held_out), ("evaluate only", read(opts.test))):
        if rows:
            scores = {"model": judge.predict(judge.ids([r["text"] for r in rows]))}
            scores |= {other: baseline(train, rows) for other, baseline in evaluate.BASELINES.items()}
            report[name] = numbers(rows, scores, scale)
    (opts.out / "numbers.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
