//! How trainings learned: training loss by epoch.

use super::progress::CLASSES;
use super::subject::Run;
use crate::page::chart::{Axis, Chart, Mark};
use crate::page::figure::Figure;
use crate::page::scale::Reach;
use crate::page::section::{Block, Section};
use crate::page::table::{Table, csv};
use crate::report::Learning;
use crate::text::{counted, percent};

/// The most curves of one chart.
const CURVES: usize = 200;

pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let curves: Vec<&Learning> = run.learning.iter().filter(|learning| learning.metrics.train_loss.len() > 1).collect();
    if curves.is_empty() {
        return None;
    }
    let (last, searched): (Vec<&Learning>, Vec<&Learning>) = curves.iter().partition(|learning| learning.is_last);
    let mut blocks = Vec::new();
    for (of, name, title) in [(&last, "final-losses", "Final trainings"), (&searched, "search-losses", "Trainings of the search")] {
        if !of.is_empty() {
            blocks.push(Block::Figure { figure: chart(run, of, name, title) });
        }
    }
    blocks.push(Block::Table { table: table(run, &last) });
    Some(Section { id: "learning", title: "How networks learned".to_owned(), blocks })
}

fn chart(run: &Run<'_>, curves: &[&Learning], name: &str, title: &str) -> Figure {
    let losses = || curves.iter().flat_map(|learning| learning.metrics.train_loss.iter().copied());
    let longest = curves.iter().map(|learning| learning.metrics.train_loss.len()).max().unwrap_or(1);
    let x = Axis { label: "epoch", reach: Reach { low: 1.0, high: longest.max(2) as f64 }, format: Some(|epoch| format!("{epoch:.0}")) };
    let y = Axis { label: "training loss, nats", reach: Reach::around(losses()), format: None };
    let stages: std::collections::BTreeSet<usize> = curves.iter().map(|learning| learning.stage).collect();
    let legend: Vec<(Mark, &str, &str)> =
        stages.iter().map(|&stage| (Mark::Line, CLASSES[stage % CLASSES.len()], run.stage(stage))).collect();
    let mut chart = Chart::new(&x, &y, &legend);
    let every = curves.len().div_ceil(CURVES);
    let thin = curves.len() > 8;
    for learning in curves.iter().step_by(every) {
        let points: Vec<(f64, f64)> =
            learning.metrics.train_loss.iter().enumerate().map(|(epoch, loss)| (1.0 + epoch as f64, *loss)).collect();
        let class = format!("{}{}", CLASSES[learning.stage % CLASSES.len()], if thin { " thin" } else { "" });
        let told = format!("{}\nvalidation accuracy {}", learning.task, percent(learning.metrics.validation_accuracy));
        chart.line(&class, &points, Some(&told));
    }
    let thinned = if every > 1 { format!(" One of {every} is shown.") } else { String::new() };
    let description = format!("Training loss by epoch of {}.{thinned}", counted(curves.len(), "training"));
    chart.figure(name, title, &description).with_caption(description)
}

/// The losses of the final trainings, and of all others behind the link.
fn table(run: &Run<'_>, last: &[&Learning]) -> Table {
    let head = ["task", "epoch", "training loss"];
    let rows = |of: &mut dyn Iterator<Item = &Learning>| -> Vec<Vec<String>> {
        of.flat_map(|learning| {
            let losses = learning.metrics.train_loss.iter().enumerate();
            losses.map(|(epoch, loss)| vec![learning.task.clone(), (epoch + 1).to_string(), format!("{loss:.4}")])
        })
        .collect()
    };
    let all = rows(&mut run.learning.iter());
    let bytes = csv(&head.map(str::to_owned), &all);
    let shown = rows(&mut last.iter().copied().take(2));
    Table::of_file("Losses", &format!("{}-losses", run.spec.name), &head, shown, (&bytes, all.len()))
}
