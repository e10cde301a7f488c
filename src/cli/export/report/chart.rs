//! The charts of the page as inline SVG. Colours are classes: the page's style knows light and dark.

use std::fmt::Write;

use crate::metrics::{Bin, Confusion, Point, Step};

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 240.0;
/// Left, top, right, bottom.
const MARGIN: (f64, f64, f64, f64) = (40.0, 12.0, 12.0, 36.0);

/// A frame with both axes; x and y run over these ranges.
struct Frame {
    svg: String,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn new(title: &str, names: (&str, &str), x: (f64, f64), y: (f64, f64)) -> Self {
        let svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>\n"
        );
        let mut frame = Self { svg, x, y };
        frame.axes(names);
        frame
    }

    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let (left, top, right, bottom) = MARGIN;
        let share = |value: f64, (low, high): (f64, f64)| if high > low { (value - low) / (high - low) } else { 0.5 };
        let across = left + share(x, self.x) * (WIDTH - left - right);
        (across, HEIGHT - bottom - share(y, self.y) * (HEIGHT - top - bottom))
    }

    fn axes(&mut self, names: (&str, &str)) {
        for y in quarters(self.y) {
            let (left, level) = self.at(self.x.0, y);
            let (right, _) = self.at(self.x.1, y);
            let _ = writeln!(
                self.svg,
                "<path class=\"grid\" d=\"M{left:.1} {level:.1}H{right:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" class=\"y\">{}</text>",
                left - 4.0,
                level + 3.0,
                tick(y)
            );
        }
        // What goes beyond 1 is counted, and counts are whole.
        for x in if self.x.1 > 1.0 { whole(self.x) } else { quarters(self.x) } {
            let (across, floor) = self.at(x, self.y.0);
            let _ =
                writeln!(self.svg, "<text x=\"{across:.1}\" y=\"{:.1}\" class=\"x\">{}</text>", floor + 13.0, tick(x));
        }
        let middle = (WIDTH + MARGIN.0 - MARGIN.2) / 2.0;
        let _ = writeln!(
            self.svg,
            "<text x=\"{middle:.1}\" y=\"{:.1}\" class=\"x\">{}</text>\
             <text x=\"10\" y=\"{:.1}\" class=\"x\" transform=\"rotate(-90 10 {:.1})\">{}</text>",
            HEIGHT - 6.0,
            names.0,
            HEIGHT / 2.0,
            HEIGHT / 2.0,
            names.1
        );
    }

    fn line(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>) {
        let (mut path, mut last) = (String::new(), String::new());
        for (x, y) in points {
            let (x, y) = self.at(x, y);
            let place = format!("{x:.1} {y:.1}");
            // Of thousands of points most lie where the one before them lies.
            if place != last {
                let _ = write!(path, "{}{place}", if path.is_empty() { 'M' } else { 'L' });
                last = place;
            }
        }
        let _ = writeln!(self.svg, "<path class=\"{class}\" d=\"{path}\"/>");
    }

    /// From `low` to `high`, this wide.
    fn bar(&mut self, class: &str, (from, to): (f64, f64), (low, high): (f64, f64), says: &str) {
        let ((left, floor), (right, top)) = (self.at(from, low), self.at(to, high));
        let _ = writeln!(
            self.svg,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{says}</title></rect>",
            (right - left).max(0.5),
            (floor - top).max(0.0)
        );
    }

    fn dot(&mut self, x: f64, y: f64, says: &str) {
        let (x, y) = self.at(x, y);
        let _ = writeln!(
            self.svg,
            "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"><title>{says}</title></circle>"
        );
    }

    /// What a line is, left of its end and away from it.
    fn name(&mut self, (x, y): (f64, f64), above: bool, name: &str) {
        let (x, y) = self.at(x, y);
        let y = y + if above { -6.0 } else { 12.0 };
        let _ = writeln!(self.svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"y name\">{name}</text>");
    }

    fn done(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }
}

fn quarters((low, high): (f64, f64)) -> Vec<f64> {
    (0..=4).map(|step| low + f64::from(step) / 4.0 * (high - low)).collect()
}

/// Whole numbers, not more of them than can be read.
fn whole((low, high): (f64, f64)) -> Vec<f64> {
    let step = ((high - low) / 8.0).ceil().max(1.0);
    std::iter::successors(Some(low), |at| Some(at + step)).take_while(|at| *at <= high).collect()
}

fn tick(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// How many scores fall where, resolved beside unresolved: twenty bins.
pub fn histogram(scores: &[(f64, bool)]) -> String {
    const BINS: usize = 20;
    let mut counts = [[0_usize; 2]; BINS];
    for (score, resolved) in scores {
        counts[((score * BINS as f64) as usize).min(BINS - 1)][usize::from(*resolved)] += 1;
    }
    let most = counts.iter().flatten().copied().max().unwrap_or_default().max(4);
    let mut frame =
        Frame::new("scores by outcome", ("score", "trajectories"), (0.0, 1.0), (0.0, most.next_multiple_of(4) as f64));
    for (bin, [unresolved, resolved]) in counts.into_iter().enumerate() {
        let (from, half) = (bin as f64 / BINS as f64, 0.45 / BINS as f64);
        let says =
            format!("{from:.2} to {:.2}: {resolved} resolved, {unresolved} unresolved", from + 1.0 / BINS as f64);
        frame.bar("up", (from, from + half), (0.0, resolved as f64), &says);
        frame.bar("down", (from + half, from + 2.0 * half), (0.0, unresolved as f64), &says);
    }
    frame.done()
}

/// Share resolved against mean score, with Wilson intervals and counts.
pub fn reliability(bins: &[Bin]) -> String {
    let mut frame = Frame::new("reliability", ("mean score of the bin", "share resolved"), (0.0, 1.0), (0.0, 1.0));
    frame.line("even", [(0.0, 0.0), (1.0, 1.0)].into_iter());
    for bin in bins {
        let says = format!(
            "{} trajectories scored {:.3} on average: {:.3} resolved [{:.3}, {:.3}]",
            bin.count, bin.score, bin.resolved, bin.low, bin.high
        );
        frame.line("range", [(bin.score, bin.low), (bin.score, bin.high)].into_iter());
        frame.dot(bin.score, bin.resolved, &says);
    }
    frame.done()
}

pub fn roc(points: &[Point]) -> String {
    let mut frame =
        Frame::new("ROC", ("unresolved taken as resolved", "resolved taken as resolved"), (0.0, 1.0), (0.0, 1.0));
    frame.line("even", [(0.0, 0.0), (1.0, 1.0)].into_iter());
    let both = |point: &Point| Some((point.counts.false_positive_rate()?, point.counts.recall()?));
    frame.line("line", std::iter::once((0.0, 0.0)).chain(points.iter().filter_map(both)));
    frame.done()
}

pub fn precision_recall(points: &[Point]) -> String {
    let mut frame = Frame::new("precision and recall", ("recall", "precision"), (0.0, 1.0), (0.0, 1.0));
    let both = |point: &Point| Some((Confusion::recall(&point.counts)?, point.counts.precision()?));
    frame.line("line", points.iter().filter_map(both));
    frame.done()
}

/// best@k between what a perfect and a blind judge would reach.
pub fn best_of(curve: &[Step]) -> String {
    let last = curve.last().map_or(2.0, |step| step.at.k as f64).max(2.0);
    let mut frame = Frame::new("best@k", ("k candidates per task", "share of tasks"), (1.0, last), (0.0, 1.0));
    frame.line("even", curve.iter().map(|step| (step.at.k as f64, step.at.pass)));
    frame.line("even", curve.iter().map(|step| (step.at.k as f64, step.at.random)));
    frame.line("line", curve.iter().map(|step| (step.at.k as f64, step.at.best)));
    if let Some(end) = curve.last().map(|step| step.at) {
        let k = end.k as f64;
        frame.name((k, end.pass), true, "oracle");
        frame.name((k, end.best), false, "ours");
        frame.name((k, end.random), false, "random");
    }
    for step in curve {
        let at = step.at;
        let says = format!(
            "k = {}: best {:.3}, oracle {:.3}, random {:.3} ({} tasks)",
            at.k, at.best, at.pass, at.random, at.tasks
        );
        frame.dot(at.k as f64, at.best, &says);
    }
    frame.done()
}
