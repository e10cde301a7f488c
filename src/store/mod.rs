//! What lies on disk: files, folders and archives in; the score database.

pub mod scores;
