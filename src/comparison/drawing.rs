//! Draws a picture as SVG: axes, grid, bands, steps and legend.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::picture::{Axis, Picture, Step};

const SIZE: (u32, u32) = (960, 600);

/// Okabe & Ito's colours, told apart with every sort of colour blindness, without the yellow that is lost on white.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Trainings, RangedCoordf64>>;
type Fault<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

pub(super) fn draw(picture: &Picture) -> String {
    let mut text = String::new();
    paint(&mut text, picture).expect("drawing into memory, with text laid out by estimate, cannot fail");
    text
}

fn paint<'a>(text: &'a mut String, picture: &Picture) -> Result<(), Fault<'a>> {
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let trainings = Trainings { axis: picture.axis, low: picture.trainings.0, high: picture.trainings.1 };
    let (low, high) = picture.percent;
    let mut chart = ChartBuilder::on(&area)
        .caption(shown(&picture.title, 80), ("sans-serif", 24))
        .margin(14)
        .margin_right(24)
        .x_label_area_size(52)
        .y_label_area_size(76)
        .build_cartesian_2d(trainings, low..high)?;
    let decimals = match high - low {
        range if range < 0.05 => 3,
        range if range < 0.5 => 2,
        range => usize::from(range < 8.0),
    };
    chart
        .configure_mesh()
        .x_labels(12)
        .y_labels(9)
        .max_light_lines(1)
        .bold_line_style(RGBColor(226, 226, 226))
        .axis_style(RGBColor(120, 120, 120))
        .label_style(("sans-serif", 16))
        .axis_desc_style(("sans-serif", 18))
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value:.decimals$}"))
        .x_desc(shown(&picture.horizontal, 80))
        .y_desc(shown(&picture.vertical, 64))
        .draw()?;
    for (index, (_, steps)) in picture.lines.iter().enumerate() {
        band(&mut chart, steps, colour(index), picture)?;
    }
    for (index, (name, steps)) in picture.lines.iter().enumerate() {
        line(&mut chart, name, steps, index, picture)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .label_font(("sans-serif", 16))
        .draw()?;
    area.present()
}

/// Mean ± standard error, closed at the end of the axis.
fn band<'a>(chart: &mut Chart<'_, 'a>, steps: &[Step], colour: RGBColor, picture: &Picture) -> Result<(), Fault<'a>> {
    let (low, high) = picture.percent;
    if steps.iter().all(|step| step.error <= 0.0) {
        return Ok(());
    }
    let edge = |sign: f64| walked(steps, picture, move |step| (step.mean + sign * step.error).clamp(low, high));
    let outline: Vec<(f64, f64)> = edge(1.0).into_iter().chain(edge(-1.0).into_iter().rev()).collect();
    chart.draw_series([Polygon::new(outline, colour.mix(0.15))])?;
    Ok(())
}

fn line<'c, 'a: 'c>(chart: &mut Chart<'c, 'a>, name: &str, steps: &[Step], index: usize, picture: &Picture) -> Result<(), Fault<'a>> {
    let (low, high) = picture.percent;
    let style = colour(index).stroke_width(2);
    let seen = &steps[steps.iter().take_while(|step| step.mean < low).count()..];
    let mut path = walked(seen, picture, |step| step.mean.clamp(low, high));
    if let (true, Some(first)) = (seen.len() < steps.len(), seen.first()) {
        // It comes from below the view.
        path.insert(0, (first.trainings, low));
    }
    // A contestant that found nothing has its name in the legend all the same.
    let dashed = index >= COLOURS.len();
    let series = if dashed {
        chart.draw_series(DashedLineSeries::new(path, 7, 4, style))?
    } else {
        chart.draw_series(LineSeries::new(path, style))?
    };
    let sample = move |(x, y): (i32, i32)| {
        let until = if dashed { 8 } else { 10 };
        EmptyElement::at((x, y)) + PathElement::new([(0, 0), (until, 0)], style) + PathElement::new([(20 - until, 0), (20, 0)], style)
    };
    series.label(shown(name, 40)).legend(sample);
    let end = steps.last().filter(|step| step.mean >= low);
    chart.draw_series(end.map(|step| Circle::new((step.trainings, step.mean), 3, colour(index).filled())))?;
    Ok(())
}

/// The corners of a line that holds its value until the next training, and the last one to the end of the axis.
fn walked(steps: &[Step], picture: &Picture, value: impl Fn(&Step) -> f64) -> Vec<(f64, f64)> {
    let ends = steps.iter().skip(1).map(|step| step.trainings).chain([picture.trainings.1]);
    let mut path: Vec<(f64, f64)> = Vec::with_capacity(2 * steps.len());
    for (step, end) in steps.iter().zip(ends) {
        path.extend([(step.trainings, value(step)), (end, value(step))]);
    }
    path
}

fn colour(index: usize) -> RGBColor {
    COLOURS[index % COLOURS.len()]
}

/// A text from outside, of bounded length; control characters have no place in XML.
fn shown(text: &str, longest: usize) -> String {
    let letters: Vec<char> = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if letters.len() > longest {
        return letters[..longest - 1].iter().chain(&['…']).collect();
    }
    letters.into_iter().collect()
}

/// The horizontal axis, with ticks at 1, 2 and 5 times powers of ten when it is logarithmic.
#[derive(Clone)]
struct Trainings {
    axis: Axis,
    low: f64,
    high: f64,
}

impl Ranged for Trainings {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = match self.axis {
            Axis::Linear => (value - self.low) / (self.high - self.low),
            Axis::Logarithmic => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let most = hint.max_num_points().max(2) as f64;
        let inside = |value: &f64| *value >= self.low && *value <= self.high;
        let rounds = (0..16).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
        match self.axis {
            Axis::Logarithmic => rounds.filter(inside).collect(),
            Axis::Linear => {
                let mut wide_enough = rounds.skip_while(|step| (self.high - self.low) / step > most);
                let step = wide_enough.next().unwrap_or(self.high);
                (0..).map(|index| f64::from(index) * step).skip_while(|value| *value < self.low).take_while(inside).collect()
            }
        }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Trainings {
    fn format(value: &f64) -> String {
        format!("{value:.0}")
    }
}
