//! What comes from outside while the screen is up: keys, the mouse, signals. Each source has its own thread.

use std::sync::mpsc::Sender;
use std::thread;

use crossterm::event::{self, Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

use super::Wake;
use crate::app::{Mouse, Msg};

/// Rows per notch of the wheel.
const NOTCH: i16 = 3;

pub fn listen(wake: Sender<Wake>) -> std::io::Result<()> {
    listen_for_signals(wake.clone())?;
    thread::Builder::new().name("input".into()).spawn(move || {
        // Ends when the terminal is gone, or when nobody listens any more.
        while let Ok(event) = event::read() {
            let gone = translated(event).is_some_and(|msg| wake.send(Wake::Msg(msg)).is_err());
            if gone {
                return;
            }
        }
        let _ = wake.send(Wake::Leave);
    })?;
    Ok(())
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
