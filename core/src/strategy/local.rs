//! Local search (White et al., arXiv 2005.02960): from the best of some random networks it goes to networks one edit away,
//! in random order, and on from the first that is better. When all neighbours are known, it starts again.

use serde::{Deserialize, Serialize};

use super::collector::{Collector, Request};
use super::proposals::{Origin, Proposals};
use super::random;
use super::search_strategy::{SearchStrategy, StrategyError};
use super::state::{Trial, TrialOrigin};
use crate::arch::Architecture;
use crate::engine::Policy;
use crate::seed::shuffle;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalSearchParameters {
    /// Random networks that each start begins with.
    pub initial: usize,
}

/// How many random edits in a row must lead to known or forbidden networks until the neighbourhood counts as searched,
/// where it cannot be listed. Fewer than the attempts for one proposal, so that a start follows in the same round.
const PATIENCE: usize = 100;

impl SearchStrategy for LocalSearchParameters {
    fn word(&self) -> &'static str {
        "local-search"
    }

    fn propose(&self, request: &Request<'_>, _: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        let mut collector = Collector::new(request);
        let trials = request.state.of_stage();
        let since_start = &trials[last_start(&trials)..];
        // Later stages begin with the best of the ones before, and need no random networks.
        let is_later = trials.len() < request.state.trials.len();
        let is_first = since_start.len() == trials.len();
        if (since_start.len() >= self.initial || is_later && is_first)
            && let Some(best) = since_start.iter().reduce(|best, trial| if value(trial) > value(best) { trial } else { best })
        {
            explore(&best.measured.architecture, request, &mut collector);
        }
        Ok(random::fill(request, collector, random::Shares::default()))
    }
}

fn value(trial: &Trial) -> f64 {
    trial.measured.reward.value
}

/// Offers networks one edit away from `centre`, until there are enough or none is left.
fn explore(centre: &Architecture, request: &Request<'_>, collector: &mut Collector<'_>) {
    if let Some(mut neighbours) = request.space.all_neighbours(centre) {
        shuffle(&mut request.seed.child("order").stream(), &mut neighbours);
        for neighbour in neighbours {
            if !collector.wants_more() {
                return;
            }
            collector.offer(neighbour, Origin::Mutated);
        }
        return;
    }
    let mut in_vain = 0;
    while collector.wants_more() && in_vain < PATIENCE {
        let before = collector.found();
        let mut stream = request.seed.nth(collector.attempt()).stream();
        if let Some(neighbour) = request.space.mutate(centre, &mut stream) {
            collector.offer(neighbour, Origin::Mutated);
        }
        in_vain = if collector.found() > before { 0 } else { in_vain + 1 };
    }
}

/// Where the latest start begins: with the first of the last networks in a row that are no edits of others.
fn last_start(trials: &[&Trial]) -> usize {
    let edited = |trial: &&Trial| trial.origin == TrialOrigin::Mutated;
    let last = trials.iter().rposition(|trial| !edited(trial)).unwrap_or(0);
    trials[..last].iter().rposition(edited).map_or(0, |before| before + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::examples::start;
    use crate::strategy::tests::trial_of;

    #[test]
    fn a_start_begins_with_the_last_random_networks_in_a_row() {
        use TrialOrigin::{Drawn, Mutated};
        let cases: [(&[TrialOrigin], usize); 6] = [
            (&[], 0),
            (&[Drawn, Drawn], 0),
            (&[Drawn, Mutated, Mutated], 0),
            (&[Drawn, Mutated, Drawn, Drawn], 2),
            (&[Drawn, Mutated, Drawn, Drawn, Mutated], 2),
            (&[Drawn, Mutated, Drawn, Mutated, Drawn, Mutated, Mutated], 4),
        ];
        for (origins, begins) in cases {
            let trials: Vec<Trial> = origins.iter().map(|origin| trial_of(&start(), *origin)).collect();
            assert_eq!(last_start(&trials.iter().collect::<Vec<_>>()), begins, "{origins:?}");
        }
    }
}
