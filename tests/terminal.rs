//! The program in a real (pseudo) terminal: keys in, screen out, and the terminal left as it was found.
#![cfg(unix)]

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// Long enough for a debug build on a busy machine; nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(90);

struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
    _home: TempDir,
}

impl Session {
    fn start(arguments: &[&str], size: (u16, u16)) -> Self {
        Self::with(arguments, size, &[])
    }

    fn with(arguments: &[&str], (rows, cols): (u16, u16), environment: &[(&str, &str)]) -> Self {
        let home = TempDir::new().unwrap();
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rollscope"));
        command.args(arguments);
        command.cwd(Path::new(env!("CARGO_MANIFEST_DIR")));
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")] {
            command.env(name, value);
        }
        command.env("HOME", home.path());
        command.env("ROLLSCOPE_DATA", home.path().join("data"));
        command.env("ROLLSCOPE_CONFIG", home.path().join("config"));
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (send, output) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(rows, cols, 0);
        Self { child, master: pair.master, keys, output, screen, raw: Vec::new(), _home: home }
    }

    /// Reads until the screen says this.
    fn until(&mut self, wanted: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.screen.screen().contents();
            if shown.contains(wanted) {
                return shown;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("`{wanted}` never came ({why}); the screen says:\n{shown}\n{:?}", self.printed()),
            }
        }
    }

    /// Reads until the screen says it no longer.
    fn until_gone(&mut self, unwanted: &str) {
        while self.screen.screen().contents().contains(unwanted) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("`{unwanted}` stays ({why}):\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn printed(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    fn take(&mut self, bytes: &[u8]) {
        // What a terminal answers when it is asked for its colours, its kind, and where its cursor is.
        let answers: [(&[u8], &str); 4] = [
            (b"\x1b]10;?", "\x1b]10;rgb:d0d0/d0d0/d0d0\x07"),
            (b"\x1b]11;?", "\x1b]11;rgb:1e1e/1e1e/1e1e\x07"),
            (b"\x1b[c", "\x1b[?62;c"),
            (b"\x1b[6n", "\x1b[1;1R"),
        ];
        for (_, answer) in answers.iter().filter(|(question, _)| contains(bytes, question)) {
            self.press(answer);
        }
        self.raw.extend_from_slice(bytes);
        self.screen.process(bytes);
    }

    /// Reads until the program has written this.
    fn until_written(&mut self, wanted: &str) {
        while !contains(&self.raw, wanted.as_bytes()) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("{wanted:?} was never written ({why}): {:?}", self.printed()),
            }
        }
    }

    /// Waits until the program is in a state that `ps` calls so.
    fn until_in_state(&self, wanted: char) {
        let deadline = Instant::now() + PATIENCE;
        let id = self.child.process_id().unwrap().to_string();
        let state = || std::process::Command::new("ps").args(["-o", "state=", "-p", &id]).output().unwrap().stdout;
        while !String::from_utf8_lossy(&state()).trim().starts_with(wanted) {
            assert!(Instant::now() < deadline, "{id} never came to the state {wanted}");
            thread::yield_now();
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Reads until the program has ended; its exit code.
    fn end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        assert!(Instant::now() < deadline, "still running:\n{}", self.screen.screen().contents());
        self.child.wait().unwrap().exit_code()
    }

    /// The alternate screen was entered and left, the cursor is back, raw mode's keys are off.
    fn assert_restored(&self) {
        let count = |sequence: &[u8]| self.raw.windows(sequence.len()).filter(|window| *window == sequence).count();
        assert!(count(b"\x1b[?1049h") >= 1, "the alternate screen was never entered");
        assert_eq!(count(b"\x1b[?1049h"), count(b"\x1b[?1049l"), "entered and left the alternate screen");
        assert!(!self.screen.screen().hide_cursor(), "the cursor is still hidden");
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn the_demo_shows_its_board_scores_it_and_leaves_the_terminal_as_it_was() {
    let mut session = Session::start(&["demo"], (40, 120));
    session.until("tideclock");
    session.until("24 of 24 scored");
    session.press("?");
    session.until("esc closes");
    session.press("\x1b");
    session.until_gone("esc closes");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn the_editor_and_the_pager_are_lent_the_terminal_and_the_place_is_remembered() {
    let home = TempDir::new().unwrap();
    let told = home.path().join("told");
    let script = |name: &str, body: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        path.display().to_string()
    };
    let editor = script("editor", &format!("echo \"edits $1 $2\" >> {}", told.display()));
    let pager = script("pager", &format!("cat > /dev/null; echo pages >> {}", told.display()));
    let data = home.path().join("data").display().to_string();
    let environment = [("VISUAL", editor.as_str()), ("PAGER", &pager), ("ROLLSCOPE_DATA", &data)];
    let rollouts = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/rollouts").display().to_string();
    let mut session = Session::with(&[&rollouts, "--no-score"], (40, 120), &environment);
    session.until("24 labelled");
    session.press("Smodel\r");
    session.until("model");
    session.press("\x0f");
    while !std::fs::read_to_string(&told).unwrap_or_default().contains("edits +") {
        thread::yield_now();
    }
    session.press("|");
    while !std::fs::read_to_string(&told).unwrap_or_default().contains("pages") {
        thread::yield_now();
    }
    session.press("q");
    assert_eq!(session.end(), 0);
    let mut again = Session::with(&[&rollouts, "--no-score"], (40, 120), &environment);
    again.until("\u{2191} model");
    again.press("q");
    assert_eq!(again.end(), 0);
}

#[test]
fn eighty_columns_are_enough() {
    let mut session = Session::start(&["demo"], (24, 80));
    session.until("durafmt");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn control_c_and_signals_restore_the_terminal() {
    let mut session = Session::start(&["demo"], (30, 100));
    session.until("durafmt");
    session.press("\x03");
    session.end();
    session.assert_restored();

    let mut session = Session::start(&["demo"], (30, 100));
    session.until("durafmt");
    session.signal("-TERM");
    session.end();
    session.assert_restored();
}

#[test]
fn it_sleeps_on_control_z_and_comes_back_with_another_size() {
    let mut session = Session::start(&["demo", "--no-score"], (24, 80));
    session.until("durafmt");
    session.press("\x1a");
    session.until_in_state('T');
    session.until_written("\x1b[?1049l");
    let size = PtySize { rows: 40, cols: 170, pixel_width: 0, pixel_height: 0 };
    session.master.resize(size).unwrap();
    session.screen.screen_mut().set_size(40, 170);
    session.signal("-CONT");
    session.until("q quit");
    session.until("durafmt");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn what_is_copied_goes_to_the_terminals_clipboard_through_tmux_too() {
    for (environment, begins) in [(&[][..], "\x1b]52;c;"), (&[("TMUX", "yes")][..], "\x1bPtmux;\x1b\x1b]52;c;")] {
        let mut session = Session::with(&["demo", "--no-score"], (24, 80), environment);
        session.until("durafmt");
        session.press("y");
        session.until_written(begins);
        session.until("copied");
        session.press("q");
        assert_eq!(session.end(), 0);
    }
}

#[test]
fn the_mouse_chooses_turns_its_wheel_and_can_be_left_to_the_terminal() {
    let mut session = Session::start(&["demo", "--no-score"], (30, 100));
    session.until(" 2/30 ");
    session.press("\x1b[<0;10;7M\x1b[<0;10;7m");
    session.until(" 5/30 ");
    session.press("\x1b[<65;10;7M");
    session.until_gone(" 5/30 ");
    session.press("m");
    session.until_written("\x1b[?1000l");
    session.until("the mouse is the terminal's");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn without_colours_the_selection_is_still_seen() {
    for environment in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        let mut session = Session::with(&["demo", "--no-score"], (24, 80), &environment);
        session.until("durafmt");
        let screen = session.screen.screen();
        let cells = || (0..24).flat_map(|row| (0..80).filter_map(move |column| screen.cell(row, column)));
        let colours =
            cells().filter(|it| (it.fgcolor(), it.bgcolor()) != (vt100::Color::Default, vt100::Color::Default));
        assert_eq!(colours.count(), 0, "{environment:?}");
        assert!(cells().any(vt100::Cell::inverse), "{environment:?}");
        session.press("q");
        assert_eq!(session.end(), 0);
    }
}

/// As with a full disk, or a folder that may not be written: the store cannot be made.
#[test]
fn a_verdict_that_cannot_be_saved_is_said_at_once_and_stays_on_the_screen_until_it_is_safe() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    std::fs::write(&data, "in the way").unwrap();
    let mut session = Session::with(&["demo"], (40, 120), &[("ROLLSCOPE_DATA", data.to_str().unwrap())]);
    session.until("24 of 24 scored");
    session.press("V");
    session.until("0 done");
    session.press("1");
    let shown = session.until("NOT SAVED (1)");
    assert!(shown.contains("1!") && shown.contains("1 done"), "{shown}");
    assert!(!session.printed().contains("rollscope: "), "nothing is written past the screen");
    std::fs::remove_file(&data).unwrap();
    session.until_gone("NOT SAVED");
    assert!(session.screen.screen().contents().contains("1 done"));
    session.press("\x03");
    session.end();
    let mut export = std::process::Command::new(env!("CARGO_BIN_EXE_rollscope"));
    let rows = export.args(["export", "verdicts"]).env("ROLLSCOPE_DATA", &data).output().unwrap().stdout;
    assert_eq!(String::from_utf8(rows).unwrap().lines().count(), 1);
}

/// Rows that a run writes while one looks at them.
#[test]
fn what_a_run_writes_appears_on_the_screen() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.jsonl");
    let row = |task: &str| {
        format!("{{\"instance_id\": \"{task}\", \"messages\": [{{\"role\": \"user\", \"content\": \"x\"}}]}}\n")
    };
    std::fs::write(&path, row("first-task") + &row("second-task")).unwrap();
    let mut session = Session::start(&[&path.display().to_string()], (24, 120));
    session.until("second-task");
    let mut file = std::fs::File::options().append(true).open(&path).unwrap();
    file.write_all(row("third-task").as_bytes()).unwrap();
    session.until("third-task");
    session.press("q");
    assert_eq!(session.end(), 0);
}
