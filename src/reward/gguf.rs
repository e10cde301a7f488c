//! Tokenizer and chat template out of a GGUF file's metadata (llama.cpp `src/llama-vocab.cpp` says what the names mean), or
//! out of the files beside it.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::chat::ChatFiles;
use super::tokenizer::Tokenizer;
use crate::engine;

/// As in the tokenizer.json of Qwen2 and later, and of Llama 3.
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// `llama_token_type`: tokens that structure a prompt, that users added, and that only fill up the vocabulary.
const CONTROL: u64 = 3;
const USER: u64 = 4;
const UNUSED: u64 = 5;

/// What a GGUF file says, else what lies beside it as in a Hugging Face folder.
pub fn beside(path: &Path) -> Result<(Tokenizer, ChatFiles), String> {
    let metadata = engine::metadata(path).map_err(|error| error.to_string())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let chat = match metadata.get("tokenizer.chat_template").and_then(Value::as_str) {
        Some(template) => chat_files(&metadata, template),
        None => ChatFiles::from_folder(folder)?,
    };
    let file = folder.join("tokenizer.json");
    let tokenizer = match described(&metadata) {
        Ok(text) => Tokenizer::from_bytes(text.to_string().as_bytes()),
        Err(_) if file.is_file() => Tokenizer::from_file(&file),
        Err(reason) => Err(format!("{reason}; put the model's tokenizer.json beside it")),
    };
    Ok((tokenizer.map_err(|reason| format!("{}: {reason}", path.display()))?, chat))
}

fn chat_files(metadata: &Map<String, Value>, template: &str) -> ChatFiles {
    let token = |key: &str| {
        let id = metadata.get(key)?.as_u64()? as usize;
        metadata.get("tokenizer.ggml.tokens")?.get(id)?.as_str().map(String::from)
    };
    ChatFiles {
        template: Some(template.into()),
        bos_token: token("tokenizer.ggml.bos_token_id"),
        eos_token: token("tokenizer.ggml.eos_token_id"),
    }
}

/// The metadata as a tokenizer.json.
fn described(metadata: &Map<String, Value>) -> Result<Value, String> {
    let text = |key: &str| metadata.get(key).and_then(Value::as_str).unwrap_or("missing");
    let list = |key: &str| metadata.get(key).and_then(Value::as_array).ok_or_else(|| format!("{key} is missing"));
    if text("tokenizer.ggml.model") != "gpt2" {
        return Err(format!("tokenizer.ggml.model is {}; only gpt2 is implemented", text("tokenizer.ggml.model")));
    }
    let (split, normalizer, whole_words) = match text("tokenizer.ggml.pre") {
        "qwen2" => (QWEN2, json!({"type": "NFC"}), false),
        "llama-bpe" => (LLAMA3, Value::Null, true),
        other => return Err(format!("tokenizer.ggml.pre is {other}; known are qwen2 and llama-bpe")),
    };
    let tokens = list("tokenizer.ggml.tokens")?;
    let types = list("tokenizer.ggml.token_type")?;
    if types.len() != tokens.len() {
        return Err(format!("{} tokens have {} types", tokens.len(), types.len()));
    }
    let (mut vocabulary, mut added) = (Map::new(), Vec::new());
    for (id, (token, kind)) in tokens.iter().zip(types).enumerate() {
        let (token, kind) = (token.as_str().unwrap_or_default(), kind.as_u64().unwrap_or_default());
        if kind != UNUSED {
            vocabulary.insert(token.into(), id.into());
        }
        if [CONTROL, USER].contains(&kind) {
            added.push(added_token(id, token, kind == CONTROL));
        }
    }
    let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false});
    Ok(json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": normalizer,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": split}, "behavior": "Isolated", "invert": false},
            bytes,
        ]},
        "decoder": bytes,
        "model": {
            "type": "BPE",
            "vocab": vocabulary,
            "merges": list("tokenizer.ggml.merges")?,
            "ignore_merges": whole_words,
        },
    }))
}

fn added_token(id: usize, token: &str, special: bool) -> Value {
    json!({
        "id": id, "content": token, "special": special,
        "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
    })
}
