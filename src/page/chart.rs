//! A chart: two axes with a grid, a legend, and what lies between them.

use std::fmt::Write as _;

use super::figure::Figure;
use super::scale::Reach;
use super::svg::{Anchor, Marks, escaped, short, through};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 18.0;
const BELOW: f64 = 50.0;
const ROW: f64 = 20.0;

/// One axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis<'a> {
    pub label: &'a str,
    pub reach: Reach,
    /// How a value is written; without it with as many decimals as tell the ticks apart.
    pub format: Option<fn(f64) -> String>,
}

/// What an entry of the legend looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Dot,
    Line,
    Bar,
}

/// A point with what it stands for.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub at: (f64, f64),
    pub class: &'static str,
    pub diamond: bool,
    /// Told when it is pointed at.
    pub title: String,
    /// A place of the page to go to.
    pub link: Option<String>,
}

#[derive(Debug)]
pub(super) struct Chart {
    marks: Marks,
    x: Reach,
    y: Reach,
    top: f64,
    bottom: f64,
}

impl Chart {
    /// An empty chart with a legend.
    pub(super) fn new(x: &Axis<'_>, y: &Axis<'_>, legend: &[(Mark, &str, &str)]) -> Self {
        let mut marks = Marks::default();
        let rows = draw_legend(&mut marks, legend);
        let (top, bottom) = (14.0 + rows as f64 * ROW, HEIGHT - BELOW);
        let mut chart = Self { marks, x: x.reach, y: y.reach, top, bottom };
        chart.axes(x, y);
        chart
    }

    fn axes(&mut self, x: &Axis<'_>, y: &Axis<'_>) {
        let tick_text = |axis: &Axis<'_>, value: f64, decimals: usize| {
            axis.format.map_or_else(|| format!("{value:.decimals$}"), |format| format(value))
        };
        let (ticks, decimals) = y.reach.ticks(6);
        for tick in ticks {
            let height = self.place((x.reach.low, tick)).1;
            self.marks.line("grid", (LEFT, height), (WIDTH - RIGHT, height));
            self.marks.words("tick", Anchor::End, (LEFT - 8.0, height + 4.0), &tick_text(y, tick, decimals));
        }
        let (ticks, decimals) = x.reach.ticks(8);
        for tick in ticks {
            let across = self.place((tick, y.reach.low)).0;
            self.marks.line("grid", (across, self.top), (across, self.bottom));
            self.marks.words("tick", Anchor::Middle, (across, self.bottom + 18.0), &tick_text(x, tick, decimals));
        }
        self.marks.line("axis", (LEFT, self.bottom), (WIDTH - RIGHT, self.bottom));
        self.marks.words("label", Anchor::Middle, (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 8.0), &short(x.label, 90));
        let middle = f64::midpoint(self.top, self.bottom);
        let label = escaped(&short(y.label, 46));
        let _ = write!(
            self.marks.0,
            r#"<text class="label" text-anchor="middle" transform="translate(14 {middle:.0}) rotate(-90)">{label}</text>"#
        );
    }

    /// Where values lie in the drawing.
    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let across = LEFT + (WIDTH - RIGHT - LEFT) * self.x.share(x);
        (across, self.bottom - (self.bottom - self.top) * self.y.share(y))
    }

    /// A line through points.
    pub(super) fn line(&mut self, class: &str, points: &[(f64, f64)], title: Option<&str>) {
        let points: Vec<(f64, f64)> =
            points.iter().filter(|(x, y)| x.is_finite() && y.is_finite()).map(|&point| self.place(point)).collect();
        if points.len() > 1 {
            self.marks.path(class, &through(points), title);
        } else if let Some(&only) = points.first() {
            self.marks.circle(&format!("dot {class}"), only, 2.5, title);
        }
    }

    /// A line that keeps its value until the next point, and the last one to the end of the axis.
    pub(super) fn steps(&mut self, class: &str, points: &[(f64, f64)]) {
        let ends = points.iter().skip(1).map(|point| point.0).chain([self.x.high]);
        let corners: Vec<(f64, f64)> = points.iter().zip(ends).flat_map(|(&(x, y), end)| [(x, y), (end, y)]).collect();
        self.line(class, &corners, None);
    }

    /// What lies between two lines over the same places.
    pub(super) fn band(&mut self, class: &str, low: &[(f64, f64)], high: &[(f64, f64)]) {
        let outline = low.iter().chain(high.iter().rev()).map(|&point| self.place(point));
        let commands = through(outline) + "Z";
        self.marks.path(class, &commands, None);
    }

    pub(super) fn point(&mut self, point: &Point) {
        let (x, y) = self.place(point.at);
        if let Some(link) = &point.link {
            let label = escaped(&point.title.replace('\n', ", "));
            let _ = write!(self.marks.0, r##"<a href="#{}" aria-label="{label}">"##, escaped(link));
        }
        let title = Some(point.title.as_str());
        if point.diamond {
            self.marks.path(point.class, &(through([(x, y - 6.5), (x + 6.5, y), (x, y + 6.5), (x - 6.5, y)]) + "Z"), title);
        } else {
            self.marks.circle(point.class, (x, y), if point.link.is_some() { 5.0 } else { 3.5 }, title);
        }
        if point.link.is_some() {
            self.marks.0 += "</a>";
        }
    }

    /// A bar from one value to another along a line of its own.
    pub(super) fn bar(&mut self, class: &str, from: f64, to: f64, y: f64, height: f64, title: &str) {
        let ((left, middle), (right, _)) = (self.place((from, y)), self.place((to, y)));
        let rectangle = (left, middle - height / 2.0);
        self.marks.rectangle(class, rectangle, ((right - left).max(0.6), height), Some(title));
    }

    /// A vertical line with its words; for limits.
    pub(super) fn limit(&mut self, x: f64, words: &str) {
        if !(0.0..=1.0).contains(&self.x.share(x)) {
            return;
        }
        let across = self.place((x, self.y.low)).0;
        self.marks.line("limit", (across, self.top), (across, self.bottom));
        let anchor = if self.x.share(x) > 0.8 { Anchor::End } else { Anchor::Start };
        let beside = if anchor == Anchor::End { -6.0 } else { 6.0 };
        self.marks.words("limit-label", anchor, (across + beside, self.top + 12.0), words);
    }

    pub(super) fn figure(self, name: &str, title: &str, description: &str) -> Figure {
        Figure::new(name, title, description, (WIDTH, HEIGHT), self.marks.0)
    }
}

/// Draws the entries in rows; gives their number.
fn draw_legend(marks: &mut Marks, legend: &[(Mark, &str, &str)]) -> usize {
    let (mut x, mut row) = (LEFT, 0);
    for (mark, class, words) in legend {
        let words = short(words, 60);
        let width = 30.0 + 7.0 * words.chars().count() as f64;
        if x > LEFT && x + width > WIDTH - RIGHT {
            (x, row) = (LEFT, row + 1);
        }
        let y = 14.0 + ROW * row as f64;
        match mark {
            Mark::Dot => marks.circle(class, (x + 8.0, y - 4.0), 4.5, None),
            Mark::Line => marks.path(class, &through([(x, y - 4.0), (x + 16.0, y - 4.0)]), None),
            Mark::Bar => marks.rectangle(class, (x, y - 10.0), (16.0, 11.0), None),
        }
        marks.words("legend", Anchor::Start, (x + 22.0, y), &words);
        x += width;
    }
    if legend.is_empty() { 0 } else { row + 1 }
}
