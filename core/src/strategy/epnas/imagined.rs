//! Imagined lanes: before the lanes of a round, the policy learns from what the predictor says of many more. As DyNA-PPO
//! (Angermueller et al. 2020) does, with REINFORCE in place of PPO.

use super::lanes;
use super::pool::Guide;
use crate::arch::Architecture;
use crate::engine::{Episode, Lesson, Policy};
use crate::seed::Stream;

/// Lanes of a step of learning.
pub const LANES: usize = 32;

/// Lets the policy learn from `count` imagined lanes. What it learns from them is lost after the round; what it learns from
/// trainings stays.
pub(super) fn practise(guide: &Guide<'_, '_>, count: usize, policy: &mut dyn Policy) {
    let parents = guide.parameters.parents(guide.request);
    if parents.is_empty() {
        return;
    }
    let seed = guide.request.seed.child("imagined");
    for step in 0..count / LANES {
        let seed = seed.nth(step);
        let mut stream = seed.stream();
        let mut lanes = Vec::with_capacity(LANES);
        for number in 0..LANES {
            let (parent, edits) = guide.parameters.lane(&parents, step * LANES + number);
            let (network, lane) = lanes::run(&guide.request.space, parent, edits, &mut stream, policy);
            lanes.push((worth(guide, &network, &mut stream), lane));
        }
        let episodes = lanes.iter().map(|(worth, lane)| {
            // By rank, from −1 to 1: improvements differ by orders of magnitude.
            let below = lanes.iter().filter(|(other, _)| other < worth).count();
            let above = lanes.iter().filter(|(other, _)| other > worth).count();
            Episode { advantage: (below as f64 - above as f64) / LANES as f64, steps: lanes::steps(&guide.request.space, lane) }
        });
        policy.learn(&Lesson { episodes: episodes.collect(), observations: Vec::new(), seed });
    }
}

/// What the predictor makes of a network; nothing of one that a constraint rejects.
fn worth(guide: &Guide<'_, '_>, network: &Architecture, stream: &mut Stream) -> f64 {
    let Guide { request, .. } = guide;
    if request.space.contains(network).is_err() || request.costs_within_limits(network).is_none() {
        return f64::NEG_INFINITY;
    }
    guide.score(network, stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::strategy::Strategy;
    use crate::strategy::acquisition::Acquisition;
    use crate::strategy::collector::Request;
    use crate::strategy::edit_policy::EditPolicy;
    use crate::strategy::epnas::Rejected;
    use crate::strategy::examples::{of_paper, problem, start};
    use crate::strategy::predictor::features::Features;
    use crate::strategy::predictor::{Model, Prediction, Scored};
    use crate::strategy::state::{State, TrialOrigin};
    use crate::strategy::tests::trial_of;

    /// Likes networks with large features.
    struct Liking;

    impl Model for Liking {
        fn predict(&self, row: &[f64]) -> Prediction {
            Prediction { mean: row.iter().sum(), deviation: None, noise: 0.0 }
        }
    }

    #[test]
    fn practice_makes_lanes_that_the_predictor_likes() {
        let (problem, start) = (problem(), start());
        let space = problem.open(None).expect("no table is needed");
        let state = State { trials: vec![trial_of(&start, TrialOrigin::Given)], ..State::default() };
        let request = Request { problem: &problem, space, rejecting: &[], state: &state, count: 1, seed: Seed::root(5) };
        let Strategy::Epnas(parameters) = of_paper(Rejected::Ignore) else { unreachable!("it is epnas") };
        let features = Features::of(&space, &[], Scored::new());
        let guide = Guide {
            parameters: &parameters,
            request: &request,
            features: &features,
            best: 0.0,
            model: &Liking,
            acquisition: Acquisition::Mean,
        };
        let mean_of = |policy: &mut EditPolicy| {
            let mut stream = Seed::root(6).stream();
            let worth: Vec<f64> = (0..200)
                .map(|_| lanes::run(&space, &start, 3, &mut stream, policy).0)
                .map(|network| worth(&guide, &network, &mut Seed::root(7).stream()))
                .filter(|worth| worth.is_finite())
                .collect();
            worth.iter().sum::<f64>() / worth.len() as f64
        };
        let mut policy = EditPolicy::new(&space.vocabulary(), 0.1, None).expect("fresh");
        let before = mean_of(&mut policy);
        practise(&guide, 0, &mut policy);
        assert_eq!(mean_of(&mut policy).to_bits(), before.to_bits(), "no lanes, no lesson");
        practise(&guide, 2_000, &mut policy);
        let after = mean_of(&mut policy);
        assert!(after > before + 0.1 * before.abs(), "{before} before, {after} after");
        assert!(!policy.save().is_empty());
    }
}
