//! Names of styles -> styles, from `themes/*.toml`. A name falls back to its shorter forms: `diff.added.word`, `diff.added`,
//! `diff`. This is the only place that knows colours.

use std::collections::HashMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Value;

const BUILT_IN: [(&str, &str); 8] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("contrast-light", include_str!("../../themes/contrast-light.toml")),
    ("safe", include_str!("../../themes/safe.toml")),
    ("safe-light", include_str!("../../themes/safe-light.toml")),
    ("ansi", include_str!("../../themes/ansi.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

#[derive(Debug, Clone, Default)]
pub struct Theme {
    /// The terminal can show nothing but ASCII.
    pub ascii: bool,
    styles: HashMap<String, Style>,
}

impl Theme {
    /// One that comes with the program: `dark`, `safe` (for eyes that do not tell red from green), `mono` (no colours).
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name)?;
        Self::from_toml(text).ok()
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Reads `base` (a built-in theme that it changes), `[palette]` (names for colours) and `[styles]`: a colour, or a table
    /// of `fg`, `bg` and attributes.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error| format!("theme: {error}"))?;
        let base = match table.get("base").and_then(Value::as_str) {
            Some(name) => base(name)?,
            None => toml::Table::new(),
        };
        let both = |section: &str| {
            let part = |table: &toml::Table| table.get(section).and_then(Value::as_table).cloned().unwrap_or_default();
            part(&base).into_iter().chain(part(&table)).collect::<toml::Table>()
        };
        let (palette, mut theme) = (both("palette"), Self::default());
        for (name, value) in both("styles") {
            let style = style(&value, &palette).map_err(|error| format!("theme: {name}: {error}"))?;
            theme.styles.insert(name, style);
        }
        Ok(theme)
    }

    /// A theme with these names in which the n-th has the n-th indexed colour: tests see names on the screen.
    pub fn probe(names: &[String]) -> Self {
        let style = |nth: usize| Style::new().fg(Color::Indexed(nth as u8));
        Self { ascii: false, styles: names.iter().enumerate().map(|(nth, name)| (name.clone(), style(nth))).collect() }
    }

    /// The names it knows, in order.
    pub fn style_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.styles.keys().cloned().collect();
        names.sort();
        names
    }

    pub fn style(&self, name: &str) -> Style {
        let mut name = name;
        loop {
            if let Some(style) = self.styles.get(name) {
                return *style;
            }
            match name.rfind('.') {
                Some(dot) => name = &name[..dot],
                None => return Style::new(),
            }
        }
    }

    /// For terminals that can show nothing but ASCII.
    #[must_use]
    pub fn in_ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    /// Leaves the background of the terminal as it is.
    #[must_use]
    pub fn on_own_background(mut self) -> Self {
        self.styles.remove("screen");
        self
    }

    /// For terminals without true colour: the nearest of the 240 colours of the 256-colour palette.
    #[must_use]
    pub fn with_256_colors(mut self) -> Self {
        for style in self.styles.values_mut() {
            style.fg = style.fg.map(nearest);
            style.bg = style.bg.map(nearest);
        }
        self
    }
}

fn base(name: &str) -> Result<toml::Table, String> {
    let known = BUILT_IN.iter().find(|(built_in, _)| *built_in == name);
    let (_, text) = known.ok_or_else(|| format!("theme: there is no theme `{name}` to begin with"))?;
    text.parse().map_err(|error| format!("theme: {name}: {error}"))
}

fn style(value: &Value, palette: &toml::Table) -> Result<Style, String> {
    let table = match value {
        Value::String(fg) => return Ok(Style::new().fg(color(fg, palette)?)),
        Value::Table(table) => table,
        _ => return Err("neither a colour nor a table".to_owned()),
    };
    let mut style = Style::new();
    for (key, value) in table {
        style = match (key.as_str(), value) {
            ("fg", Value::String(name)) => style.fg(color(name, palette)?),
            ("bg", Value::String(name)) => style.bg(color(name, palette)?),
            (attribute, Value::Boolean(on)) => {
                let modifier = modifier(attribute)?;
                if *on { style.add_modifier(modifier) } else { style.remove_modifier(modifier) }
            }
            _ => return Err(format!("`{key}` is not understood")),
        };
    }
    Ok(style)
}

fn modifier(name: &str) -> Result<Modifier, String> {
    Ok(match name {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underline" => Modifier::UNDERLINED,
        "reverse" => Modifier::REVERSED,
        _ => return Err(format!("`{name}` is no attribute")),
    })
}

fn color(name: &str, palette: &toml::Table) -> Result<Color, String> {
    let written = palette.get(name).and_then(Value::as_str).unwrap_or(name);
    written.parse().map_err(|_| format!("`{name}` is no colour"))
}

/// The nearest colour of the 6×6×6 cube and the grey ramp.
fn nearest(color: Color) -> Color {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(r, g, b) = color else { return color };
    let level = |value: u8| (0..6).min_by_key(|nth| LEVELS[*nth].abs_diff(value)).unwrap_or_default();
    let distance = |a: [u8; 3]| a.iter().zip([r, g, b]).map(|(x, y)| u32::from(x.abs_diff(y)).pow(2)).sum::<u32>();
    let cube = [level(r), level(g), level(b)];
    let grey = ((u32::from(r) + u32::from(g) + u32::from(b)) / 3).saturating_sub(3) / 10;
    let grey = grey.min(23) as u8;
    if distance([8 + grey * 10; 3]) < distance(cube.map(|nth| LEVELS[nth])) {
        Color::Indexed(232 + grey)
    } else {
        Color::Indexed((16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_themes_can_be_read_and_name_the_same_things() {
        let keys = |name| {
            let theme = Theme::named(name).unwrap_or_else(|| panic!("{name} cannot be read"));
            theme.style_names()
        };
        for (name, _) in BUILT_IN.iter().filter(|(name, _)| *name != "mono") {
            assert_eq!(keys("dark"), keys(name), "{name}");
        }
    }

    #[test]
    fn mono_has_no_colours_and_shows_the_selection() {
        let mono = Theme::named("mono").unwrap();
        assert!(mono.styles.values().all(|style| style.fg.is_none() && style.bg.is_none()));
        assert!(mono.style("selected").add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn names_fall_back_to_shorter_ones() {
        let theme =
            Theme::from_toml("[styles]\ndiff = \"red\"\n\"diff.added\" = { fg = \"green\", bold = true }").unwrap();
        assert_eq!(theme.style("diff.added.word").fg, Some(Color::Green));
        assert_eq!(theme.style("diff.number").fg, Some(Color::Red));
        assert_eq!(theme.style("text"), Style::new());
    }

    #[test]
    fn faults_name_the_style() {
        let error = Theme::from_toml("[styles]\ntext = \"no colour\"").unwrap_err();
        assert!(error.contains("text") && error.contains("no colour"), "{error}");
    }

    #[test]
    fn true_colours_have_neighbours_in_the_palette() {
        assert_eq!(nearest(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(nearest(Color::Rgb(128, 128, 128)), Color::Indexed(244));
    }
}
