//! The record as its source has it: JSON laid out in lines where it is JSON, and else as it lies.

use serde_json::Value;

use super::{Block, Kind, Page};

/// `told` is said before it.
pub fn raw_page(record: &str, told: Option<&str>) -> Page {
    let mut page = Page::default();
    page.blocks.extend(told.map(|told| Block::new(Kind::Note, told)));
    let parsed: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(record).into_iter().collect();
    let pretty = parsed.ok().filter(|values| !values.is_empty()).and_then(|values| {
        let values: Result<Vec<String>, _> = values.iter().map(serde_json::to_string_pretty).collect();
        values.ok()
    });
    page.blocks.push(match pretty {
        Some(values) => Block::new(Kind::Quoted, values.join("\n")).language(Some("json")),
        None => Block::new(Kind::Quoted, record),
    });
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_and_anything_else_left_as_it_is() {
        let page = raw_page("{\"b\": [1], \"a\": 2}\n", None);
        assert_eq!(page.blocks[0].text(), "{\n  \"b\": [\n    1\n  ],\n  \"a\": 2\n}");
        let page = raw_page("{half", Some("odd"));
        assert_eq!((page.blocks[0].kind, page.blocks[1].text()), (Kind::Note, "{half"));
    }
}
