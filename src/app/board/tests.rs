use proptest::prelude::*;

use super::*;
use crate::library::Summary;
use crate::library::query::Field;
use crate::trajectory::{Ruling, Score};

fn summaries() -> Vec<Summary> {
    let summary = |nth: usize| Summary {
        id: format!("run-{}/task-{}", nth % 5, nth / 5),
        task_id: format!("task-{}", nth / 5),
        run: format!("run-{}", nth % 5),
        resolved: [Some(true), Some(false), None][nth % 3],
        turns: (nth * 7) % 11,
        patch_hash: Some(nth as u64 % 4),
        model: nth.is_multiple_of(2).then(|| "gpt".to_owned()),
        ..Summary::default()
    };
    (0..40).map(summary).collect()
}

fn score(log_odds: f64) -> Score {
    Score { log_odds, logit_yes: None, logit_no: None, outputs: Vec::new(), tokens: 1 }
}

/// What stands on the board: heads by name, candidates by id.
fn rows(board: &Board) -> Vec<Result<String, String>> {
    let name = |row| match row {
        Row::Head(group) => Ok(board.group(group).unwrap().name.clone()),
        Row::Candidate(nth) => Err(board.candidates()[nth].summary.id.clone()),
    };
    (0..board.row_count()).map_while(|nth| board.row(nth)).map(name).collect()
}

fn arrangement() -> impl Strategy<Value = Arrangement> {
    let sort = prop::sample::select(vec![
        None,
        Some(Field::Score),
        Some(Field::Rank),
        Some(Field::Turns),
        Some(Field::Run),
        Some(Field::Resolved),
        Some(Field::Verdict),
    ]);
    (sort, any::<bool>(), prop::sample::select(Grouping::all()), any::<bool>())
        .prop_map(|(sort, reversed, group, distinct)| Arrangement { sort, reversed, group, columns: None, distinct })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn what_a_score_moves_is_what_laying_out_everything_would_move(
        arrangement in arrangement(),
        filter in prop::sample::select(vec!["", "rank<3", "score>0.4", "resolved:true or run-1", "nobody", "judged>1", "!run-2 judged>=3 or run-4"]),
        scores in prop::collection::vec((0..40usize, -3.0..3.0f64, 0..5usize), 1..30),
        folds in prop::collection::vec(0..40usize, 0..4),
    ) {
        let mut board = Board::default();
        board.list(summaries());
        board.arrange(arrangement);
        board.set_filter(Query::parse(filter).unwrap());
        for row in folds {
            board.go(row);
            board.toggle();
        }
        board.go(board.row_count() / 2);
        for (nth, log_odds, kind) in scores {
            let (selected, id) = (board.selected().cloned(), board.candidates()[nth].summary.id.clone());
            match kind {
                0 => board.judge(&id, Judged::TooLong { tokens: 9, limit: 8 }),
                1 => board.set_said([(nth, Said { ruling: Some(Ruling::JudgeWrong), truth: Some(log_odds > 0.0), ..Said::default() })]),
                _ => board.judge(&id, Judged::Scored(score(log_odds))),
            }
            let mut whole = board.clone();
            whole.lay_out();
            prop_assert_eq!(rows(&board), rows(&whole));
            prop_assert_eq!((board.shown(), board.cursor()), (whole.shown(), whole.cursor()));
            let gone = match &selected {
                Some(Selected::Candidate(id)) => board.row_of(board.by_id[id]).is_none(),
                Some(Selected::Head(name)) => board.group_named(name).and_then(|it| board.head_row(it)).is_none(),
                None => true,
            };
            prop_assert!(gone || board.selected() == selected.as_ref(), "the cursor stays with what it is on");
        }
    }
}

/// More candidates than are asked at once.
fn many() -> Board {
    let summary = |nth: usize| Summary { id: format!("{nth}"), ..summaries().swap_remove(nth % 40) };
    let mut board = Board::default();
    board.list((0..6_000).map(summary).collect());
    board
}

/// The rows of everything laid out without a pause.
fn at_once(board: &Board) -> (Vec<Result<String, String>>, usize) {
    let mut whole = board.clone();
    whole.lay_out_now();
    assert_eq!(board.samples(), whole.samples());
    (rows(&whole), whole.shown())
}

#[test]
fn a_layout_made_in_parts_ends_as_one_made_at_once_and_what_comes_in_between_is_not_lost() {
    let sorts = [None, Some(Field::Turns), Some(Field::Run)];
    let groups = [Grouping::Task, Grouping::By(Field::Run), Grouping::By(Field::Score), Grouping::Nothing];
    for (sort, group) in sorts.into_iter().flat_map(|sort| groups.map(|group| (sort, group))) {
        let mut board = many();
        board.judge("77", Judged::Scored(score(1.0)));
        board.arrange(Arrangement { sort, group, reversed: true, ..Arrangement::default() });
        board.set_filter(Query::parse("score>0.5 or run-3").unwrap());
        board.go(7);
        let (before, mut steps, mut done) = (rows(&board), 0, 0.0);
        while let Some(share) = board.laid() {
            assert!((done..=1.0).contains(&share), "{done} {share}");
            done = share;
            assert_eq!(rows(&board), before, "the rows before stay until the new ones are ready");
            board.judge(&format!("{}", 7 * steps), Judged::Scored(score(1.0)));
            board.judge(&format!("{}", 5_999 - steps), Judged::Scored(score(-1.0)));
            board.go_on();
            steps += 1;
        }
        assert!(steps > 3 && rows(&board).len() < before.len(), "{sort:?} {group:?}: {steps}");
        assert_eq!((rows(&board), board.shown()), at_once(&board), "{sort:?} {group:?}");
    }
}

#[test]
fn the_newest_wish_counts_and_the_cursor_stays_with_its_trajectory() {
    let mut board = many();
    assert!(board.choose("4321"));
    board.arrange(Arrangement { sort: Some(Field::Turns), group: Grouping::Nothing, ..Arrangement::default() });
    board.go_on();
    assert_eq!(board.grouping(), Grouping::Task, "not ready yet");
    board.arrange(Arrangement { group: Grouping::By(Field::Run), ..Arrangement::default() });
    while board.laid().is_some() {
        assert!(board.wants_to_go_on() && !board.wants_to_go_on(), "said once");
        board.go_on();
    }
    assert_eq!(board.grouping(), Grouping::By(Field::Run));
    assert_eq!(board.selected(), Some(&Selected::Candidate("4321".into())));
    assert_eq!(board.trajectory(), Some("4321"));
    assert_eq!((rows(&board), board.shown()), at_once(&board));
}

#[test]
fn thousands_of_scores_at_once_are_laid_out_in_parts() {
    let mut board = many();
    board.judge_all((0..6_000).map(|nth| (nth.to_string(), Judged::Scored(score(f64::from(nth % 97))))).collect());
    assert_eq!(board.tally().scored, 6_000, "the numbers are there at once");
    assert!(board.laid().is_some());
    // So many come in between that the rows begin anew once they are ready.
    board.go_on();
    board.judge_all((0..3_000).map(|nth| (nth.to_string(), Judged::Scored(score(-f64::from(nth))))).collect());
    let mut steps = 0;
    while board.laid().is_some() {
        board.go_on();
        steps += 1;
    }
    assert!(steps > 8, "{steps}");
    assert_eq!((rows(&board), board.shown()), at_once(&board));
}

#[test]
fn columns_sort_candidates_and_groups_and_what_is_missing_stands_last() {
    let mut board = Board::default();
    board.list(summaries());
    let names = |board: &Board| -> Vec<String> {
        let turns = |id: String| format!("{}t", board.candidate(&id).unwrap().summary.turns);
        rows(board).into_iter().map(|row| row.unwrap_or_else(turns)).collect()
    };
    board.arrange(Arrangement { sort: Some(Field::Turns), ..Arrangement::default() });
    assert_eq!(names(&board)[..3], ["task-0", "10t", "7t"]);
    board.arrange(Arrangement {
        sort: Some(Field::Turns),
        reversed: true,
        group: Grouping::Nothing,
        ..Arrangement::default()
    });
    let turns: Vec<usize> = board.candidates().iter().map(|it| it.summary.turns).collect();
    assert_eq!(names(&board).len(), turns.len(), "no heads");
    assert_eq!(names(&board)[0], "0t");
    board.arrange(Arrangement {
        sort: Some(Field::Model),
        group: Grouping::By(Field::Model),
        ..Arrangement::default()
    });
    assert_eq!(names(&board).iter().filter(|name| !name.ends_with('t') || name.contains("gpt")).count(), 2);
    assert_eq!(names(&board)[0], "gpt");
}

#[test]
fn equal_patches_are_one_row_and_their_scores_are_kept() {
    let mut board = Board::default();
    board.list(summaries());
    board.arrange(Arrangement { distinct: true, ..Arrangement::default() });
    let task = board.tasks()[0].clone();
    assert_eq!((task.ranking.len(), board.distinct_patches(&task)), (5, 5), "an empty patch is nobody's twin");
    let task = board.tasks()[1].clone();
    assert_eq!((task.ranking.len(), board.distinct_patches(&task)), (5, 4));
    assert_eq!(board.group(1).unwrap().members().len(), 4);
    let twin = board.candidates().iter().find(|it| it.task == 1 && it.twin).unwrap();
    assert_eq!(board.twins(twin).count(), 2);
    assert_eq!(board.shown(), 40, "folded is not filtered away");
}

#[test]
fn what_has_no_value_stands_behind_in_a_group_that_says_so() {
    let mut board = Board::default();
    board.list(summaries());
    board.judge("run-0/task-0", Judged::Scored(score(3.0)));
    board.judge("run-1/task-0", Judged::Scored(score(-3.0)));
    board.judge("run-2/task-0", Judged::Failed("no".to_owned()));
    let mut heads = |group| {
        board.arrange(Arrangement { group: Grouping::By(group), ..Arrangement::default() });
        rows(&board).into_iter().filter_map(Result::ok).collect::<Vec<_>>()
    };
    assert_eq!(heads(Field::Score), ["score .9–1", "score 0–.1", "(not scored)", "(scoring failed)"]);
    assert_eq!(heads(Field::Rank), ["rank 1", "rank 2", "(not scored)", "(scoring failed)"]);
    assert_eq!(heads(Field::Turns), ["0 turns", "1 turn", "2–4 turns", "5–9 turns", "10–19 turns"]);
    assert_eq!(heads(Field::Resolved), ["resolved", "unresolved", "unknown"]);
    assert_eq!(heads(Field::Model), ["gpt", "(model not known)"]);
    assert_eq!(heads(Field::CostUsd), ["(cost not known)"]);
}
