//! Patches that agents really wrote, where they are at hand.

use crate::diff::{Pairs, Row, compare, interdiff, parse, side_by_side, stat};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn real_patches() -> Option<Vec<String>> {
    let Some(root) = std::env::var_os("ROLLSCOPE_CORPUS") else {
        eprintln!("skipped: ROLLSCOPE_CORPUS does not name a folder of trajectories");
        return None;
    };
    let patches = patches_below(Path::new(&root));
    assert!(patches.len() > 100, "only {} patches found", patches.len());
    Some(patches)
}

#[test]
fn real_patches_compare_with_each_other() {
    let Some(patches) = real_patches() else { return };
    let diffs: Vec<_> = patches.iter().map(|patch| parse(patch)).filter(|diff| diff.problems.is_empty()).collect();
    for two in diffs.windows(2) {
        assert!(compare(&two[0], &two[0]).is_same());
        let turn = parse(&interdiff(&two[0], &two[1]));
        assert_eq!(turn.problems, [], "{}", turn.text());
        assert_eq!(turn.files.is_empty(), compare(&two[0], &two[1]).is_same());
    }
}

#[test]
fn real_patches_show_every_line_side_by_side() {
    let Some(patches) = real_patches() else { return };
    for diff in patches.iter().map(|patch| parse(patch)) {
        let all = 0..diff.lines.len();
        let rows = side_by_side(&diff, all.clone(), &Pairs::of(&diff, all.clone())).rows;
        let lines = rows.iter().flat_map(|row| match *row {
            Row::Line(line) => [Some(line), None],
            Row::Sides { left, right } => [left, right.filter(|_| left != right)],
        });
        let mut shown: Vec<_> = lines.flatten().collect();
        shown.sort_unstable();
        assert_eq!(shown, all.collect::<Vec<_>>());
    }
}

#[test]
fn real_patches_parse_without_remarks() {
    let Some(patches) = real_patches() else { return };
    let odd: Vec<_> = patches.iter().filter(|patch| !parse(patch).problems.is_empty()).collect();
    for patch in &odd {
        eprintln!("{} lines: {}", patch.lines().count(), parse(patch).problems[0]);
    }
    eprintln!("{} patches, {} with remarks", patches.len(), odd.len());
    assert!(patches.iter().all(|patch| stat(patch).files == parse(patch).files.len()));
    assert!(odd.len() * 10 < patches.len());
}

/// Every string under a key that holds a patch and begins like one.
fn patches_below(folder: &Path) -> Vec<String> {
    let mut patches = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { patches.extend(patches_in(&path)) }
        }
    }
    patches
}

fn patches_in(path: &PathBuf) -> Vec<String> {
    let Ok(text) = fs::read_to_string(path) else { return vec![] };
    let mut found = Vec::new();
    let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    for value in values.map_while(Result::ok) {
        collect(&value, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(text) if key.ends_with("patch") || key == "submission" => found.extend(patch_of(text)),
                    _ => collect(value, found),
                }
            }
        }
        _ => {}
    }
}

fn patch_of(text: &str) -> Option<String> {
    let text = text.trim_start_matches('\n');
    (text.starts_with("diff ") || text.starts_with("--- ")).then(|| text.to_owned())
}
