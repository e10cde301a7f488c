//! Keys as they come: what takes them first, counts typed before them, and the command they mean where one is.

use std::time::Duration;

use super::commands::{self, Scope};
use super::{App, Effect, Key, Tab};

/// Between two keys that belong together.
const PAUSE: Duration = Duration::from_millis(600);

/// Digits typed before a key. The first may have been meant for a tab; then this is the tab to go back to.
#[derive(Debug, Clone, Default)]
pub(super) struct Count {
    digits: String,
    tab_before: Option<Tab>,
    at: Duration,
}

impl Count {
    /// A digit that was a tab begins a count only for those who go on typing at once.
    fn was_tab(&self, now: Duration) -> bool {
        self.tab_before.is_some() && now.saturating_sub(self.at) > PAUSE
    }
}

impl App {
    pub(super) fn key(&mut self, key: Key) -> Vec<Effect> {
        if key.ctrl && key.typed_with_ctrl() == Some('c') {
            return vec![Effect::Quit];
        }
        if self.prompt.is_some() {
            return self.prompt_key(key);
        }
        if self.chooser.is_some() {
            self.toast = None;
            return self.chooser_key(key);
        }
        if let Some(effects) = self.digit(key) {
            return effects;
        }
        let count = std::mem::take(&mut self.count);
        self.toast = None;
        self.hunt.leaving = self.hunt.leaving.next();
        let here = self.keymap.find(&commands::scopes(self), key);
        let beside = || self.keymap.find(commands::scopes_beside(self), key);
        let Some(command) = here.or_else(beside) else { return Vec::new() };
        // A digit that was a tab is a count of rows at most: after `2`, `]` means one hunk.
        let rows = matches!(command.name, "down" | "up") && !count.was_tab(self.now);
        let counts = count.tab_before.is_none() || rows;
        let count = count.digits.parse().ok().filter(|_| counts).unwrap_or(1).clamp(1, 100_000);
        match (command.idle)(self) {
            Some(why) => self.say(why),
            None => return (command.run)(self, count),
        }
        Vec::new()
    }

    /// Digits make a count. Those that are keys of their own (tabs) act at once, and a second digit takes that back.
    fn digit(&mut self, key: Key) -> Option<Vec<Effect>> {
        let digit = key.typed().filter(char::is_ascii_digit)?;
        if commands::scopes(self).contains(&Scope::Hunt) {
            // There each digit is a verdict.
            return None;
        }
        if self.count.was_tab(self.now) {
            self.count = Count::default();
        }
        let begun = !self.count.digits.is_empty();
        if begun {
            if let Some(tab) = self.count.tab_before.take() {
                self.show_tab(tab);
            }
        } else if let Some(command) = self.keymap.find(&commands::scopes(self), key) {
            let tab = self.reader.chosen();
            let effects = (command.run)(self, 1);
            self.count = Count { digits: digit.to_string(), tab_before: Some(tab), at: self.now };
            return Some(effects);
        }
        self.count.digits.push(digit);
        Some(Vec::new())
    }

    /// The count being typed, for the footer.
    pub fn pending(&self) -> Option<&str> {
        (!self.count.digits.is_empty() && self.count.tab_before.is_none()).then_some(self.count.digits.as_str())
    }
}
