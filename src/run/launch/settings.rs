//! What a person says of a launched pool.

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::Precision;
use crate::run::about::About;

/// What the slots of a pool are started with.
#[derive(Clone, Debug)]
pub struct LaunchSettings {
    pub name: String,
    /// A line of a shell that starts a worker and carries its streams.
    pub command: String,
    /// The least and the most slots.
    pub slots: (usize, usize),
    /// How long a slot may be idle.
    pub leaves_after: Duration,
    /// How long a slot may take until it answers; for ever where that is not said.
    pub start_limit: Option<Duration>,
    /// After how long a slot is ended, where that is known.
    pub time_limit: Option<Duration>,
    /// Whether workers use the folder of the cache themselves.
    pub shares_cache: bool,
    /// Where data lie on its nodes, where that is another place than here.
    pub data: Option<PathBuf>,
    /// What its GPUs are called, where its slots compute on such.
    pub gpu: Option<String>,
    /// What trainings compute with: a node that does not gives no slot.
    pub precisions: Vec<Precision>,
}

impl LaunchSettings {
    /// Why a worker that answers gives no slot.
    pub(super) fn refusal(&self, about: &About) -> Option<String> {
        let cannot = self.precisions.contains(&Precision::Bf16) && about.has_bf16 == Some(false);
        let cannot = || cannot.then(|| format!("the processor of `{}` does not compute with `bf16`, which is asked for", about.host));
        about.refusal().or_else(cannot)
    }
}
