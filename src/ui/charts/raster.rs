//! A plane of dots, eight to a cell, with signs above them. Coordinates are shares of width and height, upwards.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::page::{Ink, Span};
use crate::ui::canvas::Canvas;

#[derive(Debug, Clone)]
pub struct Raster {
    columns: usize,
    rows: usize,
    cells: Vec<Cell>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    dots: u8,
    ink: Ink,
    /// Hides the dots.
    sign: Option<char>,
}

/// Bits of the braille pattern, by row and column of its dots.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Raster {
    pub fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows, cells: vec![Cell::default(); columns * rows] }
    }

    /// Where a point falls, in dots from the top left; values beyond the edges are drawn at the edges.
    fn dot(&self, (x, y): (f64, f64)) -> (usize, usize) {
        let (wide, high) = (self.columns * 2 - 1, self.rows * 4 - 1);
        let at = |share: f64, last: usize| (share.clamp(0.0, 1.0) * last as f64).round() as usize;
        (at(x, wide), high - at(y, high))
    }

    fn set(&mut self, (x, y): (usize, usize), ink: Ink) {
        let Some(cell) = self.cells.get_mut(y / 4 * self.columns + x / 2) else { return };
        cell.dots |= BITS[y % 4][x % 2];
        if cell.sign.is_none() {
            cell.ink = ink;
        }
    }

    /// A straight line of which one dot in `every` is drawn.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), every: usize, ink: Ink) {
        let ((x0, y0), (x1, y1)) = (self.dot(from), self.dot(to));
        let steps = x0.abs_diff(x1).max(y0.abs_diff(y1)).max(1);
        for step in (0..=steps).step_by(every) {
            let share = step as f64 / steps as f64;
            let along = |a: usize, b: usize| (a as f64 + share * (b as f64 - a as f64)).round() as usize;
            self.set((along(x0, x1), along(y0, y1)), ink);
        }
    }

    /// A sign in the cell of a point.
    pub fn sign(&mut self, at: (f64, f64), sign: char, ink: Ink) {
        let (x, y) = self.dot(at);
        if let Some(cell) = self.cells.get_mut(y / 4 * self.columns + x / 2) {
            *cell = Cell { sign: Some(sign), ink, ..*cell };
        }
    }

    /// Words beside the cell of a point, where nothing stands yet: to its right, or to its left.
    pub fn words(&mut self, at: (f64, f64), words: &str, ink: Ink) {
        let (x, y) = self.dot(at);
        let (column, row, length) = (x / 2, y / 4, words.chars().count());
        let right = (column + 1..=column + length).collect::<Vec<_>>();
        let left = (column.saturating_sub(length)..column).collect::<Vec<_>>();
        let free = |columns: &Vec<usize>| {
            columns.len() == length
                && columns.iter().all(|at| *at < self.columns && self.cells[row * self.columns + at].sign.is_none())
        };
        let Some(columns) = [right, left].into_iter().find(free) else { return };
        for (column, letter) in columns.into_iter().zip(words.chars()) {
            self.cells[row * self.columns + column] = Cell { dots: 0, ink, sign: Some(letter) };
        }
    }

    pub fn draw(&self, area: Rect, canvas: &mut Canvas) {
        for (nth, cell) in self.cells.iter().enumerate() {
            let dots = char::from_u32(0x2800 + u32::from(cell.dots)).filter(|_| cell.dots != 0);
            let Some(sign) = cell.sign.or(dots) else { continue };
            let (x, y) = ((nth % self.columns) as u16, (nth / self.columns) as u16);
            let place = Rect { x: area.x + x, y: area.y + y, width: 1, height: 1 };
            canvas.spans(place, &[Span::new(sign, cell.ink)], Style::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raster: &Raster) -> Vec<String> {
        let shown = |cell: &Cell| cell.sign.unwrap_or(char::from_u32(0x2800 + u32::from(cell.dots)).unwrap_or(' '));
        raster.cells.chunks(raster.columns).map(|row| row.iter().map(shown).collect()).collect()
    }

    #[test]
    fn a_diagonal_goes_from_corner_to_corner() {
        let mut raster = Raster::new(4, 2);
        raster.line((0.0, 0.0), (1.0, 1.0), 1, "text");
        assert_eq!(text(&raster), ["⠀⠀⡠⠊", "⡠⠊⠀⠀"]);
    }

    #[test]
    fn words_stand_where_there_is_room() {
        let mut raster = Raster::new(6, 1);
        raster.sign((1.0, 0.5), '●', "text");
        raster.words((1.0, 0.5), "12", "text");
        raster.words((1.0, 0.5), "99", "text");
        assert_eq!(text(&raster), ["⠀⠀⠀12●"]);
    }

    #[test]
    fn nothing_is_drawn_outside() {
        let mut raster = Raster::new(3, 2);
        raster.line((-4.0, 9.0), (f64::NAN, 2.0), 1, "text");
        raster.sign((7.0, -7.0), 'x', "text");
        assert_eq!(text(&raster)[1].chars().last(), Some('x'));
    }
}
