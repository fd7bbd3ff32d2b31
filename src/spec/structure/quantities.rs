//! Numbers with a unit: sizes, shares and times.

use serde_json::Value;

use super::Structure;
use crate::diagnostic::{Path, Place};
use crate::spec::portion::PortionSpec;
use crate::spec::size::{Meant, Size};
use crate::spec::span::TimeSpan;
use crate::spec::wording::did_you_mean;

impl Structure<'_> {
    pub(super) fn size(&mut self, value: &Value, path: &Path) {
        let right = match value {
            Value::Number(number) => number.as_f64().is_some_and(|number| number.is_finite() && number >= 0.0),
            Value::String(text) => Size::parse(text).is_some_and(|size| size.0.is_finite()),
            _ => false,
        };
        if right {
            return;
        }
        let Meant { size: meant, note } = Meant::of(value, path);
        let message = format!("expected a size, found {}", self.found(path, value));
        self.fault(
            "spec::size",
            Place::Value(path.clone()),
            message,
            format!("{note}{}expected: {}", did_you_mean(meant.as_deref()), Size::EXPECTED),
        );
    }

    pub(super) fn portion(&mut self, value: &Value, path: &Path) {
        if PortionSpec::read(value).is_some() {
            return;
        }
        let Meant { size: meant, .. } = Meant::of(value, path);
        let message = format!("expected a number or a share, found {}", self.found(path, value));
        let help = format!("{}expected: {}", did_you_mean(meant.as_deref()), PortionSpec::EXPECTED);
        self.fault("spec::size", Place::Value(path.clone()), message, help);
    }

    pub(super) fn time(&mut self, value: &Value, path: &Path) {
        if value.as_str().and_then(TimeSpan::parse).is_some() {
            return;
        }
        // A bare number is most likely meant in seconds.
        let meant = value.as_u64().map(|seconds| format!("{seconds}s"));
        let message = format!("expected a time, found {}", self.found(path, value));
        let help = format!("{}expected: {}", did_you_mean(meant.as_deref()), TimeSpan::EXPECTED);
        self.fault("spec::time", Place::Value(path.clone()), message, help);
    }
}
