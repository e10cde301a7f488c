//! Messages -> one text with role markers: by the checkpoint's own chat template, by `ChatML`, or not at all.

use std::path::Path;

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde_json::Value as Json;

use super::profile::{Ask, Chat};
use super::render::Message;
use super::template;

/// What the checkpoint brings along to lay out a chat.
#[derive(Debug, Clone, Default)]
pub struct ChatFiles {
    /// Contents of `chat_template.jinja`, or `chat_template` of `tokenizer_config.json`.
    pub template: Option<String>,
    pub bos_token: Option<String>,
    pub eos_token: Option<String>,
}

impl ChatFiles {
    /// Reads a Hugging Face folder; neither file needs to be there.
    pub fn from_folder(folder: &Path) -> Result<Self, String> {
        let path = folder.join("tokenizer_config.json");
        let config = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))?,
            Err(_) => Json::Null,
        };
        let own = std::fs::read_to_string(folder.join("chat_template.jinja")).ok();
        Ok(Self {
            template: own.or_else(|| template_in(&config["chat_template"])),
            bos_token: token_in(&config["bos_token"]),
            eos_token: token_in(&config["eos_token"]),
        })
    }
}

/// A text, or a list of named templates of which `default` counts.
fn template_in(value: &Json) -> Option<String> {
    let named = || value.as_array()?.iter().find(|entry| entry["name"] == "default")?["template"].as_str();
    value.as_str().or_else(named).map(String::from)
}

/// A text, or an object with the text in `content`.
fn token_in(value: &Json) -> Option<String> {
    value.as_str().or_else(|| value["content"].as_str()).map(String::from)
}

/// Lays out the messages as the profile wants it, up to where the answer is read.
pub fn layout(ask: &Ask, files: &ChatFiles, messages: &[Message]) -> Result<String, String> {
    let mut text = match ask.chat {
        Chat::None => messages.iter().map(|message| message.content.as_str()).collect(),
        Chat::Chatml => chatml(messages, ask.generation),
        Chat::Checkpoint => by_template(ask, files, messages)?,
    };
    text.push_str(&ask.assistant_prefix);
    Ok(text)
}

fn chatml(messages: &[Message], generation: bool) -> String {
    let turn = |message: &Message| format!("<|im_start|>{}\n{}<|im_end|>\n", message.role, message.content);
    let mut text: String = messages.iter().map(turn).collect();
    if generation {
        text.push_str("<|im_start|>assistant\n");
    }
    text
}

fn by_template(ask: &Ask, files: &ChatFiles, messages: &[Message]) -> Result<String, String> {
    let source = files.template.as_deref().ok_or(
        "the checkpoint has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); \
         a profile with chat = \"chatml\" or \"none\" needs none",
    )?;
    let mut values = context! {
        messages => Value::from(Serde(messages)),
        add_generation_prompt => ask.generation,
        bos_token => files.bos_token.as_deref(),
        eos_token => files.eos_token.as_deref(),
    };
    if let Some(thinking) = ask.thinking {
        values = context! { enable_thinking => thinking, ..values };
    }
    let values: Value = values;
    template::render(source, &values).map(|(text, _)| text).map_err(|reason| format!("chat template: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(chat: Chat) -> Ask {
        Ask {
            system: None,
            template: None,
            question: String::new(),
            chat,
            thinking: None,
            generation: true,
            assistant_prefix: "<judgement>".into(),
        }
    }

    fn conversation() -> Vec<Message> {
        [("system", "Judge."), ("user", "{{ 1 }}")]
            .map(|(role, content)| Message { role, content: content.into() })
            .into()
    }

    #[test]
    fn chatml_ends_where_the_answer_is_read() {
        let text = layout(&ask(Chat::Chatml), &ChatFiles::default(), &conversation()).unwrap();
        let expected = "<|im_start|>system\nJudge.<|im_end|>\n<|im_start|>user\n{{ 1 }}<|im_end|>\n<|im_start|>assistant\n<judgement>";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_checkpoints_own_template_is_used_and_told_about_thinking() {
        let source = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[a]\
                      {% if enable_thinking is defined and not enable_thinking %}<nothink>{% endif %}{% endif %}";
        let files = ChatFiles { template: Some(source.into()), ..Default::default() };
        let mut ask = ask(Chat::Checkpoint);
        assert_eq!(layout(&ask, &files, &conversation()).unwrap(), "[system]Judge.[user]{{ 1 }}[a]<judgement>");
        ask.thinking = Some(false);
        assert_eq!(
            layout(&ask, &files, &conversation()).unwrap(),
            "[system]Judge.[user]{{ 1 }}[a]<nothink><judgement>"
        );
    }

    #[test]
    fn a_checkpoint_without_template_is_an_error_that_says_what_to_do() {
        let error = layout(&ask(Chat::Checkpoint), &ChatFiles::default(), &conversation()).unwrap_err();
        assert!(error.contains("chatml"), "{error}");
    }

    #[test]
    fn a_template_that_refuses_is_quoted() {
        let files =
            ChatFiles { template: Some("{{ raise_exception('no system role') }}".into()), ..Default::default() };
        let error = layout(&ask(Chat::Checkpoint), &files, &conversation()).unwrap_err();
        assert!(error.contains("no system role"), "{error}");
    }
}
