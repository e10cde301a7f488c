//! Keys in, screen out. The pictures are in `tests/screens/`; `cargo insta review` shows what changed.

#[path = "screens/judging.rs"]
mod judging;
#[path = "screens/rollouts.rs"]
mod rollouts;
#[path = "screens/stage.rs"]
mod stage;

use std::path::PathBuf;
use std::time::Duration;

use rollouts::rollouts;
use rollscope::app::{App, Effect, FindMsg, Hit, JudgeMsg, Keymap, LibraryMsg, Mouse, Msg, Selected};
use rollscope::trajectory::{Note, Part, Patch, Turn};
use rollscope::ui::Theme;
use stage::{Stage, score};

const A: &str = "tidekit__clock-41/run-a.json";
const B: &str = "tidekit__clock-41/run-b.json";
const C: &str = "tidekit__clock-41/run-c.json";
const D: &str = "tidekit__clock-41/run-d.json";

/// A stage on which part of the scoring is done.
fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height, rollouts());
    stage.judge().score(A, 2.0, 2).score(B, 2.6, 4);
    stage.tell(Msg::Judge(JudgeMsg::Started { id: D.into(), at: Duration::from_secs(4) }));
    stage.tell(Msg::Judge(JudgeMsg::Progress { id: D.into(), done: 400, total: 1000, at: Duration::from_secs(5) }));
    stage.tell(Msg::Judge(JudgeMsg::TooLong { id: C.into(), tokens: 90_000, limit: 32_768 }));
    stage
}

macro_rules! picture {
    ($name:expr, $text:expr) => {
        insta::with_settings!({ snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens"), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

#[path = "screens/asking.rs"]
mod asking;
#[path = "screens/every.rs"]
mod every;
#[path = "screens/reading.rs"]
mod reading;

#[test]
fn the_board_and_the_reader_side_by_side() {
    let mut stage = stage(120, 34);
    picture!("board_and_reader", stage.keys("jjjj").text());
}

#[test]
fn a_small_terminal() {
    let mut stage = stage(80, 24);
    picture!("small_board", stage.text());
    picture!("small_reader", stage.keys("<enter>").text());
}

#[test]
fn a_large_terminal() {
    let mut stage = stage(200, 50);
    picture!("large", stage.keys("jjjj<enter>").text());
}

#[test]
fn the_patch_with_the_names_of_its_styles() {
    let mut stage = stage(120, 40);
    picture!("patch", stage.keys("jjjj<enter>2").text_and_styles());
}

#[test]
fn an_edit_and_an_opened_result_with_the_names_of_their_styles() {
    let mut stage = stage(100, 50);
    picture!("turns_styles", stage.keys("jjjj<enter>+4J").text_and_styles());
}

#[test]
fn a_result_is_folded_until_it_is_opened() {
    let mut stage = stage(120, 42);
    stage.keys("jjjj<enter>JJJ");
    assert!(stage.text().contains("more lines (enter opens)"), "{}", stage.text());
    stage.keys("14j<enter>");
    assert!(!stage.text().contains("more lines (enter opens)"), "{}", stage.text());
    assert!(stage.keys("12j").text().contains("line 30 of the module"), "{}", stage.text());
}

#[test]
fn the_keys_and_what_could_not_be_read() {
    let mut stage = stage(100, 40);
    picture!("help", stage.keys("?").text());
    picture!("help_narrowed", stage.keys("/disagree<enter>").text());
    stage.keys("<esc>");
    let note = Note::problem(&PathBuf::from("rollouts/half.json"), "the JSON ends inside a string");
    stage.tell(Msg::Library(LibraryMsg::Notes(vec![
        note.at("byte 1024").hint("it was still being written: open it again"),
    ])));
    picture!("problems", stage.keys("p").text());
}

#[test]
fn searching_goes_from_place_to_place() {
    let mut stage = stage(120, 40);
    stage.keys("jjjj<enter>/line 3");
    picture!("search_prompt", stage.text());
    stage.keys("<enter>n");
    assert!(stage.text().contains("match 2/11"), "{}", stage.text());
    stage.keys("N<esc>");
    assert!(!stage.text().contains("match"), "{}", stage.text());
}

#[test]
fn the_filter_is_a_view() {
    let mut stage = stage(120, 24);
    stage.keys("/run-a !larder<enter>");
    assert!(stage.text().contains("1 of 6"), "{}", stage.text());
    stage.keys("<esc>");
    assert!(!stage.text().contains("of 6  "), "{}", stage.text());
    picture!("nothing_fits", stage.keys("/nobody<enter>").text());
}

#[test]
fn the_filter_asks_for_fields_and_points_at_mistakes() {
    let mut stage = stage(120, 24);
    stage.keys("/score>0.9 or resolved:false<enter>");
    assert!(stage.text().contains("of 6"), "{}", stage.text());
    stage.keys("<esc>/run:run-a<enter>");
    assert!(stage.text().contains("2 of 6"), "{}", stage.text());
    picture!("filter_mistake", stage.keys("<esc>/run-a scor>0.9<enter>").text());
    assert!(stage.app.prompt.is_some(), "a mistake leaves the prompt open");
    assert!(stage.text().contains("6 trajectories"), "and the board as it was");
}

#[test]
fn the_palette_finds_every_command_and_says_why_one_is_idle() {
    let mut stage = stage(120, 40);
    picture!("palette", stage.keys(":").text());
    picture!("palette_narrowed", stage.keys("hunk").text());
    assert!(stage.keys("<enter>").app.chooser.is_some(), "an idle command stays where it is");
    assert!(stage.text().contains("this is for the reader"), "{}", stage.text());
    stage.keys("<esc><ctrl-p>quitout<esc>");
    assert!(stage.app.chooser.is_none() && stage.effects.iter().all(|it| !matches!(it, Effect::Quit)));
    stage.keys(":wrap lo<tab>");
    assert_eq!(stage.app.chooser.as_ref().unwrap().query, "wrap");
    stage.keys("<enter>");
    assert!(!stage.app.reader.wrap && stage.app.chooser.is_none());
}

#[test]
fn the_board_is_sorted_grouped_and_its_columns_chosen() {
    let mut stage = stage(120, 40);
    stage.keys("Sturns<enter>");
    assert!(stage.text().contains("↓ turns"), "{}", stage.text());
    stage.keys("RBrun<enter>");
    picture!("grouped_by_run", stage.text());
    stage.keys("Ss by name<enter>Bscore<enter>");
    picture!("grouped_by_score", stage.text());
    stage.keys("Bnone<enter>Oturns<enter>");
    assert!(stage.app.chooser.is_some(), "columns are chosen one after another");
    stage.keys("<backspace><backspace><backspace><backspace><backspace>loops<enter><esc>");
    picture!("columns_chosen", stage.text());
    stage.keys("=");
    assert!(stage.text().contains("grouped by task"), "{}", stage.text());
}

#[test]
fn equal_patches_are_folded_with_the_spread_of_their_scores() {
    let mut rollouts = rollouts();
    for (summary, _) in &mut rollouts[..3] {
        summary.patch_hash = Some(7);
    }
    let mut stage = Stage::new(200, 24, rollouts);
    stage.judge().score(A, 2.0, 2).score(B, 2.6, 4).score(C, -1.0, 6).keys("=");
    picture!("equal_patches", stage.text());
}

#[test]
fn what_is_searched_everywhere_is_found_and_visited() {
    let mut stage = stage(120, 30);
    stage.keys("&midnight<enter>");
    let Some(Effect::Find { number, text }) = stage.effects.last().cloned() else { panic!("{:?}", stage.effects) };
    assert_eq!(text, "midnight");
    let hit = |id: &str, text: &str| Hit { id: id.into(), name: format!("clock · {id}"), text: text.into() };
    let hits = vec![hit(A, "def midnight(cls):"), hit(C, "after midnight"), hit("gone", "midnight")];
    stage.tell(Msg::Find(FindMsg::Found { number, hits, bytes: 123_456 }));
    picture!("found", stage.text());
    stage.tell(Msg::Find(FindMsg::Found { number: number - 1, hits: vec![hit(B, "late")], bytes: 1 }));
    assert!(!stage.text().contains("late"), "an older search is not listened to");
    stage.tell(Msg::Find(FindMsg::Done { number, cut: false }));
    stage.keys("<down><enter>");
    assert_eq!(stage.app.reader.shown(), Some(C));
    assert!(stage.app.reader.search.is_some() && stage.app.chooser.is_none());
    stage.keys("&<esc>&<enter><esc>");
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::StopFinding)), "leaving ends the search");
}

#[test]
fn what_is_remembered_brings_one_back_and_damage_is_refused() {
    let mut stage = stage(120, 40);
    stage.keys("Sturns<enter>jjjj<enter>wz");
    let kept = stage.app.remember();
    let at = stage.app.board.trajectory().map(str::to_owned);
    let mut again = App::new("rollouts", Keymap::defaults());
    again.recall(&kept).unwrap();
    stage.app = again;
    stage.tell(Msg::Resize(120, 40));
    stage.tell(Msg::Library(LibraryMsg::Listed(rollouts().into_iter().map(|(summary, _)| summary).collect())));
    assert_eq!(stage.app.board.trajectory().map(str::to_owned), at);
    assert!(!stage.app.reader.wrap && stage.text().contains("↓ turns"), "{}", stage.text());
    assert!(stage.app.recall("at = [").is_err());
}

#[test]
fn the_line_between_the_panes_follows_the_mouse() {
    let mut stage = stage(120, 40);
    let divider = stage.app.layout().divider.x;
    stage.tell(Msg::Mouse(Mouse::Drag { column: 20, row: 9 }));
    assert_eq!(stage.app.layout().divider.x, divider, "nothing is held");
    stage.tell(Msg::Mouse(Mouse::Click { column: divider, row: 9 }));
    stage.tell(Msg::Mouse(Mouse::Drag { column: 60, row: 9 }));
    assert_eq!(stage.app.layout().divider.x, 60);
    stage.tell(Msg::Mouse(Mouse::Drag { column: 1, row: 9 }));
    assert!(stage.app.layout().divider.x >= 20, "both stay readable");
    stage.tell(Msg::Mouse(Mouse::Release));
    stage.tell(Msg::Mouse(Mouse::Drag { column: 60, row: 9 }));
    assert!(stage.app.layout().divider.x < 60);
}

#[test]
fn in_ascii_every_cell_of_every_pane_is_ascii() {
    let ascii = Theme::default().in_ascii(true);
    let mut stage = stage(120, 40);
    for keys in ["", "?", "<esc>p", "<esc>:", "<esc>O", "<esc>S", "<esc><enter>", "2", "3", "v", "/x", "<esc>+"] {
        stage.keys(keys);
        for cell in stage.buffer(&ascii).content() {
            assert!(cell.symbol().is_ascii(), "{:?} after {keys:?}", cell.symbol());
        }
    }
    stage.keys("<esc><esc><esc>+g");
    let buffer = stage.buffer(&ascii);
    let text: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains(" v ") && text.contains(" x "), "outcomes can still be read: {text}");
}

#[test]
fn the_selection_is_seen_in_every_theme() {
    let mut stage = stage(120, 40);
    stage.keys("gj");
    for name in Theme::names() {
        let buffer = stage.buffer(&Theme::named(name).unwrap());
        let row = 2 + stage.app.board.cursor() as u16 - stage.app.board.top as u16;
        let (here, other) = (&buffer[(12, row)], &buffer[(12, row + 1)]);
        let look = |cell: &ratatui::buffer::Cell| (cell.bg, cell.modifier.contains(ratatui::style::Modifier::REVERSED));
        assert_ne!(look(here), look(other), "{name}");
    }
}

#[test]
fn nothing_to_show_says_what_to_do() {
    let stage = Stage::new(80, 24, Vec::new());
    picture!("empty", stage.text());
}

#[test]
fn ranks_move_and_the_cursor_stays_on_its_trajectory() {
    let mut stage = Stage::new(120, 40, rollouts());
    stage.judge().keys("jjjjj");
    let here = stage.app.board.selected().cloned();
    assert!(matches!(here, Some(Selected::Candidate(_))));
    let ids = [A, B, C, D];
    for step in 0..200_u32 {
        let id = ids[step as usize % ids.len()];
        stage.score(id, f64::from(step * 7919 % 100) / 10.0 - 5.0, u64::from(step));
        assert_eq!(stage.app.board.selected(), here.as_ref(), "after score {step}");
        let trajectory = here.as_ref().and_then(|here| match here {
            Selected::Candidate(id) => Some(id.as_str()),
            Selected::Head(_) => None,
        });
        assert_eq!(stage.app.reader.shown(), trajectory);
        let ranked = &stage.app.board.task_of(A).unwrap().ranking;
        let odds = |nth: &usize| stage.app.board.candidates()[*nth].score().map(|score| score.log_odds);
        let scored: Vec<f64> = ranked.iter().filter_map(odds).collect();
        assert!(scored.is_sorted_by(|a, b| a >= b), "{scored:?}");
    }
}

#[test]
fn the_scorer_is_given_what_is_under_the_cursor_and_then_its_rivals() {
    let mut stage = Stage::new(120, 40, rollouts());
    stage.judge().keys("jjj");
    let mut order = Vec::new();
    for _ in 0..7 {
        stage.tell(Msg::Judge(JudgeMsg::Ready));
        let Some(Effect::Score(id)) = stage.effects.pop() else { break };
        stage.score(&id, 0.5, 3);
        order.push(id);
    }
    assert_eq!(order.len(), 6, "{order:?}");
    assert!(order[..4].iter().all(|id| id.starts_with("tidekit")), "rivals first: {order:?}");
    assert_eq!(order[0], A);
    assert_eq!(stage.app.judge.idle, 1);
}

#[test]
fn work_that_arrives_later_wakes_a_waiting_scorer() {
    let mut stage = Stage::new(120, 40, Vec::new());
    stage.tell(Msg::Judge(JudgeMsg::Ready));
    assert!(stage.effects.is_empty());
    let summaries = rollouts().into_iter().map(|(summary, _)| summary).collect();
    stage.tell(Msg::Library(LibraryMsg::Listed(summaries)));
    assert!(matches!(stage.effects.as_slice(), [Effect::Score(_)]), "{:?}", stage.effects);
}

#[test]
fn digits_are_counts_and_tabs() {
    let mut stage = stage(120, 40);
    stage.keys("3j");
    assert_eq!(stage.app.board.cursor(), 1 + 3);
    stage.keys("g2").keys("j");
    assert!(stage.text().contains("file 1/2"), "2 is the patch:\n{}", stage.text());
    stage.keys("1").keys("g").keys("10j");
    assert_eq!(stage.app.board.cursor(), stage.app.board.row_count() - 1);
    assert!(stage.text().contains("turn 1/"), "the first digit of a count leaves the tab alone:\n{}", stage.text());
    stage.keys("g02j");
    assert_eq!(stage.app.board.cursor(), 2);
}

#[test]
fn a_replayed_log_gives_the_same_screen() {
    let mut stage = stage(120, 40);
    stage.keys("jj<enter>J2]/clock<enter>n<esc><tab>z?");
    let mut again = App::new("rollouts", Keymap::defaults());
    for msg in stage.log.clone() {
        again.update(msg);
    }
    let first = stage.text();
    stage.app = again;
    assert_eq!(stage.text(), first);
}

#[test]
fn a_lost_model_is_a_line_and_not_an_end() {
    let mut stage = stage(120, 24);
    stage.tell(Msg::Judge(JudgeMsg::Gone("out of memory".into())));
    let text = stage.text();
    assert!(text.contains("the model stopped: out of memory"), "{text}");
    assert!(stage.keys("jjjjj").text().contains("failed"), "{}", stage.text());
    stage.tell(Msg::Judge(JudgeMsg::Known(vec![(C.into(), score(0.1))])));
    assert!(stage.keys("jjj").text().contains("turn 1/"));
}

/// Every C0 and C1 control, clipboard and title sequences, bidi, invisible, wide and combining characters, a huge line.
fn hostile() -> String {
    let controls: String = (0..0x20).chain(0x7f..0xa0).filter_map(char::from_u32).filter(|c| *c != '\n').collect();
    let sequences = "\u{1b}]52;c;cm0gLXJm\u{7}\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[31mred\u{1b}P1$q\u{1b}\\\u{9b}6n";
    let unseen = "a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{ad}f\u{2028}g\u{e0041}h\u{3164}i";
    let wide =
        "日本語\u{1112}\u{1161}\u{11ab}🧑\u{200d}🚀❤\u{fe0f}e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\t|\r\n";
    format!("{controls}\n{sequences}\n{unseen}\n{wide}\u{301}start\n{}\n", "x\u{7}".repeat(40_000))
}

#[test]
fn hostile_text_reaches_no_cell_of_any_pane() {
    let evil = hostile();
    let line = evil.replace('\n', " ");
    let patch = format!(
        "{evil}diff --git a/{line} b/{line}\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ {line}\n {line}\n-{line}\n+{line}!\n"
    );
    let mut rollouts = rollouts();
    let (summary, trajectory) = &mut rollouts[0];
    trajectory.turns.push(Turn::assistant(vec![
        Part::text(format!("{evil}\n```{line}\n{evil}```\n# {line}")),
        Part::thought(&evil),
        Part::call(&line, serde_json::json!({ "command": evil, &line: evil, "path": line }), None),
        Part::call("edit", serde_json::json!({ "path": line, "old_str": evil, "new_str": "x" }), None),
        Part::result(&evil, None, Some(1)),
        Part::note(&evil),
    ]));
    trajectory.patch = Some(Patch::given(&patch));
    (summary.task_id, summary.run) = (line.clone(), line.clone());
    (summary.exit_status, summary.model) = (Some(line.clone()), Some(line.clone()));
    let mut stage = Stage::new(120, 40, rollouts);
    stage.judge().keys("gj");
    let note = Note::problem(&PathBuf::from(&line), &line).at(&line).hint(&line);
    stage.tell(Msg::Library(LibraryMsg::Notes(vec![note])));
    stage.tell(Msg::Judge(JudgeMsg::Failed { id: A.into(), reason: line.clone() }));
    let keys = ["", "<enter>", "G", "Z", "K", "<pgup>", "<pgup>", "w", "2", "G", "g", "w", "s", "+", "p", "<esc>", "/"];
    for (width, height) in [(120, 40), (80, 24), (30, 10)] {
        stage.tell(Msg::Resize(width, height));
        for keys in keys {
            stage.keys(keys);
            assert_printable(&stage, keys);
        }
        stage.tell(Msg::Paste(line.clone()));
        assert_printable(&stage, "pasted");
        stage.keys("<esc>").tell(Msg::Toast(line.clone()));
        assert_printable(&stage, "toast");
        stage.keys("+1<esc><esc>g");
    }
    stage.tell(Msg::Judge(JudgeMsg::Gone(line)));
    assert_printable(&stage, "gone");
}

fn assert_printable(stage: &Stage, after: &str) {
    for cell in stage.buffer(&Theme::default()).content() {
        let bad = |c: char| {
            c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!cell.symbol().chars().any(bad), "{:?} after {after:?}", cell.symbol());
        assert!(!cell.symbol().contains(['\u{ad}', '\u{feff}', '\u{3164}', '\u{e0041}']), "{:?}", cell.symbol());
    }
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let mut stage = stage(120, 40);
    for (width, height) in [(0, 0), (1, 1), (2, 9), (7, 3), (40, 5), (99, 24), (100, 24), (300, 100), (80, 24)] {
        stage.tell(Msg::Resize(width, height));
        for keys in ["<enter>", "2", "1", "?", "j", "<esc>", "+", "+", "q"] {
            stage.keys(keys);
            stage.text();
        }
    }
}
