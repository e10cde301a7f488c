//! Strangers' text made harmless: control, bidi and invisible characters become symbols one can see, tabs become spaces.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

const TAB: usize = 4;
/// More marks than this on one letter are drawn beside it instead of over its neighbours.
const MARKS: usize = 4;

/// Text that is safe in a cell, and as wide as [`width`] says. `column` is where the text starts, for the tabs.
pub fn wash(text: &str, column: usize) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut at = column;
    for grapheme in text.graphemes(true) {
        let before = clean.len();
        if grapheme == "\t" {
            let spaces = TAB - at % TAB;
            clean.extend(std::iter::repeat_n(' ', spaces));
        } else {
            push_grapheme(&mut clean, grapheme);
        }
        at += width(&clean[before..]);
    }
    Cow::Owned(clean)
}

/// Columns that washed text takes.
pub fn width(washed: &str) -> usize {
    if washed.is_ascii() { washed.len() } else { washed.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

fn push_grapheme(clean: &mut String, grapheme: &str) {
    let mut marks = 0;
    for (nth, c) in grapheme.chars().enumerate() {
        if let Some(symbol) = symbol(c) {
            clean.push(symbol);
        } else if is_hidden(c) {
            let _ = write!(clean, "‹{:x}›", c as u32);
        } else if unicode_width::UnicodeWidthChar::width(c) == Some(0) {
            marks += 1;
            if nth == 0 || marks > MARKS || clean.ends_with('›') {
                clean.push('◌');
            }
            clean.push(c);
        } else {
            clean.push(c);
        }
    }
}

/// Whether a character does something to a terminal, or to how its neighbours read, instead of being drawn.
pub fn steers(c: char) -> bool {
    symbol(c).is_some() || is_hidden(c)
}

/// The picture of a C0 control, as Unicode draws it.
fn symbol(c: char) -> Option<char> {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32),
        '\x7f' => Some('␡'),
        _ => None,
    }
}

/// C1 controls, bidirectional overrides, and what takes no room and changes how its neighbours read.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c == '\u{fffe}' || c == '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_becomes_something_one_can_see() {
        for code in (0..0x20).chain(0x7f..0xa0) {
            let text = char::from_u32(code).unwrap().to_string();
            let clean = wash(&text, 0);
            assert!(clean.chars().all(|c| !c.is_control()), "{code:x} stays {clean:?}");
            assert!(width(&clean) > 0, "{code:x} is invisible");
        }
    }

    #[test]
    fn overrides_and_invisible_characters_are_shown() {
        assert_eq!(wash("a\u{202e}b", 0), "a‹202e›b");
        assert_eq!(wash("\u{1b}]52;c;aGk=\u{7}", 0), "␛]52;c;aGk=␇");
        assert_eq!(wash("x\u{200b}\u{feff}", 0), "x‹200b›‹feff›");
    }

    #[test]
    fn tabs_reach_the_next_stop_from_where_the_text_starts() {
        assert_eq!(wash("\tx\ty", 0), "    x   y");
        assert_eq!(wash("\tx", 3), " x");
    }

    #[test]
    fn marks_have_something_to_stand_on() {
        assert_eq!(wash("\u{301}", 0), "◌\u{301}");
        assert_eq!(wash("e\u{301}", 0), "e\u{301}");
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("日本"), 4);
    }
}
