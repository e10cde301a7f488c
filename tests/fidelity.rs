//! Nothing is lost and nothing is said twice: every text of the corpus' files against what is shown of them.
//!
//! Every string of a source (from 24 characters on) must be found in what `show` prints, but for those that
//! `fidelity/hidden.toml` names, with the reason. No trajectory may show a text more often than its source holds it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rollscope::library::{Library, Summary};
use rollscope::store::Progress;
use rollscope::trajectory::{PartKind, Role, Trajectory};
use serde::Deserialize;
use serde_json::Value;

const LONG: usize = 24;

#[derive(Deserialize)]
struct Rules {
    hidden: Vec<Rule>,
    lines: Vec<Rule>,
    total: Vec<Total>,
}

/// `*` in a path stands for one step, `**` for any number of them; the format `*` for all.
#[derive(Deserialize)]
struct Rule {
    format: String,
    paths: Vec<String>,
    why: String,
}

/// A number that the file itself states.
#[derive(Deserialize)]
struct Total {
    format: String,
    path: String,
    of: Measure,
    /// Only of runs that ended so.
    exit: Option<String>,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
enum Measure {
    InputTokens,
    OutputTokens,
    Cost,
    /// Turns of the model.
    Answers,
    Turns,
}

impl Rule {
    fn fits(&self, format: &str, path: &[String]) -> bool {
        let of = self.format == "*" || self.format == format;
        of && self.paths.iter().any(|pattern| matches(&pattern.split('/').collect::<Vec<_>>(), path))
    }
}

fn matches(pattern: &[&str], path: &[String]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skipped| matches(rest, &path[skipped..])),
        ([step, rest @ ..], [own, more @ ..]) => fits_step(step, own) && matches(rest, more),
        _ => false,
    }
}

/// A `*` in a step stands for any part of it.
fn fits_step(step: &str, own: &str) -> bool {
    match step.split_once('*') {
        Some((head, tail)) => own.len() >= head.len() + tail.len() && own.starts_with(head) && own.ends_with(tail),
        None => step == own,
    }
}

fn rules() -> Rules {
    toml::from_str(include_str!("fidelity/hidden.toml")).unwrap()
}

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ROLLSCOPE_CORPUS").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: ROLLSCOPE_CORPUS does not name the corpus folder");
    }
    folder
}

/// The values of a file, a folder or an archive, each with the record it is.
fn source(path: &Path) -> Vec<(String, Value)> {
    if path.is_dir() {
        let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        let named = |path: PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), path);
        let inside = files.map(named).flat_map(|(name, path)| {
            source(&path).into_iter().map(move |(_, value)| (String::new(), serde_json::json!({ name.clone(): value })))
        });
        return inside.collect();
    }
    let bytes = fs::read(path).unwrap();
    if bytes.starts_with(b"PK") {
        return archived(&bytes);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if let Ok(value) = serde_json::from_str(&text) {
        return vec![(String::new(), value)];
    }
    let lines = text
        .split('\n')
        .enumerate()
        .filter_map(|(n, line)| Some(((n + 1).to_string(), serde_json::from_str(line).ok()?)));
    let rows: Vec<(String, Value)> = lines.collect();
    if rows.is_empty() { vec![(String::new(), Value::String(text))] } else { rows }
}

fn archived(bytes: &[u8]) -> Vec<(String, Value)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let names = archive.file_names().map(|name| name.unwrap().into_owned());
    let names: Vec<String> = names.filter(|name| name.starts_with("samples/")).collect();
    let mut open = |name: &String| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        (String::new(), serde_json::from_str(&text).unwrap())
    };
    names.iter().map(&mut open).collect()
}

/// Every string below a value with its path; strings of JSON count as what they hold, unless shown as they are.
fn leaves(value: &Value, path: &mut Vec<String>, shown: &HashSet<&str>, on: &mut impl FnMut(&[String], &str)) {
    match value {
        Value::String(text) => match inner(text).filter(|_| !shown.contains(text.trim())) {
            Some(inner) => leaves(&inner, path, shown, on),
            None => on(path, text),
        },
        Value::Array(items) => items.iter().for_each(|item| {
            path.push("*".into());
            leaves(item, path, shown, on);
            path.pop();
        }),
        Value::Object(members) => members.iter().for_each(|(key, member)| {
            path.push(key.clone());
            leaves(member, path, shown, on);
            path.pop();
        }),
        _ => {}
    }
}

fn inner(text: &str) -> Option<Value> {
    let bracketed = text.starts_with(['{', '[']);
    serde_json::from_str(text).ok().filter(|value: &Value| bracketed && (value.is_object() || value.is_array()))
}

/// What trajectories show: whole parts and strings of arguments with how often, and all of it as one text.
#[derive(Default)]
struct Shown {
    units: HashMap<String, usize>,
    text: String,
}

impl Shown {
    fn of(trajectory: &Trajectory, summary: &Summary) -> Self {
        let mut shown = Self::default();
        let heads = [&trajectory.task_id, &trajectory.run, &trajectory.id];
        heads.into_iter().chain(&trajectory.model).chain(&trajectory.exit_status).for_each(|head| shown.say(head));
        summary.notes.iter().chain(trajectory.patch.as_ref().map(|patch| &patch.text)).for_each(|text| shown.say(text));
        for turn in &trajectory.turns {
            // A call inside a text is part of the text.
            let said =
                turn.parts.iter().filter(|part| part.kind != PartKind::ToolResult).map(|part| part.text.as_str());
            shown.say(&said.collect::<String>());
            turn.parts.iter().filter(|part| part.kind == PartKind::ToolResult).for_each(|part| shown.say(&part.text));
            for part in &turn.parts {
                // Notes are our words about an event, and objects without words our spelling of them.
                if part.kind != PartKind::Note && !part.text.starts_with('{') {
                    shown.count(&part.text);
                }
                part.name.iter().for_each(|name| shown.say(name));
                if let Some(arguments) = part.arguments.as_ref().filter(|_| part.text.is_empty()) {
                    leaves(arguments, &mut Vec::new(), &HashSet::new(), &mut |_, text| {
                        shown.count(text);
                        shown.say(text);
                    });
                }
            }
        }
        shown
    }

    fn say(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\0');
    }

    fn count(&mut self, text: &str) {
        *self.units.entry(text.trim().to_string()).or_default() += 1;
    }

    fn has(&self, text: &str) -> bool {
        self.units.contains_key(text) || self.text.contains(text)
    }
}

/// The trajectories of one file or folder, opened.
struct Opened {
    format: &'static str,
    path: PathBuf,
    trajectories: Vec<(Summary, Trajectory)>,
}

/// Read once for all tests.
fn opened(corpus: &Path) -> &'static [Opened] {
    static OPENED: OnceLock<Vec<Opened>> = OnceLock::new();
    OPENED.get_or_init(|| open(corpus))
}

fn open(corpus: &Path) -> Vec<Opened> {
    let library = Library::read(&[corpus.to_path_buf()], &[], &Progress::default());
    let mut files: BTreeMap<(PathBuf, &'static str), Vec<(Summary, Trajectory)>> = BTreeMap::new();
    for summary in library.summaries().iter().filter(|summary| !summary.is_prediction()) {
        let trajectory = library.load(&summary.id).unwrap_or_else(|note| panic!("{note}"));
        files.entry((summary.path.clone(), summary.format)).or_default().push((summary.clone(), trajectory));
    }
    let one = |((path, format), trajectories)| Opened { format, path, trajectories };
    files.into_iter().map(one).collect()
}

/// The strings of a source that must be shown, and how often each string occurs in it at all.
fn demanded(opened: &Opened, rules: &Rules) -> (Vec<(String, String)>, HashMap<String, usize>) {
    let parts = opened.trajectories.iter().flat_map(|(_, trajectory)| trajectory.parts());
    let raw: HashSet<&str> = parts.map(|part| part.text.trim()).filter(|text| text.starts_with(['{', '['])).collect();
    let (mut demanded, mut all) = (Vec::new(), HashMap::new());
    for (_, value) in source(&opened.path) {
        leaves(&value, &mut Vec::new(), &raw, &mut |path, text| {
            *all.entry(text.trim().to_string()).or_default() += 1;
            let by_line = rules.lines.iter().any(|rule| rule.fits(opened.format, path));
            let pieces: Vec<&str> = if by_line { text.lines().map(unmarked).collect() } else { vec![text] };
            let long = pieces.into_iter().map(str::trim).filter(|piece| piece.len() >= LONG).collect::<Vec<_>>();
            if !long.is_empty() && !rules.hidden.iter().any(|rule| rule.fits(opened.format, path)) {
                demanded.extend(long.into_iter().map(|piece| (path.join("/"), piece.to_string())));
            }
        });
    }
    (demanded, all)
}

/// A line without what tells who speaks in it.
fn unmarked(line: &str) -> &str {
    let marks = ["#### ", "> ", "# aider chat started at ", "user: ", "assistant: ", "system: ", "tool: "];
    marks.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line)
}

#[test]
fn every_text_of_the_corpus_is_shown_and_none_more_often_than_it_is_there() {
    let Some(corpus) = corpus() else { return };
    let rules = rules();
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    for file in opened(&corpus) {
        let shown: Vec<Shown> = file.trajectories.iter().map(|(summary, one)| Shown::of(one, summary)).collect();
        let (demanded, all) = demanded(file, &rules);
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let head = |text: &str| text.chars().take(80).collect::<String>();
        for (path, text) in &demanded {
            if !shown.iter().any(|shown| shown.has(text)) {
                wrong.insert(format!("lost: {} {path}", file.format), format!("{name}: {:?}", head(text)));
            }
        }
        for (text, count) in shown.iter().flat_map(|shown| &shown.units).filter(|(text, _)| text.len() >= LONG) {
            let exact = all.get(text).copied().unwrap_or(0);
            let there = || all.iter().map(|(whole, times)| whole.matches(text.as_str()).count() * times).sum::<usize>();
            if *count > exact.max(1) && *count > there() {
                wrong.insert(format!("twice: {}", file.format), format!("{name}: {count} times {:?}", head(text)));
            }
        }
    }
    let lines: Vec<String> = wrong.into_iter().map(|(what, example)| format!("{what}\n    {example}")).collect();
    assert!(lines.is_empty(), "{} kinds:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn results_lie_behind_the_calls_they_answer() {
    let Some(corpus) = corpus() else { return };
    for file in opened(&corpus) {
        for (summary, trajectory) in &file.trajectories {
            let calls: HashSet<&str> = trajectory.tool_calls().filter_map(|call| call.call_id.as_deref()).collect();
            for turn in &trajectory.turns {
                let mut asked: HashSet<&str> = HashSet::new();
                for part in &turn.parts {
                    let Some(id) = part.call_id.as_deref() else { continue };
                    match part.kind {
                        PartKind::ToolCall => _ = asked.insert(id),
                        PartKind::ToolResult => assert!(
                            asked.contains(id) || !calls.contains(id),
                            "{}: the result of {id} lies apart from its call",
                            summary.id
                        ),
                        _ => {}
                    }
                }
            }
        }
    }
}

fn measured(measure: Measure, summary: &Summary, trajectory: &Trajectory) -> Option<f64> {
    let count = |tokens: Option<u64>| tokens.map(|tokens| tokens as f64);
    match measure {
        Measure::InputTokens => count(summary.input_tokens),
        Measure::OutputTokens => count(summary.output_tokens),
        Measure::Cost => summary.cost_usd,
        Measure::Answers => Some(trajectory.turns.iter().filter(|turn| turn.role == Role::Assistant).count() as f64),
        Measure::Turns => Some(trajectory.turns.len() as f64),
    }
}

#[test]
fn counts_agree_with_the_totals_that_the_files_state() {
    let Some(corpus) = corpus() else { return };
    let rules = rules();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for file in opened(&corpus) {
        let totals: Vec<&Total> = rules.total.iter().filter(|total| total.format == file.format).collect();
        if totals.is_empty() {
            continue;
        }
        let values = source(&file.path);
        for (summary, trajectory) in &file.trajectories {
            let record = summary.id.rsplit_once('#').map_or("", |(_, record)| record);
            let own = values.iter().filter(|(name, _)| record.is_empty() || name == record);
            for total in totals.iter().filter(|total| total.exit.is_none() || total.exit == summary.exit_status) {
                let Some(stated) = own
                    .clone()
                    .filter_map(|(_, value)| value.pointer(&format!("/{}", total.path))?.as_f64())
                    .next_back()
                else {
                    continue;
                };
                let found = measured(total.of, summary, trajectory);
                compared += 1;
                if found.is_none_or(|found| (found - stated).abs() > 1e-9 * stated.abs().max(1.0)) {
                    wrong.push(format!("{}: {:?} {found:?}, {} says {stated}", summary.id, total.of, total.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 500, "only {compared} totals were compared");
}

#[test]
fn every_rule_says_why() {
    let rules = rules();
    assert!(rules.hidden.iter().chain(&rules.lines).all(|rule| rule.why.len() > 10 && !rule.paths.is_empty()));
}
