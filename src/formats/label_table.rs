//! Outcomes as a table: CSV with `resolved` and either `path`, or `instance_id` with `run`.

use std::path::Path;

use super::{Content, Document, Format, Reading, outcomes};
use crate::trajectory::{Label, Note, Outcome};

pub struct LabelTable;

impl Format for LabelTable {
    fn name(&self) -> &'static str {
        "labels"
    }

    fn about(&self) -> &'static str {
        "outcomes: CSV with the columns resolved and path, or instance_id and run"
    }

    fn claims(&self, document: &Document) -> bool {
        matches!(document.content, Content::Text(text) if Columns::of(text).is_some())
    }

    fn read(&self, document: &Document) -> Reading {
        let Content::Text(text) = document.content else { return Reading::default() };
        let Some(columns) = Columns::of(text) else { return Reading::default() };
        let mut reading = Reading::default();
        for (index, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
            match columns.label(line, document.path) {
                Ok(label) => reading.labels.push(label),
                Err(reason) => {
                    let note = Note::problem(document.path, reason).at(format!("line {}", index + 1));
                    reading.notes.push(note);
                }
            }
        }
        reading
    }
}

/// Where the columns stand.
struct Columns {
    path: Option<usize>,
    task: Option<usize>,
    run: Option<usize>,
    resolved: usize,
}

impl Columns {
    fn of(text: &str) -> Option<Self> {
        let header = cells(text.lines().next()?);
        let find = |names: &[&str]| header.iter().position(|cell| names.contains(&cell.trim()));
        let columns = Self {
            path: find(&["path"]),
            task: find(&["instance_id", "task_id"]),
            run: find(&["run", "run_id"]),
            resolved: find(&["resolved"])?,
        };
        (columns.path.is_some() || columns.task.is_some()).then_some(columns)
    }

    fn label(&self, line: &str, source: &Path) -> Result<Label, String> {
        let cells = cells(line);
        let cell = |column: Option<usize>| column.and_then(|at| cells.get(at)).filter(|cell| !cell.is_empty());
        let said = cell(Some(self.resolved)).map_or("", String::as_str);
        let outcome = outcomes::truth_of_word(said);
        if outcome == Outcome::Unknown && !said.is_empty() {
            return Err(format!("resolved is {said:?}, neither 1 nor 0"));
        }
        let folder = source.parent().unwrap_or(Path::new(""));
        Ok(Label {
            task_id: cell(self.task).cloned().unwrap_or_default(),
            run: cell(self.run).cloned(),
            trajectory: cell(self.path).map(|path| folder.join(path)),
            outcome,
            detail: None,
            source: source.into(),
        })
    }
}

/// The cells of one line; quotes protect commas and are doubled inside.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.trim_end_matches('\r').chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cells.last_mut().into_iter().for_each(|cell| cell.push('"'));
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().into_iter().for_each(|cell| cell.push(character)),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_cells_keep_their_commas() {
        assert_eq!(cells(r#"a,"b,""c""",,d"#), ["a", "b,\"c\"", "", "d"]);
    }

    #[test]
    fn a_wrong_row_is_noted_with_its_line() {
        let text = "instance_id,run,resolved\nt-1,r,1\nt-2,r,maybe\nt-3,,\n";
        let document = Document { path: Path::new("x/labels.csv"), record: None, content: Content::Text(text) };
        let reading = LabelTable.read(&document);
        assert_eq!(reading.labels.len(), 2);
        assert_eq!(reading.labels[1].outcome, Outcome::Unknown);
        assert_eq!(reading.notes[0].place.as_deref(), Some("line 3"));
    }
}
