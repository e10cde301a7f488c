//! What lies on disk: files, folders and archives in; the score database.

mod archive;
mod scan;
pub mod scores;
mod source;
mod walk;

pub use scan::{Progress, load, scan};
