//! Rules of the networks written by hand that a search is held against.

use super::bounds::set;
use crate::diagnostic::{Diagnostics, Path};
use crate::space::Family;
use crate::spec::schema::{ReferencesSpec, SpaceSpec};
use crate::spec::{ResolvedSpec, Spec};

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    let Some(families) = listed(spec) else { return };
    let place = Path::root().key("references");
    if families.is_empty() {
        let help = "write `none` for no reference, or take the line out for the default";
        faults.error("spec::empty-set", &place, "`references` is empty", help);
    } else {
        set(faults, &place, Some(families), |_, _, _| ());
    }
    let mut ignored = |code: &'static str, message: &str| faults.warning(code, &place, message, "it does nothing here; take it out");
    if matches!(spec.space, Some(SpaceSpec::Table(_))) {
        ignored("table::ignored", "references are trained, and a training in a table is a look-up");
    } else if spec.is_fixed() {
        ignored("references::ignored", "references are trained like the first stage, and `strategy: fixed` has no stages");
    }
}

/// Families that are asked for by name, and of which no network keeps the limits.
pub(super) fn check_scaled(faults: &mut Diagnostics, spec: &Spec, resolved: &ResolvedSpec) {
    let is_table = matches!(spec.space, Some(SpaceSpec::Table(_)));
    let wanted = listed(spec).filter(|_| !is_table && !resolved.stages.is_empty()).into_iter().flatten().enumerate();
    for (index, family) in wanted {
        if !resolved.references.iter().any(|reference| reference.family == *family) {
            let word = family.word();
            let message = format!("no network of the family `{word}` keeps the limits");
            let help = format!("loosen a limit, or take `{word}` out");
            faults.warning("references::limits", &Path::root().key("references").index(index), message, help);
        }
    }
}

fn listed(spec: &Spec) -> Option<&Vec<Family>> {
    match &spec.references {
        Some(ReferencesSpec::Families(families)) => Some(families),
        Some(ReferencesSpec::Word(_)) | None => None,
    }
}
