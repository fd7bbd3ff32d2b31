//! Scores of untrained networks, for predictors that read them.

use super::evaluate::build;
use super::steering::Steering;
use super::{DataStore, Engines, SplitName, refused, without_tensors};
use crate::arch::Architecture;
use crate::dataset::Images;
use crate::engine::{MINIBATCH, Minibatch, Score, Scores, TaskFailure, ZeroCost};
use crate::space::Problem;
use crate::strategy::Scored;

/// What the strategy asks for, of each of the networks. Images are the first ones of the training split, whose order is
/// random, and decided by the split alone.
pub(super) fn scores(
    steering: &Steering<'_>,
    networks: &[&Architecture],
    minibatch: Option<&SplitName>,
    data: &mut dyn DataStore,
    engines: Option<&mut Engines<'_>>,
) -> Result<Scored, TaskFailure> {
    if networks.is_empty() {
        return Ok(Scored::new());
    }
    let (Problem::Layers { limits, .. } | Problem::Cells { limits, .. }) = steering.problem else {
        return Err(refused("the rows of a table are no networks to be scored".to_owned()));
    };
    let trainer = &mut *engines.ok_or_else(without_tensors)?.trainer;
    let shown = minibatch.map(|name| first_images(name, data)).transpose()?;
    let mut scored = Scored::new();
    for architecture in networks {
        let network = build(architecture, limits.image, limits.classes)?;
        let mut score = |score| match (score, &shown) {
            (ZeroCost::Synflow, _) => trainer.synflow(&network),
            (ZeroCost::Naswot, Some((images, examples))) => trainer.naswot(&network, &Minibatch { images, examples }),
            (ZeroCost::Naswot, None) => Err(refused("no images were named to score networks with".to_owned())),
        };
        let asked = steering.strategy.zero_cost().iter();
        scored.insert(
            architecture.digest(),
            asked.map(|kind| Ok((Score::from(kind), score(kind)?))).collect::<Result<Scores, TaskFailure>>()?,
        );
    }
    Ok(scored)
}

fn first_images<'a>(name: &SplitName, data: &'a mut dyn DataStore) -> Result<(&'a Images, Vec<u32>), TaskFailure> {
    let images = name.images(data)?;
    let mut split = name.split(&images.labels)?;
    split.train.truncate(MINIBATCH);
    Ok((images, split.train))
}
