//! What other constraints would change, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::arch::CostKind;
use crate::objective::Reward;
use crate::spec::ResolvedSpec;
use crate::spec::set::Setting;
use crate::task::TaskKind;
use crate::text::{percent_with, quantity, visible};
use crate::what_if::{Both, Fork, Rescored, Round, StageChange, WhatIf};

/// The most networks of one list that are shown.
const SHOWN: usize = 12;

/// A page for people.
pub(super) fn human(spec: &ResolvedSpec, settings: &[Setting], found: &WhatIf) -> String {
    let set: Vec<String> = settings.iter().map(|setting| format!("`{}`", setting.text)).collect();
    let networks = found.different();
    let mut text = format!("what if {} in `{}`, of which {networks} networks are measured:\n\n", set.join(" and "), spec.name);
    let Both { before, after } = found.feasible();
    let _ = writeln!(text, "feasible: {}", instead(after, before));
    list(&mut text, "newly feasible", &found.newly_feasible());
    list(&mut text, "newly infeasible", &found.newly_infeasible());
    for change in &found.stages {
        stage(&mut text, spec, found, change);
    }
    trajectory(&mut text, spec, found);
    text
}

fn instead(after: usize, before: usize) -> String {
    if after == before { format!("{after}, as before") } else { format!("{after} instead of {before}") }
}

fn list(text: &mut String, title: &str, networks: &[&Rescored]) {
    if networks.is_empty() {
        return;
    }
    let _ = writeln!(text, "{title}: {}", networks.len());
    for one in networks.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}", line(one, one.reward));
    }
    if networks.len() > SHOWN {
        let _ = writeln!(text, "  and {} more, all of them with `--format json`", networks.len() - SHOWN);
    }
}

/// `91.20 %  reward 0.9120  params 98.3k  macs 9.61M  conv3×16 · …`
fn line(one: &Rescored, reward: Reward) -> String {
    let costs = CostKind::told(&one.network.costs).map(|(word, cost)| format!("{word} {}  ", quantity(cost)));
    let accuracy = percent_with(one.network.validation_accuracy, one.network.deviation());
    format!("{accuracy}  reward {:.4}  {}{}", reward.value, costs.collect::<String>(), visible(&one.network.architecture.summary()))
}

fn stage(text: &mut String, spec: &ResolvedSpec, found: &WhatIf, change: &StageChange) {
    let name = stage_name(spec, change.stage);
    let Both { before, after } = change.best;
    let told = |index: Option<usize>, reward: fn(&Rescored) -> Reward| {
        index.map_or_else(|| "none is feasible".to_owned(), |index| line(&found.networks[index], reward(&found.networks[index])))
    };
    let _ = writeln!(text, "\nbest of `{name}`{}", if before == after { ", the same network:" } else { ":" });
    let _ = writeln!(text, "  now   {}\n  then  {}", told(before, |one| one.network.reward), told(after, |one| one.reward));
    let Both { before, after } = &change.front;
    let _ = writeln!(text, "Pareto front of `{name}`: {}", instead(after.len(), before.len()));
    for (sign, of, without) in [('+', after, before), ('-', before, after)] {
        let networks: Vec<&Rescored> =
            of.iter().filter(|index| !holds(found, without, **index)).map(|index| &found.networks[*index]).collect();
        for one in networks.iter().take(SHOWN) {
            let _ = writeln!(text, "  {sign} {}", line(one, one.reward));
        }
        if networks.len() > SHOWN {
            let _ = writeln!(text, "  {sign} and {} more", networks.len() - SHOWN);
        }
    }
}

/// Whether a front holds the network with this index, perhaps by another measurement.
fn holds(found: &WhatIf, front: &[usize], index: usize) -> bool {
    front.iter().any(|other| found.networks[*other].network.architecture == found.networks[index].network.architecture)
}

fn trajectory(text: &mut String, spec: &ResolvedSpec, found: &WhatIf) {
    let trajectory = &found.trajectory;
    let place = |round: Round| match spec.stages.get(round.stage) {
        Some(stage) if round.round == 0 => format!("the start of `{}`", stage.name),
        Some(stage) => format!("round {} of `{}`", round.round, stage.name),
        None => "the final trainings".to_owned(),
    };
    let path = match trajectory.fork {
        Fork::Never if trajectory.again.is_empty() => "stays the same; nothing would run again".to_owned(),
        Fork::Never => "stays the same: the same networks are trained in every round".to_owned(),
        Fork::At(round) if round.stage == spec.stages.len() => "stays the same; other networks would be trained at length".to_owned(),
        Fork::At(round) => format!("differs from {} on: other networks would be trained there", place(round)),
        Fork::Unknown(round) => format!("stays the same before {}; only a run can tell how it goes on", place(round)),
    };
    let _ = writeln!(text, "\nsearch path: {path}");
    if let Some(round) = trajectory.rewards {
        let _ = writeln!(text, "other rewards are first learned from in {}", place(round));
    }
    let again = |kinds: &dyn Fn(TaskKind) -> bool| {
        let of_kinds = trajectory.again.iter().filter(|(kind, _)| kinds(**kind));
        of_kinds.map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
    };
    let cheap = again(&|kind| kind != TaskKind::Train);
    if !cheap.is_empty() {
        let _ = writeln!(text, "computed again: {cheap}");
    }
    if trajectory.again.contains_key(&TaskKind::Measure) {
        text.push_str("latencies are taken as they were measured; a run measures them again\n");
    }
    if let Some(first) = trajectory.trainings.first() {
        let more = if trajectory.trainings.len() > 1 { format!(" and {} more", trajectory.trainings.len() - 1) } else { String::new() };
        let _ = writeln!(text, "trained for the first time: `{first}`{more}; what they lead to is not known");
    }
}

fn stage_name(spec: &ResolvedSpec, stage: usize) -> &str {
    spec.stages.get(stage).map_or("final", |stage| &stage.name)
}

/// One object for programs.
pub(super) fn json(spec: &ResolvedSpec, settings: &[Setting], found: &WhatIf) -> Value {
    let network = |one: &Rescored| {
        json!({
            "task": one.task,
            "stage": stage_name(spec, one.stage),
            "round": one.round,
            "digest": one.network.architecture.digest(),
            "architecture": one.network.architecture.summary(),
            "costs": one.network.costs,
            "validation_accuracy": one.network.validation_accuracy,
            "reward": { "before": one.network.reward, "after": one.reward },
        })
    };
    let at = |index: &usize| network(&found.networks[*index]);
    let all = |networks: Vec<&Rescored>| networks.into_iter().map(network).collect::<Vec<Value>>();
    let stages: Vec<Value> = found
        .stages
        .iter()
        .map(|change| {
            json!({
                "stage": stage_name(spec, change.stage),
                "best": { "before": change.best.before.as_ref().map(at), "after": change.best.after.as_ref().map(at) },
                "front": {
                    "before": change.front.before.iter().map(at).collect::<Vec<Value>>(),
                    "after": change.front.after.iter().map(at).collect::<Vec<Value>>(),
                },
            })
        })
        .collect();
    let place = |round: Round| json!({ "stage": stage_name(spec, round.stage), "round": round.round });
    let (path, from) = match found.trajectory.fork {
        Fork::Never => ("same", Value::Null),
        Fork::At(round) => ("differs", place(round)),
        Fork::Unknown(round) => ("unknown", place(round)),
    };
    json!({
        "name": spec.name,
        "set": settings.iter().map(|setting| &setting.text).collect::<Vec<_>>(),
        "networks": found.different(),
        "feasible": found.feasible(),
        "newly_feasible": all(found.newly_feasible()),
        "newly_infeasible": all(found.newly_infeasible()),
        "stages": stages,
        "path": {
            "is": path,
            "from": from,
            "other_rewards_from": found.trajectory.rewards.map(place),
            "again": found.trajectory.again,
            "trainings": found.trajectory.trainings,
        },
    })
}
