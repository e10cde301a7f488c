//! A trajectory -> a score: profile, prompt, scorers, cache, queue.
