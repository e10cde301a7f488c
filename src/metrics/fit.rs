//! Calibration that is learned: from the scores a judge gives to the probabilities they have meant. Fitted on labelled
//! trajectories, and measured on tasks that the fit did not see.

use super::bootstrap::{Interval, SplitMix};
use super::{Binning, Draws, Judged, brier, expected_calibration_error, groups, interval, log_loss};

/// How scores become other scores; in log-odds.
#[derive(Debug, Clone, PartialEq)]
pub enum Scale {
    /// Divided by a temperature, and shifted: 0 for temperature scaling (Guo et al. 2017, arXiv:1706.04599), fitted too for
    /// Platt's (1999).
    Line { temperature: f64, offset: f64 },
    /// Between these knots (score, calibrated) straight lines, outside them the nearest.
    Steps(Vec<(f64, f64)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Temperature,
    Platt,
    Isotonic,
}

/// Why nothing was fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    #[error(
        "too few labels: {resolved} resolved and {unresolved} unresolved in {tasks} tasks; {method} needs {least} of each, \
         in {least} tasks or more. What is fitted on fewer does not hold on other tasks"
    )]
    TooFew { method: &'static str, resolved: usize, unresolved: usize, tasks: usize, least: usize },
    #[error("the scores run against the outcomes: the higher, the less often resolved; no temperature mends that")]
    Inverse,
}

/// A fitted scale, with what it is worth on tasks it did not see.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub scale: Scale,
    pub folds: usize,
    /// ECE (equal width), ECE (equal mass), Brier, log loss.
    pub gains: Vec<Gain>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    pub key: &'static str,
    pub before: f64,
    /// Cross-validated over tasks.
    pub after: f64,
    /// Of before less after, 95 %, bootstrap over tasks: above 0 is better.
    pub gain: Option<Interval>,
}

type Number = fn(&[Judged]) -> Option<f64>;

const NUMBERS: [(&str, Number); 4] = [
    ("ece.equal_width", |data| expected_calibration_error(data, Binning::EqualWidth)),
    ("ece.equal_mass", |data| expected_calibration_error(data, Binning::EqualMass)),
    ("brier", brier),
    ("log_loss", log_loss),
];

const FOLDS: usize = 5;

impl Method {
    pub const ALL: [Self; 3] = [Self::Temperature, Self::Platt, Self::Isotonic];

    pub fn name(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::Platt => "platt",
            Self::Isotonic => "isotonic",
        }
    }

    /// Labels of each outcome, and tasks, that it takes. Isotonic regression overfits small sets (Niculescu-Mizil and Caruana
    /// 2005 saw it lose to Platt's below about a thousand).
    pub fn least(self) -> usize {
        match self {
            Self::Temperature => 20,
            Self::Platt => 30,
            Self::Isotonic => 150,
        }
    }

    /// Fits on all, and measures by five-fold cross-validation over tasks; folds and draws follow the seed.
    pub fn fit(self, judged: &[Judged], draws: Draws) -> Result<Fitted, FitError> {
        self.enough(judged)?;
        let scale = self.scale(judged).ok_or(FitError::Inverse)?;
        let after = self.unseen(judged, draws.seed).ok_or(FitError::Inverse)?;
        let gains = NUMBERS.iter().filter_map(|(key, number)| gain(key, *number, judged, &after, draws)).collect();
        Ok(Fitted { scale, folds: FOLDS, gains })
    }

    fn enough(self, judged: &[Judged]) -> Result<(), FitError> {
        let resolved = judged.iter().filter(|one| one.resolved).count();
        let (unresolved, tasks) = (judged.len() - resolved, groups(judged, |one| one.task).len());
        let least = self.least();
        if resolved.min(unresolved).min(tasks) >= least {
            return Ok(());
        }
        Err(FitError::TooFew { method: self.name(), resolved, unresolved, tasks, least })
    }

    /// `None` where the scores run against the outcomes.
    fn scale(self, judged: &[Judged]) -> Option<Scale> {
        match self {
            Self::Temperature => line(judged, false),
            Self::Platt => line(judged, true),
            Self::Isotonic => Some(Scale::Steps(isotonic(judged))),
        }
    }

    /// Each trajectory scaled as fitted on the tasks of the other folds.
    fn unseen(self, judged: &[Judged], seed: u64) -> Option<Vec<Judged>> {
        let mut random = SplitMix(seed);
        let tasks = groups(judged, |one| one.task);
        let mut folds: Vec<usize> = (0..tasks.len()).map(|at| at % FOLDS).collect();
        (1..folds.len()).rev().for_each(|at| folds.swap(at, random.below(at + 1)));
        let mut scaled = Vec::with_capacity(judged.len());
        for fold in 0..FOLDS {
            let part = |inside: bool| {
                let chosen = tasks.iter().zip(&folds).filter(move |(_, of)| (**of == fold) == inside);
                chosen.flat_map(|(task, _)| task.iter().copied()).collect::<Vec<_>>()
            };
            let scale = self.scale(&part(false))?;
            scaled.extend(part(true).into_iter().map(|one| Judged { log_odds: scale.apply(one.log_odds), ..one }));
        }
        Some(scaled)
    }
}

/// Before and after as pairs of the same trajectories, so that both are drawn together.
fn gain(key: &'static str, number: Number, before: &[Judged], after: &[Judged], draws: Draws) -> Option<Gain> {
    let order = |data: &[Judged]| groups(data, |one| one.task).into_iter().flatten().collect::<Vec<_>>();
    let (before, after) = (order(before), order(after));
    // The place among the pairs takes the place of the run, which no number here looks at.
    let placed: Vec<Judged> = before.iter().enumerate().map(|(run, one)| Judged { run, ..*one }).collect();
    let statistic = |drawn: &[Judged]| {
        let scaled: Vec<Judged> =
            drawn.iter().map(|one| Judged { log_odds: after[one.run].log_odds, ..*one }).collect();
        Some(number(drawn)? - number(&scaled)?)
    };
    let gain = interval(&placed, draws.count, draws.seed, statistic);
    Some(Gain { key, before: number(&before)?, after: number(&after)?, gain })
}

impl Scale {
    /// From log-odds to calibrated log-odds.
    pub fn apply(&self, log_odds: f64) -> f64 {
        match self {
            Self::Line { temperature, offset } => log_odds / temperature + offset,
            Self::Steps(knots) => between(knots, log_odds),
        }
    }
}

fn between(knots: &[(f64, f64)], x: f64) -> f64 {
    let at = knots.partition_point(|(knot, _)| *knot <= x);
    match (at.checked_sub(1).and_then(|below| knots.get(below)), knots.get(at)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, y)), None) | (None, Some((_, y))) => *y,
        (None, None) => x,
    }
}

/// Maximum likelihood of sigmoid(slope · x + offset) by Newton's method. With an offset, the targets are Platt's:
/// (n₁ + 1) / (n₁ + 2) and 1 / (n₀ + 2), which keeps separable data finite; as `sklearn`'s `_sigmoid_calibration`.
fn line(judged: &[Judged], shifted: bool) -> Option<Scale> {
    let ups = judged.iter().filter(|one| one.resolved).count() as f64;
    let downs = judged.len() as f64 - ups;
    let (up, down) = if shifted { ((ups + 1.0) / (ups + 2.0), 1.0 / (downs + 2.0)) } else { (1.0, 0.0) };
    let target = |one: &Judged| if one.resolved { up } else { down };
    let (mut slope, mut offset) = (0.0_f64, if shifted { ((ups + 1.0) / (downs + 1.0)).ln() } else { 0.0 });
    for _ in 0..100 {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
        for one in judged {
            let x = one.log_odds.clamp(-LARGEST, LARGEST);
            let p = crate::trajectory::sigmoid(slope * x + offset);
            let (miss, curve) = (p - target(one), p * (1.0 - p));
            (g0, g1) = (g0 + miss * x, g1 + miss);
            (h00, h01, h11) = (h00 + curve * x * x, h01 + curve * x, h11 + curve);
        }
        let (down, across) = if shifted {
            let determinant = h00 * h11 - h01 * h01;
            ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant)
        } else {
            (g0 / h00, 0.0)
        };
        // Half a step where a whole one would overshoot: the curve is flat far out.
        let share = 1.0_f64.min(2.0 / down.abs().max(across.abs()).max(1e-300));
        (slope, offset) = (slope - share * down, offset - share * across);
        if down.abs().max(across.abs()) < 1e-12 {
            break;
        }
    }
    (slope > 1e-6 && slope.is_finite() && offset.is_finite()).then(|| Scale::Line { temperature: 1.0 / slope, offset })
}

/// Certain scores are taken as this certain.
const LARGEST: f64 = 36.0;

/// Pool adjacent violators (Ayer et al. 1955): the closest outcome rates that never fall as the score rises, as
/// `sklearn.isotonic.IsotonicRegression`. Rates are kept 1/(2n) from 0 and 1, where n is all labels, so that log-odds stay finite.
fn isotonic(judged: &[Judged]) -> Vec<(f64, f64)> {
    let mut sorted = judged.to_vec();
    sorted.sort_by(Judged::compare);
    // Per block: first and last score, resolved, count.
    let mut blocks: Vec<(f64, f64, f64, f64)> = Vec::new();
    for tied in sorted.chunk_by(|a, b| a.compare(b).is_eq()) {
        let x = tied[0].log_odds.clamp(-LARGEST, LARGEST);
        let ups = tied.iter().filter(|one| one.resolved).count() as f64;
        blocks.push((x, x, ups, tied.len() as f64));
        while let [.., (a, _, up0, n0), (_, d, up1, n1)] = blocks[..] {
            if up0 / n0 < up1 / n1 {
                break;
            }
            blocks.truncate(blocks.len() - 2);
            blocks.push((a, d, up0 + up1, n0 + n1));
        }
    }
    let edge = 0.5 / judged.len().max(1) as f64;
    let odds = |ups: f64, n: f64| crate::trajectory::log_odds_of((ups / n).clamp(edge, 1.0 - edge));
    let ends = blocks.iter().flat_map(|(first, last, ups, n)| [(*first, odds(*ups, *n)), (*last, odds(*ups, *n))]);
    let mut knots: Vec<(f64, f64)> = ends.collect();
    knots.dedup_by(|b, a| a.0 >= b.0);
    knots
}
