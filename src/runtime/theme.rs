//! Which theme suits this terminal: what the user says, else what the terminal says about its background. And whether it
//! can show more than ASCII.

use std::env;
use std::time::Duration;

use anyhow::bail;
use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

use super::configuration::Configuration;
use crate::ui::Theme;

/// A terminal over a slow line answers late; one that never answers must not keep the first frame.
const PATIENCE: Duration = Duration::from_millis(150);

/// `auto`, or the name of a theme; answers with the theme and its name. Asks the terminal, so call it before anything else
/// reads its input.
pub fn choose(name: &str, configuration: &Configuration, ascii: bool) -> anyhow::Result<(Theme, String)> {
    if has_no_colors() {
        // crossterm 0.29 answers NO_COLOR by writing a bare reset, which wipes out reverse video: colours are left out
        // here instead, and crossterm is told to mind its own business.
        crossterm::style::force_color_output(true);
        return Ok((named("mono", configuration, ascii)?, "mono".to_owned()));
    }
    if name == "auto" {
        let name = if is_light() { "light" } else { "dark" };
        return Ok((named(name, configuration, ascii)?.on_own_background(), name.to_owned()));
    }
    Ok((named(name, configuration, ascii)?, name.to_owned()))
}

/// A theme as this terminal can show it.
pub fn named(name: &str, configuration: &Configuration, ascii: bool) -> anyhow::Result<Theme> {
    let Some(theme) = configuration.theme(name) else {
        bail!("there is no theme `{name}`; known are auto, {}", configuration.theme_names().join(", "));
    };
    let theme = if has_true_color() { theme } else { theme.with_256_colors() };
    Ok(theme.in_ascii(ascii))
}

/// Whether the terminal says that it shows nothing but ASCII.
pub fn only_ascii() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| env::var(name).ok()).find(|it| !it.is_empty());
    locale.is_some_and(|locale| is_ascii_locale(&locale)) || env::var("TERM").is_ok_and(|term| term == "dumb")
}

/// No locale at all says nothing: containers have none, and their terminals show everything.
fn is_ascii_locale(locale: &str) -> bool {
    let locale = locale.to_lowercase();
    !locale.contains("utf-8") && !locale.contains("utf8")
}

pub fn has_no_colors() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    set("NO_COLOR") || env::var("TERM").is_ok_and(|term| term == "dumb")
}

fn has_true_color() -> bool {
    env::var("COLORTERM").is_ok_and(|value| value.contains("truecolor") || value.contains("24bit"))
}

fn is_light() -> bool {
    let mut options = QueryOptions::default();
    options.timeout = PATIENCE;
    match theme_mode(options) {
        Ok(mode) => mode == ThemeMode::Light,
        Err(_) => env::var("COLORFGBG").is_ok_and(|value| is_light_colorfgbg(&value)),
    }
}

/// `15;0` or `0;default;15`: the last number is the background, of sixteen colours.
fn is_light_colorfgbg(value: &str) -> bool {
    value.rsplit(';').next().and_then(|background| background.parse().ok()).is_some_and(|it: u8| it == 7 || it > 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_variable_is_understood() {
        assert!(is_light_colorfgbg("0;15") && is_light_colorfgbg("0;default;7"));
        assert!(!is_light_colorfgbg("15;0") && !is_light_colorfgbg("") && !is_light_colorfgbg("15;8"));
    }

    #[test]
    fn locales_say_what_can_be_shown() {
        assert!(is_ascii_locale("C") && is_ascii_locale("POSIX") && is_ascii_locale("de_DE.ISO-8859-1"));
        assert!(!is_ascii_locale("C.UTF-8") && !is_ascii_locale("en_US.utf8"));
    }

    #[test]
    fn an_unknown_theme_lists_the_known_ones() {
        let error = named("sepia", &Configuration::default(), false).unwrap_err().to_string();
        assert!(error.contains("sepia") && error.contains("dark, light"), "{error}");
    }
}
