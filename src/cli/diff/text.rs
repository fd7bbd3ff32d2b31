//! A difference for people, as plain text and as Markdown.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Compared, changes::Change};
use crate::cli::plan::{takes, warnings};
use crate::text::markdown::{cell, code_in_cell};

pub(super) fn human(compared: &Compared) -> String {
    let mut text = String::new();
    if let Err(why) = &compared.old {
        let _ = writeln!(text, "`{}` has nothing to be compared with: {}", compared.new.name, why.text());
    } else if compared.changes.is_empty() {
        let _ = writeln!(text, "`{}` means the same in both: nothing differs", compared.new.name);
    }
    let width = compared.changes.iter().map(|change| change.field.len()).max().unwrap_or(0);
    for Change { field, was, now } in &compared.changes {
        let _ = writeln!(text, "{field:<width$}  {} → {}", shown(was.as_ref()), shown(now.as_ref()));
    }
    let _ = writeln!(text, "\n{:<9} {:>6} {:>6} {:>10} {:>7}", "task", "old", "new", "not in old", "cached");
    for [kind, old, new, anew, cached] in rows(compared) {
        let _ = writeln!(text, "{kind:<9} {old:>6} {new:>6} {anew:>10} {cached:>7}");
    }
    text.push('\n');
    for line in meaning(compared) {
        let _ = writeln!(text, "{line}");
    }
    text
}

pub(super) fn markdown(compared: &Compared) -> String {
    let mut text = format!("### Changes of `{}`\n\n", compared.new.name);
    text.push_str(&warnings(&compared.foreseen));
    if let Err(why) = &compared.old {
        let _ = writeln!(text, "There is nothing to compare with: {}.", why.text());
    } else if compared.changes.is_empty() {
        text.push_str("Both mean the same: nothing differs.\n");
    } else {
        text.push_str("| field | was | now |\n|--|--|--|\n");
        for Change { field, was, now } in &compared.changes {
            let in_cell = |value: &Option<Value>| cell(&shown(value.as_ref()));
            let _ = writeln!(text, "| {} | {} | {} |", code_in_cell(field), in_cell(was), in_cell(now));
        }
    }
    text.push_str("\n| task | old | new | not in old | cached |\n|--|--|--|--|--|\n");
    for row in rows(compared) {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.push('\n');
    for line in meaning(compared) {
        let _ = writeln!(text, "- {line}");
    }
    text
}

fn rows(compared: &Compared) -> Vec<[String; 5]> {
    let cached = |kind| compared.foreseen.forecast.tasks.get(kind).map_or(0, |tasks| tasks.cached);
    compared
        .kinds
        .iter()
        .map(|(kind, asked)| {
            let [old, new, anew, cached] = [asked.old, asked.new, asked.anew, cached(kind)].map(|number| number.to_string());
            [kind.word().to_owned(), old, new, anew, cached]
        })
        .collect()
}

/// What it comes to.
fn meaning(compared: &Compared) -> Vec<String> {
    let anew: Vec<&str> = compared.kinds.iter().filter(|(_, asked)| asked.anew > 0).map(|(kind, _)| kind.word()).collect();
    let mut lines = Vec::new();
    lines.push(if anew.is_empty() {
        "no task is asked anything new".to_owned()
    } else {
        format!("not in the old plan: {}; what reads their results runs again only where those differ", anew.join(", "))
    });
    let forecast = &compared.foreseen.forecast;
    if forecast.is_done() {
        lines.push("nothing to do: every task is cached".to_owned());
        return lines;
    }
    let run = forecast.trainings();
    let all = compared.kinds.get(&crate::task::TaskKind::Train).map_or(0, |asked| asked.new);
    lines.push(format!("trainings: about {:.0} of {all} run, at least {:.0} and at most {:.0}", run.expected, run.at_least, run.at_most));
    lines.extend(compared.foreseen.causes.lines());
    lines.extend(takes(&compared.foreseen));
    lines
}

/// A value on one line, cut where it is long.
fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None => return "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        // Whole numbers without a point.
        Some(Value::Number(number)) if number.as_f64().is_some_and(|value| value.fract() == 0.0 && value.abs() < 1e15) => {
            format!("{:.0}", number.as_f64().unwrap_or(0.0))
        }
        Some(value) => value.to_string(),
    };
    if text.chars().count() > 80 { format!("{}…", text.chars().take(80).collect::<String>()) } else { text }
}
