//! Remote engines: what they are asked, what is believed of their answers, and what happens when they misbehave.

mod asking;
mod command;
mod engine;
mod faults;
mod killed;
mod model;
mod recorded;
mod server;
