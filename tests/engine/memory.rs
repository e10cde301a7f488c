//! The memory plan and the kinds of cache.

use std::ops::ControlFlow;

use rollscope::engine::{Engine, Options, Source, Want};

use crate::fixture::{expected, folder, furthest, load, options, read, says};

#[test]
fn a_plan_is_made_from_headers_and_refused_with_its_numbers() {
    let (base, options) = options(&folder().join("qwen2"), 64);
    let plan = Engine::plan(Source::Folder(&base), &options).unwrap();
    let parameters = load(&base, 64).facts().parameters as u64;
    assert_eq!((plan.weights, plan.tokens), (4 * parameters, 128));
    // Two layers of two key heads of eight numbers, keys and values; cosines and sines.
    assert_eq!(plan.cache, 128 * 4 * (2 * 2 * 2 * 8 + 8));
    let longest =
        Options { longest: Some(100), cache: Some("bf16".into()), dtype: Some("bf16".into()), ..options.clone() };
    let half = Engine::plan(Source::Folder(&base), &longest).unwrap();
    assert_eq!((half.tokens, half.cache), (100, 100 * (2 * 2 * 2 * 2 * 8 + 4 * 8)));
    assert!(half.weights < plan.weights * 6 / 10);
    let cramped = |memory| Options { memory: Some(memory), ..options.clone() };
    let error = Engine::load(Source::Folder(&base), &cramped(plan.weights)).err().unwrap().to_string();
    says(&error, &["model.safetensors", "not even the weights fit", "kB"]);
    let some = Engine::plan(Source::Folder(&base), &cramped(plan.weights + plan.workspace + plan.cache / 2)).unwrap();
    assert_eq!(some.most_tokens(), Some(64));
}

#[test]
fn a_prompt_too_long_for_the_memory_is_refused_and_the_next_is_read() {
    let (base, options) = options(&folder().join("qwen2"), 64);
    let plan = Engine::plan(Source::Folder(&base), &options).unwrap();
    let memory = Some(plan.weights + plan.workspace + plan.cache / 2);
    let mut engine = Engine::load(Source::Folder(&base), &Options { memory, ..options }).unwrap();
    let mut go = |_| ControlFlow::Continue(());
    let ids: Vec<u32> = (0..100).map(|i| i % 64).collect();
    let short = engine.read(&ids[..50], Want::Vocabulary, &mut go).unwrap();
    let error = engine.read(&ids, Want::Vocabulary, &mut go).unwrap_err();
    says(&error.to_string(), &["100 tokens", "free"]);
    let again = engine.read(&ids[..50], Want::Vocabulary, &mut go).unwrap();
    assert_eq!(again.reused, 49);
    assert!(furthest(&short.rows, &again.rows) < 1e-4);
}

#[test]
fn a_narrow_cache_changes_little() {
    for (name, allowed) in [("qwen3-tied", 0.05), ("moe", 0.05)] {
        for cache in ["bf16", "f16"] {
            let (base, options) = options(&folder().join(name), 16);
            let options = Options { cache: Some(cache.into()), ..options };
            let mut engine = Engine::load(Source::Folder(&base), &options).unwrap();
            for case in expected(&folder().join(name)) {
                let off = furthest(&read(&mut engine, &case.ids).0, &case.rows);
                assert!(off < allowed && off > 0.0, "{name} with {cache}: {off}");
            }
        }
    }
}
