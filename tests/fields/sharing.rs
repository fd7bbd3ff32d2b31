//! The fields of weights that networks share or hand down.

use epnas::task::TaskKind::{Final, Inherit, Predict, Reward, Share, Steer, Train};

use super::bases::LAYERS;
use super::{Edits, STEERING};

/// Whatever is asked of them is in the keys of those that steer.
pub(super) fn sharing(edits: &mut Edits) {
    const ENAS: &str = "strategy=enas";
    const SCORES: &[&str] = &["predict.shared-weights={}"];
    edits.check(LAYERS, &[], "train.inherit=parent", &[Inherit, Train]);
    edits.check(LAYERS, &[], "stages.0.train.inherit=parent", &[Inherit, Train]);
    edits.check(LAYERS, &[], "final.train.inherit=none", &[]);
    let [lessons, both, trained] = [&[Steer][..], &[Share, Steer], &[Share]].map(|more| [STEERING, more].concat());
    for edit in ["passes=3", "chains=4", "learning-rate=0.1"] {
        edits.check(LAYERS, SCORES, &format!("predict.shared-weights.{edit}"), &trained);
    }
    for edit in ["statistics=0", "images=9", "gate=0.5"] {
        edits.check(LAYERS, SCORES, &format!("predict.shared-weights.{edit}"), STEERING);
    }
    for edit in ["warm-up=3", "steps=3", "samples=4", "entropy=0.1", "baseline-decay=0.5", "statistics=0", "reward-images=0"] {
        edits.check(LAYERS, &[ENAS], &format!("enas.{edit}"), &lessons);
        edits.check(LAYERS, &[], &format!("enas.{edit}"), &[]);
    }
    for edit in ["chains=2", "examples=0.5", "learning-rate=0.1", "hidden=16", "controller-rate=0.01", "logit-bound=0"] {
        edits.check(LAYERS, &[ENAS], &format!("enas.{edit}"), &both);
    }
    // How networks are trained: one seed and one batch for all; their length is of those that are trained separately alone.
    edits.check(LAYERS, &[ENAS], "train.batch-size=64", &[Share, Steer, Predict, Train, Final]);
    edits.check(LAYERS, &[ENAS], "stages.0.epochs=2", &[Train]);
    edits.check(LAYERS, &[ENAS], "metric=balanced-accuracy", &[Steer, Predict, Train]);
    let soft = "constraints.params={max: 100k, enforcement: penalty}";
    edits.check(LAYERS, &[ENAS, soft], "constraints.params.max=90k", &[Steer, Predict, Reward]);
}
