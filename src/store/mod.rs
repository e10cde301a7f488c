//! What lies on disk: files, folders and archives in; the databases of scores and verdicts.

mod archive;
mod database;
mod scan;
pub mod scores;
mod source;
pub mod verdicts;
mod walk;

pub use scan::{Progress, load, load_task, scan};
