//! Bytes of a score file -> rows: ours (`rollscope score`), SWE-Lego's (`instance_id`, `runs`), or a plain table.

use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value};

use crate::trajectory::{Note, Score, log_odds_of};

/// A probability stays this far from 0 and 1, where log-odds end.
const EDGE: f64 = 1e-12;
/// How far a stated score may lie from what its own logits say.
const AGREE: f64 = 1e-3;

/// One score, and what is said about whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreLine {
    /// `line 7`, `item 3`.
    pub place: String,
    /// The id of a trajectory as `rollscope list` has it.
    pub id: Option<String>,
    pub path: Option<String>,
    pub task_id: Option<String>,
    pub run: Option<String>,
    pub attempt: Option<u32>,
    pub model: Option<String>,
    pub score: Score,
}

type Fields = Map<String, Value>;

/// Reads JSON, JSON lines or CSV; which of them, its first character says.
pub fn parse(path: &Path, text: &str) -> (Vec<ScoreLine>, Vec<Note>) {
    let text = text.trim_start_matches('\u{FEFF}');
    let mut sheet = Sheet { path, lines: Vec::new(), notes: Vec::new() };
    match text.trim_start().chars().next() {
        Some('{' | '[') => sheet.json(text),
        Some(_) => sheet.csv(text),
        None => sheet.refuse("the file", "it is empty".into()),
    }
    (sheet.lines, sheet.notes)
}

struct Sheet<'a> {
    path: &'a Path,
    lines: Vec<ScoreLine>,
    notes: Vec<Note>,
}

impl Sheet<'_> {
    fn refuse(&mut self, place: &str, reason: String) {
        self.notes.push(Note::problem(self.path, reason).at(place));
    }

    /// One value for the whole file, or one for each line.
    fn json(&mut self, text: &str) {
        let whole: Option<Value> = value(text).ok();
        match whole {
            Some(Value::Array(items)) => self.items(items),
            Some(Value::Object(mut object)) if object.get("rows").is_some_and(Value::is_array) => {
                let rows = object.remove("rows").unwrap_or_default();
                self.items(if let Value::Array(items) = rows { items } else { Vec::new() });
            }
            Some(Value::Object(row)) => self.row("line 1", &row),
            _ => self.json_lines(text),
        }
    }

    fn items(&mut self, items: Vec<Value>) {
        for (nth, item) in items.into_iter().enumerate() {
            self.object(&format!("item {}", nth + 1), &item);
        }
    }

    fn json_lines(&mut self, text: &str) {
        for (nth, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let place = format!("line {}", nth + 1);
            match value(line) {
                Ok(item) => self.object(&place, &item),
                Err(error) => self.refuse(&place, format!("not JSON: {error}")),
            }
        }
    }

    fn object(&mut self, place: &str, item: &Value) {
        match item {
            Value::Object(row) => self.row(place, row),
            _ => self.refuse(place, "a row of scores is an object".into()),
        }
    }

    fn csv(&mut self, text: &str) {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return self.refuse("line 1", error.to_string()),
        };
        let named = |name: &str| header.iter().any(|cell| cell == name);
        if !["score", "log_odds", "predicted_score", "logit_yes"].iter().any(|name| named(name)) {
            return self.refuse("line 1", "no column `score` or `log_odds`".into());
        }
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let place = record.position().map_or_else(String::new, |at| format!("line {}", at.line()));
                    let cells = header.iter().zip(record.iter()).filter(|(_, cell)| !cell.is_empty());
                    let row = cells.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect();
                    self.row(&place, &row);
                }
                Err(error) => {
                    let place = error.position().map_or_else(String::new, |at| format!("line {}", at.line()));
                    self.refuse(&place, error.to_string());
                }
            }
        }
    }

    /// SWE-Lego gives a task and a list of runs; everyone else a row for each trajectory.
    fn row(&mut self, place: &str, row: &Fields) {
        let Some(Value::Array(runs)) = row.get("runs") else { return self.one(place, row) };
        for (nth, run) in runs.iter().enumerate() {
            let place = format!("{place}, run {}", nth + 1);
            let Value::Object(run) = run else {
                self.refuse(&place, "a run is an object".into());
                continue;
            };
            let mut merged: Fields = row.clone();
            merged.shift_remove("runs");
            // Their `score` is the ground truth; what their verifier said is `predicted_score`.
            merged
                .extend(run.iter().filter(|(key, _)| *key != "score").map(|(key, value)| (key.clone(), value.clone())));
            self.one(&place, &merged);
        }
    }

    fn one(&mut self, place: &str, row: &Fields) {
        match line(place, row) {
            Ok(Some(line)) => self.lines.push(line),
            Ok(None) => self.notes.push(Note::remark(self.path, unscored(row)).at(place)),
            Err(reason) => self.refuse(place, reason),
        }
    }
}

/// Python writes `NaN` and `Infinity`, which are no JSON: as texts they reach the row that they spoil, and only that.
fn value(text: &str) -> Result<Value, serde_json::Error> {
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let Ok(bare) = Regex::new(r"([:\[,]\s*)(NaN|-?Infinity)\b") else { return Err(error) };
    serde_json::from_str(&bare.replace_all(text, "$1\"$2\"")).map_err(|_| error)
}

fn unscored(row: &Fields) -> String {
    let said = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let state = said("state").filter(|state| state != "scored");
    let why = said("error").or(state).unwrap_or_else(|| "the row has none".into());
    format!("no score: {why}")
}

/// `None`: the row says itself that there is no score.
fn line(place: &str, row: &Fields) -> Result<Option<ScoreLine>, String> {
    let text = |names: &[&str]| names.iter().find_map(|name| plain(row.get(*name)?));
    let Some(score) = score(row)? else { return Ok(None) };
    let (id, path) = (text(&["id"]), text(&["path"]));
    let task_id = text(&["instance_id", "task_id"]);
    if id.is_none() && path.is_none() && task_id.is_none() {
        return Err("whose score is it? none of id, path, instance_id, task_id".into());
    }
    let attempt = text(&["attempt"]).and_then(|attempt| attempt.parse().ok());
    let run = text(&["run", "run_id"]);
    Ok(Some(ScoreLine { place: place.into(), id, path, task_id, run, attempt, model: text(&["model"]), score }))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn score(row: &Fields) -> Result<Option<Score>, String> {
    let (yes, no) = (number(row, "logit_yes")?, number(row, "logit_no")?);
    let stated = match number(row, "predicted_score")? {
        Some(predicted) => Some(predicted),
        None => number(row, "score")?,
    };
    let from_logits = yes.zip(no).map(|(yes, no)| yes - no);
    let log_odds = match (number(row, "log_odds")?, from_logits, stated) {
        (Some(log_odds), ..) | (None, Some(log_odds), _) => log_odds,
        (None, None, Some(stated)) => log_odds_of(probability(stated)?.clamp(EDGE, 1.0 - EDGE)),
        (None, None, None) => return Ok(None),
    };
    let outputs = row.get("outputs").and_then(|list| serde_json::from_value(list.clone()).ok()).unwrap_or_default();
    let tokens = number(row, "tokens")?.map_or(0, |tokens| tokens as usize);
    let score = Score { log_odds, logit_yes: yes, logit_no: no, outputs, tokens };
    match stated {
        Some(stated) if (probability(stated)? - score.probability()).abs() > AGREE => {
            Err(format!("its score is {stated}, but what it was made from says {:.4}", score.probability()))
        }
        _ => Ok(Some(score)),
    }
}

fn probability(stated: f64) -> Result<f64, String> {
    let hint = "a column log_odds takes other numbers";
    if (0.0..=1.0).contains(&stated) { Ok(stated) } else { Err(format!("score {stated} is no probability; {hint}")) }
}

/// `Err`: something stands there that is no finite number.
fn number(row: &Fields, name: &str) -> Result<Option<f64>, String> {
    let found = match row.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let written = || row.get(name).map(ToString::to_string).unwrap_or_default();
    found
        .filter(|number: &f64| number.is_finite())
        .map(Some)
        .ok_or_else(|| format!("{name} is {}, no number", written()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Vec<ScoreLine>, Vec<String>) {
        let (lines, notes) = parse(Path::new("s"), text);
        (lines, notes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn our_rows_come_back_and_say_where_there_was_no_score() {
        let text = "{\"id\":\"a\",\"task_id\":\"t\",\"state\":\"scored\",\"score\":0.8807970779778823,\"log_odds\":2.0,\"model\":\"m\",\"tokens\":7}\n\
                    {\"id\":\"b\",\"state\":\"too_long\",\"score\":null,\"error\":\"too long by 3 tokens\"}\n";
        let (lines, notes) = parsed(text);
        assert_eq!(
            (lines[0].id.as_deref(), lines[0].model.as_deref(), lines[0].score.tokens),
            (Some("a"), Some("m"), 7)
        );
        assert!((lines[0].score.log_odds - 2.0).abs() < 1e-12);
        assert_eq!(notes, ["s, line 2: no score: too long by 3 tokens"]);
    }

    #[test]
    fn swe_lego_rows_are_read_by_run_and_their_score_is_no_score() {
        let text = r#"[{"instance_id":"t","runs":[{"run":"a","score":1,"predicted_score":0.5,"logit_yes":3.0,"logit_no":3.0},
            {"run":2,"score":0,"predicted_score":0.9,"logit_yes":1.0,"logit_no":2.0}, {"run":3,"score":0,"predicted_score":NaN}]}]"#;
        let (lines, notes) = parsed(text);
        assert_eq!((lines.len(), lines[0].run.as_deref(), lines[0].score.log_odds), (1, Some("a"), 0.0));
        assert!(notes[0].contains("item 1, run 2") && notes[0].contains("0.2689"), "{notes:?}");
        assert!(notes[1].contains("run 3") && notes[1].contains("NaN"), "{notes:?}");
    }

    #[test]
    fn a_table_is_read_by_its_header_and_refused_by_line() {
        let text = "instance_id,run,score\nt-1,r,0.75\nt-2,r,nan\nt-3,r,1.5\nt-4,r,\n,r,0.5\n";
        let (lines, notes) = parsed(text);
        assert_eq!((lines.len(), lines[0].place.as_str()), (1, "line 2"));
        assert!((lines[0].score.probability() - 0.75).abs() < 1e-12);
        let of = |line: &str| notes.iter().find(|note| note.contains(line)).unwrap().clone();
        assert!(of("line 3").contains("nan") && of("line 4").contains("no probability"));
        assert!(of("line 5").contains("none") && of("line 6").contains("whose"));
    }

    #[test]
    fn bad_lines_hide_no_good_ones() {
        let text = "{\"task_id\":\"t\",\"score\":0.5}\nnot json\n{\"task_id\":\"u\",\"score\":NaN}\n[1]\n{\"task_id\":\"v\",\"log_odds\":-3}\n";
        let (lines, notes) = parsed(text);
        assert_eq!(lines.iter().map(|line| line.task_id.as_deref().unwrap()).collect::<Vec<_>>(), ["t", "v"]);
        assert_eq!(notes.len(), 3, "{notes:?}");
    }

    #[test]
    fn certainty_stays_finite() {
        let (lines, _) = parsed("task_id,score\nt,1\nu,0\n");
        assert!(lines.iter().all(|line| line.score.log_odds.is_finite()) && lines[0].score.log_odds > 20.0);
        assert!(parsed("").1[0].contains("empty") && parsed("a,b\n1,2\n").1[0].contains("no column"));
    }
}
