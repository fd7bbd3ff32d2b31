//! What is said before a search of weights that networks share: how large they are, whether they fit, and how far their
//! results hold.

use crate::spec::{ResolvedSpec, Stage, Subject};
use crate::task::SharedSize;
use crate::text::quantity;

/// Nothing of a search without such weights.
pub(super) fn lines(spec: &ResolvedSpec) -> Vec<String> {
    size(spec).map_or_else(Vec::new, |SharedSize { weights, training, .. }| {
        let [weights, training] = [weights, training].map(|number| quantity(number as f64));
        let size = format!("shared weights: about {weights} numbers; a worker takes about {training} bytes to train them");
        let history = "shared weights: they go on from round to round, so that an edit of a round makes all rounds after it run again";
        // Those that scores are of know nothing of the rounds.
        let history = spec.strategy.shares().map(|_| history.to_owned());
        std::iter::once(size).chain(history).collect()
    })
}

/// A warning where no device has the room that they are expected to take; `free` is what each has, as far as that is known.
pub(super) fn too_large(spec: &ResolvedSpec, free: impl Iterator<Item = Option<u64>>) -> Option<String> {
    let most = free.map(|free| free.unwrap_or(u64::MAX)).max()?;
    let training = size(spec)?.training;
    let [takes, has] = [training, most].map(|bytes| quantity(bytes as f64));
    let help = "narrow the space or its skeleton, or lower `train.batch-size`";
    (training > most).then(|| format!("a worker takes about {takes} bytes to train the shared weights, and {has} are free; {help}"))
}

/// Of the stage whose shared weights take the most.
fn size(spec: &ResolvedSpec) -> Option<SharedSize> {
    let Subject::Images { dataset, space, .. } = &spec.subject else { return None };
    if !spec.strategy.trains_shared_weights() {
        return None;
    }
    let of_stage = |stage: &Stage| {
        let limits = dataset.limits(stage.depth);
        SharedSize::of(&space.problem(limits), limits.image.at_size(stage.size), limits.classes, &stage.recipe)
    };
    spec.stages.iter().filter_map(of_stage).max_by_key(|size| size.training)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_with_bytes() {
        let read =
            |more: &str| crate::spec::read(format!("name: a\ndataset: {{name: mnist}}\n{more}").as_bytes()).resolved.expect("a spec");
        let enas = read("strategy: enas\nspace: {cells: {}}\nstages: [{rounds: 1}]\n");
        let said = too_large(&enas, [Some(1_000), Some(2_000)].into_iter()).expect("they do not fit");
        assert!(said.starts_with("a worker takes about ") && said.contains("and 2.0k are free; narrow the space"), "{said}");
        assert_eq!(too_large(&enas, [Some(1_000), None].into_iter()), None, "of one device nothing is known");
        assert_eq!((too_large(&enas, [Some(1 << 40)].into_iter()), lines(&enas).len()), (None, 2));
        let random = read("strategy: random\n");
        assert_eq!((too_large(&random, [Some(1)].into_iter()), lines(&random)), (None, Vec::new()));
    }
}
