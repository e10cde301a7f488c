//! `rollscope prompt`: the exact prompt the model gets, with token count and read position.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Finish, JudgeOptions, judge, open, output};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A file with one trajectory, or PATH#ID for one of several (the ids of `rollscope list`)
    #[arg(value_name = "PATH[#ID]")]
    target: String,
    #[command(flatten)]
    judge: JudgeOptions,
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    format: Shape,
    /// More sources of outcomes; they never reach the prompt
    #[arg(long, value_name = "FILE", num_args = 1.., hide = true)]
    labels: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    Text,
    Json,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let (library, id) = open::one(&arguments.target, &arguments.labels)?;
    let trajectory = open::body(&library, &id)?;
    let prompt = judge::prompter(&arguments.judge)?.prompt(&trajectory)?;
    if arguments.format == Shape::Json {
        output::raw(format!("{}\n", serde_json::to_string_pretty(&json!(prompt_row(&prompt)))?).as_bytes())?;
        return Ok(Finish::Done);
    }
    output::raw(prompt.text.as_bytes())?;
    output::raw(b"\n")?;
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
