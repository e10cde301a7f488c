//! What stands in the outline: turns one after the other, files as a tree of their folders.

use super::Chapter;

/// Folders deeper than this are shown in one: a path from a rollout may have any number of them.
const DEEPEST: usize = 24;

/// A row of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How many folders it lies in.
    pub depth: usize,
    pub what: Listed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A chapter, by index, and the last part of its name.
    Chapter(usize, String),
    /// A folder with what is added and removed in all of it, and the first chapter inside.
    Folder { name: String, added: usize, removed: usize, first: usize },
}

impl Entry {
    /// The chapter to go to from here.
    pub fn chapter(&self) -> usize {
        match &self.what {
            Listed::Chapter(nth, _) => *nth,
            Listed::Folder { first, .. } => *first,
        }
    }
}

/// Files by their folders. A folder that holds nothing but another one stands in a row with it.
pub fn tree(chapters: &[Chapter]) -> Vec<Entry> {
    let mut files: Vec<File> = chapters.iter().enumerate().map(|(nth, chapter)| File::of(nth, chapter)).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path).then(a.nth.cmp(&b.nth)));
    let mut entries = Vec::new();
    list(&files, 0, 0, &mut entries);
    entries
}

struct File<'c> {
    nth: usize,
    path: Vec<&'c str>,
    chapter: &'c Chapter,
}

impl<'c> File<'c> {
    fn of(nth: usize, chapter: &'c Chapter) -> Self {
        Self { nth, path: chapter.title.splitn(DEEPEST, '/').collect(), chapter }
    }

    /// The folder at a depth, if it lies in one there.
    fn folder(&self, depth: usize) -> Option<&'c str> {
        self.path.get(depth).filter(|_| depth + 1 < self.path.len()).copied()
    }
}

/// Files that have their first `from` folders in common. `depth` is how far in they stand.
fn list(files: &[File], from: usize, depth: usize, entries: &mut Vec<Entry>) {
    for together in files.chunk_by(|a, b| a.folder(from).is_some() && a.folder(from) == b.folder(from)) {
        let Some(first) = together.first() else { continue };
        let Some(folder) = first.folder(from) else {
            let name = first.path.get(from..).unwrap_or_default().join("/");
            entries.push(Entry { depth, what: Listed::Chapter(first.nth, name) });
            continue;
        };
        let (mut name, mut below) = (folder.to_owned(), from + 1);
        while let Some(next) =
            first.folder(below).filter(|_| together.iter().all(|it| it.folder(below) == first.folder(below)))
        {
            name = format!("{name}/{next}");
            below += 1;
        }
        let sum = |count: fn(&Chapter) -> usize| together.iter().map(|file| count(file.chapter)).sum();
        let (added, removed) = (sum(|it| it.added), sum(|it| it.removed));
        entries.push(Entry { depth, what: Listed::Folder { name, added, removed, first: first.nth } });
        list(together, below, depth + 1, entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(paths: &[&str]) -> Vec<String> {
        let chapter = |path: &&str| Chapter { title: (*path).to_owned(), added: 2, removed: 1, ..Chapter::default() };
        let chapters: Vec<Chapter> = paths.iter().map(chapter).collect();
        let row = |entry: Entry| {
            let name = match entry.what {
                Listed::Chapter(nth, name) => format!("{name} #{nth}"),
                Listed::Folder { name, added, removed, .. } => format!("{name}/ +{added} -{removed}"),
            };
            format!("{}{name}", "  ".repeat(entry.depth))
        };
        tree(&chapters).into_iter().map(row).collect()
    }

    #[test]
    fn folders_are_added_up_and_lonely_ones_joined() {
        let rows = shown(&["lib/a/x.py", "lib/a/y.py", "lib/b/deep/er/z.py", "README"]);
        let expected = [
            "README #3",
            "lib/ +6 -3",
            "  a/ +4 -2",
            "    x.py #0",
            "    y.py #1",
            "  b/deep/er/ +2 -1",
            "    z.py #2",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn every_file_stands_in_it_once_whatever_its_name() {
        let deep = "d/".repeat(1000) + "end";
        let rows = shown(&["", "/", "a", "a", "a/", "/abs/x", "//", &deep]);
        let files = rows.iter().filter(|row| row.contains('#')).count();
        assert_eq!(files, 8, "{rows:?}");
    }
}
