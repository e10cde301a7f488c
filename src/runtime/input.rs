//! What comes from outside while the screen is up: keys, the mouse, signals. Each source has its own thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

use super::Wake;
use crate::app::{Mouse, Msg};

/// Rows per notch of the wheel.
const NOTCH: i16 = 3;

pub fn listen(wake: Sender<Wake>) -> std::io::Result<()> {
    listen_for_signals(wake.clone())?;
    thread::Builder::new().name("input".into()).spawn(move || {
        // Ends when the terminal is gone, or when nobody listens any more.
        while let Ok(ready) = wait_for_event() {
            if !ready {
                continue;
            }
            let Ok(event) = event::read() else { break };
            let gone = translated(event).is_some_and(|msg| wake.send(Wake::Msg(msg)).is_err());
            if gone {
                return;
            }
        }
        let _ = wake.send(Wake::Leave);
    })?;
    Ok(())
}

/// Whether keys are left alone: another program has the terminal.
static AWAY: AtomicBool = AtomicBool::new(false);
/// The input thread has seen that.
static RESTING: AtomicBool = AtomicBool::new(false);
/// It looks this often.
const LOOK: Duration = Duration::from_millis(50);

/// Leaves all keys to another program until the work is done.
pub fn while_away<T>(work: impl FnOnce() -> T) -> T {
    AWAY.store(true, Ordering::SeqCst);
    // It may be gone, so it is not waited for forever.
    let begun = Instant::now();
    while !RESTING.load(Ordering::SeqCst) && begun.elapsed() < LOOK * 6 {
        thread::sleep(LOOK / 10);
    }
    let done = work();
    AWAY.store(false, Ordering::SeqCst);
    done
}

fn wait_for_event() -> std::io::Result<bool> {
    if AWAY.load(Ordering::SeqCst) {
        RESTING.store(true, Ordering::SeqCst);
        thread::sleep(LOOK / 5);
        return Ok(false);
    }
    RESTING.store(false, Ordering::SeqCst);
    event::poll(LOOK)
}

fn translated(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(key.into())),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::Mouse(mouse) => translated_mouse(mouse).map(Msg::Mouse),
        _ => None,
    }
}

fn translated_mouse(MouseEvent { kind, column, row, .. }: MouseEvent) -> Option<Mouse> {
    match kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Mouse::Click { column, row }),
        MouseEventKind::Drag(MouseButton::Left) => Some(Mouse::Drag { column, row }),
        MouseEventKind::Up(MouseButton::Left) => Some(Mouse::Release),
        MouseEventKind::ScrollDown => Some(Mouse::Wheel { column, row, rows: NOTCH }),
        MouseEventKind::ScrollUp => Some(Mouse::Wheel { column, row, rows: -NOTCH }),
        _ => None,
    }
}

/// Asked to end, the program gives the terminal back first.
#[cfg(unix)]
fn listen_for_signals(wake: Sender<Wake>) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            let _ = wake.send(Wake::Leave);
        }
    })?;
    Ok(())
}

#[cfg(not(unix))]
fn listen_for_signals(_: Sender<Wake>) -> std::io::Result<()> {
    Ok(())
}
