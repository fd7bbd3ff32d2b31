//! What made the page: spec, strategy, seed, machine, and how it ended.

use super::subject::Run;
use crate::page::section::{Block, Fact, Section};
use crate::report::made;

#[expect(clippy::unnecessary_wraps, reason = "all sections have one type")]
pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let mut facts: Vec<Fact> = made(run.spec, run.report).into_iter().map(|(name, what)| Fact::new(name, what)).collect();
    facts.push(Fact::new("trainings planned", run.spec.trainings().text()));
    for line in &run.report.why {
        facts.push(Fact::new("ran again", line.as_str()));
    }
    Some(Section { id: "made", title: "What made this".to_owned(), blocks: vec![Block::Facts { facts }] })
}
