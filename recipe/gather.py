"""Asks the program for everything that training needs: `python gather.py --program rollscope --out data/NAME PATH...`.

Writes OUT/rows.jsonl: id, task_id, run, source (the name of OUT), resolved, text (the exact prompt), tail (end of the run and
patch, for the TF-IDF baseline), patch. Training and use see the same text because the program writes both.
"""

import argparse
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TAIL = 20_000  # characters


def ask(program, *arguments):
    """What a command prints. A status of 3 (something skipped) is explained by the program itself, on stderr."""
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{program} {' '.join(arguments)}: status {done.returncode}")
    return done.stdout


def row_of(program, model, head, source):
    shown = json.loads(ask(program, "show", head["id"], "--format", "json"))
    prompt = json.loads(ask(program, "prompt", head["id"], "--format", "json", *model))
    said = "\n".join(part["text"] or "" for turn in shown["turns"] for part in turn["parts"])
    patch = shown["patch"] or ""
    kept = {k: head[k] for k in ("id", "task_id", "run", "resolved")}
    return kept | {"source": source, "text": prompt["text"], "tail": said[-TAIL:] + "\n" + patch, "patch": patch}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--program", default="rollscope")
    parser.add_argument("--labels", action="append", default=[], help="label files, as for `rollscope list`")
    parser.add_argument("--model", help="folder whose tokenizer measures the prompt (default: the bundled one)")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    labels = [word for file in options.labels for word in ("--labels", file)]
    model = ["--model", options.model] if options.model else []
    listed = ask(options.program, "list", *options.paths, *labels, "--format", "jsonl")
    heads = [json.loads(line) for line in listed.splitlines()]
    options.out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool, (options.out / "rows.jsonl").open("w", encoding="utf-8") as out:
        for row in pool.map(lambda head: row_of(options.program, model, head, options.out.name), heads):
            out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
