//! How far the rewards of a stage look ahead.

use super::ResolvedSpec;
use crate::objective::{Extrapolation, Growth};
use crate::spec::schema::ExtrapolateSpec;

/// What a spec leaves open. To the first 18 networks of `specs/fashion-mnist-pools.yaml` a study fitted .221, and .026 (95 %
/// interval .018 to .033).
const DEFAULT: Growth = Growth { passes: 0.2, macs: 0.025 };

/// As a spec asks for.
pub(super) fn growth(given: &ExtrapolateSpec) -> Growth {
    Growth { passes: given.passes.unwrap_or(DEFAULT.passes), macs: given.macs.unwrap_or(DEFAULT.macs) }
}

impl ResolvedSpec {
    /// From the trainings of a stage to the final ones; `None` behind the last stage.
    pub fn extrapolation(&self, stage: usize) -> Option<Extrapolation> {
        let growth = self.growth?;
        let stage = self.stages.get(stage)?;
        let passes = stage.recipe.passes();
        Some(Extrapolation { times: self.last.recipe.passes() / passes, growth, passes: stage.inherits.then_some(passes) })
    }
}
