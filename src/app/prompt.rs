//! The line one types into: the board's filter, the reader's search, the query of a sheet. It works while one types.

use crossterm::event::KeyCode;

use super::page::Position;
use super::search::Wish;
use super::{App, Effect, Key, Search};
use crate::library::query::Query;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    Filter,
    Search,
    Sheet,
    /// Over all trajectories: it starts with enter.
    Everywhere,
    /// Beside a verdict.
    Note,
    /// Names of the taxonomy.
    Failure,
}

#[derive(Debug, Clone)]
pub struct Prompt {
    pub kind: PromptKind,
    pub text: String,
    /// Why what is typed cannot be used, and where: characters before the place, and how many it covers.
    pub problem: Option<String>,
    pub place: Option<(usize, usize)>,
    /// What was there before, for those who think better of it.
    before: String,
    origin: Option<(Position, Position)>,
}

impl App {
    pub(super) fn open_prompt(&mut self, kind: PromptKind) {
        let before = match kind {
            PromptKind::Filter => self.board.filter().text.clone(),
            PromptKind::Search => self.reader.search.as_ref().map_or_else(String::new, |search| search.text.clone()),
            PromptKind::Sheet => String::new(),
            PromptKind::Note | PromptKind::Failure => self.said_before(kind),
            PromptKind::Everywhere => self.finding.as_ref().map_or_else(String::new, |finding| finding.text.clone()),
        };
        let kept = matches!(kind, PromptKind::Filter | PromptKind::Everywhere | PromptKind::Note);
        let text = if kept { before.clone() } else { String::new() };
        if kind == PromptKind::Filter {
            self.charts.before = None;
        }
        let origin = self.reader.view().map(|view| (view.top, view.cursor));
        self.prompt = Some(Prompt { kind, text, problem: None, place: None, before, origin });
    }

    pub(super) fn prompt_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(prompt) = &mut self.prompt else { return Vec::new() };
        match key.code {
            KeyCode::Esc => {
                let before = prompt.before.clone();
                self.apply(&before);
                self.keep_filter(&before);
                self.prompt = None;
            }
            KeyCode::Enter if prompt.problem.is_none() => return self.commit(),
            KeyCode::Backspace if prompt.text.is_empty() => self.prompt = None,
            KeyCode::Backspace => {
                prompt.text.pop();
                self.retyped();
            }
            KeyCode::Char('u') if key.ctrl => {
                prompt.text.clear();
                self.retyped();
            }
            KeyCode::Char('w') if key.ctrl => {
                let kept = prompt.text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                prompt.text.truncate(kept);
                self.retyped();
            }
            _ => {
                if let Some(typed) = key.typed() {
                    prompt.text.push(typed);
                    self.retyped();
                }
            }
        }
        Vec::new()
    }

    /// Most prompts have done their work while one typed.
    fn commit(&mut self) -> Vec<Effect> {
        if let Some(text) = self.prompt.as_ref().map(|prompt| prompt.text.clone()) {
            self.keep_filter(&text);
        }
        match self.prompt.take() {
            Some(Prompt { kind: PromptKind::Note, text, .. }) => self.note(&text),
            Some(Prompt { kind: PromptKind::Failure, text, .. }) => self.name_failure(&text),
            Some(Prompt { kind: PromptKind::Everywhere, text, .. }) => self.find_everywhere(&text),
            _ => Vec::new(),
        }
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(prompt) = &mut self.prompt {
            prompt.text.extend(text.chars().filter(|c| !c.is_control()));
            self.retyped();
        }
        Vec::new()
    }

    fn retyped(&mut self) {
        if let Some(text) = self.prompt.as_ref().map(|prompt| prompt.text.clone()) {
            self.apply(&text);
        }
    }

    fn apply(&mut self, text: &str) {
        let Some(kind) = self.prompt.as_ref().map(|prompt| prompt.kind) else { return };
        match kind {
            PromptKind::Filter => self.filter_by(text),
            PromptKind::Search => self.search_for(text),
            PromptKind::Everywhere => {
                let problem = Search::parse(text).err();
                if let Some(prompt) = &mut self.prompt {
                    prompt.problem = problem;
                }
            }
            PromptKind::Note | PromptKind::Failure => {}
            PromptKind::Sheet => {
                if let Some(sheet) = &mut self.sheet {
                    text.clone_into(&mut sheet.query);
                    sheet.scroll = 0;
                }
            }
        }
    }

    /// What cannot be read is pointed at, and leaves the board as it is. What reads bodies waits for enter, and the board is
    /// as before.
    fn filter_by(&mut self, text: &str) {
        let found = Query::parse(text);
        let Some(prompt) = &mut self.prompt else { return };
        prompt.place = found.as_ref().err().map(|error| (error.column, error.length));
        prompt.problem = found.as_ref().err().map(|error| error.reason.clone());
        let before = prompt.before.clone();
        match found {
            Ok(query) if query.texts().is_empty() => self.board.set_filter(query),
            Ok(_) => self.board.set_filter(Query::parse(&before).unwrap_or_default()),
            Err(_) => {}
        }
    }

    /// The filter is final, and may read bodies.
    fn keep_filter(&mut self, text: &str) {
        let typed = self.prompt.as_ref().is_some_and(|prompt| prompt.kind == PromptKind::Filter);
        let found = Query::parse(text).ok().filter(|query| typed && !query.texts().is_empty());
        if let Some(query) = found.filter(|query| query != self.board.filter()) {
            self.board.set_filter(query);
        }
    }

    /// Searches from where the prompt was opened, so that a longer word does not run away from a shorter one.
    fn search_for(&mut self, text: &str) {
        let found = if text.is_empty() { Ok(None) } else { Search::parse(text).map(Some) };
        let Some(prompt) = &mut self.prompt else { return };
        prompt.problem = found.as_ref().err().cloned();
        let from = prompt.origin;
        let Ok(search) = found else { return };
        self.reader.search = search;
        let (frame, wish) = (self.frame(), Wish { forward: true, strictly: false, from });
        match &mut self.reader.search {
            Some(search) => search.wish(wish),
            None => self.reader.go(wish, frame),
        }
    }
}
