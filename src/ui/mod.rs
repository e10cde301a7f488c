//! `&App` -> cells. Pure; colours come in at the last moment.
