//! The entry: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    rollscope::cli::main()
}
