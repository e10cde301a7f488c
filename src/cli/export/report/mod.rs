//! One self-contained HTML page about a judge: nothing is loaded from elsewhere, and the same input gives the same bytes.

mod chart;
mod html;
mod page;

use std::path::Path;

use super::write;
use crate::cli::{Bench, Finish, eval, open};

pub fn run(bench: &Bench, ways: &eval::Ways, output: Option<&Path>) -> anyhow::Result<Finish> {
    let library = open::library(&bench.inputs)?;
    let (evaluations, missing) = eval::evaluate(bench, ways, &library)?;
    let verdicts = eval::reviewed(&library)?;
    let page = page::page(&library, &evaluations, &verdicts);
    write::target(output)?.write_all(page.as_bytes())?;
    Ok(open::finish(&library, &bench.inputs, missing))
}
