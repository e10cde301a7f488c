//! The screen in ASCII alone, for poor fonts and old locales: marks and boxes get a letter that means the same.

use ratatui::buffer::Buffer;

/// Replaces everything else that is not ASCII by a question mark: shown, though not readable.
pub fn flatten(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let first = cell.symbol().chars().next().unwrap_or('?');
            cell.set_char(plain(first));
        }
    }
}

fn plain(mark: char) -> char {
    match mark {
        '─' | '━' | '┄' | '╌' | '╴' | '╶' | '−' | '–' | '—' | '‐' | '▁' => '-',
        '│' | '┃' | '┆' | '╎' | '▏' | '▎' | '▍' | '▕' | '▐' => '|',
        '┬' | '┴' | '├' | '┤' | '┼' | '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' | '▅' => {
            '+'
        }
        '█' | '▉' | '▊' | '▋' | '▰' | '▇' => '#',
        '▓' | '▒' | '░' | '▪' | '●' | '▆' | '✎' => '*',
        '▱' | '·' | '•' | '▂' | '‥' => '.',
        '▃' | '▄' => '=',
        '▌' | '▶' | '▸' | '→' | '❯' | '›' | '⇥' | '≥' => '>',
        '◀' | '◂' | '←' | '‹' | '↵' | '≤' => '<',
        '▲' | '↑' | '△' => '^',
        '▼' | '▾' | '↓' | '✓' | '✔' => 'v',
        '✗' | '✘' | '×' => 'x',
        '∅' => '0',
        '↻' | '⟳' => '@',
        '…' | '≈' => '~',
        '≠' | '¦' => '!',
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        '\u{a0}' => ' ',
        _ => '?',
    }
}
