#!/usr/bin/env python3
"""Prefill on the CPU, ours beside transformers: same weights, f32, same threads, one after the other in one run.

    prefill.py OUT [--lengths 1024,8192] [--threads 2] [--only NAME]...     (pip install torch transformers)

Makes random checkpoints in OUT (tiny: the default model's size; dense: 0.13B; moe: 0.09B, 32 experts), then prints
tokens per second of both and the ratio.
"""
import argparse
import os
import subprocess
import time
from pathlib import Path

import torch
import transformers as T

SHAPES = {
    "tiny": (T.Qwen3ForCausalLM, T.Qwen3Config(
        vocab_size=6000, hidden_size=192, intermediate_size=512, num_hidden_layers=6, num_attention_heads=6,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=16384, tie_word_embeddings=True)),
    "dense": (T.Qwen3ForCausalLM, T.Qwen3Config(
        vocab_size=8000, hidden_size=1024, intermediate_size=3072, num_hidden_layers=8, num_attention_heads=16,
        num_key_value_heads=8, head_dim=128, max_position_embeddings=32768, tie_word_embeddings=True)),
    "moe": (T.Qwen3MoeForCausalLM, T.Qwen3MoeConfig(
        vocab_size=8000, hidden_size=512, intermediate_size=1024, moe_intermediate_size=256, num_experts=32,
        num_experts_per_tok=4, norm_topk_prob=True, num_hidden_layers=6, num_attention_heads=8,
        num_key_value_heads=4, head_dim=64, max_position_embeddings=32768)),
}


def theirs(folder, lengths):
    model = T.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for length in lengths:
        best = float("inf")
        for round in range(3):
            ids = torch.tensor([[(i * 7919 + round + 1) % model.config.vocab_size for i in range(length)]])
            start = time.perf_counter()
            with torch.inference_mode():
                model(input_ids=ids, logits_to_keep=1)
            best = min(best, time.perf_counter() - start)
        yield best


def ours(folder, lengths, threads):
    command = ["cargo", "bench", "--quiet", "--bench", "prefill", "--", str(folder), ",".join(map(str, lengths))]
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads))
    printed = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(line.split()[1]) for line in printed.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lengths", default="1024,8192")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", action="append", default=[])
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    lengths = [int(length) for length in args.lengths.split(",")]
    for name, (cls, config) in SHAPES.items():
        if args.only and name not in args.only:
            continue
        folder = (args.out / name).resolve()
        if not folder.exists():
            torch.manual_seed(0)
            cls(config).save_pretrained(folder)
        mine = ours(folder, lengths, args.threads)
        for length, us, them in zip(lengths, mine, theirs(folder, lengths)):
            print(f"{name:6} {length:6} tokens: ours {length / us:8.0f} tok/s, transformers {length / them:8.0f} tok/s, "
                  f"ratio {them / us:.2f}", flush=True)


if __name__ == "__main__":
    main()
