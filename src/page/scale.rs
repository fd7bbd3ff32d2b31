//! How values lie along an axis, and which of them are named there.

/// From the least value of an axis to the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reach {
    pub low: f64,
    pub high: f64,
}

impl Reach {
    /// Around all of these values that are numbers, with a little room; of none, from 0 to 1.
    pub(super) fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let ends = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
        let (low, high) = values.into_iter().filter(|value| value.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), ends);
        if low > high {
            return Self { low: 0.0, high: 1.0 };
        }
        let room = if high > low { 0.04 * (high - low) } else { (0.05 * low.abs()).max(1e-6) };
        Self { low: low - room, high: high + room }
    }

    /// From 0 to a little more than the greatest of these values.
    pub(super) fn from_zero(values: impl IntoIterator<Item = f64>) -> Self {
        let high = values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max);
        Self { low: 0.0, high: if high > 0.0 { 1.04 * high } else { 1.0 } }
    }

    /// Which share of the axis lies below a value.
    pub(super) fn share(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(-1.0, 2.0)
    }

    /// Round values along the axis, about `count` of them, with the decimals that tell them apart.
    pub(super) fn ticks(self, count: usize) -> (Vec<f64>, usize) {
        let rough = (self.high - self.low) / count.max(1) as f64;
        let power = rough.log10().floor();
        let unit = 10_f64.powf(power);
        let step = unit * [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * unit >= rough).unwrap_or(10.0);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        let decimals = (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
        ((first..=last).take(4 * count.max(1)).map(|tick| tick as f64 * step).collect(), decimals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(Reach { low: 0.0, high: 10.0 }.ticks(5), (vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0], 0));
        let (ticks, decimals) = Reach { low: 0.91, high: 0.934 }.ticks(5);
        let shown: Vec<String> = ticks.iter().map(|tick| format!("{tick:.decimals$}")).collect();
        assert_eq!(shown, ["0.910", "0.915", "0.920", "0.925", "0.930"]);
    }

    #[test]
    fn whatever_the_values_there_is_an_axis() {
        assert_eq!(Reach::around([f64::NAN]), Reach { low: 0.0, high: 1.0 });
        assert_eq!(Reach::from_zero([]), Reach { low: 0.0, high: 1.0 });
        let one = Reach::around([5.0]);
        assert!(one.low < 5.0 && one.high > 5.0 && !one.ticks(5).0.is_empty());
        assert!(Reach::around([0.0]).ticks(5).0.contains(&0.0));
    }
}
