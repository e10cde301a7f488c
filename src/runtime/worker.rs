//! Threads, and wishes of which the latest is granted first.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

/// Runs work on a thread of that name. What `work` does not catch itself is lost with it.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work)?;
    Ok(())
}

/// So many steps behind the screen, of nineteen.
#[cfg(target_os = "linux")]
const BEHIND: i32 = 10;

/// Lets the screen go first: this thread, those that it will start, and those of the pool, on which models compute, give
/// the processor to whatever wakes up beside them. Where nobody else wants it, they are as fast as ever. Only Linux knows
/// priorities of single threads; elsewhere nothing happens.
pub fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        // A thread that may not is as it was. The pool comes first: threads inherit what they are started with.
        let lower = || {
            let _ = rustix::process::nice(BEHIND);
        };
        rayon::spawn_broadcast(move |_| lower());
        lower();
    }
}

/// A worker that grants wishes, the latest first: what was asked for earlier has usually scrolled away. Of more than
/// `kept` waiting wishes the oldest are forgotten.
pub fn granting<W: Send + 'static>(
    name: &str,
    kept: usize,
    grant: impl FnMut(W) + Send + 'static,
) -> std::io::Result<Sender<W>> {
    granting_with(name, kept, move || grant)
}

/// The same for work that must be prepared on its own thread.
pub fn granting_with<W: Send + 'static, G: FnMut(W)>(
    name: &str,
    kept: usize,
    prepare: impl FnOnce() -> G + Send + 'static,
) -> std::io::Result<Sender<W>> {
    let (wishes, wished) = mpsc::channel();
    spawn(name, move || {
        let mut grant = prepare();
        let mut waiting = Vec::new();
        while let Some(wish) = latest(&wished, &mut waiting, kept) {
            grant(wish);
        }
    })?;
    Ok(wishes)
}

fn latest<W>(wished: &Receiver<W>, waiting: &mut Vec<W>, kept: usize) -> Option<W> {
    if waiting.is_empty() {
        waiting.push(wished.recv().ok()?);
    }
    waiting.extend(wished.try_iter());
    let forgotten = waiting.len().saturating_sub(kept);
    waiting.drain(..forgotten);
    waiting.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_wish_comes_first_and_old_ones_are_forgotten() {
        let (wishes, wished) = mpsc::channel();
        (1..=5).for_each(|wish| wishes.send(wish).unwrap());
        drop(wishes);
        let mut waiting = Vec::new();
        let granted: Vec<i32> = std::iter::from_fn(|| latest(&wished, &mut waiting, 3)).collect();
        assert_eq!(granted, [5, 4, 3]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_stands_back_does_so_alone_with_the_pool() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let (mine, pool) = (priority(), rayon::broadcast(|_| priority()));
        let theirs = thread::spawn(move || {
            stand_back();
            priority()
        });
        assert_eq!(theirs.join().unwrap(), (mine + BEHIND).min(19));
        let lowered = rayon::broadcast(|_| priority());
        assert!(lowered.iter().zip(pool).all(|(after, before)| *after == (before + BEHIND).min(19)), "{lowered:?}");
        assert_eq!(priority(), mine, "nobody else");
    }
}
