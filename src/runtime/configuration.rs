//! What the user has set up: `config.toml`, `keys.toml` and `themes/*.toml` in `$ROLLSCOPE_CONFIG`, or where the platform
//! keeps such things. Never read from what is inspected. What cannot be understood is said, and the rest still holds.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::{Spanned, Value};

use crate::app::Keymap;
use crate::ui::Theme;

/// `config.toml`. What is absent is as without it; the command line has the last word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    pub theme: Option<String>,
    pub mouse: Option<bool>,
    pub ascii: Option<bool>,
    pub wrap: Option<bool>,
    pub outline: Option<bool>,
}

impl Settings {
    /// Setting by setting: one that is not understood is told with its line, and is as if it were absent.
    fn from_toml(text: &str, path: &Path, problems: &mut Vec<String>) -> Self {
        let mut settings = Self::default();
        let table: BTreeMap<Spanned<String>, Spanned<Value>> = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                problems.push(format!("{}: {}", at(path, text, error.span()), error.message()));
                return settings;
            }
        };
        for (name, value) in &table {
            if let Err(reason) = settings.set(name.get_ref(), value.get_ref()) {
                problems.push(format!("{}: {reason}", at(path, text, Some(name.span()))));
            }
        }
        settings
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let switch = match name {
            "theme" => {
                let named = value.as_str().ok_or("`theme` wants a name between quotes")?;
                self.theme = Some(named.to_owned());
                return Ok(());
            }
            "mouse" => &mut self.mouse,
            "ascii" => &mut self.ascii,
            "wrap" => &mut self.wrap,
            "outline" => &mut self.outline,
            _ => return Err(format!("there is no setting `{name}`; known are theme, mouse, ascii, wrap, outline")),
        };
        *switch = Some(value.as_bool().ok_or_else(|| format!("`{name}` wants true or false"))?);
        Ok(())
    }
}

#[derive(Debug, Default)]
pub struct Configuration {
    pub settings: Settings,
    pub keymap: Keymap,
    pub themes: Vec<(String, Theme)>,
    pub problems: Vec<String>,
}

impl Configuration {
    pub fn read() -> Self {
        folder().map_or_else(|| Self { keymap: Keymap::defaults(), ..Self::default() }, |folder| Self::from(&folder))
    }

    fn from(folder: &Path) -> Self {
        let mut problems = Vec::new();
        let config = folder.join("config.toml");
        let settings = text(&config, &mut problems).map(|text| Settings::from_toml(&text, &config, &mut problems));
        let keys = folder.join("keys.toml");
        let keymap = match text(&keys, &mut problems) {
            Some(text) => Keymap::with_user(&text, &keys.display().to_string()),
            None => Keymap::defaults(),
        };
        let themes = themes(&folder.join("themes"), &mut problems);
        problems.extend(keymap.problems.iter().cloned());
        let mut read = Self { settings: settings.unwrap_or_default(), keymap, themes, problems };
        read.check_theme(&config);
        read
    }

    /// A theme that nobody knows is told, and is as if none had been wanted.
    fn check_theme(&mut self, config: &Path) {
        let Some(name) = self.settings.theme.clone().filter(|name| name != "auto" && self.theme(name).is_none()) else {
            return;
        };
        let known = self.theme_names().join(", ");
        self.problems.push(format!("{}: there is no theme `{name}`; known are auto, {known}", config.display()));
        self.settings.theme = None;
    }

    /// By name, the user's own before those that come with the program.
    pub fn theme(&self, name: &str) -> Option<Theme> {
        let own = self.themes.iter().find(|(known, _)| known == name).map(|(_, theme)| theme.clone());
        own.or_else(|| Theme::named(name))
    }

    pub fn theme_names(&self) -> Vec<String> {
        let built_in = Theme::names().map(str::to_owned).filter(|name| self.themes.iter().all(|(own, _)| own != name));
        self.themes.iter().map(|(name, _)| name.clone()).chain(built_in).collect()
    }
}

fn folder() -> Option<PathBuf> {
    let named = env::var_os("ROLLSCOPE_CONFIG").filter(|value| !value.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(directories::ProjectDirs::from("", "", "rollscope")?.config_dir().to_path_buf()))
}

fn text(path: &Path, problems: &mut Vec<String>) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            problems.push(format!("{}: {error}", path.display()));
            None
        }
    }
}

fn at(path: &Path, text: &str, span: Option<Range<usize>>) -> String {
    let line = span.map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    format!("{}, line {line}", path.display())
}

fn themes(folder: &Path, problems: &mut Vec<String>) -> Vec<(String, Theme)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    let mut themes = Vec::new();
    for path in paths {
        let Some(text) = text(&path, problems) else { continue };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match Theme::from_toml(&text) {
            Ok(theme) => themes.push((name, theme)),
            Err(error) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    themes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_understood_is_said_with_its_line_and_the_rest_holds() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        fs::create_dir(folder.path().join("themes")).unwrap();
        write("config.toml", "theme = \"mine\"\nmouse = \"yes\"\nwarp = true\n");
        write("keys.toml", "quit = [\"Q\"]\nfly = [\"f\"]\n");
        write("themes/mine.toml", "base = \"dark\"\n[palette]\nblue = \"#ff00ff\"\n");
        write("themes/broken.toml", "[styles]\ntext = \"no colour\"\n");
        let it = Configuration::from(folder.path());
        assert_eq!(it.settings, Settings { theme: Some("mine".to_owned()), ..Settings::default() });
        assert!(it.theme("mine").is_some() && it.theme("dark").is_some() && it.theme("broken").is_none());
        assert!(it.theme_names().contains(&"mine".to_owned()));
        for said in
            ["config.toml, line 2: `mouse` wants", "config.toml, line 3", "keys.toml, line 2", "`fly`", "broken.toml"]
        {
            assert!(it.problems.iter().any(|problem| problem.contains(said)), "{said}: {:?}", it.problems);
        }
        write("config.toml", "mouse = false\nascii = true\ntheme = \"sepia\"\n");
        let it = Configuration::from(folder.path());
        assert_eq!(it.settings, Settings { mouse: Some(false), ascii: Some(true), ..Settings::default() });
        assert!(
            it.problems.iter().any(|problem| problem.contains("no theme `sepia`; known are auto, mine, dark")),
            "{:?}",
            it.problems
        );
        assert!(Configuration::from(&folder.path().join("nowhere")).problems.is_empty());
    }
}
