//! The board's filter: words that must be there, `!words` that must not. A view, never an edit.

use crate::library::Summary;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    word: String,
    wanted: bool,
}

impl Filter {
    pub fn parse(text: &str) -> Self {
        let term = |word: &str| match word.strip_prefix('!') {
            Some(rest) => Term { word: rest.to_lowercase(), wanted: false },
            None => Term { word: word.to_lowercase(), wanted: true },
        };
        let terms = text.split_whitespace().map(term).filter(|term| !term.word.is_empty()).collect();
        Self { text: text.to_owned(), terms }
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn leaves(&self, summary: &Summary) -> bool {
        self.terms.iter().all(|term| fields(summary).any(|field| contains(field, &term.word)) == term.wanted)
    }
}

fn fields(summary: &Summary) -> impl Iterator<Item = &str> {
    let outcome = match summary.resolved {
        Some(true) => "resolved:true",
        Some(false) => "resolved:false",
        None => "resolved:unknown",
    };
    let optional = [summary.model.as_deref(), summary.exit_status.as_deref()];
    [summary.task_id.as_str(), &summary.run, outcome].into_iter().chain(optional.into_iter().flatten())
}

/// Whether a text holds a lower-case word, in any case.
fn contains(text: &str, word: &str) -> bool {
    if text.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        return text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    }
    text.to_lowercase().contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_must_fit() {
        let summary = Summary { task_id: "Acme__widget-7".into(), run: "run-a".into(), ..Summary::default() };
        let fits = |text: &str| Filter::parse(text).leaves(&summary);
        assert!(fits("") && fits("widget") && fits("acme RUN-A") && fits("!run-b"));
        assert!(!fits("widget run-b") && !fits("!widget"));
        assert!(fits("resolved:unknown") && !fits("resolved:false"));
    }
}
