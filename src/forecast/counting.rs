//! How many tasks run: of those that are asked the same, as many can be cached as there are results not met yet.

use std::collections::{BTreeMap, BTreeSet};

use super::{Basis, Forecast, Range, TaskParameters};
use crate::cache::TaskKey;
use crate::plan::{Plan, Planned};
use crate::run::{Standing, Status, is_of_search};
use crate::spec::Budget;
use crate::task::TaskKind;

/// How surely each task of the plan runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Chances {
    /// By place in the plan: certain, or as likely as this.
    pub expected: Vec<f64>,
    /// Whether it may.
    pub possible: Vec<bool>,
    /// Places of tasks that are asked the same, and how many of them run at least.
    pub least: Vec<(Vec<usize>, f64)>,
}

/// The tasks that are asked the same.
#[derive(Default)]
struct Group {
    now: Vec<usize>,
    open: Vec<usize>,
    stages: BTreeMap<usize, OfStage>,
    kind: Option<TaskKind>,
}

/// Those of one stage, in which networks are distinct.
#[derive(Default)]
struct OfStage {
    count: usize,
    /// Results that were met already.
    met: BTreeSet<TaskKey>,
}

/// Counts the tasks of a plan, and adds them up by kind.
pub(super) fn count(basis: &Basis<'_>, forecast: &mut Forecast) -> Chances {
    let (plan, standings) = (basis.plan, &basis.replay.standings[..]);
    let budget = basis.spec.execution.budget;
    let end = End::of(plan, standings, budget);
    let mut chances = Chances { expected: vec![0.0; standings.len()], possible: vec![false; standings.len()], least: Vec::new() };
    let mut groups: BTreeMap<TaskParameters, Group> = BTreeMap::new();
    let mut now: BTreeSet<TaskKey> = BTreeSet::new();
    // With nothing open there is nothing that could be met.
    let any_open = standings.iter().any(|standing| matches!(standing.status, Status::Open));
    for (node, (planned, standing)) in plan.tasks().zip(standings).enumerate() {
        let tasks = forecast.tasks.entry(planned.task.kind()).or_default();
        match standing.status {
            Status::Cached => tasks.cached += 1,
            Status::Failed { .. } => tasks.failed += 1,
            Status::Runs { .. } => tasks.now += 1,
            Status::Open => tasks.open += 1,
            Status::Skipped { .. } => tasks.skipped += 1,
        }
        if matches!(standing.status, Status::Skipped { .. }) || standing.status == Status::Cached && !any_open {
            continue;
        }
        let is_to_run = matches!(standing.status, Status::Runs { .. } | Status::Open);
        match end.reaches(node, planned) {
            Reach::Behind if is_to_run => continue,
            Reach::Perhaps if is_to_run => {
                chances.possible[node] = true;
                tasks.run.at_most += 1.0;
                continue;
            }
            Reach::Before | Reach::Behind | Reach::Perhaps => {}
        }
        let group = groups.entry(TaskParameters::of(&planned.task)).or_default();
        group.kind = Some(planned.task.kind());
        let stage = group.stages.entry(planned.stage).or_default();
        match standing.status {
            Status::Cached | Status::Failed { .. } => stage.met.extend(standing.key),
            // Of two tasks with one key, one runs and both have the result.
            Status::Runs { .. } if standing.key.is_none_or(|key| now.insert(key)) => {
                stage.count += 1;
                group.now.push(node);
            }
            Status::Open => {
                stage.count += 1;
                group.open.push(node);
            }
            Status::Runs { .. } | Status::Skipped { .. } => {}
        }
    }
    for (asked, group) in groups {
        let known = basis.history.known(&asked);
        let kind = group.kind;
        let run = group.tell(known, &mut chances, |node| end.is_certain(plan, node), |node| basis.rehearsals.chance(node));
        if let Some(kind) = kind {
            forecast.tasks.entry(kind).or_default().run.add(run);
        }
    }
    chances
}

impl Group {
    fn tell(
        self,
        known: usize,
        chances: &mut Chances,
        is_certain: impl Fn(usize) -> bool,
        rehearsed: impl Fn(usize) -> Option<f64>,
    ) -> Range {
        let (now, open) = (self.now.len(), self.open.len());
        let met: BTreeSet<&TaskKey> = self.stages.values().flat_map(|stage| &stage.met).collect();
        let unmet = known.saturating_sub(met.len()).min(open);
        let least = self.stages.values().map(|stage| stage.count.saturating_sub(known.saturating_sub(stage.met.len()))).max();
        let all: Vec<usize> = self.now.iter().chain(&self.open).copied().collect();
        let certain = all.iter().all(|node| is_certain(*node));
        let at_least = if certain { now.max(least.unwrap_or(0)) } else { 0 } as f64;
        for node in &self.now {
            chances.expected[*node] = 1.0;
        }
        for node in &self.open {
            // As if every second result of the same kind that is known were met again.
            chances.expected[*node] = rehearsed(*node).unwrap_or((open as f64 - unmet as f64 / 2.0) / open as f64);
        }
        for node in &all {
            chances.possible[*node] = true;
        }
        let at_most = (now + open) as f64;
        let expected: f64 = all.iter().map(|node| chances.expected[*node]).sum();
        chances.least.push((all, at_least));
        Range { at_least, expected: expected.clamp(at_least, at_most), at_most }
    }
}

/// Where a budget ends the search.
struct End {
    /// The first training that no budget of trainings has room for.
    node: Option<usize>,
    stage_and_round: Option<(usize, usize)>,
    /// Whether another budget may end it anywhere.
    anywhere: bool,
}

enum Reach {
    Before,
    /// It can be that it still runs: what is learned of a round that was begun.
    Perhaps,
    Behind,
}

impl End {
    fn of(plan: &Plan, standings: &[Standing], budget: Budget) -> Self {
        let Budget { trainings, device_seconds, wall_seconds, disk_bytes } = budget;
        let comes_to_be = |standing: &Standing| !matches!(standing.status, Status::Skipped { .. });
        let mut searched =
            plan.tasks().zip(standings).enumerate().filter(|(_, (planned, standing))| is_of_search(planned) && comes_to_be(standing));
        let first = trainings.and_then(|limit| searched.nth(limit));
        Self {
            node: first.map(|(node, _)| node),
            stage_and_round: first.map(|(_, (planned, _))| (planned.stage, planned.round)),
            anywhere: device_seconds.is_some() || wall_seconds.is_some() || disk_bytes.is_some(),
        }
    }

    fn reaches(&self, node: usize, planned: &Planned) -> Reach {
        if planned.is_last || self.node.is_none_or(|end| node < end) {
            return Reach::Before;
        }
        let begun = self.stage_and_round == Some((planned.stage, planned.round));
        if planned.task.kind() == TaskKind::Update && begun { Reach::Perhaps } else { Reach::Behind }
    }

    fn is_certain(&self, plan: &Plan, node: usize) -> bool {
        !self.anywhere || plan.graph[petgraph::graph::NodeIndex::new(node)].is_last
    }
}
