//! The networks written by hand that a search is held against, with nothing implied.

use serde::{Deserialize, Serialize};

use super::{Final, ResolvedSpec, Stage, Subject};
use crate::arch::{Architecture, Costs};
use crate::objective::Constraint;
use crate::space::{Family, Frame};
use crate::spec::schema::{ReferencesSpec, ReferencesWord};
use crate::strategy::Strategy;

/// A network written by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub family: Family,
    /// Canonical.
    pub network: Architecture,
    /// The first stage whose space holds it, so that the search goes on from it there; `None` outside the space, and for
    /// the network that the search starts from anyway.
    pub stage: Option<usize>,
}

/// The families that are asked for, in one order.
pub fn families(given: Option<&ReferencesSpec>) -> Vec<Family> {
    let mut families = match given {
        None | Some(ReferencesSpec::Word(ReferencesWord::Auto)) => Family::ALL.to_vec(),
        Some(ReferencesSpec::Word(ReferencesWord::None)) => Vec::new(),
        Some(ReferencesSpec::Families(families)) => families.clone(),
    };
    families.sort_unstable();
    families.dedup();
    families
}

/// The largest network of each family that keeps all limits; what is measured is not known before.
/// Without stages there is no search to be held against them.
pub(super) fn references(families: &[Family], subject: &Subject, stages: &[Stage], constraints: &[Constraint]) -> Vec<Reference> {
    let Subject::Images { dataset, space, max_depth, start } = subject else { return Vec::new() };
    let opened = |depth| space.open(dataset.limits(depth));
    if stages.is_empty() {
        return Vec::new();
    }
    let fit = |costs: &Costs| constraints.iter().all(|constraint| constraint.cost.is_measured() || constraint.holds(costs));
    let reference = |&family: &Family| {
        let network = Architecture::from(Frame::of(&opened(*max_depth), family)?.largest(family, &fit)?);
        let holds = |stage: &Stage| opened(stage.depth).contains(&network).is_ok();
        let stage = stages.iter().position(holds).filter(|_| !start.contains(&network));
        Some(Reference { family, network, stage })
    };
    families.iter().filter_map(reference).collect()
}

impl ResolvedSpec {
    /// The same without a search: the largest network of a family that keeps all limits is trained at length. `None` where no
    /// network of the family does, and where there is no search to compare it with.
    pub fn with_reference_alone(&self, family: Family) -> Option<Self> {
        let reference = references(&[family], &self.subject, &self.stages, &self.constraints).pop()?;
        let mut alone = Self { strategy: Strategy::Fixed, stages: Vec::new(), references: Vec::new(), ..self.clone() };
        alone.last = Final { networks: 1, ..alone.last };
        if let Subject::Images { start, .. } = &mut alone.subject {
            *start = vec![reference.network];
        }
        Some(alone)
    }
}
