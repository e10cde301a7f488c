#!/usr/bin/env python3
"""On a GPU: our numbers against those of transformers, then prefill of both. Called by gpu.sh, which says how.

    gpu.py RESULTS --built FOLDER [--scratch FOLDER] [--minutes 9] [--only STEP]... [--dry]

Steps: `kernels` (flash attention and its reference on the card), `cases` (every case of tests/engine, and of ROLLSCOPE_REFERENCE, in
f32 and bf16, at all chunk sizes, with reuse), `wide` (heads of 128, dense and a mixture, 3,000 tokens, both dtypes, against transformers on
the card), then `SIZE theirs` and `SIZE ours` for 0.6b, 4b, 8b and 30b-a3b. Each is a process of its own; what it finds goes to
RESULTS/results.jsonl line by line and into the table of RESULTS/README.md. A step that is through is not repeated; one that ran out of the
minutes is taken up again by the next call. --dry runs all of it on the CPU with tiny shapes. Random checkpoints lie in --scratch (/dev/shm
where there is one: the largest has 61 GB).
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve()
LENGTHS = [8192, 32768, 131072, 262144]
WIDE = 3000


def prompt(length, vocabulary, round=0):
    return [(i * 7919 + round + 1) % vocabulary for i in range(length)]


def shapes(dry):
    import transformers as T
    small = dict(vocab_size=512, num_hidden_layers=2, hidden_size=64, num_attention_heads=2, num_key_value_heads=1) if dry else {}
    base = dict(vocab_size=151936, head_dim=128, num_key_value_heads=8, max_position_embeddings=262144, rms_norm_eps=1e-6,
                rope_parameters={"rope_type": "default", "rope_theta": 5e6})

    def dense(hidden, intermediate, layers, heads, tied):
        more = dict(hidden_size=hidden, intermediate_size=intermediate, num_hidden_layers=layers, num_attention_heads=heads)
        return T.Qwen3ForCausalLM, T.Qwen3Config(**{**base, **more, "tie_word_embeddings": tied, **small})

    def mixture(hidden, layers, heads, experts):
        more = dict(hidden_size=hidden, intermediate_size=3 * hidden, moe_intermediate_size=768, num_experts=experts, num_experts_per_tok=8,
                    norm_topk_prob=True, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=4, tie_word_embeddings=False)
        return T.Qwen3MoeForCausalLM, T.Qwen3MoeConfig(**{**base, **more, **small})

    return {
        "0.6b": dense(1024, 3072, 28, 16, True),
        "4b": dense(2560, 9728, 36, 32, True),
        "8b": dense(4096, 12288, 36, 32, False),
        "30b-a3b": mixture(2048, 48, 32, 128),
        "wide-dense": dense(512, 1536, 4, 8, True),
        "wide-mixture": mixture(512, 4, 8, 16),
    }


# ---- what runs in a process of its own: `gpu.py --step NAME …` prints one JSON object a line

def made(name, args, dtype="bfloat16"):
    """The random model on the device, and its folder; the same numbers at every call."""
    import torch
    cls, config = shapes(args.dry)[name]
    torch.manual_seed(0)
    torch.set_default_dtype(getattr(torch, dtype))
    with torch.device(args.device):
        model = cls(config).eval()
    torch.set_default_dtype(torch.float32)
    folder = args.scratch / name
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder, max_shard_size="4GB")
        (folder / "done").touch()
    return model, folder


def attentions(model):
    """Those that this machine has."""
    import torch
    found = []
    for how in ["flash_attention_3", "flash_attention_2", "sdpa"]:
        try:
            model.set_attn_implementation(how)
            with torch.inference_mode():
                model(input_ids=torch.tensor([prompt(64, 500)], device=model.device), logits_to_keep=1)
            found.append(how)
        except (ImportError, ValueError, RuntimeError, KeyError) as why:
            print(f"{how} is not to be had: {str(why).splitlines()[0][:120]}", file=sys.stderr)
    return found


def seconds(model, length, round):
    import torch
    ids = torch.tensor([prompt(length, model.config.vocab_size, round)], device=model.device)
    wait = torch.cuda.synchronize if model.device.type == "cuda" else lambda: None
    wait()
    start = time.perf_counter()
    with torch.inference_mode():
        model(input_ids=ids, logits_to_keep=1).logits.float().cpu()
    wait()
    return time.perf_counter() - start


def theirs(name, lengths, args):
    import torch
    model, _ = made(name, args)
    if "a3b" in name:
        try:
            model.set_experts_implementation("grouped_mm")
        except (AttributeError, ValueError, ImportError) as why:
            print(f"grouped_mm is not to be had: {why}", file=sys.stderr)
    found = {how: 0.0 for how in attentions(model)}
    if len(found) > 1:
        for how in found:
            model.set_attn_implementation(how)
            found[how] = min(seconds(model, lengths[0], round) for round in range(2))
    best = min(found, key=found.get)
    model.set_attn_implementation(best)
    for length in lengths:
        try:
            if args.device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            time_taken = min(seconds(model, length, round) for round in range(rounds(length)))
            peak = torch.cuda.max_memory_allocated() / 1e9 if args.device == "cuda" else None
            print(json.dumps({"tokens": length, "seconds": time_taken, "attention": best, "peak": peak}), flush=True)
        except torch.cuda.OutOfMemoryError:
            print(json.dumps({"tokens": length, "failed": "out of memory", "attention": best}), flush=True)
            torch.cuda.empty_cache()


def rounds(length):
    return 2 if length <= 32768 else 1


def ours(name, lengths, args):
    if not (args.scratch / name / "done").exists():
        # In a process of its own, which gives the card back.
        subprocess.run([*again(args), "--step", f"{name} make"], check=True)
    environment = dict(os.environ, ROLLSCOPE_DEVICE=args.device)
    asked = ",".join(f"{length}x{rounds(length)}" for length in lengths)
    command = [str(args.built / "prefill"), str(args.scratch / name), asked]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            tokens, taken, _ = line.split()
            print(json.dumps({"tokens": int(tokens), "seconds": float(taken)}), flush=True)
    if process.returncode:
        raise SystemExit(f"prefill ended with {process.returncode}")


def wide(args):
    """The largest difference of a logit, ours and transformers' in that dtype, both to transformers in f32."""
    import torch
    length = 200 if args.dry else WIDE
    for name in ("wide-dense", "wide-mixture"):
        model, folder = made(name, args)
        ids = torch.tensor([prompt(length, model.config.vocab_size)], device=args.device)
        (args.scratch / "ids.json").write_text(json.dumps(ids[0].tolist()))
        with torch.inference_mode():
            narrow = model(input_ids=ids, logits_to_keep=1).logits[0, -1].float().cpu()
            exact = model.float()(input_ids=ids, logits_to_keep=1).logits[0, -1].float().cpu()
        del model
        for dtype, allowed in (("f32", 1e-3), ("bf16", None)):
            for chunk in (64, 512, 4096):
                command = [str(args.built / "rollscope"), "logits", "--model", str(folder), "--ids", str(args.scratch / "ids.json"),
                           "--device", args.device, "--dtype", dtype, "--chunk", str(chunk)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                found = torch.tensor(json.loads(done.stdout)["last_logits"])
                off, theirs_off = (found - exact).abs().max().item(), (narrow - exact).abs().max().item()
                limit = allowed or 3 * theirs_off + 1e-3
                print(json.dumps({"case": name, "dtype": dtype, "chunk": chunk, "off": off, "limit": limit, "theirs": theirs_off,
                                  "passed": off <= limit}), flush=True)


def tests(program, words, args, extra=()):
    """A test program of ours, as it was built. Its own words go to a file."""
    environment = dict(os.environ, ROLLSCOPE_DEVICE=args.device, **dict(extra))
    command = [str(args.built / program), *words, "--nocapture", "--test-threads=1"]
    log = args.results / f"{program}-{args.step}.log"
    with log.open("w") as file:
        done = subprocess.run(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
    last = [line for line in log.read_text().splitlines() if line.startswith("test result")]
    print(json.dumps({"tests": program, "said": last[-1] if last else "", "passed": done.returncode == 0, "log": log.name}), flush=True)


def step(args):
    name, _, who = args.step.partition(" ")
    lengths = [int(one) for one in args.lengths.split(",")]
    if name == "kernels":
        tests("unit", ["engine::"], args)
    elif name == "cases":
        tests("engine", ["reference"], args)
    elif name == "wide":
        wide(args)
    else:
        {"theirs": theirs, "ours": ours, "make": lambda name, _, args: made(name, args)}[who](name, lengths, args)


def again(args):
    """This script, for one step."""
    return [sys.executable, str(HERE), str(args.results), "--built", str(args.built), "--scratch", str(args.scratch)] + ["--dry"] * args.dry


# ---- what leads them

class Memory(threading.Thread):
    """The most that the card had in use, in GB, as nvidia-smi says."""
    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.process = None, None

    def run(self):
        try:
            query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "-lms", "100"]
            self.process = subprocess.Popen(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except OSError:
            return
        for line in self.process.stdout:
            if line.strip().isdigit():
                self.peak = max(self.peak or 0, int(line) * 1.048576e-3)

    def stop(self):
        if self.process:
            self.process.terminate()


def known(results):
    file = results / "results.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def missing(name, rows, lengths):
    """Lengths that a step has still to measure; none where it is through."""
    mine = [row for row in rows if row["step"] == name]
    if any(row.get("through") for row in mine):
        return []
    return [length for length in lengths if not any(row.get("tokens") == length for row in mine)]


def lead(name, lengths, args, end):
    """Runs one step and keeps its lines as they come. True where it came to its end."""
    command = [*again(args), "--step", name, "--lengths", ",".join(map(str, lengths))]
    memory = Memory()
    memory.start()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    timer = threading.Timer(max(1, end - time.monotonic()), lambda: os.killpg(process.pid, signal.SIGKILL))
    timer.start()
    with (args.results / "results.jsonl").open("a") as file:
        def keep(row):
            file.write(json.dumps({"step": name, **row}) + "\n")
            file.flush()
            print(f"  {row}", flush=True)
        for line in process.stdout:
            if line.startswith("{"):
                keep({**json.loads(line), "card_peak": memory.peak})
        code = process.wait()
        in_time = timer.is_alive()
        timer.cancel()
        memory.stop()
        if code == 0:
            keep({"through": True})
        elif in_time:
            keep({"through": True, "failed": f"ended with {code}"})
    return code == 0 or in_time


def table(args):
    rows = known(args.results)
    text = ["| check | result |", "| --- | --- |"]
    for row in rows:
        if "tests" in row:
            text.append(f"| {row['step']} | {'passed' if row['passed'] else '**failed**'}: {row['said']} |")
        elif "case" in row:
            text.append(f"| {row['case']}, {row['dtype']}, chunks of {row['chunk']} | {'passed' if row['passed'] else '**failed**'}: off by "
                        f"{row['off']:.2g}, allowed {row['limit']:.2g} (transformers in bf16: {row['theirs']:.2g}) |")
        elif "failed" in row and "tokens" not in row:
            text.append(f"| {row['step']} | **{row['failed']}** |")
    text += ["", "| model | tokens | ours, tok/s | transformers, tok/s | ours : transformers | peak GB of the card: ours, transformers | its attention |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    timed = {(row["step"], row["tokens"]): row for row in rows if "tokens" in row}
    for name, length in dict.fromkeys((step.split()[0], tokens) for step, tokens in timed):
        us, them = timed.get((f"{name} ours", length), {}), timed.get((f"{name} theirs", length), {})
        speed = [f"{length / one['seconds']:.0f}" if "seconds" in one else one.get("failed", "–") for one in (us, them)]
        ratio = f"{them['seconds'] / us['seconds']:.2f}" if "seconds" in us and "seconds" in them else "–"
        peak = ", ".join(f"{one['card_peak']:.1f}" if one.get("card_peak") else "–" for one in (us, them))
        text.append(f"| {name} | {length} | {speed[0]} | {speed[1]} | {ratio} | {peak} | {them.get('attention', '–')} |")
    (args.results / "README.md").write_text("\n".join(text) + "\n")
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--built", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path("/dev/shm/rollscope" if Path("/dev/shm").exists() else "target/gpu-scratch"))
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--lengths")
    parser.add_argument("--step")
    parser.add_argument("--dry", action="store_true")
    args = parser.parse_args()
    args.device = "cpu" if args.dry else "cuda"
    args.lengths = args.lengths or ("256,512" if args.dry else ",".join(map(str, LENGTHS)))
    args.results, args.built, args.scratch = args.results.resolve(), args.built.resolve(), args.scratch.resolve()
    for folder in (args.results, args.scratch):
        folder.mkdir(parents=True, exist_ok=True)
    if args.step:
        return step(args)
    end = time.monotonic() + args.minutes * 60
    steps = [(name, [0]) for name in ("kernels", "cases", "wide")]
    for name in ("0.6b", "4b", "8b", "30b-a3b"):
        steps += [(f"{name} {who}", [int(one) for one in args.lengths.split(",")]) for who in ("theirs", "ours")]
    left = []
    for name, lengths in steps:
        if args.only and name.split()[0] not in args.only:
            continue
        todo = missing(name, known(args.results), lengths)
        if not todo:
            continue
        # Loading the largest takes a minute.
        if end - time.monotonic() < 30:
            left.append(name)
            continue
        print(f"{name} {'' if todo == [0] else todo}", flush=True)
        if not lead(name, todo, args, end):
            left.append(name)
        elif name.endswith("ours"):
            shutil.rmtree(args.scratch / name.split()[0], ignore_errors=True)
    print(table(args))
    if left:
        print(f"not yet through: {', '.join(left)}. Call again with the same folder of results.")


if __name__ == "__main__":
    main()
