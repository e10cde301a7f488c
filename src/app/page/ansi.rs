//! The colours that tools print: which bytes of a result are escape sequences of style, and what they ask for. Everything
//! else that steers a terminal stays what it is, and is shown as symbols.

use std::ops::Range;

use super::line::Ink;

/// Bytes that are not shown while colours are.
pub const UNSEEN: Ink = "ansi.unseen";

const COLOURS: [Ink; 8] =
    ["ansi.black", "ansi.red", "ansi.green", "ansi.yellow", "ansi.blue", "ansi.magenta", "ansi.cyan", "ansi.white"];

/// What the sequences up to here ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pen {
    colour: Option<u8>,
    bold: bool,
}

impl Pen {
    fn ink(self) -> Option<Ink> {
        match self.colour {
            Some(colour) => COLOURS.get(usize::from(colour) % 8).copied(),
            None => self.bold.then_some("ansi.bold"),
        }
    }

    /// Takes the numbers of one sequence (ECMA-48, SGR). Of 256 colours and of true colours the nearest of eight.
    fn take(&mut self, numbers: &str) {
        let mut numbers = numbers.split([';', ':']).map(|number| number.parse::<u16>().unwrap_or_default());
        while let Some(number) = numbers.next() {
            match number {
                0 => *self = Self::default(),
                1 => self.bold = true,
                22 => self.bold = false,
                30..=37 => self.colour = Some(number as u8 - 30),
                90..=97 => self.colour = Some(number as u8 - 90),
                39 => self.colour = None,
                38 => self.colour = extended(&mut numbers),
                48 => drop(extended(&mut numbers)),
                _ => {}
            }
        }
    }
}

/// The colour behind `38;5;N` or `38;2;R;G;B`.
fn extended(numbers: &mut impl Iterator<Item = u16>) -> Option<u8> {
    let lit = |value: u16| u8::from(value >= 128);
    let mix = |red: u16, green: u16, blue: u16| lit(red) | lit(green) << 1 | lit(blue) << 2;
    match numbers.next()? {
        5 => match numbers.next()? {
            basic @ 0..=15 => Some(basic as u8 % 8),
            cube @ 16..=231 => {
                let level = |part: u16| part * 51;
                Some(mix(level((cube - 16) / 36), level((cube - 16) / 6 % 6), level((cube - 16) % 6)))
            }
            grey => Some(if grey >= 244 { 7 } else { 0 }),
        },
        2 => Some(mix(numbers.next()?, numbers.next()?, numbers.next()?)),
        _ => None,
    }
}

/// Whether there are any colours in a text.
pub fn is_coloured(text: &str) -> bool {
    sequences(text).next().is_some()
}

/// The sequences of style in a text: where, and their numbers.
fn sequences(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    memchr::memmem::find_iter(text.as_bytes(), b"\x1b[").filter_map(|start| {
        let rest = text.get(start + 2..)?;
        let end = rest.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))?;
        (rest.as_bytes().get(end) == Some(&b'm')).then(|| (start..start + 2 + end + 1, &rest[..end]))
    })
}

/// The styled and the unseen ranges of a text, and the pen for what follows it.
pub fn pieces(text: &str, mut pen: Pen) -> (Vec<(Range<usize>, Ink)>, Pen) {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (range, numbers) in sequences(text) {
        pieces.extend(pen.ink().filter(|_| range.start > at).map(|ink| (at..range.start, ink)));
        at = range.end;
        pieces.push((range, UNSEEN));
        pen.take(numbers);
    }
    pieces.extend(pen.ink().filter(|_| text.len() > at).map(|ink| (at..text.len(), ink)));
    (pieces, pen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(&str, Ink)> {
        pieces(text, Pen::default()).0.into_iter().map(|(range, ink)| (&text[range], ink)).collect()
    }

    #[test]
    fn colours_are_told_from_other_sequences() {
        let text = "\u{1b}[31mred\u{1b}[0m plain \u{1b}[2J\u{1b}[1;38;5;46mgo";
        let expected = [
            ("\u{1b}[31m", UNSEEN),
            ("red", "ansi.red"),
            ("\u{1b}[0m", UNSEEN),
            ("\u{1b}[1;38;5;46m", UNSEEN),
            ("go", "ansi.green"),
        ];
        assert_eq!(told(text), expected);
        assert!(is_coloured(text) && !is_coloured("\u{1b}[2J\u{1b}]0;x\u{7}"));
    }

    #[test]
    fn the_pen_goes_on_to_the_next_line() {
        let (_, pen) = pieces("\u{1b}[32mok", Pen::default());
        assert_eq!(pieces("more", pen).0, [(0..4, "ansi.green")]);
    }

    #[test]
    fn half_a_sequence_is_no_sequence() {
        for text in ["\u{1b}[", "\u{1b}[31", "\u{1b}[38;5", "\u{1b}[38;2;1m", "é\u{1b}[;;m"] {
            let joined: String = pieces(text, Pen::default()).0.iter().map(|(range, _)| &text[range.clone()]).collect();
            assert!(text.contains(&joined));
        }
    }
}
