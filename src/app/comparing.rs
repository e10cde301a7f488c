//! Comparing two candidates of a task: which two, patches or actions, and where they differ.

use super::leaf::{Against, Leaf};
use super::page::Form;
use super::{App, Comparing, Tab};
use crate::trajectory::join_key;

/// From this width of the reader on, two texts stand beside each other unless the user says otherwise.
const BESIDE_FROM: u16 = 110;

impl App {
    /// What the reader shows now.
    pub(super) fn leaf(&mut self) -> Option<Leaf> {
        let form = self.form();
        Some(match self.reader.tab() {
            Tab::Turns => Leaf::Turns,
            Tab::Patch => Leaf::Patch(form),
            Tab::Raw | Tab::Score if self.hides_shown() => Leaf::Turns,
            Tab::Raw => Leaf::Raw,
            Tab::Score => Leaf::Score(self.account()?, self.asker()),
            Tab::Prompt => Leaf::Prompt(self.asker()),
            Tab::Compare if self.reader.comparing == Comparing::Gold => {
                Leaf::Compare { against: Against::Gold(self.task_key()?.to_owned()), form }
            }
            Tab::Compare => {
                let against = Against::Candidate(self.keep_against()?);
                match self.reader.comparing {
                    Comparing::Actions => Leaf::Actions { against },
                    _ => Leaf::Compare { against, form },
                }
            }
        })
    }

    /// Unified or side by side: as chosen, or as the width allows.
    pub fn form(&self) -> Form {
        let fits = self.layout().reader.width >= BESIDE_FROM;
        self.reader.form.unwrap_or(if fits { Form::Beside } else { Form::Unified })
    }

    /// The candidate that the one on show is compared with: as chosen, or the best of the others.
    pub fn against(&self) -> Option<String> {
        let shown = self.reader.shown()?;
        let chosen = self.reader.against.get(self.task_key()?).filter(|id| *id != shown);
        let known = chosen.filter(|id| self.board.candidate(id).is_some()).cloned();
        known.or_else(|| self.rivals().into_iter().find(|id| *id != shown).map(str::to_owned))
    }

    /// Ranks move while scores arrive; what one compares with stays.
    fn keep_against(&mut self) -> Option<String> {
        let against = self.against()?;
        let task = self.task_key()?.to_owned();
        self.reader.against.entry(task).or_insert_with(|| against.clone());
        Some(against)
    }

    fn task_key(&self) -> Option<&str> {
        Some(join_key(&self.board.candidate(self.reader.shown()?)?.summary.task_id))
    }

    /// All candidates of the task, best first.
    fn rivals(&self) -> Vec<&str> {
        let task = self.reader.shown().and_then(|id| self.board.task_of(id));
        let ranking = task.map_or(&[][..], |task| task.ranking.as_slice());
        ranking.iter().filter_map(|nth| Some(self.board.candidates().get(*nth)?.summary.id.as_str())).collect()
    }

    /// Takes another candidate for one of the sides: that many places further in the ranking, around the end.
    fn another(&self, from: &str, not: &str, by: usize) -> Option<String> {
        let others: Vec<&str> = self.rivals().into_iter().filter(|id| *id != not).collect();
        let here = others.iter().position(|id| *id == from)?;
        others.get((here + by) % others.len()).map(|id| (*id).to_owned())
    }

    pub(super) fn next_a(&mut self, by: usize) {
        let next = self.against().and_then(|a| self.another(&a, self.reader.shown()?, by));
        if let (Some(next), Some(task)) = (next, self.task_key().map(str::to_owned)) {
            self.reader.against.insert(task, next);
            if self.reader.comparing == Comparing::Gold {
                self.reader.comparing = Comparing::Patches;
            }
        }
    }

    pub(super) fn next_b(&mut self, by: usize) {
        let next = self.against().and_then(|a| self.another(self.reader.shown()?, &a, by));
        if let Some(next) = next {
            self.board.choose(&next);
        }
    }

    /// A comparison opens where the two first differ.
    pub(super) fn first_difference(&mut self) {
        if self.reader.tab() == Tab::Compare {
            self.read(|page, view, frame| {
                let first = page.stops.first().filter(|_| view.cursor.line == 0);
                if let Some(stop) = first {
                    view.jump(page, view.first_line(*stop), frame);
                }
            });
        }
    }

    /// Compares actions, or the gold patch; asked for again, the patches of two candidates.
    pub(super) fn compare(&mut self, what: Comparing) {
        let again = self.reader.comparing == what;
        self.reader.comparing = if again { Comparing::Patches } else { what };
    }

    /// Automatic, side by side, unified, and automatic again.
    pub(super) fn cycle_form(&mut self) {
        self.reader.form = match self.reader.form {
            None => Some(Form::Beside),
            Some(Form::Beside) => Some(Form::Unified),
            Some(Form::Unified) => None,
        };
        self.say(match self.reader.form {
            None => "side by side where there is room",
            Some(Form::Beside) => "side by side",
            Some(Form::Unified) => "unified",
        });
        self.refit();
    }
}
