#!/usr/bin/env python3
"""Adds bf16.json beside expected.json of the cases here: what transformers answers when it computes in bf16 throughout.

    make_bf16.py        (transformers 5.23, torch 2.15)
"""
import json
from pathlib import Path

import torch
import transformers as T

HERE = Path(__file__).parent
HEADS = {"ForCausalLM": T.AutoModelForCausalLM, "ForTokenClassification": T.AutoModelForTokenClassification,
         "ForSequenceClassification": T.AutoModelForSequenceClassification}

for folder in sorted(path.parent for path in HERE.glob("*/config.json")):
    architecture = json.loads((folder / "config.json").read_text())["architectures"][0]
    cls = next(cls for end, cls in HEADS.items() if architecture.endswith(end))
    model = cls.from_pretrained(folder, dtype=torch.bfloat16).eval()
    answers, furthest = [], 0
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([case["input_ids"]])).logits[0].float()
        key = "last_logits" if "last_logits" in case else "scores"
        rows = logits[-1] if key == "last_logits" else logits
        furthest = max(furthest, (rows - torch.tensor(case[key])).abs().max().item())
        answers.append({"input_ids": case["input_ids"], key: rows.tolist()})
    (folder / "bf16.json").write_text(json.dumps({"cases": answers}))
    print(f"{folder.name}: {furthest:.3f} from f32, largest {max(abs(x) for a in answers for x in torch.tensor(a.get('last_logits', a.get('scores'))).flatten().tolist()):.1f}")
