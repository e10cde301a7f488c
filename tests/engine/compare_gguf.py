#!/usr/bin/env python3
"""The same GGUF files read by llama.cpp and by us: how far the logits lie apart.

    compare_gguf.py OUT --binary ROLLSCOPE [--tokens 300] [--only NAME]      (pip install torch transformers gguf llama-cpp-python)

Makes random checkpoints in OUT, writes each as GGUF in f32, f16, bf16, q8_0 (gguf's own quantizer) and q4_k, q5_k, q6_k
(llama.cpp's), and prints per file the largest difference of a logit at the last position: ours from llama.cpp's, and, to
see what the kind itself costs, each from transformers' in f32. llama.cpp rounds activations to eight bits where weights
are packed, we do not.
"""
import argparse
import ctypes
import json
import subprocess
from pathlib import Path

import gguf
import llama_cpp
import numpy
import torch
import transformers as T

VOCABULARY = 512
SMALL = dict(vocab_size=VOCABULARY, hidden_size=256, intermediate_size=512, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=4096)
YARN = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 1024}
SHAPES = {
    "qwen2": (T.Qwen2ForCausalLM, T.Qwen2Config(**SMALL)),
    "qwen3": (T.Qwen3ForCausalLM, T.Qwen3Config(**SMALL, head_dim=64, tie_word_embeddings=True)),
    "qwen3-yarn": (T.Qwen3ForCausalLM, T.Qwen3Config(**SMALL, head_dim=64, rope_parameters=YARN)),
    "qwen3moe": (T.Qwen3MoeForCausalLM, T.Qwen3MoeConfig(
        **SMALL, head_dim=64, moe_intermediate_size=256, num_experts=8, num_experts_per_tok=2, norm_topk_prob=True)),
    "llama": (T.LlamaForCausalLM, T.LlamaConfig(**SMALL, tie_word_embeddings=False)),
}
KINDS = {"f32": 0, "f16": 1, "bf16": 32, "q8_0": 7, "q4_k": 15, "q5_k": 17, "q6_k": 18}  # llama_ftype


def write(folder, model, config, kind):
    """What llama.cpp's converter writes, for these architectures."""
    path = folder / f"{kind}.gguf"
    arch = config.model_type.replace("_", "")
    out = gguf.GGUFWriter(path, arch)
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    out.add_key_length(dim)
    out.add_value_length(dim)
    if arch == "llama":
        out.add_rope_dimension_count(dim)
    out.add_vocab_size(VOCABULARY)
    rope = config.rope_parameters
    out.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "yarn":
        out.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        out.add_rope_scaling_factor(rope["factor"])
        out.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if arch == "qwen3moe":
        out.add_expert_count(config.num_experts)
        out.add_expert_used_count(config.num_experts_per_tok)
        out.add_expert_feed_forward_length(config.moe_intermediate_size)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("qwen2")
    out.add_token_list([f"t{i}" for i in range(VOCABULARY)])
    out.add_token_types([1] * VOCABULARY)
    out.add_token_merges(["t 1"])
    out.add_eos_token_id(0)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[arch.upper()], config.num_hidden_layers)
    for name, tensor in tensors(model, config, arch):
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        array = tensor.float().numpy()
        keep = array.ndim == 1 or "ffn_gate_inp" in target
        quant = gguf.GGMLQuantizationType.F32 if keep else getattr(gguf.GGMLQuantizationType, kind.upper())
        out.add_tensor(target, gguf.quants.quantize(numpy.ascontiguousarray(array), quant), raw_dtype=quant)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return path


def tensors(model, config, arch):
    state = {k: v for k, v in model.state_dict().items() if not (k == "lm_head.weight" and config.tie_word_embeddings)}
    for name, tensor in state.items():
        if name.endswith("experts.gate_up_proj"):
            gate, up = tensor.chunk(2, dim=1)
            yield name.replace("gate_up_proj", "gate_proj.weight"), gate
            yield name.replace("gate_up_proj", "up_proj.weight"), up
        elif name.endswith("experts.down_proj"):
            yield name + ".weight", tensor
        elif arch == "llama" and name.rsplit(".", 2)[-2] in ("q_proj", "k_proj"):
            heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            rows, columns = tensor.shape
            yield name, tensor.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)
        else:
            yield name, tensor


def packed(source, target, kind):
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = KINDS[kind]
    parameters.pure = True
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(parameters)) == 0


def theirs(path, ids):
    model = llama_cpp.Llama(str(path), n_ctx=len(ids) + 8, n_batch=512, n_threads=2, verbose=False, logits_all=False,
                            type_k=0, type_v=0, flash_attn=False)
    model.eval(ids)
    pointer = llama_cpp.llama_get_logits_ith(model.ctx, -1)
    return numpy.array(pointer[:VOCABULARY])


def ours(binary, path, ids):
    file = path.with_suffix(".ids.json")
    file.write_text(json.dumps(ids))
    printed = subprocess.run([binary, "logits", "--model", path, "--ids", file, "--device", "cpu"], check=True,
                             stdout=subprocess.PIPE)
    return numpy.array(json.loads(printed.stdout)["last_logits"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tokens", type=int, default=300)
    parser.add_argument("--only", action="append", default=[])
    args = parser.parse_args()
    llama_cpp.llama_backend_init()
    print("| model | weights | ours to llama.cpp | ours to transformers f32 | llama.cpp to transformers f32 |")
    print("| --- | --- | --- | --- | --- |")
    for name, (cls, config) in SHAPES.items():
        if args.only and name not in args.only:
            continue
        torch.manual_seed(0)
        config.initializer_range = 0.06
        model = cls(config).float().eval()
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.data.add_(torch.randn_like(parameter) * 0.1)
        ids = torch.randint(1, VOCABULARY, (1, args.tokens), generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            exact = model(input_ids=ids).logits[0, -1].double().numpy()
        folder = args.out / name
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            path = folder / f"{kind}.gguf"
            if kind.endswith("_k"):
                packed(folder / "f32.gguf", path, kind)
            else:
                write(folder, model, config, kind)
            them, us = theirs(path, ids[0].tolist()), ours(args.binary, path, ids[0].tolist())
            far = [abs(a - b).max() for a, b in [(us, them), (us, exact), (them, exact)]]
            print(f"| {name} | {kind} | " + " | ".join(f"{x:.2e}" for x in far) + " |", flush=True)
        print(f"{name}: logits from {exact.min():.2f} to {exact.max():.2f}", flush=True)


if __name__ == "__main__":
    main()
