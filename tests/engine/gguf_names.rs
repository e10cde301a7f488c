//! Names of tensors as the Hugging Face layout has them -> as `gguf-py` writes them (`tensor_mapping.py`).

pub fn spelled(name: &str) -> String {
    let words = [
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
        ("model.layers", "blk"),
        ("post_attention_layernorm", "ffn_norm"),
        ("input_layernorm", "attn_norm"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.gate", "ffn_gate_inp"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];
    let found = words.iter().filter(|(long, _)| name.contains(&format!("{long}.")));
    found.fold(name.to_owned(), |name, (long, short)| name.replace(&format!("{long}."), &format!("{short}.")))
}
