//! Panics that are caught on purpose: a decoder's on damaged bytes, a reader's on one source. They become errors, and
//! say nothing on the terminal. Not a way to handle errors of our own.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

thread_local! {
    static CATCHING: Cell<usize> = const { Cell::new(0) };
    /// What the last panic that was caught said, with its place: the payload does not know it.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs something that may panic; a panic is its message and the line it came from.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(hush);
    CATCHING.set(CATCHING.get() + 1);
    // What the work was changing is not looked at again after a panic, or is replaced.
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(CATCHING.get() - 1);
    done.map_err(|payload| SAID.take().unwrap_or_else(|| message(payload.as_ref())))
}

/// From now on a panic that will be caught is kept instead of printed.
fn hush() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(
        move |panicked| {
            if CATCHING.get() > 0 { SAID.set(Some(told(panicked))) } else { before(panicked) }
        },
    ));
}

fn told(panicked: &PanicHookInfo) -> String {
    let place = panicked.location().map(|place| format!(" ({}:{})", file_name(place.file()), place.line()));
    message(panicked.payload()) + &place.unwrap_or_default()
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_its_message_and_its_place() {
        let found = caught(|| -> u8 { panic!("no {}", "way") }).unwrap_err();
        assert!(found.starts_with("no way (caught.rs:"), "{found}");
    }

    #[test]
    fn one_within_another_ends_where_it_is_caught() {
        let outer = caught(|| {
            assert!(caught(|| -> u8 { panic!("inner") }).unwrap_err().starts_with("inner"));
            7
        });
        assert_eq!(outer, Ok(7));
        assert_eq!(CATCHING.get(), 0);
    }
}
