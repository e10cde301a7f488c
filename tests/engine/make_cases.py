#!/usr/bin/env python3
"""Write the small checkpoints of tests/engine.rs, with what transformers (float32, CPU) answers on them.

    make_cases.py OUT      (pip install torch transformers safetensors peft)

One folder per kind of checkpoint: config.json, model.safetensors (or shards, or base/ and adapter/) and expected.json
with a short prompt (17 tokens) and a long one (150): {"cases": [{"input_ids", "last_logits" or "scores"}]}.
Random weights; cases named bf16 or f16 are rounded to that type first, so that the answers are for what is stored.
"""
import copy
import json
import sys
from pathlib import Path

import torch
import transformers as T

VOCABULARY = 64
SMALL = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=128)
SHORT = dict(SMALL, head_dim=8)
YARN = {"rope_type": "yarn", "rope_theta": 1000000.0, "factor": 4.0, "original_max_position_embeddings": 32}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}
MOE = dict(SHORT, moe_intermediate_size=16, num_experts=6, num_experts_per_tok=2, norm_topk_prob=True)


def cases():
    yield "qwen2", T.Qwen2ForCausalLM, T.Qwen2Config(**SMALL, tie_word_embeddings=False), {}
    yield "qwen2-tied-bf16", T.Qwen2ForCausalLM, T.Qwen2Config(**SMALL, tie_word_embeddings=True), {"dtype": "bfloat16"}
    yield "qwen2-tokens", T.Qwen2ForTokenClassification, T.Qwen2Config(**SMALL, num_labels=1), {}
    yield "qwen3-tied", T.Qwen3ForCausalLM, T.Qwen3Config(**SHORT, tie_word_embeddings=True), {}
    yield "qwen3-yarn", T.Qwen3ForCausalLM, T.Qwen3Config(**SHORT, rope_parameters=YARN), {}
    yield "qwen3-shards-f16", T.Qwen3ForCausalLM, T.Qwen3Config(**SHORT), {"dtype": "float16", "shard": "16KB"}
    yield "qwen3-classes", T.Qwen3ForSequenceClassification, T.Qwen3Config(
        **SHORT, num_labels=27, pad_token_id=0, problem_type="multi_label_classification"), {}
    yield "qwen3-lora", T.Qwen3ForCausalLM, T.Qwen3Config(**SHORT), {"dtype": "bfloat16", "lora": {}}
    yield "qwen3-classes-rslora", T.Qwen3ForSequenceClassification, T.Qwen3Config(**SHORT, num_labels=3, pad_token_id=0), {
        "dtype": "bfloat16", "lora": {"use_rslora": True, "modules_to_save": ["score"]}}
    yield "moe", T.Qwen3MoeForCausalLM, T.Qwen3MoeConfig(**MOE), {"dtype": "bfloat16"}
    yield "moe-mixed-yarn", T.Qwen3MoeForCausalLM, T.Qwen3MoeConfig(
        **MOE, mlp_only_layers=[1], rope_parameters=YARN), {"dtype": "bfloat16"}
    yield "moe-step", T.Qwen3MoeForCausalLM, T.Qwen3MoeConfig(
        **dict(MOE, norm_topk_prob=False), decoder_sparse_step=2), {"dtype": "float16"}
    yield "llama-rope3", T.LlamaForCausalLM, T.LlamaConfig(**SMALL, rope_parameters=LLAMA3), {}
    yield "llama-linear-biases", T.LlamaForCausalLM, T.LlamaConfig(
        **SMALL, rope_parameters=LINEAR, attention_bias=True, mlp_bias=True), {"dtype": "bfloat16"}


def randomise(model, dtype):
    torch.manual_seed(7)
    for parameter in model.parameters():
        shift = 1.0 if parameter.dim() == 1 and parameter.mean() == 1 else 0.0
        parameter.data.copy_((torch.randn_like(parameter) * 0.2 + shift).to(dtype))


def adapted(model, folder, how):
    from peft import LoraConfig, get_peft_model
    tuned = get_peft_model(model, LoraConfig(r=2, lora_alpha=8, init_lora_weights=False, target_modules=[
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"], **how)).eval()
    for name, parameter in tuned.named_parameters():
        if "score.modules_to_save" in name:
            parameter.data.add_(0.3)
    tuned.save_pretrained(folder / "adapter")
    return tuned


def answers(model, name):
    for length in (17, 150):
        ids = torch.randint(1, VOCABULARY, (1, length), generator=torch.Generator().manual_seed(length))
        with torch.inference_mode():
            logits = model(input_ids=ids).logits[0]
        rounded = [[round(x, 6) for x in row] for row in logits.tolist()] if logits.dim() > 1 else logits.tolist()
        if "ForCausalLM" in name:
            yield {"input_ids": ids[0].tolist(), "last_logits": rounded[-1]}
        else:
            yield {"input_ids": ids[0].tolist(), "scores": rounded}


def main(out):
    for name, cls, config, how in cases():
        model = cls(config).eval()
        dtype = getattr(torch, how.get("dtype", "float32"))
        randomise(model, dtype)
        folder = out / name
        stored = folder / "base" if "lora" in how else folder
        # A copy, because casting a model also rounds its rotary frequencies.
        copy.deepcopy(model).to(dtype).save_pretrained(stored, max_shard_size=how.get("shard", "5GB"))
        if "lora" in how:
            model = adapted(model, folder, how["lora"])
        (folder / "expected.json").write_text(json.dumps({"cases": list(answers(model, cls.__name__))}))
        for junk in [*folder.rglob("generation_config.json"), *folder.rglob("README.md")]:
            junk.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
