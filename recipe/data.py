"""Labelled rollouts as rows, read from what `gather.py` asked the program for; and their split by task."""

import json
from pathlib import Path

from teacher import part_of
from tokens import facts_of

HELD_OUT = 15  # per cent of the tasks, never trained on, never looked at before the end


def read(folders):
    """-> [{id, task_id, run, source, resolved, text, tail, patch, facts}], one per labelled rollout."""
    rows = []
    for folder in map(Path, folders):
        for line in (folder / "rows.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            if row["resolved"] is not None:
                rows.append(row | {"facts": facts_of(row["text"]), "resolved": int(row["resolved"])})
    return rows


def is_held_out(row):
    return part_of(row["task_id"], 100, "") < HELD_OUT


def split(rows):
    """-> training rows, held-out rows; no task is in both."""
    return [r for r in rows if not is_held_out(r)], [r for r in rows if is_held_out(r)]
