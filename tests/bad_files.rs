//! Files as disks really hold them: cut, packed, foreign, looped, locked. What is good in them is listed, the rest is
//! said with its path.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use rollscope::library::Library;
use rollscope::store::{self, Progress};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A row with some bytes of text.
fn row(number: usize, bytes: usize) -> String {
    let text = "x".repeat(bytes);
    format!("{{\"instance_id\": \"task-{number}\", \"messages\": [{{\"role\": \"user\", \"content\": \"{text}\"}}]}}\n")
}

fn rows(count: usize, bytes: usize) -> String {
    (1..=count).map(|number| row(number, bytes)).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

fn zip(name: &str, text: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default()).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn half(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}

fn read(path: &Path) -> Library {
    Library::read(&[path.into()], &[], &Progress::default())
}

/// Name, content, rows that are listed, and what the notes say.
#[test]
fn each_kind_of_damage() {
    let broken_directory = {
        let mut bytes = zip("a.jsonl", &rows(3, 10));
        let end = bytes.len();
        bytes[end - 40..].fill(0);
        bytes
    };
    let cases: Vec<(&str, Vec<u8>, usize, &str)> = vec![
        ("empty.jsonl", Vec::new(), 0, "empty"),
        ("blank.json", b" \n\n ".to_vec(), 0, "empty"),
        ("cut.jsonl", (rows(2, 10) + &row(3, 10)[..30]).into_bytes(), 2, "line 3"),
        ("cut.json", half(row(1, 1000).into_bytes()), 0, "half-written"),
        ("whole.jsonl.gz", gzip(&rows(3, 10)), 3, ""),
        (
            "cut.jsonl.gz",
            half(gzip(&(1..2000).map(|n| row(n, n % 97)).collect::<String>())),
            1,
            "the archive is damaged",
        ),
        ("whole.jsonl.zst", zstd::encode_all(rows(3, 10).as_bytes(), 1).unwrap(), 3, ""),
        ("whole.zip", zip("inside/a.jsonl", &rows(3, 10)), 3, ""),
        ("directory.zip", broken_directory, 0, "the archive cannot be read"),
        ("cut.eval", half(zip("a.json", &rows(1, 5000))), 0, "the archive cannot be read"),
        ("mark.jsonl", ("\u{feff}".to_owned() + &rows(2, 10)).into_bytes(), 2, ""),
        ("windows.jsonl", rows(2, 10).replace('\n', "\r\n").into_bytes(), 2, ""),
        ("wide.jsonl", utf16(&rows(2, 10)), 2, ""),
        ("latin.jsonl", b"{\"messages\": [{\"role\": \"user\", \"content\": \"caf\xe9\"}]}\n".repeat(2), 2, ""),
        ("nul.json", vec![0; 5000], 0, "nul.json"),
        ("noise.jsonl", (0..5000_u32).map(|n| (n * 7919 % 251) as u8).collect(), 0, "noise.jsonl"),
        ("stub.parquet", b"PAR1PAR1".to_vec(), 0, "footer"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, listed, said) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let library = read(&path);
        let notes: Vec<String> = library.notes().map(ToString::to_string).collect();
        let found = library.summaries().len();
        // Of an archive that is cut, as much as came out before the cut.
        assert!(
            if name == "cut.jsonl.gz" { found > listed } else { found == listed },
            "{name}: {found} rows, {notes:?}"
        );
        // What is listed also opens, by the id it is listed with.
        let last = library.summaries().last().filter(|_| name != "cut.jsonl.gz");
        assert!(last.is_none_or(|last| store::load(&last.id).is_ok()), "{name}: {last:?}");
        let says = notes.iter().any(|note| note.contains(said) && note.contains(name));
        assert!(says || (said.is_empty() && !library.has_problems()), "{name}: {notes:?}");
    }
}

/// Files that come in several blocks, plain and packed: numbers, places and contents are those of the file.
#[test]
fn large_files_of_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines: Vec<String> = (1..=40).map(|number| row(number, 1 << 20)).collect();
    // A line longer than any block, an empty line, and a damaged one.
    lines[4] = row(5, 20 << 20);
    lines[9] = "\n".into();
    lines[29] = "{\"messages\": [\n".into();
    let text = lines.concat();
    for (name, bytes) in [("a.jsonl", text.clone().into_bytes()), ("a.jsonl.gz", gzip(&text))] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let library = read(&path);
        assert_eq!(library.summaries().len(), 38, "{name}");
        let notes: Vec<String> = library.notes().map(ToString::to_string).collect();
        assert!(notes.len() == 1 && notes[0].contains("line 30"), "{name}: {notes:?}");
        for number in [1, 5, 40] {
            let id = format!("{}#{number}", path.display());
            let trajectory = store::load(&id).unwrap();
            assert_eq!(trajectory.task_id, format!("task-{number}"));
            assert_eq!(store::raw(&id).map(|raw| raw.len()), Some(lines[number - 1].len() - 1), "{id}");
        }
        assert!(store::load(&format!("{}#10", path.display())).is_err());
    }
}

/// It takes memory for all of the line, since a list needs its last byte; the rows beside it are none the worse.
#[test]
fn a_line_of_200_mb_is_listed_and_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let long = row(2, 200_000_000);
    fs::write(&path, [row(1, 10), long.clone(), row(3, 10)].concat()).unwrap();
    let library = read(&path);
    let bytes: Vec<u64> = library.summaries().iter().map(|summary| summary.bytes).collect();
    assert_eq!(bytes, [row(1, 10).len() as u64, long.len() as u64, row(3, 10).len() as u64]);
    assert!(!library.has_problems());
    let trajectory = store::load(&format!("{}#2", path.display())).unwrap();
    assert_eq!(trajectory.turns[0].parts[0].text.len(), 200_000_000);
}

#[test]
fn a_large_file_that_is_one_value_is_still_one_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let list: Vec<String> = (1..=20).map(|number| row(number, 1 << 20)).collect();
    fs::write(&path, format!("[\n{}]", list.join(","))).unwrap();
    assert_eq!(read(&path).summaries().len(), 20);
}

#[cfg(unix)]
#[test]
fn counts_beyond_measure_are_summed_to_the_largest_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let said = r#"{"role": "assistant", "content": "x", "usage": {"prompt_tokens": 18446744073709551615, "completion_tokens": 9}}"#;
    fs::write(&path, format!("{{\"messages\": [{said}, {said}]}}\n{}", row(2, 5))).unwrap();
    let listed = read(&path);
    assert_eq!(listed.summaries()[0].input_tokens, Some(u64::MAX));
    assert_eq!((listed.summaries()[0].output_tokens, listed.count()), (Some(18), 2));
}

#[test]
fn loops_locks_and_things_that_are_no_files() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("runs/deep");
    fs::create_dir_all(&inside).unwrap();
    fs::write(inside.join("a.jsonl"), rows(2, 10)).unwrap();
    symlink(folder.path(), inside.join("back")).unwrap();
    symlink(folder.path().join("nowhere"), inside.join("dangling.jsonl")).unwrap();
    fs::create_dir(inside.join("folder.jsonl")).unwrap();
    let locked = inside.join("locked.jsonl");
    fs::write(&locked, rows(1, 10)).unwrap();
    fs::set_permissions(&locked, PermissionsExt::from_mode(0o000)).unwrap();
    let library = read(folder.path());
    let notes: Vec<String> = library.notes().map(ToString::to_string).collect();
    assert!(notes.iter().any(|note| note.contains("back") && note.contains("leads back")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("dangling.jsonl")), "{notes:?}");
    let locked_out = |rows: usize, said: &str| {
        assert_eq!(rows, 2, "{said}");
        assert!(said.lines().any(|note| note.contains("locked.jsonl") && note.contains("cannot be read")), "{said}");
    };
    if File::open(&locked).is_err() {
        locked_out(library.summaries().len(), &notes.join("\n"));
    } else if let Some(output) = listed_by_nobody(folder.path()) {
        locked_out(output.stdout.split(|byte| *byte == b'\n').count() - 1, &String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(3));
    } else {
        eprintln!("skipped: this user may read everything, and nobody else may run the program");
    }
}

/// What a user without rights sees; none where he cannot run the program.
#[cfg(unix)]
fn listed_by_nobody(folder: &Path) -> Option<std::process::Output> {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).ok()?;
    let mut list = std::process::Command::new(env!("CARGO_BIN_EXE_rollscope"));
    list.args(["list", "--format", "jsonl"]).arg(folder).current_dir("/").env("ROLLSCOPE_CACHE", "off");
    list.uid(65534).gid(65534).output().ok()
}

/// A file that shrinks or vanishes behind a list: what is left opens, the rest is said with its path.
#[test]
fn what_is_gone_when_it_is_opened_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (1..400).map(|number| row(number, number * 37 % 701)).collect();
    let cases = [
        ("a.jsonl", text.clone().into_bytes()),
        ("a.jsonl.gz", gzip(&text)),
        ("a.jsonl.zst", zstd::encode_all(text.as_bytes(), 1).unwrap()),
        ("a.zip", zip("a.jsonl", &text)),
    ];
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let library = read(&path);
        let ids: Vec<String> = library.summaries().iter().map(|summary| summary.id.clone()).collect();
        assert_eq!(ids.len(), 399, "{name}");
        File::options().write(true).open(&path).unwrap().set_len(bytes.len() as u64 / 2).unwrap();
        let shrunk = library.load(&ids[398]).unwrap_err().to_string();
        assert!(shrunk.contains(name), "{shrunk}");
        // The directory of a zip lies at its end, and zstd gives nothing before a block is whole.
        let before = !["a.zip", "a.jsonl.zst"].contains(&name);
        assert_eq!(library.load(&ids[0]).is_ok(), before, "{name}: what lies before the cut");
        fs::remove_file(&path).unwrap();
        let gone = library.load(&ids[0]).unwrap_err().to_string();
        assert!(gone.contains(name), "{gone}");
    }
}
