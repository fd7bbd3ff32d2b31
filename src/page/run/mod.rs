//! The page of one run.

mod classes;
mod found;
mod front;
mod learning;
mod made;
mod network;
mod predictor;
mod progress;
mod references;
mod slots;
mod subject;
mod trials;

use super::render::Page;
use super::section::{Fact, Section};
use crate::text::{counted, duration, percent, percent_with};

pub use subject::Run;

/// The sections in the order in which they stand; one that has nothing to show is left out.
const SECTIONS: [fn(&Run<'_>) -> Option<Section>; 10] = [
    found::section,
    references::section,
    classes::section,
    front::section,
    progress::section,
    learning::section,
    predictor::section,
    slots::section,
    trials::section,
    made::section,
];

/// The page of a run.
pub fn of_run(run: &Run<'_>) -> Page {
    Page {
        kind: "Architecture search".to_owned(),
        title: run.spec.name.clone(),
        lead: lead(run),
        figures: figures(run),
        sections: SECTIONS.iter().filter_map(|section| section(run)).collect(),
    }
}

fn lead(run: &Run<'_>) -> String {
    let networks = counted(run.report.summary.networks, "network");
    let strategy = run.spec.strategy.word();
    match &run.report.final_result {
        Some(result) => {
            let (signal, accuracy) = match result.test_accuracy {
                Some(accuracy) => ("test", accuracy),
                None => ("validation", result.network.validation_accuracy),
            };
            let summary = result.network.architecture.summary();
            format!("Of {networks} that {strategy} measured, it ends with {summary}, which has {} {signal} accuracy.", percent(accuracy))
        }
        None => format!("No network was found among {networks} that {strategy} measured."),
    }
}

fn figures(run: &Run<'_>) -> Vec<Fact> {
    let summary = &run.report.summary;
    let mut figures = Vec::new();
    if let Some(best) = &summary.best {
        if let Some(accuracy) = best.test_accuracy {
            figures.push(Fact::new("test accuracy", percent_with(accuracy, best.test_deviation)));
        }
        figures.push(Fact::new("validation accuracy", percent_with(best.validation_accuracy, best.validation_deviation)));
    }
    figures.push(Fact::new("networks measured", summary.networks.to_string()));
    figures.push(Fact::new("worker time", duration(summary.search_seconds + summary.final_seconds)));
    figures
}
