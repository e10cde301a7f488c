//! One file per subcommand: the same rooms without a screen.
