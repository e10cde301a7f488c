//! The list of numbers, each with its definition: what stands in the table of the charts.

use super::figures::Figures;
use super::intervals::Intervals;
use crate::metrics::Interval;

pub struct Number {
    pub name: &'static str,
    pub definition: &'static str,
    pub of: fn(&Figures) -> Option<f64>,
    pub interval: fn(&Intervals) -> Option<Interval>,
}

const fn number(
    name: &'static str,
    definition: &'static str,
    of: fn(&Figures) -> Option<f64>,
    interval: fn(&Intervals) -> Option<Interval>,
) -> Number {
    Number { name, definition, of, interval }
}

const fn unsure(_: &Intervals) -> Option<Interval> {
    None
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

pub static NUMBERS: [Number; 12] = [
    number(
        "AUC pooled",
        "how often a resolved one outranks an unresolved one, over all; ties half",
        |it| it.auc,
        |it| it.auc,
    ),
    number(
        "AUC per task",
        "the same among candidates of one task; mean over tasks with both outcomes",
        |it| it.per_task_auc,
        |it| it.per_task_auc,
    ),
    number(
        "AUC within run",
        "the same among trajectories of one run; mean over runs with both outcomes",
        |it| it.within_run_auc,
        |it| it.within_run_auc,
    ),
    number(
        "ECE, equal width",
        "mean |mean score − share resolved| over 15 bins of equal width, by their size",
        |it| it.ece,
        |it| it.ece,
    ),
    number("ECE, equal mass", "the same over 15 bins that hold as many each", |it| it.ece_by_mass, unsure),
    number(
        "Brier",
        "mean squared distance of score and outcome; 0 is perfect, .25 says ½ always",
        |it| it.brier,
        |it| it.brier,
    ),
    number(
        "log loss",
        "mean −ln of the probability given to what happened, clipped at 1e-7",
        |it| it.log_loss,
        |it| it.log_loss,
    ),
    number(
        "accuracy",
        "share of right decisions at the judge's threshold",
        |it| it.confusion.accuracy(),
        |it| it.accuracy,
    ),
    number(
        "precision",
        "of those called resolved, the share that is",
        |it| share(it.confusion.tp, it.confusion.tp + it.confusion.fp),
        unsure,
    ),
    number(
        "recall",
        "of the resolved, the share that is called so",
        |it| share(it.confusion.tp, it.confusion.tp + it.confusion.fn_),
        unsure,
    ),
    number(
        "best@k, ours",
        "of k candidates drawn from a task, the best scored is resolved; for the k of the strip",
        |it| Some(it.headline()?.best),
        |it| it.headline,
    ),
    number(
        "resolved",
        "share of the labelled and scored that is resolved: what guessing has to beat",
        |it| share(it.resolved, it.judged),
        unsure,
    ),
];
