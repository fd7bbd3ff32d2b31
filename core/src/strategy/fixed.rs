//! The networks that the spec gives, and no search: it proposes nothing.

use super::collector::{Collector, Request};
use super::proposals::Proposals;
use super::search_strategy::{SearchStrategy, StrategyError};
use crate::engine::Policy;

pub(super) struct Fixed;

impl SearchStrategy for Fixed {
    fn word(&self) -> &'static str {
        "fixed"
    }

    fn propose(&self, request: &Request<'_>, _: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        Ok(Collector::new(request).finish())
    }
}
