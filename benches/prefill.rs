//! Tokens per second of reading prompts of several lengths: `cargo bench --bench prefill -- FOLDER 1024,8192`.
//! Prints `tokens seconds` per length, the best of three reads that share nothing with each other. `prefill.py` makes
//! checkpoints, runs this and transformers on them in turn and prints the ratio.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use rollscope::engine::{Engine, Options, Source, Want};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [folder, lengths] = words.as_slice() else {
        eprintln!("nothing to measure: cargo bench --bench prefill -- FOLDER 1024,8192");
        return Ok(());
    };
    let options = Options { device: "cpu".into(), ..Options::default() };
    let mut engine = Engine::load(Source::Folder(Path::new(folder)), &options)?;
    for length in lengths.split(',') {
        let length: usize = length.parse()?;
        let mut best = f64::INFINITY;
        for round in 0..3 {
            best = best.min(seconds(&mut engine, length, round)?);
        }
        println!("{length} {best}");
    }
    Ok(())
}

fn seconds(engine: &mut Engine, length: usize, round: usize) -> Result<f64, Box<dyn Error>> {
    let vocabulary = engine.facts().vocabulary;
    let ids: Vec<u32> = (0..length).map(|i| ((i * 7919 + round + 1) % vocabulary) as u32).collect();
    let start = Instant::now();
    let answer = engine.read(&ids, Want::Labels(&[1, 2]), &mut |_| ControlFlow::Continue(()))?;
    assert_eq!(answer.reused, 0, "the rounds must not share a first token");
    Ok(start.elapsed().as_secs_f64())
}
