//! Tokens per second of reading prompts of several lengths: `cargo bench --bench prefill -- MODEL 1024x4,8192`, MODEL a
//! folder or a GGUF file, `x4` for the best of four rounds, which share nothing with each other. Prints `tokens seconds
//! cpu-seconds` per length. `prefill.py` makes checkpoints, runs this, transformers and llama.cpp on them in turn and prints the ratios.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use rollscope::engine::{Engine, Options, Source, Want};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [model, lengths] = words.as_slice() else {
        eprintln!("nothing to measure: cargo bench --bench prefill -- MODEL 1024x4,8192");
        return Ok(());
    };
    let model = Path::new(model);
    let device = std::env::var("ROLLSCOPE_DEVICE").unwrap_or_else(|_| "cpu".into());
    let options = Options {
        device,
        chunk: chunk()?,
        longest: longest(lengths),
        dtype: std::env::var("ROLLSCOPE_DTYPE").ok(),
        ..Options::default()
    };
    let source = if model.is_file() { Source::Gguf(model) } else { Source::Folder(model) };
    let mut engine = Engine::load(source, &options)?;
    // The first pages, threads and, on a GPU, kernels.
    read(&mut engine, 64, usize::MAX / 2)?;
    for length in lengths.split(',') {
        let (length, rounds) = length.split_once('x').unwrap_or((length, "1"));
        let (length, rounds): (usize, usize) = (length.parse()?, rounds.parse()?);
        let mut best = (f64::INFINITY, 0.0);
        for round in 0..rounds {
            let (start, cpu) = (Instant::now(), cpu_seconds());
            read(&mut engine, length, round)?;
            let wall = start.elapsed().as_secs_f64();
            if wall < best.0 {
                best = (wall, cpu_seconds() - cpu);
            }
        }
        println!("{length} {} {}", best.0, best.1);
    }
    Ok(())
}

fn chunk() -> Result<Option<usize>, Box<dyn Error>> {
    Ok(std::env::var("ROLLSCOPE_CHUNK").ok().map(|text| text.parse()).transpose()?)
}

fn longest(lengths: &str) -> Option<usize> {
    lengths.split(',').filter_map(|length| length.split('x').next()?.parse().ok()).max()
}

fn read(engine: &mut Engine, length: usize, round: usize) -> Result<(), Box<dyn Error>> {
    let vocabulary = engine.facts().vocabulary;
    let ids: Vec<u32> = (0..length).map(|i| ((i * 7919 + round + 1) % vocabulary) as u32).collect();
    let answer = engine.read(&ids, Want::Labels(&[1, 2]), &mut |_| ControlFlow::Continue(()))?;
    assert_eq!(answer.reused, 0, "the rounds must not share a first token");
    Ok(())
}

/// Of all threads of this process so far; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let ticks = || {
        let text = std::fs::read_to_string("/proc/self/stat").ok()?;
        let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    };
    ticks().unwrap_or(0.0) / 100.0
}
