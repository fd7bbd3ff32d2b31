//! What was found: accuracies, costs against limits, the drawing.

use super::network;
use super::subject::Run;
use crate::page::section::{Block, Fact, Section};
use crate::report::Report;
use crate::statistics::standard_deviation;
use crate::text::{percent, percent_with, quantity};

#[expect(clippy::unnecessary_wraps, reason = "all sections have one type")]
pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let mut blocks = Vec::new();
    match &run.report.final_result {
        Some(result) => {
            let measured = &result.network;
            let mut facts = Vec::new();
            if let Some(accuracy) = result.test_accuracy {
                facts.push(Fact::new("test accuracy", percent_with(accuracy, standard_deviation(&result.test_accuracies))));
            }
            facts.push(Fact::new("validation accuracy", percent_with(measured.validation_accuracy, measured.deviation())));
            if let Some(score) = measured.score {
                facts.push(Fact::new(format!("validation {}, by which the search goes", run.spec.metric.title()), percent(score)));
            }
            for (kind, cost) in &measured.costs {
                let bound = run.spec.constraints.iter().find(|constraint| constraint.cost == *kind);
                let limit = bound.map_or_else(String::new, |bound| format!(" ({})", bound.summary()));
                let share = bound.map(|bound| (100.0 * cost / bound.limit).round());
                facts.push(Fact { share, ..Fact::new(kind.word(), format!("{}{limit}", quantity(*cost))) });
            }
            blocks.push(Block::Facts { facts });
            if let Some(figure) = network::drawn(run, &measured.architecture) {
                blocks.push(Block::Figure { figure });
            }
        }
        None => blocks.push(Block::Warning { text: why_nothing(run.report).to_owned() }),
    }
    blocks.extend(doubts(run).into_iter().map(|text| Block::Warning { text }));
    Some(Section { id: "found", title: "What was found".to_owned(), blocks })
}

const fn why_nothing(report: &Report) -> &'static str {
    use crate::event::Ending;
    match report.summary.ending {
        Ending::Found | Ending::Failed => "No network was found: tasks that must succeed failed.",
        Ending::AllRejected => "No network was trained: the constraints rejected all that were proposed.",
        Ending::NoneFeasible => "No feasible network was found: none of those measured keeps every constraint.",
        Ending::NothingProposed => "No network was trained: none was proposed.",
    }
}

fn doubts(run: &Run<'_>) -> Vec<String> {
    let mut text = String::new();
    crate::report::doubts(&mut text, run.spec, run.report);
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
