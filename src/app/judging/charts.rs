//! The charts: which one is looked at, which of its bins or points is chosen, what that choice leaves on the board.

use super::figures::Figures;
use super::plots::{BARS, Bar, LABELLED, Operating, edge};
use crate::metrics::{AtK, MEASURES};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Chart {
    #[default]
    Histogram,
    Reliability,
    BestAtK,
    Roc,
    Precision,
    Numbers,
}

#[derive(Debug, Clone, Default)]
pub struct Charts {
    pub chart: Chart,
    /// Reliability in bins of equal mass, not of equal width.
    pub by_mass: bool,
    /// Of each chart, by [`Chart::ALL`].
    chosen: [usize; Chart::ALL.len()],
    /// The filter to go back to: a bin is on the board.
    pub(in crate::app) before: Option<String>,
}

/// A bin or a point: in words, and as a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub about: String,
    /// What enter leaves on the board; empty where it would leave everything.
    pub filter: String,
}

impl Chart {
    pub const ALL: [Self; 6] =
        [Self::Histogram, Self::Reliability, Self::BestAtK, Self::Roc, Self::Precision, Self::Numbers];

    pub fn title(self) -> &'static str {
        match self {
            Self::Histogram => "scores by outcome",
            Self::Reliability => "reliability",
            Self::BestAtK => "best@k",
            Self::Roc => "ROC",
            Self::Precision => "precision and recall",
            Self::Numbers => "numbers",
        }
    }

    fn place(self) -> usize {
        Self::ALL.iter().position(|chart| *chart == self).unwrap_or_default()
    }
}

impl Charts {
    pub fn turn(&mut self, by: isize) {
        let next = self.chart.place() as isize + by;
        self.chart = Chart::ALL[next.rem_euclid(Chart::ALL.len() as isize) as usize];
    }

    /// Which bin or point is chosen; the highest scores come first.
    pub fn chosen(&self, chart: Chart, figures: &Figures) -> usize {
        self.chosen[chart.place()].min(self.marks(chart, figures).saturating_sub(1))
    }

    pub fn walk(&mut self, by: isize, figures: &Figures) {
        let last = self.marks(self.chart, figures).saturating_sub(1);
        let here = self.chosen(self.chart, figures);
        self.chosen[self.chart.place()] = here.saturating_add_signed(by).min(last);
    }

    pub fn bins<'a>(&self, figures: &'a Figures) -> &'a [super::plots::Reliable] {
        &figures.reliability[usize::from(self.by_mass)]
    }

    /// How many bins or points there are to choose from.
    pub fn marks(&self, chart: Chart, figures: &Figures) -> usize {
        match chart {
            Chart::Histogram => BARS,
            Chart::Reliability => self.bins(figures).len(),
            Chart::BestAtK => figures.curve().len(),
            Chart::Roc | Chart::Precision => figures.operating.len(),
            Chart::Numbers => MEASURES.len(),
        }
    }

    /// The bin or point chosen on the chart looked at.
    pub fn mark(&self, figures: &Figures) -> Option<Mark> {
        let nth = self.chosen(self.chart, figures);
        match self.chart {
            Chart::Histogram => Some(bar(figures, nth)),
            Chart::Reliability => self.bins(figures).get(nth).map(reliable),
            Chart::BestAtK => figures.curve().nth(nth).map(at_k),
            Chart::Roc | Chart::Precision => figures.operating.get(nth).map(|point| operating(figures, point)),
            Chart::Numbers => {
                MEASURES.get(nth).map(|measure| Mark { about: measure.definition.to_owned(), filter: String::new() })
            }
        }
    }
}

/// Bars are shown and chosen from the highest scores down.
pub fn bar_at(figures: &Figures, nth: usize) -> (usize, Bar) {
    let at = BARS - 1 - nth.min(BARS - 1);
    (at, figures.bars[at])
}

fn bar(figures: &Figures, nth: usize) -> Mark {
    let (at, bar) = bar_at(figures, nth);
    let (low, high) = (edge(at), edge(at + 1));
    let bound = if at + 1 == BARS { String::new() } else { format!(" score<{high}") };
    Mark {
        about: format!(
            "scores {low:.1} to {high:.1}: {} resolved, {} unresolved, {} unknown",
            bar.resolved, bar.unresolved, bar.unknown
        ),
        filter: format!("score>={low}{bound}"),
    }
}

fn reliable(one: &super::plots::Reliable) -> Mark {
    let bin = one.bin;
    Mark {
        about: format!(
            "{} scored {:.2} on average, {:.2} of them resolved [{:.2}, {:.2}]",
            bin.count, bin.score, bin.resolved, bin.low, bin.high
        ),
        filter: one.filter.clone(),
    }
}

fn operating(figures: &Figures, point: &Operating) -> Mark {
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let (judged, resolved) = (figures.report.judged, figures.report.resolved);
    let unresolved = judged - resolved;
    Mark {
        about: format!(
            "from score {:.3} up: recall {:.2} ({} of {resolved}), false alarms {:.2} ({} of {unresolved}), precision {:.2}",
            point.threshold,
            share(point.tp, resolved),
            point.tp,
            share(point.fp, unresolved),
            point.fp,
            share(point.tp, point.tp + point.fp),
        ),
        filter: point.filter(),
    }
}

fn at_k(at: &AtK) -> Mark {
    let share = |value: f64| format!("{:.1} %", 100.0 * value);
    Mark {
        about: format!(
            "k = {}: ours {}, random {}, oracle {}, over {} tasks",
            at.k,
            share(at.best),
            share(at.random),
            share(at.pass),
            at.tasks
        ),
        filter: format!("judged>={} {LABELLED}", at.k),
    }
}
