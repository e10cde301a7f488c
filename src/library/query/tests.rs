use proptest::prelude::*;

use super::*;
use crate::library::Summary;
use crate::trajectory::Outcome;

fn summary() -> Summary {
    Summary {
        id: "data/run-a/acme__widget-7.traj".into(),
        path: "data/run-a/acme__widget-7.traj".into(),
        format: "swe-agent",
        task_id: "Acme__widget-7".into(),
        run: "run-a".into(),
        model: Some("gpt-4o".into()),
        turns: 24,
        resolved: None,
        patch_added: Some(3),
        cost_usd: Some(1.25),
        touched: vec!["src/validators.py".into(), "tests/test_auth.py".into()],
        ..Summary::default()
    }
}

#[test]
fn each_way_to_ask() {
    let summary = summary();
    let body = |matcher: &Matcher| Some(matcher.fits("Traceback (most recent call last)"));
    let row = Row { score: Some(0.91), rank: Some(1), body: Some(&body), ..Row::from(&summary) };
    let fits = |text: &str| Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).fits(&row);
    let wanted = "| widget | acme RUN-A | !run-b | resolved:unknown | score>0.8 | score > .8 | turns>=24 turns<=24 | turns:24 \
        | patch_added<5 | cost_usd>1 | cost>1 | rank=1 | file:validators | file:/test_.*py$/ | text:traceback \
        | text:/most\\s+recent/ | run=run-a | run!=run-b | (django or acme) and turns>9 | not resolved:true \
        | /^Acme/ | \"run-a\" | has:score | !has:reward | bytes<1k | nothing or format:swe | !reward:1 or widget";
    for text in wanted.split('|') {
        assert!(fits(text.trim()), "{text} should fit");
    }
    let unwanted = "widget run-b | !widget | resolved:false | score>0.95 | score<0.9 | reward>0 | !reward>0 | reward<=0 \
        | run=run | run=RUN-A | /^acme Z/ | file:setup.py | text:segfault | has:verdict | model:claude | rank>1";
    for text in unwanted.split('|') {
        assert!(!fits(text.trim()), "{text} should not fit");
    }
}

#[test]
fn a_body_nobody_has_read_is_neither_with_nor_without_the_word() {
    let summary = summary();
    let judged = |text: &str| Query::parse(text).unwrap().judge(&Row::from(&summary));
    assert_eq!(judged("text:x"), None);
    assert_eq!(judged("!text:x"), None);
    assert_eq!(judged("widget text:x"), None);
    assert_eq!(judged("django text:x"), Some(false), "what else is asked decides without reading");
    assert_eq!(judged("widget or text:x"), Some(true));
}

#[test]
fn mistakes_are_pointed_at() {
    let cases = [
        ("scor>0.8", "scor", "did you mean `score`?"),
        ("a reslved:true", "reslved", "did you mean `resolved`?"),
        ("http://x", "http", "quote it"),
        ("score>high", "high", "is a number"),
        ("run>3", "3", "is text"),
        ("resolved:maybe", "maybe", "true, false or unknown"),
        ("(a or b", "(", "not closed"),
        ("a ) b", ")", "closes nothing"),
        ("a or", "", "must follow"),
        ("or a", "or", "both sides"),
        ("a \"b", "\"b", "not closed"),
        ("x /a(/", "/a(/", "unclosed group"),
        ("score>", "", "a value is missing after score>"),
        ("a >3", ">3", "no field `a`"),
        ("has:nothing", "nothing", "name of a field"),
        ("3 >4", ">", "needs a field"),
        ("ä \"", "\"", "not closed"),
    ];
    for (text, place, reason) in cases {
        let error = Query::parse(text).unwrap_err();
        assert!(error.reason.contains(reason), "{text}: {error}");
        let pointed: String = text.chars().skip(error.column).take(error.length).collect();
        if !text.starts_with("a >3") {
            assert_eq!(pointed, place, "{text}: {}", error.pointed(text));
        }
    }
    let deep = Query::parse(&"(".repeat(10_000)).unwrap_err();
    assert!(deep.reason.contains("deeply"), "{deep}");
    assert!(Query::parse(&"!".repeat(10_000)).unwrap_err().reason.contains("deeply"));
}

#[test]
fn an_empty_query_leaves_everything() {
    for text in ["", "  "] {
        let query = Query::parse(text).unwrap();
        assert!(query.is_empty() && query.fits(&Row::from(&Summary::default())));
    }
}

fn matcher() -> impl Strategy<Value = Matcher> {
    prop_oneof![
        "[ -~äß]{1,12}".prop_map(|text| Matcher::word(&text)),
        "[a-z./\\\\ ]{1,8}"
            .prop_filter_map("a regular expression", |source| Pattern::new(&source).ok())
            .prop_map(Matcher::Regex),
    ]
}

fn text_field() -> impl Strategy<Value = Field> {
    fields(Kind::Text)
}

fn fields(kind: Kind) -> impl Strategy<Value = Field> {
    let all: Vec<Field> = FIELDS.iter().map(|(_, field)| *field).filter(|field| field.kind() == kind).collect();
    prop::sample::select(all)
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Equal,
        Comparison::MoreOrEqual,
        Comparison::More,
    ])
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        matcher().prop_map(Expression::Word),
        (text_field(), matcher()).prop_map(|(field, matcher)| Expression::Is(field, matcher)),
        "[ -~]{1,8}".prop_map(|text| Expression::Is(Field::Run, Matcher::Whole(text))),
        (fields(Kind::Number), comparison(), -1e6..1e6f64)
            .prop_map(|(field, how, to)| Expression::Compare(field, how, to)),
        prop::sample::select(vec![Outcome::Resolved, Outcome::Unresolved, Outcome::Unknown])
            .prop_map(Expression::Outcome),
        fields(Kind::Number).prop_map(Expression::Has),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|it| Expression::Not(Box::new(it))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
            prop::collection::vec(inner, 2..4).prop_map(Expression::Or),
        ]
    })
}

fn any_summary() -> impl Strategy<Value = (Summary, Option<f64>)> {
    let known = (any::<Option<bool>>(), any::<Option<u32>>(), 0..100usize, "[a-z ]{0,9}", prop::option::of(0.0..1.0));
    known.prop_map(|(resolved, attempt, turns, run, score)| {
        let patch_added = attempt.map(|it| it as usize % 50);
        (Summary { run, attempt, turns, resolved, patch_added, ..Summary::default() }, score)
    })
}

fn not(inner: Expression) -> Expression {
    Expression::Not(Box::new(inner))
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same(expression in expression()) {
        let printed = expression.to_string();
        let again = Query::parse(&printed).map_err(|error| TestCaseError::fail(error.pointed(&printed)))?;
        prop_assert_eq!(&again.expression, &expression, "{}", printed);
    }

    #[test]
    fn nothing_typed_breaks_it(text in "[ -~/\"!()<>=:äß]{0,40}") {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(error.column <= text.chars().count() && error.length > 0, "{:?}", error);
        }
    }

    #[test]
    fn logic_holds(a in expression(), b in expression(), (summary, score) in any_summary()) {
        let row = Row { score, ..Row::from(&summary) };
        let judge = |it: &Expression| it.judge(&row);
        prop_assert_eq!(judge(&not(not(a.clone()))), judge(&a), "double negation");
        let both = Expression::And(vec![a.clone(), b.clone()]);
        let either = Expression::Or(vec![a.clone(), b.clone()]);
        prop_assert_eq!(judge(&not(both)), judge(&Expression::Or(vec![not(a.clone()), not(b.clone())])), "De Morgan");
        prop_assert_eq!(judge(&not(either)), judge(&Expression::And(vec![not(a), not(b)])), "De Morgan");
    }
}

#[test]
fn a_query_without_a_field_asks_for_all_else() {
    let cases = [
        ("judged>=3 widget", "widget"),
        ("(run:a or run:b) judged>=3 has:score", "(run:a or run:b) and has:score"),
        ("!judged>=3", ""),
        ("widget or judged>=3", ""),
        ("widget or run:a", "widget or run:a"),
    ];
    for (text, rest) in cases {
        assert_eq!(Query::parse(text).unwrap().without(Field::Judged).text, rest, "{text}");
    }
}
