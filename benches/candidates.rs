//! Candidates of one task: eight prompts that share their beginning, each asked after every turn as well, against the same
//! prompts one by one without reuse: `cargo bench --bench candidates -- MODEL [tokens]`. The three take turns; the fastest of
//! four rounds counts, since a machine differs more from one to the next than a trace costs.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use rollscope::engine::{Engine, Options, Source, Want};
use rollscope::reward::TRACE_SHARE;

const CANDIDATES: u32 = 8;
/// What an issue and a system prompt make of a prompt of 4,000 tokens, and how long turns and the closing question are.
const SHARED: usize = 4;
const TURN: usize = 600;
const QUESTION: usize = 45;
const ROUNDS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [model, rest @ ..] = words.as_slice() else {
        eprintln!("nothing to measure: cargo bench --bench candidates -- MODEL [tokens]");
        return Ok(());
    };
    let tokens: usize = rest.first().map_or(Ok(4096), |text| text.parse())?;
    let path = Path::new(model);
    let source = if path.is_file() { Source::Gguf(path) } else { Source::Folder(path) };
    let mut engine = Engine::load(source, &Options { device: "cpu".into(), ..Options::default() })?;
    let prompts: Vec<Vec<u32>> = (0..CANDIDATES).map(|which| prompt(which, tokens, &engine)).collect();
    let [mut alone, mut together, mut traced] = [f64::INFINITY; 3];
    for _ in 0..ROUNDS {
        alone = alone.min(timed(&mut engine, &prompts, |engine, prompt| {
            // One token of another prompt: nothing of the last one is kept.
            read(engine, &[prompt[0] + 1])?;
            read(engine, prompt)
        })?);
        together = together.min(timed(&mut engine, &prompts, read)?);
        traced = traced.min(timed(&mut engine, &prompts, ask_after_turns)?);
    }
    println!("{CANDIDATES} candidates of {tokens} tokens, {} of them shared", tokens / SHARED);
    println!("  one by one without reuse   {alone:8.2} s");
    println!("  sharing their beginning    {together:8.2} s   {:.2} of that", together / alone);
    println!(
        "  and asked after each turn  {traced:8.2} s   {:.2} of that; the trace costs {:.1} %",
        traced / alone,
        100.0 * (traced / together - 1.0)
    );
    Ok(())
}

/// After as many turns as a trace asks.
fn ask_after_turns(engine: &mut Engine, prompt: &[u32]) -> Result<(), Box<dyn Error>> {
    let question = &prompt[prompt.len() - QUESTION..];
    let turns: Vec<usize> = (prompt.len() / SHARED + TURN..prompt.len() - QUESTION).step_by(TURN).collect();
    let step = (turns.len() * QUESTION).div_ceil((prompt.len() * TRACE_SHARE / 100).max(1)).max(1);
    for turn in turns.iter().rev().skip(step - 1).step_by(step).rev() {
        read(engine, &[&prompt[..*turn], question].concat())?;
    }
    read(engine, prompt)
}

fn prompt(which: u32, tokens: usize, engine: &Engine) -> Vec<u32> {
    let vocabulary = engine.facts().vocabulary as u32 - 2;
    let own = |at: usize| if at < tokens / SHARED { 0 } else { which + 1 };
    (0..tokens).map(|at| (at as u32 * 7919 + own(at) * 131 + 1) % vocabulary).collect()
}

fn timed(
    engine: &mut Engine,
    prompts: &[Vec<u32>],
    mut ask: impl FnMut(&mut Engine, &[u32]) -> Result<(), Box<dyn Error>>,
) -> Result<f64, Box<dyn Error>> {
    read(engine, &[2])?;
    let start = Instant::now();
    prompts.iter().try_for_each(|prompt| ask(engine, prompt))?;
    Ok(start.elapsed().as_secs_f64())
}

fn read(engine: &mut Engine, ids: &[u32]) -> Result<(), Box<dyn Error>> {
    engine.read(ids, Want::Labels(&[1, 2]), &mut |_| ControlFlow::Continue(()))?;
    Ok(())
}
