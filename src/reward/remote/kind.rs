//! Who answers at an address, under which name, and how much it takes in. Found by asking.

use serde_json::{Value, json};

use super::address::Address;
use super::line::{Line, Trouble, Watch};
use crate::reward::Tokenizer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Vllm,
    Sglang,
    /// Something that speaks the completions of OpenAI.
    Other,
}

/// A model behind an address.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    pub kind: Kind,
    /// Empty where it is not told.
    pub version: String,
    pub model: String,
    /// Tokens it takes in, prompt and answer together.
    pub limit: Option<usize>,
    /// What else tells this model from others of its name, hashed: the server's paths are nobody's business.
    pub identity: String,
}

impl Served {
    pub fn engine(&self) -> String {
        let name = match self.kind {
            Kind::Vllm => "vLLM",
            Kind::Sglang => "SGLang",
            Kind::Other => "server",
        };
        if self.version.is_empty() { name.into() } else { format!("{name} {}", self.version) }
    }
}

pub fn find(line: &Line, address: &Address, watch: Watch) -> Result<Served, Trouble> {
    let listed = line.get(&address.at("/v1/models"), watch)?;
    let models: Vec<&Value> = listed["data"].as_array().into_iter().flatten().collect();
    let model = choose(&models, address.model.as_deref()).map_err(Trouble::Never)?;
    let parent = models.iter().copied().find(|other| other["id"] == model["parent"]);
    // An adapter has no length of its own: it is that of its base.
    let limit = [Some(&model), parent].into_iter().flatten().find_map(|one| one["max_model_len"].as_u64());
    let owner = model["owned_by"].as_str().unwrap_or_default();
    let (kind, version) = kind(line, address, owner, watch)?;
    let root = [&model["root"], &model["parent"]].map(Value::to_string).join("\0");
    Ok(Served {
        kind,
        version,
        model: model["id"].as_str().unwrap_or_default().to_owned(),
        limit: limit.map(|limit| limit as usize),
        identity: blake3::hash(root.as_bytes()).to_hex().to_string(),
    })
}

/// A wrong name gives a valid score of another model: with several, the user says which.
fn choose(models: &[&Value], wanted: Option<&str>) -> Result<Value, String> {
    let names: Vec<&str> = models.iter().filter_map(|model| model["id"].as_str()).collect();
    let named = wanted.map(|wanted| models.iter().find(|model| model["id"] == wanted));
    match (named, models) {
        (Some(Some(model)), _) => Ok((*model).clone()),
        (Some(None), _) => {
            Err(format!("there is no model {}; it serves {}", wanted.unwrap_or_default(), names.join(", ")))
        }
        (None, [only]) => Ok((*only).clone()),
        (None, []) => Err("it lists no models".into()),
        (None, _) => Err(format!("it serves {}: say which by putting #name behind the address", names.join(", "))),
    }
}

fn kind(line: &Line, address: &Address, owner: &str, watch: Watch) -> Result<(Kind, String), Trouble> {
    let mut text = |route: &str, field: &str| match line.get(&address.at(route), watch) {
        Ok(answer) => Ok(answer.get(field).map(|found| found.as_str().unwrap_or_default().to_owned())),
        Err(Trouble::Stopped) => Err(Trouble::Stopped),
        Err(_) => Ok(None),
    };
    if owner == "sglang" {
        return Ok((Kind::Sglang, text("/get_server_info", "version")?.unwrap_or_default()));
    }
    if let Some(version) = text("/version", "version")? {
        return Ok((Kind::Vllm, version));
    }
    if owner == "vllm" {
        return Ok((Kind::Vllm, String::new()));
    }
    let sglang = text("/get_model_info", "is_generation")?.is_some();
    Ok((if sglang { Kind::Sglang } else { Kind::Other }, String::new()))
}

/// Letters of several scripts, spaces, code, and the words that judges answer.
const SAMPLE: &str = "YES NO yes\n<judgement> def f(x):\n    return x  # naïve Σ 你好";

/// Whether the server cuts a sample as we do; `None` if it does not tell.
pub fn same_tokens(line: &Line, address: &Address, model: &str, ours: &Tokenizer, watch: Watch) -> Option<bool> {
    let body = json!({ "model": model, "prompt": SAMPLE, "add_special_tokens": false });
    let answer = line.post(&address.at("/tokenize"), &body, watch).ok()?;
    let theirs: Vec<u32> = serde_json::from_value(answer.get("tokens")?.clone()).ok()?;
    ours.encode(SAMPLE).ok().map(|(ids, _)| ids == theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_models_need_a_name_and_wrong_names_list_the_right_ones() {
        let (base, tuned) = (json!({"id": "base"}), json!({"id": "tuned", "parent": "base"}));
        assert_eq!(choose(&[&base], None).unwrap(), base);
        assert_eq!(choose(&[&base, &tuned], Some("tuned")).unwrap(), tuned);
        assert!(choose(&[&base, &tuned], None).unwrap_err().contains("base, tuned"));
        assert!(choose(&[&base], Some("nope")).unwrap_err().contains("serves base"));
        assert!(choose(&[], None).is_err());
    }
}
