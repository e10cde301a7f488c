//! `rollscope prompt`: the exact prompt the model gets, with token count and read position.

use clap::Args;
use serde_json::json;

use super::{Finish, JudgeOptions, Shape, Target, judge, open, output};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    judge: JudgeOptions,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let (library, id) = open::one(&arguments.target.id, &arguments.target.labels)?;
    let trajectory = open::body(&library, &id)?;
    let prompt = judge::prompter(&arguments.judge)?.prompt(&trajectory)?;
    if arguments.target.format == Shape::Json {
        output::raw(format!("{}\n", serde_json::to_string_pretty(&json!(prompt_row(&prompt)))?).as_bytes())?;
        return Ok(Finish::Done);
    }
    output::raw(format!("{}\n", prompt.text).as_bytes())?;
    let (tokens, context) = (prompt.token_ids.len(), prompt.context);
    eprintln!("{tokens} of {context} tokens; the answer is read behind token {}", prompt.read_position);
    for cut in &prompt.cut {
        eprintln!("left out: {} ({} characters), by the rule {}", cut.what, cut.characters, cut.rule);
    }
    Ok(Finish::Done)
}

fn prompt_row(prompt: &crate::reward::Prompt) -> serde_json::Value {
    json!({
        "profile": prompt.profile,
        "text": prompt.text,
        "token_ids": prompt.token_ids,
        "tokens": prompt.token_ids.len(),
        "context": prompt.context,
        "read_position": prompt.read_position,
        "labels": prompt.labels,
        "cut": prompt.cut,
    })
}
