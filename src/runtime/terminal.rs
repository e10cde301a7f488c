//! The terminal: taken over whole, and given back whatever happens.

use std::io::{self, BufWriter, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use crate::app::App;
use crate::ui::{self, Theme};

/// Whether the terminal is ours now, so that it is given back once and only once.
static TAKEN: AtomicBool = AtomicBool::new(false);

pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
}

impl Terminal {
    pub fn take(mouse: bool) -> io::Result<Self> {
        give_back_on_panic();
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout()));
        let mut terminal = Self { inner: ratatui::Terminal::new(backend)?, mouse };
        terminal.enter()?;
        Ok(terminal)
    }

    fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        self.set_mouse(self.mouse)?;
        // Draws everything anew. `clear` would ask where the cursor is, and fail where nobody answers.
        let (width, height) = self.size()?;
        self.inner.resize(Rect::new(0, 0, width, height))
    }

    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if on { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }

    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.inner.size()?;
        Ok((size.width, size.height))
    }

    /// Draws a frame, which the terminal shows all at once.
    pub fn draw(&mut self, app: &App, theme: &Theme) -> io::Result<()> {
        queue!(self.inner.backend_mut(), BeginSynchronizedUpdate)?;
        self.inner.draw(|frame| ui::draw(app, theme, frame))?;
        queue!(self.inner.backend_mut(), EndSynchronizedUpdate)?;
        io::Write::flush(self.inner.backend_mut())
    }

    /// Gives the terminal back while the program sleeps, and takes it again.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        #[cfg(unix)]
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        self.enter()
    }

    /// Gives the terminal to another program while it works, and takes it again.
    pub fn lend<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        give_back();
        let done = super::input::while_away(work);
        self.enter()?;
        Ok(done)
    }

    /// Hands a text to the terminal's clipboard (OSC 52); tmux wants it wrapped.
    pub fn copy(text: &str) -> io::Result<()> {
        let sequence = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
        let mut out = io::stdout();
        if std::env::var_os("TMUX").is_some() {
            write!(out, "\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))?;
        } else {
            write!(out, "{sequence}")?;
        }
        out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Does nothing when the terminal is not ours. Errors have nowhere to go.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
    }
}

/// A panic of this thread is told on a usable terminal. Those of workers are caught where they happen and become
/// messages: printing them would spoil the screen.
fn give_back_on_panic() {
    let before = panic::take_hook();
    let screen = thread::current().id();
    panic::set_hook(Box::new(move |panicked| {
        if thread::current().id() == screen {
            give_back();
            before(panicked);
        } else if !TAKEN.load(Ordering::SeqCst) {
            before(panicked);
        }
    }));
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |nth: usize| u32::from(chunk.get(nth).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for nth in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * nth) & 63) as usize];
            text.push(if nth <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn text_for_the_clipboard_is_base64() {
        // RFC 4648, section 10.
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
