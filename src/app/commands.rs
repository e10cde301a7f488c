//! Every command: its name, a sentence, where it belongs, when it applies. Keys, help and footer are made from this table.

use super::{App, Choice, Comparing, Effect, Face, Grouping, Pane, PromptKind, Tab};
use crate::app::page::Class;
use crate::trajectory::Ruling;

/// Where a key means a command. An open sheet hides the panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Everywhere,
    Board,
    Reader,
    /// In the reader, while two candidates are compared.
    Compare,
    Charts,
    Hunt,
}

/// Scopes, and those in which a key is looked for before them.
pub const SCOPES_WITHIN: [(Scope, Scope); 6] = [
    (Scope::Everywhere, Scope::Board),
    (Scope::Everywhere, Scope::Reader),
    (Scope::Everywhere, Scope::Compare),
    (Scope::Everywhere, Scope::Charts),
    (Scope::Everywhere, Scope::Hunt),
    (Scope::Reader, Scope::Compare),
];

impl Scope {
    /// Where that is, over a list of keys.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Board => "On the board",
            Self::Reader => "In the reader",
            Self::Compare => "While comparing",
            Self::Charts => "On the charts",
            Self::Hunt => "In the hunt",
        }
    }

    /// The same within a sentence.
    pub fn place(self) -> String {
        self.heading().to_lowercase()
    }
}

#[derive(Debug)]
pub struct Command {
    pub name: &'static str,
    /// A sentence for the help.
    pub about: &'static str,
    pub scope: Scope,
    /// A word for the footer while the board, and while the reader is in focus. Empty: not in the footer.
    pub hints: [&'static str; 2],
    /// Why it does not apply now.
    pub idle: fn(&App) -> Option<&'static str>,
    pub run: fn(&mut App, usize) -> Vec<Effect>,
}

/// By how much to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Rows(isize),
    /// In halves of a screen.
    Halves(isize),
    Top,
    Bottom,
}

const fn always(_: &App) -> Option<&'static str> {
    None
}

fn in_patch(app: &App) -> Option<&'static str> {
    (!matches!(app.reader.tab(), Tab::Patch | Tab::Compare)).then_some("hunks are in the patch: 2 shows it")
}

fn with_rival(app: &App) -> Option<&'static str> {
    app.against().is_none().then_some("this task has no other candidate")
}

fn in_turns(app: &App) -> Option<&'static str> {
    (app.reader.tab() != Tab::Turns).then_some("turns are in the first tab: 1 shows them")
}

fn by_task(app: &App) -> Option<&'static str> {
    (app.board.arrangement().group != Grouping::Task)
        .then_some("equal patches are folded where the board is grouped by task")
}

/// The score, and a record that may hold the outcome, are not for a blind verdict.
fn telling(app: &App) -> Option<&'static str> {
    app.hides_shown().then_some("hidden until the verdict: blind")
}

/// Neither is a list of all scores and outcomes.
fn telling_of_all(app: &App) -> Option<&'static str> {
    let lists = app.focus == Pane::Board && app.face == Face::Hunt && app.hunt.blind;
    lists.then_some("scores and outcomes are hidden: blind")
}

fn searched(app: &App) -> Option<&'static str> {
    app.reader.search.is_none().then_some("nothing has been searched for: / searches")
}

fn unwrapped(app: &App) -> Option<&'static str> {
    app.reader.wrap.then_some("lines are wrapped: w lets them run")
}

impl Command {
    const fn of(
        scope: Scope,
        name: &'static str,
        hints: [&'static str; 2],
        about: &'static str,
        run: fn(&mut App, usize) -> Vec<Effect>,
    ) -> Self {
        Self { name, about, scope, hints, idle: always, run }
    }

    /// Does not apply while there is a reason.
    const fn unless(self, idle: fn(&App) -> Option<&'static str>) -> Self {
        Self { idle, ..self }
    }
}

const fn everywhere(
    name: &'static str,
    hints: [&'static str; 2],
    about: &'static str,
    run: fn(&mut App, usize) -> Vec<Effect>,
) -> Command {
    Command::of(Scope::Everywhere, name, hints, about, run)
}

const fn board(
    name: &'static str,
    hint: &'static str,
    about: &'static str,
    run: fn(&mut App, usize) -> Vec<Effect>,
) -> Command {
    Command::of(Scope::Board, name, [hint, ""], about, run)
}

const fn reader(
    name: &'static str,
    hint: &'static str,
    about: &'static str,
    idle: fn(&App) -> Option<&'static str>,
    run: fn(&mut App, usize) -> Vec<Effect>,
) -> Command {
    Command::of(Scope::Reader, name, ["", hint], about, run).unless(idle)
}

const fn compare(
    name: &'static str,
    hint: &'static str,
    about: &'static str,
    idle: fn(&App) -> Option<&'static str>,
    run: fn(&mut App, usize) -> Vec<Effect>,
) -> Command {
    Command::of(Scope::Compare, name, ["", hint], about, run).unless(idle)
}

/// A command of the charts, with a word for their footer.
const fn charts(
    name: &'static str,
    hint: &'static str,
    about: &'static str,
    run: fn(&mut App, usize) -> Vec<Effect>,
) -> Command {
    Command::of(Scope::Charts, name, [hint, ""], about, run)
}

/// A command of the hunt.
const fn hunt(
    name: &'static str,
    hint: &'static str,
    about: &'static str,
    run: fn(&mut App, usize) -> Vec<Effect>,
) -> Command {
    Command::of(Scope::Hunt, name, [hint, ""], about, run)
}

/// A command that changes the state and asks for nothing.
macro_rules! then {
    ($app:ident, $count:ident => $body:expr) => {
        |$app, $count| {
            $body;
            Vec::new()
        }
    };
    ($app:ident => $body:expr) => {
        |$app, _| {
            $body;
            Vec::new()
        }
    };
}

pub static COMMANDS: &[Command] = &[
    everywhere("down", ["", ""], "one row down", then!(app, n => app.travel(Move::Rows(n as isize)))),
    everywhere("up", ["", ""], "one row up", then!(app, n => app.travel(Move::Rows(-(n as isize))))),
    everywhere("half_down", ["", ""], "half a screen down", then!(app, n => app.travel(Move::Halves(n as isize)))),
    everywhere("half_up", ["", ""], "half a screen up", then!(app, n => app.travel(Move::Halves(-(n as isize))))),
    everywhere("page_down", ["", ""], "a screen down", then!(app, n => app.travel(Move::Halves(2 * n as isize)))),
    everywhere("page_up", ["", ""], "a screen up", then!(app, n => app.travel(Move::Halves(-2 * n as isize)))),
    everywhere("top", ["", ""], "to the beginning", then!(app => app.travel(Move::Top))),
    everywhere("bottom", ["", ""], "to the end", then!(app => app.travel(Move::Bottom))),
    everywhere(
        "open",
        ["read", "unfold"],
        "read the trajectory; fold or unfold what is under the cursor",
        then!(app => app.enter()),
    ),
    everywhere("other_pane", ["", ""], "go to the other pane", then!(app => app.other_pane())),
    board("next_task", "task", "to the next task", then!(app, n => app.board.walk_tasks(n as isize))),
    board("previous_task", "", "to the previous task", then!(app, n => app.board.walk_tasks(-(n as isize)))),
    board("fold_task", "", "fold the task", then!(app => app.board.fold(true))),
    board("unfold_task", "", "unfold the task", then!(app => app.board.fold(false))),
    board(
        "next_disagreement",
        "doubt",
        "to the next candidate whose score and outcome disagree",
        then!(app => app.disagreement(true)),
    ),
    board("previous_disagreement", "", "to the one before that disagrees", then!(app => app.disagreement(false))),
    reader(
        "next_turn",
        "turn",
        "to the next turn; in the patch, to the next file",
        always,
        then!(app, n => app.chapter(n as isize)),
    ),
    reader(
        "previous_turn",
        "",
        "to the previous turn; in the patch, to the previous file",
        always,
        then!(app, n => app.chapter(-(n as isize))),
    ),
    reader("next_error", "error", "to the next turn that failed", in_turns, then!(app => app.error(true))),
    reader("previous_error", "", "to the previous turn that failed", in_turns, then!(app => app.error(false))),
    compare("choose_a", "side A", "compare with another candidate: side A", with_rival, then!(app, n => app.next_a(n))),
    compare("choose_b", "", "compare another candidate: side B", with_rival, then!(app, n => app.next_b(n))),
    compare(
        "gold",
        "",
        "compare with the gold patch, where one is known",
        always,
        then!(app => app.compare(Comparing::Gold)),
    ),
    compare(
        "actions",
        "actions",
        "compare what they did, or their patches",
        with_rival,
        then!(app => app.compare(Comparing::Actions)),
    ),
    reader("next_edit", "edit", "to the next turn that edits", in_turns, then!(app => app.edit(true))),
    reader("previous_edit", "", "to the previous turn that edits", in_turns, then!(app => app.edit(false))),
    reader("next_touch", "", "to the next turn on the same file", in_turns, then!(app => app.same_file(true))),
    reader("previous_touch", "", "to the previous turn on the same file", in_turns, then!(app => app.same_file(false))),
    reader("next_alike", "", "to the next turn of the same kind", in_turns, then!(app => app.same_deed(true))),
    reader("previous_alike", "", "to the previous turn of the same kind", in_turns, then!(app => app.same_deed(false))),
    reader("thoughts", "", "show thoughts, or leave them out", in_turns, then!(app => app.toggle(Class::Thoughts))),
    reader("results", "", "show results, or leave them out", in_turns, then!(app => app.toggle(Class::Results))),
    reader(
        "instructions",
        "",
        "show what system and user say, or leave it out",
        in_turns,
        then!(app => app.toggle(Class::Instructions)),
    ),
    reader(
        "calls",
        "",
        "show the arguments of calls, or leave them out",
        in_turns,
        then!(app => app.toggle(Class::Calls)),
    ),
    reader(
        "colours",
        "",
        "show the colours of results, or their escape sequences as symbols",
        in_turns,
        then!(app => app.toggle_colours()),
    ),
    reader(
        "next_hunk",
        "hunk",
        "to the next hunk; comparing, to the next difference",
        in_patch,
        then!(app, n => app.stop(n as isize)),
    ),
    reader(
        "previous_hunk",
        "",
        "to the previous hunk or difference",
        in_patch,
        then!(app, n => app.stop(-(n as isize))),
    ),
    reader(
        "form",
        "form",
        "patches side by side, unified, or as the width allows",
        in_patch,
        then!(app => app.cycle_form()),
    ),
    reader("next_file", "", "to the next file", in_patch, then!(app, n => app.chapter(n as isize))),
    reader("previous_file", "", "to the previous file", in_patch, then!(app, n => app.chapter(-(n as isize)))),
    reader("next_rival", "", "to the next candidate of this task", always, then!(app, n => app.rival(n as isize))),
    reader(
        "previous_rival",
        "",
        "to the previous candidate of this task",
        always,
        then!(app, n => app.rival(-(n as isize))),
    ),
    reader("right", "", "show what is further right", unwrapped, then!(app => app.sideways(8))),
    reader("left", "", "show what is further left", unwrapped, then!(app => app.sideways(-8))),
    charts("next_chart", "chart", "to the next chart", then!(app, n => app.charts.turn(n as isize))),
    charts("previous_chart", "", "to the previous chart", then!(app, n => app.charts.turn(-(n as isize)))),
    charts("next_mark", "bin", "to the next bin or point", then!(app, n => app.travel(Move::Rows(n as isize)))),
    charts("previous_mark", "", "to the previous bin or point", then!(app, n => app.travel(Move::Rows(-(n as isize))))),
    charts(
        "show_mark",
        "these",
        "put the trajectories of this bin or point on the board",
        then!(app => app.open_mark()),
    ),
    charts(
        "binning",
        "binning",
        "bins of equal width, or of equal mass",
        then!(app => app.charts.by_mass = !app.charts.by_mass),
    ),
    hunt(
        "judge_wrong",
        "judge wrong",
        "verdict: the judge is wrong, the tests are right; blind: it solves its task",
        |app, _| app.rule(Ruling::JudgeWrong),
    ),
    hunt("tests_wrong", "tests wrong", "verdict: the tests are wrong; blind: it does not solve its task", |app, _| {
        app.rule(Ruling::TestsWrong)
    }),
    hunt("both_right", "both right", "verdict: judge and tests are right", |app, _| app.rule(Ruling::BothRight)),
    hunt("unclear", "unclear", "verdict: it cannot be told", |app, _| app.rule(Ruling::Unclear)),
    hunt("clear_verdict", "", "clear your verdict", |app, _| app.clear_verdict()),
    hunt("skip", "skip", "leave it for later", |app, _| app.skip()),
    hunt("undo", "undo", "take your latest verdict back, without limit", |app, _| app.undo(false)),
    hunt("redo", "", "give again what was taken back", |app, _| app.undo(true)),
    hunt("note", "note", "write a note", then!(app => app.open_prompt(PromptKind::Note))),
    hunt("failure", "", "name how it fails, from your taxonomy", then!(app => app.open_prompt(PromptKind::Failure))),
    hunt("flag", "", "flag it, or take the flag off", |app, _| app.flag()),
    hunt("blind", "blind", "hide score and outcome until the verdict, or show them", then!(app => app.toggle_blind())),
    hunt("order", "order", "the next order of the queue", then!(app => app.next_order())),
    hunt("read_down", "", "scroll the reader down", then!(app, n => app.scroll_reader(n as isize))),
    hunt("read_up", "", "scroll the reader up", then!(app, n => app.scroll_reader(-(n as isize)))),
    hunt("next_tab", "", "the next tab of the reader", then!(app => app.turn_tab(1))),
    hunt("previous_tab", "", "the previous tab of the reader", then!(app => app.turn_tab(-1))),
    everywhere(
        "hunt",
        ["hunt", ""],
        "hunt for the judge's mistakes: a queue of verdicts",
        then!(app => app.show_hunt()),
    ),
    everywhere(
        "corrected",
        ["", ""],
        "count outcomes as the verdicts correct them, or as the tests say",
        then!(app => app.toggle_corrected()),
    ),
    everywhere("charts", ["charts", ""], "show the charts: what the scores are worth", then!(app => app.show_charts())),
    everywhere(
        "search",
        ["filter", "search"],
        "filter the board: word !word; search the text: words or /a regex/",
        then!(app => app.prompt_for_search()),
    ),
    everywhere("next_match", ["", ""], "to the next place found", then!(app => app.seek(true))).unless(searched),
    everywhere("previous_match", ["", ""], "to the previous place found", then!(app => app.seek(false)))
        .unless(searched),
    everywhere("turns", ["", ""], "show the turns", then!(app => app.show_tab(Tab::Turns))),
    everywhere("patch", ["patch", ""], "show the patch", then!(app => app.show_tab(Tab::Patch))),
    everywhere(
        "compare",
        ["", ""],
        "compare with another candidate of the task",
        then!(app => app.show_tab(Tab::Compare)),
    ),
    everywhere("score", ["", ""], "show the score, who made it and from what", then!(app => app.show_tab(Tab::Score)))
        .unless(telling),
    everywhere("prompt", ["", ""], "show the exact prompt, word for word", then!(app => app.show_tab(Tab::Prompt))),
    everywhere("raw", ["", ""], "show the record as its source has it", then!(app => app.show_tab(Tab::Raw)))
        .unless(telling),
    everywhere("what_if", ["", ""], "score it again without a part; what that costs is said first", |app, _| {
        app.weigh()
    })
    .unless(telling),
    everywhere(
        "trace",
        ["", ""],
        "the score after each turn: asks for it, then goes to where it moves most",
        |app, _| app.trace(),
    )
    .unless(telling),
    everywhere("fold", ["", ""], "fold or unfold what is under the cursor", then!(app => app.fold())),
    everywhere("fold_all", ["", ""], "fold or unfold everything", then!(app => app.fold_all())),
    everywhere("wrap", ["", "wrap"], "wrap long lines, or let them run", then!(app => app.toggle_wrap())),
    everywhere("outline", ["", ""], "show or hide the outline", then!(app => app.toggle_outline())),
    everywhere("zoom", ["", ""], "give this pane the whole screen, or half of it again", then!(app => app.zoom())),
    everywhere(
        "palette",
        ["commands", ""],
        "all commands, by typing a part of their names",
        then!(app => app.choose_from(Choice::Command)),
    ),
    board("sort", "", "sort by another column", then!(app => app.choose_from(Choice::Sort))),
    board("reverse", "", "turn the order around", then!(app => app.reverse())),
    board(
        "group",
        "",
        "group by task, outcome, any column, or not at all",
        then!(app => app.choose_from(Choice::Group)),
    ),
    board("columns", "", "choose the columns", then!(app => app.choose_from(Choice::Columns))),
    board("fits", "", "which trajectories fit into 32k, 64k, 128k and 256k tokens", |app, _| app.show_fits()),
    Command::of(
        Scope::Board,
        "fold_equal",
        ["", ""],
        "show candidates that end in the same patch as one, with the spread of their scores",
        then!(app => app.fold_equal()),
    )
    .unless(by_task),
    everywhere(
        "search_all",
        ["", ""],
        "search all trajectories: words or /a regex/",
        then!(app => app.open_prompt(PromptKind::Everywhere)),
    ),
    everywhere("theme", ["", ""], "choose the colours", then!(app => app.choose_from(Choice::Theme))),
    everywhere("editor", ["", ""], "open the source in $VISUAL or $EDITOR, at the line under the cursor", |app, _| {
        app.open_editor()
    })
    .unless(telling),
    everywhere("pager", ["", ""], "hand the text of this pane to $PAGER", |app, _| app.page_through())
        .unless(telling_of_all),
    everywhere("problems", ["", ""], "what could not be read, and why", then!(app => app.show_problems())),
    everywhere("copy", ["", ""], "copy the id of the trajectory", |app, _| app.copy()),
    reader("copy_part", "", "copy what is under the cursor: a hunk, a call, a result", always, |app, _| {
        app.copy_part()
    }),
    everywhere("mouse", ["", ""], "leave the mouse to the terminal, or take it back", |app, _| app.toggle_mouse()),
    everywhere("back", ["", "board"], "close, clear or go back", then!(app => app.back())),
    everywhere("suspend", ["", ""], "suspend the program", |_, _| vec![Effect::Suspend]),
    everywhere("help", ["help", "help"], "what the keys do here", then!(app => app.show_help())),
    everywhere("quit", ["quit", ""], "back, and out of the program", |app, _| app.leave()),
];

/// Scopes in which a key is looked for, nearest first.
pub fn scopes(app: &App) -> Vec<Scope> {
    match (app.focus, app.reader.tab()) {
        _ if app.face == Face::Charts => vec![Scope::Charts, Scope::Everywhere],
        (Pane::Board, _) if app.face == Face::Hunt => vec![Scope::Hunt, Scope::Everywhere],
        (Pane::Board, _) => vec![Scope::Board, Scope::Everywhere],
        (Pane::Reader, Tab::Compare) => vec![Scope::Compare, Scope::Reader, Scope::Everywhere],
        (Pane::Reader, _) => vec![Scope::Reader, Scope::Everywhere],
    }
}

/// Where a key is looked for that means nothing on the board: in the reader beside it.
pub fn scopes_beside(app: &App) -> &'static [Scope] {
    match (app.face, app.focus, app.reader.tab()) {
        (Face::Board, Pane::Board, Tab::Compare) => &[Scope::Compare, Scope::Reader],
        (Face::Board, Pane::Board, _) => &[Scope::Reader],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_command_says_what_it_does() {
        for (nth, command) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS[..nth].iter().all(|other| other.name != command.name), "{} twice", command.name);
            assert!(command.about.len() > 5, "{} says nothing", command.name);
        }
    }
}
