"""Prints the measurements of numbers.json as the tables of the model card: `python tables.py numbers.json`."""

import json
import sys

COLUMNS = ("within_run", "within_run_by_size", "pooled", "per_task", "ece", "brier")
HEADS = ("within-run", "within-run, by size", "pooled", "per-task", "ECE", "Brier")


def cell(measured):
    if measured is None or measured[0] != measured[0]:
        return "-"
    return f"{measured[0]:.3f} [{measured[1]:.3f}, {measured[2]:.3f}]"


def table(part):
    yield "| judge | " + " | ".join(HEADS) + " |"
    yield "|---" * (len(HEADS) + 1) + "|"
    for name, measured in part.items():
        if isinstance(measured, dict):
            yield f"| {name} | " + " | ".join(cell(measured.get(c)) for c in COLUMNS) + " |"


def main():
    report = json.load(open(sys.argv[1], encoding="utf-8"))
    for title, parts in report.items():
        if not isinstance(parts, dict):
            continue
        for name, part in parts.items():
            print(f"\n**{title}, {name}** ({part['rollouts']} rollouts, {part['resolved']} resolved, {part['tasks']} tasks)\n")
            print("\n".join(table(part)))


if __name__ == "__main__":
    main()
