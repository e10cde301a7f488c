//! Many questions at once: as many as the scorer takes. One that computes on this machine takes one.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::Judge;

/// Asks about every item, in order, in as many lanes as there are; `done` hears the answers on the calling thread as they
/// come, and can stop the rest.
pub fn spread<T: Sync, R: Send>(
    judge: &mut Judge,
    items: &[T],
    ask: &(dyn Fn(&mut Judge, &T) -> R + Sync),
    done: &mut dyn FnMut(&T, R) -> ControlFlow<()>,
) {
    let mut others: Vec<Judge> = (1..judge.lanes().min(items.len())).map_while(|_| judge.beside()).collect();
    if others.is_empty() {
        let _ = items.iter().try_for_each(|item| done(item, ask(judge, item)));
        return;
    }
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for judge in others.iter_mut().chain([judge]) {
            let (tell, next, stopped) = (tell.clone(), &next, &stopped);
            scope.spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    if tell.send((at, ask(judge, item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        let _ = told.iter().try_for_each(|(at, answer)| done(&items[at], answer));
        stopped.store(true, Ordering::Relaxed);
    });
}
