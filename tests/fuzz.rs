//! The fuzz targets without a fuzzer's instrumentation: fixtures, cut, joined, flipped and spliced, for as long as
//! `ROLLSCOPE_FUZZ_SECONDS` says (a second, if it is not set). What made a target fail is written beside the build.

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

/// xorshift64*: the same seed gives the same inputs.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// All fixtures, and rollouts whose tools said much; small enough to be read often.
fn seeds() -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    for folder in ["tests/formats", "assets/demo/rollouts"] {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut paths);
    }
    paths.sort();
    let inputs = paths.iter().filter(|path| !path.to_string_lossy().ends_with(".expected.json"));
    inputs.filter_map(|path| fs::read(path).ok()).filter(|bytes| bytes.len() < 1 << 16).collect()
}

const WORDS: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\n",
    "null",
    "true",
    "-1",
    "1e999",
    "\\ud83d",
    "NaN",
    "\"role\":\"assistant\"",
    "\"content\":",
    "\"messages\":[",
    "\"tool_calls\":[{}]",
    "\"type\":\"user\"",
    "```bash\nls\n```",
    "<function=x>",
    "\u{feff}",
    "\0",
];

/// A few changes of a seed, most of them small.
fn changed(chance: &mut Chance, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(5) {
        let at = chance.below(bytes.len());
        let end = (at + chance.below(64)).min(bytes.len());
        match chance.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.extend_from_within(at..end),
            3 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            4 if at < bytes.len() => bytes[at] = chance.next() as u8,
            5 => drop(bytes.splice(at..at, WORDS[chance.below(WORDS.len())].bytes())),
            6 => {
                let other = &seeds[chance.below(seeds.len())];
                let from = chance.below(other.len());
                drop(bytes.splice(at.., other[from..].iter().copied()));
            }
            _ => {
                let piece = bytes[at..end].to_vec();
                let to = chance.below(bytes.len());
                drop(bytes.splice(to..to, piece));
            }
        }
    }
    bytes
}

fn run(name: &str, seeds: &[Vec<u8>], target: fn(&[u8])) {
    let seconds = env::var("ROLLSCOPE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let seed = env::var("ROLLSCOPE_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x9e37_79b9);
    let (mut chance, start, mut rounds) = (Chance(seed), Instant::now(), 0_u64);
    while start.elapsed() < Duration::from_secs(seconds) {
        let bytes = changed(&mut chance, seeds);
        let began = Instant::now();
        let failed = catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err();
        let slow = began.elapsed() > Duration::from_secs(20);
        if failed || slow {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}-{rounds}"));
            fs::write(&path, &bytes).unwrap();
            panic!("{name}, round {rounds}: {} (input in {})", if failed { "failed" } else { "slow" }, path.display());
        }
        rounds += 1;
    }
    eprintln!("{name}: {rounds} inputs in {seconds} s");
}

#[test]
#[ignore = "runs as long as ROLLSCOPE_FUZZ_SECONDS says"]
fn detect() {
    run("detect", &seeds(), bodies::detect);
}

#[test]
#[ignore = "runs as long as ROLLSCOPE_FUZZ_SECONDS says"]
fn jsonl() {
    let lines = seeds().into_iter().filter(|bytes| memchr::memchr_iter(b'\n', bytes).count() > 1);
    run("jsonl", &lines.collect::<Vec<_>>(), bodies::jsonl);
}

#[test]
#[ignore = "runs as long as ROLLSCOPE_FUZZ_SECONDS says"]
fn zip() {
    let plain = seeds();
    let packed = plain.chunks(3).map(|files| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (index, bytes) in files.iter().enumerate() {
            let name = ["header.json", "samples/1_epoch_1.json", "rows.jsonl"][index];
            archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    });
    run("zip", &packed.collect::<Vec<_>>(), bodies::zip);
}

#[test]
#[ignore = "runs as long as ROLLSCOPE_FUZZ_SECONDS says"]
fn gzip_zstd() {
    let gzip = |bytes: &Vec<u8>| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let plain = seeds();
    let packed = plain.iter().flat_map(|bytes| [gzip(bytes), zstd::encode_all(&**bytes, 1).unwrap()]);
    run("gzip_zstd", &packed.collect::<Vec<_>>(), bodies::gzip_zstd);
}

#[test]
#[ignore = "runs as long as ROLLSCOPE_FUZZ_SECONDS says"]
fn parquet() {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray};

    let chat = r#"[{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]"#;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("instance_id", Arc::new(StringArray::from(vec!["a__b-1", "a__b-2"]))),
        ("messages", Arc::new(StringArray::from(vec![chat, "[]"]))),
        ("resolved", Arc::new(BooleanArray::from(vec![Some(true), None]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    run("parquet", &[bytes], bodies::parquet);
}
