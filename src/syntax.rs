//! Code -> named scopes, line by line. Names, never colours.
