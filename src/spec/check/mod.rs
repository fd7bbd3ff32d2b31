//! The rules of a structurally right spec: ranges, and what must hold between values. All faults at once, each at the
//! path of its value. What passes resolves and runs; what can be known from the spec alone is never left to a run.

mod bounds;
mod constraints;
mod count;
mod extremes;
mod networks;
mod space;
mod stages;
mod start;
mod training;

use super::{ResolvedSpec, Spec};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::seed::Seed;

/// Every fault of `spec`; warnings among them keep nothing from running.
pub fn check(spec: &Spec) -> Vec<Diagnostic> {
    let mut faults = Diagnostics::default();
    let root = Path::root();
    bounds::name(&mut faults, &root.key("name"), &spec.name);
    space::check(&mut faults, spec);
    constraints::check(&mut faults, spec);
    stages::check(&mut faults, spec);
    if !faults.has_errors() {
        // Sizes are sane from here on, so that networks can be built and counted.
        let resolved = ResolvedSpec::new(spec);
        networks::check(&mut faults, spec, &resolved, &Seed::root(0).child("check"));
    }
    training::check(&mut faults, spec);
    faults.into_vec()
}
