//! Warnings about what is legal and doubtful, to the letter; and what is not doubted.

use epnas::cli::diagnostics::{Style, render};
use epnas::spec;

const GOOD: &str = "name: a\ndataset:\n  name: mnist\n";

fn said(more: &str) -> String {
    let reading = spec::read(format!("{GOOD}{more}").as_bytes());
    render("x.yaml", &reading.source, &reading.faults, Style::Plain)
}

/// The message with its place, and the help.
fn assert_doubted(more: &str, code: &str, place: &str, message: &str, help: &str) {
    let said = said(more);
    assert!(said.starts_with(&format!("{code}\n\n  ! {message}\n")), "{said}");
    assert!(said.contains(&format!("-[x.yaml:{place}]\n")), "{said}");
    assert!(said.ends_with(&format!("\n  help: {help}\n\n")), "{said}");
}

#[test]
fn gates_that_never_judge() {
    let help = "give a stage more `rounds` or `trainings`, or take `gate` out";
    let message = "the gate judges once 8 predictions of a stage are measured, and no stage has as many before its last round";
    let stages = "predict: {gate: {spearman: 0.3}}\nstages: [{rounds: 4, trainings: 3}, {rounds: 1, trainings: 50}]\n";
    assert_doubted(stages, "strategy::gate", "4:28", message, help);
    assert_eq!(said(&stages.replace("rounds: 4", "rounds: 5")), "");
    assert_eq!(said(&format!("strategy: random\n{stages}")), "", "`random` predicts nothing anyway");
    assert_doubted(
        "predict: {predictor: none, gate: {spearman: 0.3}}\n",
        "strategy::gate",
        "4:45",
        "the predictor `none` predicts no rewards: there is nothing for the gate to judge",
        "choose a predictor that learns, such as `gaussian`, or take `gate` out",
    );
    assert_doubted(
        "predict: {gate: {spearman: -1}}\n",
        "strategy::gate",
        "4:28",
        "no rank correlation is below -1: the gate never closes",
        "0.2 to 0.5 is usual; or take `gate` out",
    );
}

#[test]
fn scores_that_help_nobody() {
    assert_doubted(
        "predict: {predictor: random, zero-cost: [synflow]}\n",
        "strategy::zero-cost",
        "4:41",
        "the predictor `random` reads no scores: they are not computed",
        "choose `gaussian`, `mlp-ensemble` or `forest`, or take `zero-cost` out",
    );
    let stages = "predict: {zero-cost: [naswot]}\nstages: [{rounds: 2, trainings: 4, proposals: 4}]\n";
    assert_doubted(
        stages,
        "strategy::zero-cost",
        "4:22",
        "scores help to choose among the proposals of a round, and every proposal is trained",
        "raise `proposals`, or take `zero-cost` out",
    );
    assert_eq!(said(&stages.replace("proposals: 4", "proposals: 5")), "");
    assert_eq!(said(&format!("strategy: random\n{stages}")), "", "`random` predicts nothing anyway");
}

#[test]
fn shared_weights_that_nobody_reads() {
    let stages = "predict: {shared-weights: {}}\nreferences: none\nstages: [{rounds: 3, trainings: 3}]\n";
    assert_doubted(
        stages,
        "strategy::shared-weights",
        "4:27",
        "accuracies with shared weights are read once 8 networks were trained separately, and before the last round there are at most 7",
        "give a stage more `rounds` or `trainings`, or take `shared-weights` out",
    );
    assert_eq!(said(&stages.replace("rounds: 3", "rounds: 4")), "");
    assert_doubted(
        &stages.replace("{shared", "{predictor: none, shared"),
        "strategy::shared-weights",
        "4:44",
        "the predictor `none` reads no scores: they are not computed",
        "choose `gaussian`, `mlp-ensemble` or `forest`, or take `shared-weights` out",
    );
}

#[test]
fn predictions_that_have_nothing_to_choose() {
    let stages = "stages: [{rounds: 2, trainings: 4, proposals: 4}]\n";
    assert_doubted(
        &format!("strategy: pnas\n{stages}"),
        "stages::nothing-to-choose",
        "5:47",
        "every one of the 4 proposals is trained: predictions have nothing to choose",
        "raise `proposals`, or set `predict: {predictor: none}`",
    );
    assert_eq!(said(stages), "", "the proposals are chosen from a pool");
    assert!(said(&format!("epnas: {{pool: 0}}\n{stages}")).starts_with("stages::nothing-to-choose"));
    assert_eq!(said(&format!("strategy: pnas\npredict: {{predictor: random}}\n{stages}")), "");
    assert_eq!(said(&format!("strategy: random\n{stages}")), "");
}

#[test]
fn stages_that_carry_more_than_they_train() {
    assert_doubted(
        "stages: [{rounds: 1, trainings: 1, carry: 2}, {rounds: 1, trainings: 1}]\n",
        "stages::carry-all",
        "4:43",
        "2 networks are carried over, and the rounds of stage 1 train only 1",
        "what the stage started with is carried on unchanged; more trainings?",
    );
}

#[test]
fn constraints_that_reject_nearly_everything() {
    assert_doubted(
        "constraints: {params: {max: 2682}, macs: {min: 1900k}}\n",
        "constraint::rejects-most",
        "4:14",
        "the constraints together reject about 99.5 % of the space: 995 of 1000 networks drawn at random; \
         `params ≤ 2682` alone 84.5 %, `macs ≥ 1900000` alone 40.7 %",
        "search finds little in what is left: loosen a bound, or give the space choices that keep to it",
    );
    assert_eq!(said("constraints: {params: {max: 100k}}\n"), "");
    let penalty = "constraints: {params: {max: 2682, enforcement: penalty}, macs: {min: 1900k, enforcement: penalty}}\n";
    assert_eq!(said(penalty), "", "they are trained all the same");
}

#[test]
fn constraints_that_nothing_breaks() {
    assert_doubted(
        "constraints: {macs: {max: 100G}}\n",
        "constraint::no-effect",
        "4:27",
        "no network of the space breaks `macs ≤ 100000000000`: the most is 604633984",
        "tighten the bound, or take it out",
    );
    let cells = "space: {cells: {}}\nconstraints: {macs: {min: 5, enforcement: penalty}}\n";
    assert_doubted(
        cells,
        "constraint::no-effect",
        "5:27",
        "no network of the space breaks `macs ≥ 5`: the least is 3525504",
        "tighten the bound, or take it out",
    );
    assert_eq!(said("constraints: {macs: {max: 100G, enforcement: exponent}}\n"), "", "an exponent acts on both sides of its bound");
}

#[test]
fn a_batch_that_is_too_large_is_told_where_it_stands() {
    for (more, place) in [
        ("train:\n  batch-size: 60000\nstages: [{rounds: 1, trainings: 1}]\n", "5:15"),
        ("stages:\n  - {rounds: 1, trainings: 1, train: {batch-size: 60000}}\n", "5:51"),
        ("final: {train: {batch-size: 60000}}\n", "4:29"),
        ("train: {batch-size: 6000}\nstages: [{rounds: 1, trainings: 1, examples: 0.1}]\n", "5:46"),
        ("train: {batch-size: 6000}\n", "4:21"),
    ] {
        let said = said(more);
        assert!(said.starts_with("stages::examples\n") && said.matches("stages::examples").count() == 1, "{said}");
        assert!(said.contains(&format!("-[x.yaml:{place}]\n")), "{more}{said}");
    }
    let said = spec::read(b"name: a\ndataset: {name: mnist, validation: 59950}\n");
    assert_eq!(said.source.line_and_column(said.source.range(&said.faults[0].place).start), (2, 36));
}
