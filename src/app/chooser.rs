//! A list to choose from by typing a part of it: commands, columns, groups, themes, places found. What stands in it comes
//! from the state.

use crossterm::event::KeyCode;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::board::{COLUMNS, Grouping};
use super::commands::{COMMANDS, Command, Scope, scopes};
use super::sheet::keys;
use super::{App, Effect, Key, Offer};
use crate::library::query::{FIELDS, Field, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Command,
    Sort,
    Group,
    /// Several can be chosen, so it stays open.
    Columns,
    Theme,
    /// Places that the search over all trajectories found.
    Found,
    /// Parts to take out of the trajectory on show before it is scored again.
    Without,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chooser {
    pub choice: Choice,
    pub query: String,
    /// Among the items that fit.
    pub cursor: usize,
}

/// One thing to choose.
#[derive(Debug, Clone)]
pub struct Item {
    pub name: String,
    pub about: String,
    /// At the right: its keys, or where it was found.
    pub aside: String,
    /// Chosen already.
    pub marked: bool,
    /// Why it cannot be chosen now.
    pub idle: Option<&'static str>,
    act: Act,
}

#[derive(Debug, Clone)]
enum Act {
    Run(&'static Command),
    Sort(Option<Field>),
    Group(Grouping),
    Column(Option<Field>),
    Theme(String),
    Visit(usize),
    Without(usize),
}

impl Chooser {
    pub fn new(choice: Choice) -> Self {
        Self { choice, query: String::new(), cursor: 0 }
    }

    pub fn title(&self) -> &'static str {
        match self.choice {
            Choice::Command => "commands",
            Choice::Sort => "sort by",
            Choice::Group => "group by",
            Choice::Columns => "columns",
            Choice::Theme => "theme",
            Choice::Found => "found",
            Choice::Without => "score again without",
        }
    }

    /// What fits the query, the best first.
    pub fn items(&self, app: &App) -> Vec<Item> {
        let items = match self.choice {
            Choice::Command => commands(app),
            Choice::Sort => columns_to_sort(app),
            Choice::Group => groups(app),
            Choice::Columns => columns(app),
            Choice::Theme => themes(app),
            Choice::Found => found(app),
            Choice::Without => parts(app),
        };
        if self.query.trim().is_empty() { items } else { narrowed(items, &self.query) }
    }
}

fn narrowed(items: Vec<Item>, query: &str) -> Vec<Item> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let fuzzy = Pattern::parse(query, CaseMatching::Smart, Normalization::Smart);
    // Letters strewn over a sentence say nothing: there, words are looked for.
    let words = Pattern::new(query, CaseMatching::Smart, Normalization::Smart, AtomKind::Substring);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, Item)> = items
        .into_iter()
        .filter_map(|item| {
            let mut score =
                |pattern: &Pattern, text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
            // A name says more than a sentence.
            let named = score(&fuzzy, &item.name).map(|score| 2 * score + 50);
            let score = named.max(score(&words, &format!("{} {} {}", item.name, item.about, item.aside)))?;
            Some((score, item))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, item)| item).collect()
}

fn plain(name: impl Into<String>, about: impl Into<String>, marked: bool, act: Act) -> Item {
    Item { name: name.into(), about: about.into(), aside: String::new(), marked, idle: None, act }
}

fn commands(app: &App) -> Vec<Item> {
    let here = scopes(app);
    let item = |command: &'static Command| {
        let elsewhere = (!here.contains(&command.scope)).then_some(match command.scope {
            Scope::Board => "this is for the board",
            Scope::Reader => "this is for the reader",
            _ => "not here",
        });
        Item {
            aside: keys(app, command),
            idle: elsewhere.or_else(|| (command.idle)(app)),
            ..plain(command.name.replace('_', " "), command.about, false, Act::Run(command))
        }
    };
    let (here, elsewhere): (Vec<Item>, Vec<Item>) = COMMANDS.iter().map(item).partition(|item| item.idle.is_none());
    here.into_iter().chain(elsewhere).collect()
}

fn columns_to_sort(app: &App) -> Vec<Item> {
    let sort = app.board.arrangement().sort;
    let always = plain("score, groups by name", "as at first", sort.is_none(), Act::Sort(None));
    let mut named: Vec<(&str, Field)> = Vec::new();
    for (name, field) in FIELDS {
        if !matches!(field, Field::Text | Field::Notes | Field::Path | Field::Judged)
            && named.iter().all(|(_, known)| known != field)
        {
            named.push((name, *field));
        }
    }
    let items = named.into_iter().map(|(name, field)| plain(name, "", sort == Some(field), Act::Sort(Some(field))));
    std::iter::once(always).chain(items).collect()
}

fn groups(app: &App) -> Vec<Item> {
    let now = app.board.arrangement().group;
    let about = |grouping| match grouping {
        Grouping::By(Field::Attempt | Field::Rank) => "",
        Grouping::By(field) if field.kind() == Kind::Number => "in steps",
        Grouping::By(Field::File) => "files that the patch touches, all of them",
        _ => "",
    };
    Grouping::all().into_iter().map(|it| plain(it.name(), about(it), it == now, Act::Group(it))).collect()
}

fn columns(app: &App) -> Vec<Item> {
    let chosen = app.board.arrangement().columns.as_ref();
    let auto = plain("automatic", "what fits, by the width of the board", chosen.is_none(), Act::Column(None));
    let marked = |field: &Field| chosen.is_some_and(|chosen| chosen.contains(field));
    let items = COLUMNS.iter().map(|field| {
        let name = if *field == Field::PatchAdded { "patch_added, patch_removed" } else { field.name() };
        plain(name, "", marked(field), Act::Column(Some(*field)))
    });
    std::iter::once(auto).chain(items).collect()
}

fn themes(app: &App) -> Vec<Item> {
    app.themes.iter().map(|name| plain(name, "", *name == app.theme, Act::Theme(name.clone()))).collect()
}

fn found(app: &App) -> Vec<Item> {
    let hits = app.finding.iter().flat_map(|finding| finding.hits.iter().enumerate());
    hits.map(|(nth, hit)| Item { aside: hit.name.clone(), ..plain(&hit.text, "", false, Act::Visit(nth)) }).collect()
}

/// Each part with its cost.
fn parts(app: &App) -> Vec<Item> {
    let offers = app.offers.iter().flat_map(|offers| offers.offers.iter().enumerate());
    let cost = |tokens: usize| {
        let time = app.judge.speed().map(|speed| tokens as f64 / speed);
        let time = time.map_or_else(String::new, |seconds| format!(", about {seconds:.0} s"));
        format!("{tokens} tokens to read{time}")
    };
    let item = |(nth, offer): (usize, &Offer)| {
        let about = offer.tokens.as_ref().map_or_else(Clone::clone, |tokens| cost(*tokens));
        let idle = offer.tokens.is_err().then_some("this cannot be asked");
        Item { idle, ..plain(offer.taken.name(), about, false, Act::Without(nth)) }
    };
    offers.map(item).collect()
}

impl App {
    pub(super) fn choose_from(&mut self, choice: Choice) {
        let mut chooser = Chooser::new(choice);
        if choice != Choice::Columns {
            chooser.cursor = chooser.items(self).iter().position(|item| item.marked).unwrap_or(0);
        }
        self.sheet = None;
        self.chooser = Some(chooser);
    }

    pub(super) fn chooser_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(mut chooser) = self.chooser.take() else { return Vec::new() };
        let items = chooser.items(self);
        let last = items.len().saturating_sub(1);
        chooser.cursor = chooser.cursor.min(last);
        match (key.code, key.ctrl) {
            (KeyCode::Esc, _) => return self.leave_chooser(&chooser),
            (KeyCode::Enter, _) => return self.chosen(chooser, items),
            (KeyCode::Down, _) | (KeyCode::Char('n' | 'j'), true) => chooser.cursor = (chooser.cursor + 1).min(last),
            (KeyCode::Up, _) | (KeyCode::Char('p' | 'k'), true) => chooser.cursor = chooser.cursor.saturating_sub(1),
            (KeyCode::PageDown, _) => chooser.cursor = (chooser.cursor + 10).min(last),
            (KeyCode::PageUp, _) => chooser.cursor = chooser.cursor.saturating_sub(10),
            (KeyCode::Home, _) => chooser.cursor = 0,
            (KeyCode::End, _) => chooser.cursor = last,
            (KeyCode::Tab, _) => {
                if let Some(item) = items.get(chooser.cursor) {
                    chooser.query.clone_from(&item.name);
                    chooser.cursor = 0;
                }
            }
            (KeyCode::Backspace, _) if chooser.query.is_empty() => return self.leave_chooser(&chooser),
            (KeyCode::Backspace, _) => {
                chooser.query.pop();
                chooser.cursor = 0;
            }
            (KeyCode::Char('u'), true) => chooser.query.clear(),
            _ => {
                if let Some(typed) = key.typed() {
                    chooser.query.push(typed);
                    chooser.cursor = 0;
                }
            }
        }
        self.chooser = Some(chooser);
        Vec::new()
    }

    /// A search that nobody waits for any more ends.
    fn leave_chooser(&mut self, chooser: &Chooser) -> Vec<Effect> {
        match &mut self.finding {
            Some(finding) if chooser.choice == Choice::Found && finding.running => {
                finding.running = false;
                vec![Effect::StopFinding]
            }
            _ => Vec::new(),
        }
    }

    fn chosen(&mut self, chooser: Chooser, mut items: Vec<Item>) -> Vec<Effect> {
        if chooser.cursor >= items.len() {
            self.chooser = Some(chooser);
            return Vec::new();
        }
        let item = items.swap_remove(chooser.cursor);
        if let Some(why) = item.idle {
            self.say(why);
            self.chooser = Some(chooser);
            return Vec::new();
        }
        let mut arrangement = self.board.arrangement().clone();
        match item.act {
            Act::Run(command) => return (command.run)(self, 1),
            Act::Theme(name) => {
                self.theme.clone_from(&name);
                return vec![Effect::Theme(name)];
            }
            Act::Visit(nth) => return self.visit(nth),
            Act::Without(nth) => return self.ask_without(nth),
            Act::Sort(sort) => (arrangement.sort, arrangement.reversed) = (sort, false),
            Act::Group(group) => {
                arrangement.group = group;
                arrangement.distinct &= group == Grouping::Task;
            }
            Act::Column(column) => {
                arrangement.columns = column.map(|column| toggled(arrangement.columns.unwrap_or_default(), column));
                self.chooser = Some(chooser);
            }
        }
        self.board.arrange(arrangement);
        Vec::new()
    }

    pub(super) fn reverse(&mut self) {
        let mut arrangement = self.board.arrangement().clone();
        arrangement.reversed = !arrangement.reversed;
        self.board.arrange(arrangement);
    }

    pub(super) fn fold_equal(&mut self) {
        let mut arrangement = self.board.arrangement().clone();
        arrangement.distinct = !arrangement.distinct;
        let twins = self.board.candidates().iter().filter(|candidate| candidate.twin).count();
        match (arrangement.distinct, twins) {
            (true, 0) => self.say("no two candidates of a task end in the same patch"),
            (true, twins) => self.say(format!("{twins} candidates share their patch with another; = shows them all")),
            (false, _) => self.say("all candidates are shown"),
        }
        self.board.arrange(arrangement);
    }
}

/// Chosen columns stand in the order in which they were chosen.
fn toggled(mut columns: Vec<Field>, column: Field) -> Vec<Field> {
    match columns.iter().position(|it| *it == column) {
        Some(at) => drop(columns.remove(at)),
        None => columns.push(column),
    }
    columns
}
