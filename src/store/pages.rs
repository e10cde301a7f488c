//! How soon the allocator gives memory that was freed back to the system. It keeps it for a second, which is right for a
//! model's tensors, that come again; the pages of a Parquet file are large, none is like the next, and they would pile up.

use std::ffi::{c_int, c_long};
use std::sync::{Mutex, PoisonError};

unsafe extern "C" {
    fn mi_option_get(option: c_int) -> c_long;
    fn mi_option_set(option: c_int, value: c_long);
}

/// `mi_option_purge_delay` in `mimalloc.h`, versions 2 and 3: milliseconds.
const PURGE_DELAY: c_int = 15;

/// How many are reading large pages, and the delay that was set before them.
static READERS: Mutex<(usize, c_long)> = Mutex::new((0, 0));

/// As long as it lives, what is freed is given back at once.
pub struct GivenBack;

impl GivenBack {
    pub fn at_once() -> Self {
        let mut readers = READERS.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.0 == 0 {
            readers.1 = set_delay(0);
        }
        readers.0 += 1;
        Self
    }
}

impl Drop for GivenBack {
    fn drop(&mut self) {
        let mut readers = READERS.lock().unwrap_or_else(PoisonError::into_inner);
        readers.0 -= 1;
        if readers.0 == 0 {
            set_delay(readers.1);
        }
    }
}

/// Answers with the delay before.
fn set_delay(milliseconds: c_long) -> c_long {
    // SAFETY: mimalloc is the allocator of this program (`lib.rs`), so it is linked in; its options are atomic, and may be
    // read and set at any time from any thread.
    unsafe {
        let before = mi_option_get(PURGE_DELAY);
        mi_option_set(PURGE_DELAY, milliseconds);
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SAFETY: as above.
    fn delay() -> c_long {
        unsafe { mi_option_get(PURGE_DELAY) }
    }

    #[test]
    fn the_last_reader_sets_back_what_the_first_found() {
        let before = delay();
        assert_eq!(before, 1000, "the default of this version: it is the option that is meant");
        let (first, second) = (GivenBack::at_once(), GivenBack::at_once());
        drop(first);
        assert_eq!(delay(), 0);
        drop(second);
        assert_eq!(delay(), before);
    }
}
