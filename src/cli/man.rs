//! `rollscope man`: the manual page, in roff, made from the command line's own description.

use clap::CommandFactory;

use super::{Cli, Finish};

pub fn run() -> anyhow::Result<Finish> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    for command in Cli::command().get_subcommands() {
        let named = command.clone().name(format!("rollscope-{}", command.get_name()));
        clap_mangen::Man::new(named).render(&mut page)?;
    }
    super::output::raw(&page)?;
    Ok(Finish::Done)
}
