//! What lies on disk: files, folders and archives in; the databases of scores and verdicts.

mod archive;
mod caught;
mod database;
mod follow;
mod grep;
mod index;
mod pages;
pub mod questions;
mod rows;
mod scan;
pub mod scores;
mod source;
mod table;
mod traces;
pub mod verdicts;
mod visit;
mod walk;

pub use caught::caught;
pub use follow::Follower;
pub use grep::{Place, Searched, grep};
pub use index::Index;
pub use scan::{Progress, folders, load, load_task, plain_file, raw, scan, visit_all};
pub use visit::{Source, Visitor};
pub use walk::Stamp;
