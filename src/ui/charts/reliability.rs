//! Of those scored 0.8, are 8 in 10 resolved? A point per bin with its count and its Wilson interval; on the dotted line
//! the judge would be right about itself.

use ratatui::layout::Rect;

use super::{Plot, unit_ticks};
use crate::app::{App, Chart};
use crate::ui::canvas::Canvas;

pub fn draw(app: &App, area: Rect, canvas: &mut Canvas) {
    let Some(mut plot) = Plot::new(area, (0.0, 1.0)) else { return };
    let figures = &app.judging.figures;
    let chosen = app.charts.chosen(Chart::Reliability, figures);
    let bins = app.charts.bins(figures);
    plot.raster.line((0.0, 0.0), (1.0, 1.0), 3, "plot.random");
    for one in bins {
        plot.raster.line((one.bin.score, one.bin.low), (one.bin.score, one.bin.high), 1, "plot.interval");
    }
    for (nth, one) in bins.iter().enumerate() {
        let here = app.charts.chart == Chart::Reliability && nth == chosen;
        let (sign, ink) = if here { ('◆', "plot.chosen") } else { ('●', "plot.ours") };
        plot.raster.sign((one.bin.score, one.bin.resolved), sign, ink);
    }
    for one in bins {
        plot.raster.words((one.bin.score, one.bin.resolved), &one.bin.count.to_string(), "axis.label");
    }
    plot.finish(&unit_ticks(), canvas);
}
