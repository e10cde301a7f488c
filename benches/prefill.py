#!/usr/bin/env python3
"""Prefill on the CPU: ours, transformers and llama.cpp, same weights, same threads, one after the other in one run.

    prefill.py OUT [--threads 2] [--only NAME]... [--lengths 1024,8192] [--minutes 10] [--packed]

(pip install torch transformers gguf llama-cpp-python; without the last two, llama.cpp is left out.) Makes random checkpoints
in OUT: tiny (3.5M), dense (0.44B, 28 layers), half (0.13B, 8 layers) and thin (2) as wide, moe (0.09B, 32 experts), all f32, and with --packed reads q8_0 too.
Prints a row as soon as it is known, the fastest of four rounds for short prompts: tokens per second, CPU seconds per 1,000 tokens, the ratio of ours to each. What would not fit into the
minutes is said and left out.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch
import transformers as T

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "engine"))
try:
    import compare_gguf
    import llama_cpp
except ImportError:
    compare_gguf = llama_cpp = None

WIDE = dict(vocab_size=8000, hidden_size=1024, intermediate_size=3072, num_attention_heads=16, num_key_value_heads=8,
            head_dim=128, max_position_embeddings=32768, tie_word_embeddings=True)
SHAPES = {
    "tiny": ([1024, 8192, 32768], T.Qwen3ForCausalLM, T.Qwen3Config(
        vocab_size=6000, hidden_size=192, intermediate_size=512, num_hidden_layers=6, num_attention_heads=6,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=32768, tie_word_embeddings=True)),
    "moe": ([1024, 8192], T.Qwen3MoeForCausalLM, T.Qwen3MoeConfig(
        vocab_size=8000, hidden_size=512, intermediate_size=1024, moe_intermediate_size=256, num_experts=32,
        num_experts_per_tok=4, norm_topk_prob=True, num_hidden_layers=6, num_attention_heads=8,
        num_key_value_heads=4, head_dim=64, max_position_embeddings=32768)),
    "dense": ([1024], T.Qwen3ForCausalLM, T.Qwen3Config(**WIDE, num_hidden_layers=28)),
    "half": ([8192], T.Qwen3ForCausalLM, T.Qwen3Config(**WIDE, num_hidden_layers=8)),
    "thin": ([32768], T.Qwen3ForCausalLM, T.Qwen3Config(**WIDE, num_hidden_layers=2)),
}


def prompt(length, vocabulary, round=0):
    return [(i * 7919 + round + 1) % vocabulary for i in range(length)]


def clocked(work, rounds):
    """(seconds, CPU seconds) of the fastest round."""
    def once(round):
        cpu = resource.getrusage(resource.RUSAGE_SELF)
        start = time.perf_counter()
        work(round)
        wall, end = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
        return wall, end.ru_utime + end.ru_stime - cpu.ru_utime - cpu.ru_stime
    return min(once(round) for round in range(rounds))


def rounds(length):
    """A short prompt is over before the first pages have been asked of the system."""
    return 4 if length <= 1024 else 1


def theirs(folder, length):
    model = T.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    vocabulary = model.config.vocab_size

    def read(length, round=0):
        with torch.inference_mode():
            model(input_ids=torch.tensor([prompt(length, vocabulary, round)]), logits_to_keep=1)
    read(64)
    return clocked(lambda round: read(length, round), rounds(length))


def llamas(file, length, vocabulary, threads):
    compare_gguf.VOCABULARY = vocabulary
    model = llama_cpp.Llama(str(file), n_ctx=length + 64, n_batch=512, n_threads=threads, n_threads_batch=threads,
                            verbose=False, logits_all=False, flash_attn=True)
    def read(length, round=0):
        model.reset()
        model.eval(prompt(length, vocabulary, round))
    read(64)
    return clocked(lambda round: read(length, round), rounds(length))


def ours(binary, model, length, threads):
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads))
    printed = subprocess.run([*binary, str(model), f"{length}x{rounds(length)}"], env=environment, check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    _, wall, cpu = printed.split()
    return float(wall), float(cpu)


def checkpoint(out, name, cls, config):
    folder = (out / name).resolve()
    if not (folder / "config.json").exists():
        torch.manual_seed(0)
        cls(config).save_pretrained(folder)
    if compare_gguf:
        compare_gguf.VOCABULARY = config.vocab_size
        for kind in ("f32", "q8_0"):
            if not (folder / f"{kind}.gguf").exists():
                model = cls.from_pretrained(folder, dtype=torch.float32)
                compare_gguf.write(folder, model, config, kind)
    return folder


def binary(more=()):
    """The bench as cargo built it."""
    root = Path(__file__).resolve().parent.parent
    command = ["cargo", "bench", "--quiet", "--no-run", "--bench", "prefill", "--message-format", "json", *more]
    lines = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    built = [json.loads(line) for line in lines if line.startswith("{")]
    return [next(one["executable"] for one in built if one.get("executable") and one["target"]["name"] == "prefill")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lengths")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--packed", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    bench, end = binary(), time.monotonic() + args.minutes * 60
    print("| model | tokens | ours, tok/s | transformers | llama.cpp | ours : transformers | ours : llama.cpp | CPU s per 1k: ours, transformers, llama.cpp |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name, (usual, cls, config) in SHAPES.items():
        if args.only and name not in args.only:
            continue
        folder = checkpoint(args.out, name, cls, config)
        last = None
        for length in [int(length) for length in args.lengths.split(",")] if args.lengths else usual:
            # Four times the tokens take up to sixteen times as long.
            if last and time.monotonic() + last[1] * (length / last[0]) ** 1.6 > end:
                print(f"{name} at {length} tokens: left out, the minutes are over", flush=True)
                continue
            for kind in ["f32"] + ["q8_0"] * (args.packed and compare_gguf is not None and length == usual[0]):
                begun = time.monotonic()
                us = ours(bench, folder if kind == "f32" else folder / f"{kind}.gguf", length, args.threads)
                them = theirs(folder, length) if kind == "f32" else None
                file = folder / f"{kind}.gguf"
                llama = llamas(file, length, config.vocab_size, args.threads) if file.exists() and llama_cpp else None
                last = (length, time.monotonic() - begun)
                speed = [f"{length / one[0]:.0f}" if one else "–" for one in (us, them, llama)]
                ratio = [f"{one[0] / us[0]:.2f}" if one else "–" for one in (them, llama)]
                cpu = ", ".join(f"{one[1] / length * 1000:.2f}" if one else "–" for one in (us, them, llama))
                print(f"| {name} {kind} | {length} | " + " | ".join(speed + ratio) + f" | {cpu} |", flush=True)


if __name__ == "__main__":
    main()
