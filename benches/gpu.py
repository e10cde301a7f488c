#!/usr/bin/env python3
"""Prefill on a GPU: ours and transformers with its best attention, bf16, the same random weights. Called by gpu.sh.

    gpu.py OUT [--only NAME]... [--lengths 8192,32768,131072]

Makes checkpoints shaped like Qwen3-0.6B, -4B, -8B and -30B-A3B in OUT and prints tokens per second of both and the peak of transformers' memory.
"""
import argparse
import os
import subprocess
from pathlib import Path

import torch
import transformers as T

from prefill import binary, prompt

QWEN = dict(vocab_size=151936, head_dim=128, num_key_value_heads=8, max_position_embeddings=262144,
            rope_parameters={"rope_type": "default", "rope_theta": 5e6})
SHAPES = {
    "0.6b": (T.Qwen3ForCausalLM, T.Qwen3Config(**QWEN, hidden_size=1024, intermediate_size=3072, num_hidden_layers=28,
                                               num_attention_heads=16, tie_word_embeddings=True)),
    "4b": (T.Qwen3ForCausalLM, T.Qwen3Config(**QWEN, hidden_size=2560, intermediate_size=9728, num_hidden_layers=36,
                                             num_attention_heads=32, tie_word_embeddings=True)),
    "8b": (T.Qwen3ForCausalLM, T.Qwen3Config(**QWEN, hidden_size=4096, intermediate_size=12288, num_hidden_layers=36,
                                             num_attention_heads=32)),
    "30b-a3b": (T.Qwen3MoeForCausalLM, T.Qwen3MoeConfig(
        **dict(QWEN, num_key_value_heads=4), hidden_size=2048, intermediate_size=6144, moe_intermediate_size=768, num_experts=128,
        num_experts_per_tok=8, norm_topk_prob=True, num_hidden_layers=48, num_attention_heads=32)),
}


def ours(bench, folder, lengths):
    environment = dict(os.environ, ROLLSCOPE_DEVICE="cuda", ROLLSCOPE_CHUNK=os.environ.get("ROLLSCOPE_CHUNK", "4096"))
    command = [*bench, str(folder), ",".join(map(str, lengths)), "2"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    return {int(line.split()[0]): float(line.split()[1]) for line in done.stdout.splitlines()}


def theirs(model, length):
    ids = torch.tensor([prompt(length, model.config.vocab_size)], device="cuda")
    torch.cuda.reset_peak_memory_stats()
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    with torch.inference_mode():
        start.record()
        model(input_ids=ids, logits_to_keep=1)
        end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1000, torch.cuda.max_memory_allocated() / 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lengths", default="8192,32768,131072")
    parser.add_argument("--only", action="append", default=[])
    args = parser.parse_args()
    bench, lengths = binary(["--features", "cuda"]), [int(length) for length in args.lengths.split(",")]
    print("| model | tokens | ours, tok/s | transformers, tok/s | ratio | transformers, peak GB |\n| --- | --- | --- | --- | --- | --- |")
    for name, (cls, config) in SHAPES.items():
        if args.only and name not in args.only:
            continue
        folder = args.out / name
        torch.manual_seed(0)
        torch.set_default_dtype(torch.bfloat16)
        with torch.device("cuda"):
            model = cls(config).eval()
        model.set_attn_implementation("sdpa")
        if not (folder / "config.json").exists():
            model.save_pretrained(folder)
        reference = {}
        for length in lengths:
            try:
                theirs(model, 64)
                reference[length] = theirs(model, length)
            except torch.cuda.OutOfMemoryError:
                print(f"{name} at {length}: transformers is out of memory")
        del model
        torch.cuda.empty_cache()
        for length, seconds in ours(bench, folder, lengths).items():
            them, peak = reference.get(length, (float("nan"), float("nan")))
            print(f"| {name} | {length} | {length / seconds:.0f} | {length / them:.0f} | {them / seconds:.2f} | {peak:.1f} |", flush=True)


if __name__ == "__main__":
    main()
