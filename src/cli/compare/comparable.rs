//! Whether what contestants find can be held against each other.

use super::Entry;
use crate::cli::{Exit, fail};
use crate::engine::TrainRecipe;
use crate::spec::{ResolvedSpec, Subject};

/// Contestants have different names and search the same data.
pub(super) fn expect_comparable(entries: &[Entry]) -> Result<(), Exit> {
    for (index, Entry { contestant, data }) in entries.iter().enumerate() {
        let name = &contestant.name;
        if entries[..index].iter().any(|other| other.contestant.name == *name) {
            return Err(fail(
                Exit::BadSpec,
                &format!(
                    "two contestants are called `{name}`\nhelp: give one of the specs another `name`, or name each spec and strategy once"
                ),
            ));
        }
        if !data.gives_the_same_figures_as(&entries[0].data) {
            let why = format!("`{name}` and `{}` do not search the same data", entries[0].contestant.name);
            return Err(fail(Exit::BadSpec, &format!("{why}\nhelp: what one finds says nothing of the other: compare them apart")));
        }
        if let Some(field) = otherwise_measured(&contestant.spec, &entries[0].contestant.spec) {
            let why = format!("`{name}` and `{}` have another `{field}`", entries[0].contestant.name);
            return Err(fail(
                Exit::BadSpec,
                &format!("{why}\nhelp: their figures cannot be held against each other: give them the same `{field}`"),
            ));
        }
    }
    Ok(())
}

/// The field by which two searches on the same images measure something else.
fn otherwise_measured(one: &ResolvedSpec, other: &ResolvedSpec) -> Option<&'static str> {
    let (Subject::Images { dataset, .. }, Subject::Images { dataset: others, .. }) = (&one.subject, &other.subject) else { return None };
    let differ = [
        ("dataset.validation", dataset.validation != others.validation),
        ("dataset.split-seed", dataset.split_seed != others.split_seed),
        ("metric", one.metric != other.metric),
    ];
    differ.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
}

/// Two contestants whose searches do not see the same accuracies of the same networks.
pub(super) fn unlike(entries: &[Entry]) -> Option<[String; 2]> {
    let signal = |entry: &Entry| {
        let spec = &entry.contestant.spec;
        let last = spec.stages.last().filter(|_| matches!(spec.subject, Subject::Images { .. }))?;
        Some((TrainRecipe { seed: 0, ..last.recipe }, last.size, last.inherits, spec.growth))
    };
    let mut known = entries.iter().filter_map(|entry| Some((&entry.contestant.name, signal(entry)?)));
    let (first, signal) = known.next()?;
    known.find(|(_, other)| *other != signal).map(|(name, _)| [first.clone(), name.clone()])
}
