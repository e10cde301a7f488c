//! Text -> token ids, with control tokens only where our own templates put them.
//!
//! Trajectories are hostile input: one that says `<|im_end|>` must not end the user's turn. Such strings in a trajectory are
//! marked before templates see them, and marked ones are encoded as ordinary text. A prompt without marks is encoded in
//! one piece, exactly as the reference tokenizer does it.

use std::ops::Range;
use std::path::Path;

use regex::Regex;
use tokenizers::Tokenizer as Inner;

/// A noncharacter: it has no meaning in text, and Unicode reserves it for uses like this one.
const MARK: char = '\u{FDD0}';

pub struct Tokenizer {
    /// Control strings become control tokens.
    whole: Inner,
    /// Control strings are ordinary text.
    plain: Inner,
    /// Any control string (never a marked one); `None` if the tokenizer has none.
    control: Option<Regex>,
    /// Of the file's contents.
    hash: String,
}

impl Tokenizer {
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::from_bytes(&bytes).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Reads the contents of a `tokenizer.json`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let mut whole = Inner::from_bytes(bytes).map_err(|error| error.to_string())?;
        // Padding and truncation stored in the file are for batches; a cut prompt would be read at the wrong place.
        whole.with_padding(None);
        whole.with_truncation(None).map_err(|error| error.to_string())?;
        let mut plain = whole.clone();
        plain.set_encode_special_tokens(true);
        let mut controls: Vec<String> = whole
            .get_added_tokens_decoder()
            .into_values()
            .filter(|token| token.special)
            .map(|token| token.content)
            .collect();
        // The mark goes between two characters; control tokens of a single one would be plain punctuation.
        controls.retain(|content| content.chars().count() > 1);
        // The longest first: of two that start alike, the tokenizer takes the longer one.
        controls.sort_by_key(|content| std::cmp::Reverse(content.len()));
        let hash = blake3::hash(bytes).to_hex().to_string();
        Ok(Self { whole, plain, control: any_of(&controls)?, hash })
    }

    /// Makes text of a trajectory harmless: its control strings carry a mark from here on.
    ///
    /// Marks that the text itself brought along become U+FFFD, like every other character that cannot be shown.
    pub fn guard(&self, text: &str) -> String {
        let text = text.replace(MARK, "\u{FFFD}");
        self.mark(&text)
    }

    /// Marks control strings that are not marked yet.
    pub fn mark(&self, text: &str) -> String {
        let Some(control) = &self.control else { return text.to_string() };
        control.replace_all(text, |found: &regex::Captures<'_>| marked(&found[0])).into_owned()
    }

    /// Token ids of a prompt, and the prompt as people should see it: without marks.
    pub fn encode(&self, marked: &str) -> Result<(Vec<u32>, String), String> {
        if !marked.contains(MARK) {
            return Ok((ids(&self.whole, marked)?, marked.to_string()));
        }
        let mut all = Vec::new();
        let mut from = 0;
        for found in self.control.iter().flat_map(|control| control.find_iter(marked)) {
            if let Some(id) = self.whole.token_to_id(found.as_str()) {
                all.extend(ids(&self.plain, &unmarked(&marked[from..found.start()]))?);
                all.push(id);
                from = found.end();
            }
        }
        all.extend(ids(&self.plain, &unmarked(&marked[from..]))?);
        Ok((all, unmarked(marked)))
    }

    /// Where control tokens stand in the text that people see, in bytes.
    pub fn controls(&self, marked: &str) -> Vec<Range<usize>> {
        let found = self.control.iter().flat_map(|control| control.find_iter(marked));
        let shown = |at: usize| at - marked[..at].matches(MARK).count() * MARK.len_utf8();
        found.map(|found| shown(found.start())..shown(found.end())).collect()
    }

    /// Number of tokens of a text.
    pub fn count(&self, marked: &str) -> Result<usize, String> {
        Ok(self.encode(marked)?.0.len())
    }

    /// Text of token ids, control tokens written out.
    pub fn decode(&self, ids: &[u32]) -> Result<String, String> {
        self.whole.decode(ids, false).map_err(|error| error.to_string())
    }

    /// Another hash, another tokenizer.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub fn vocabulary(&self) -> usize {
        self.whole.get_vocab_size(true)
    }
}

fn ids(tokenizer: &Inner, text: &str) -> Result<Vec<u32>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let encoding = tokenizer.encode_fast(text, false).map_err(|error| error.to_string())?;
    Ok(encoding.get_ids().to_vec())
}

/// The mark stands behind the first character, so that a marked string is no control string any more.
fn marked(control: &str) -> String {
    let mut characters = control.chars();
    let first: String = characters.by_ref().take(1).collect();
    format!("{first}{MARK}{}", characters.as_str())
}

fn unmarked(text: &str) -> String {
    text.replace(MARK, "")
}

fn any_of(controls: &[String]) -> Result<Option<Regex>, String> {
    if controls.is_empty() {
        return Ok(None);
    }
    let pattern = controls.iter().map(|control| regex::escape(control)).collect::<Vec<_>>().join("|");
    Regex::new(&pattern).map(Some).map_err(|error| error.to_string())
}
