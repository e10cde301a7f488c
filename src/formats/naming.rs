//! Names that lie in paths: the task, the run, and the id that opens a trajectory again.

use std::path::Path;

/// File names that say what the file is and not what is in it.
const GENERIC: [&str; 9] =
    ["trajectory", "output", "results", "preds", "all_preds", "predictions", "patch", "rollouts", "trajectories"];

/// Folders that sort files of one run by kind.
const SORTING: [&str; 7] = ["trajs", "trajectories", "events", "sessions", "outputs", "logs", "output"];

/// The file name without its extensions: `a.traj.json.gz` -> `a`.
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut stem: &str = &name;
    while let Some((front, extension)) = stem.rsplit_once('.') {
        let known =
            ["json", "jsonl", "traj", "ndjson", "gz", "zst", "pred", "csv", "trajectory", "md", "eval", "parquet"];
        if front.is_empty() || !known.contains(&extension) {
            break;
        }
        stem = front;
    }
    stem.to_string()
}

/// The task that a file of one trajectory names: by itself, or by its folder if the file has a generic name.
pub fn task(path: &Path) -> String {
    let stem = stem(path);
    match parent_name(path) {
        Some(folder) if GENERIC.contains(&stem.as_str()) => folder,
        _ => stem,
    }
}

/// The run that a path names: the nearest folder that names neither the task nor a kind of file.
pub fn run(path: &Path, task: &str) -> String {
    let folders = path.ancestors().skip(1).filter_map(Path::file_name).map(|name| name.to_string_lossy());
    let named = folders.into_iter().find(|name| name != task && !SORTING.contains(&name.as_ref()) && name != "..");
    named.map_or_else(|| stem(path), Into::into)
}

/// The run that a file of many records names.
pub fn run_of_rows(path: &Path) -> String {
    let stem = stem(path);
    let stem = unsharded(&stem).to_owned();
    let generic = GENERIC.contains(&stem.as_str()) || stem.starts_with("predictions");
    if generic { run(path, "") } else { stem }
}

/// `train-00000-of-00012` -> `train`: the shards of a data set are one.
fn unsharded(stem: &str) -> &str {
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let shard = stem.split_once("-of-").filter(|(front, count)| digits(count) && front.len() > 6);
    let front = shard.and_then(|(front, _)| front.rsplit_once('-')).filter(|(_, number)| digits(number));
    front.map_or(stem, |(name, _)| name)
}

/// A file that is called JSONL has lines, even if only one yet.
pub fn grows(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').skip(1).any(|part| part == "jsonl" || part == "ndjson")
}

fn parent_name(path: &Path) -> Option<String> {
    Some(path.parent()?.file_name()?.to_string_lossy().into())
}

/// `path#record` taken apart, for every place it could be: paths may contain `#` themselves. The longest path first.
pub fn split_id(id: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let cuts = id.rmatch_indices('#').map(|(at, _)| (&id[..at], Some(&id[at + 1..])));
    std::iter::once((id, None)).chain(cuts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_nearest_place_that_tells() {
        let cases = [
            ("gpt4/cost_2/a__b-1.traj", "a__b-1", "cost_2"),
            ("run/trajs/a__b-1.traj", "a__b-1", "run"),
            ("run/a__b-1/a__b-1.traj.json", "a__b-1", "run"),
            ("run/a__b-1/trajectory.json", "a__b-1", "run"),
            ("a__b.pr_8.traj.zst", "a__b.pr_8", "a__b.pr_8"),
        ];
        for (path, task_id, run_id) in cases {
            let path = Path::new(path);
            assert_eq!((task(path).as_str(), run(path, task_id).as_str()), (task_id, run_id), "{}", path.display());
        }
        assert_eq!(run_of_rows(Path::new("exp/output.jsonl")), "exp");
        assert_eq!(run_of_rows(Path::new("exp/swegym.jsonl")), "swegym");
        assert_eq!(run_of_rows(Path::new("exp/tool-00003-of-00012.parquet")), "tool");
    }

    #[test]
    fn ids_are_cut_at_every_hash() {
        let cuts: Vec<_> = split_id("a#b/c.jsonl#3").collect();
        assert_eq!(cuts, [("a#b/c.jsonl#3", None), ("a#b/c.jsonl", Some("3")), ("a", Some("b/c.jsonl#3"))]);
    }
}
