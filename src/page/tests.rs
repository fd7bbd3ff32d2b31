//! Pages of made-up runs: the same bytes, well-formed, small, and harmless whatever words they hold.

mod example;

use std::collections::{BTreeMap, BTreeSet};

use self::example::{HOSTILE, images, layers, run, spec};
use super::render::SCRIPT;
use super::{of_comparison, of_study, write_figures};
use crate::arch::cells::{Block as CellBlock, Cell, CellOperation, Combine, Skeleton};
use crate::arch::{Architecture, CellNetwork, Row as TableRow};
use crate::comparison::{Comparison, Curve, Point, Summary as ComparisonSummary};
use crate::space::Family;
use crate::spec::ResolvedSpec;
use crate::study::{Fidelity, Findings, Outcome, Study, Trained, rankings};

/// Every element of the page is closed, and none but those that a page has is there.
fn elements(html: &str) -> BTreeSet<String> {
    let without = |text: &str, from: &str, to: &str| {
        let mut kept = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(from) {
            kept.push_str(before);
            rest = after.split_once(to).expect("it is closed").1;
        }
        kept + rest
    };
    // What XML does not know of HTML: the doctype, elements without an end, style and script, attributes without a value.
    let mut xml = without(&without(html.trim_start_matches("<!doctype html>"), "<style>", "</style>"), "<script>", "</script>");
    for (from, to) in [("<meta ", ">"), ("<link ", ">")] {
        xml = without(&xml, from, to);
    }
    let xml = xml.replace(" hidden>", ">");
    let document =
        roxmltree::Document::parse_with_options(&xml, roxmltree::ParsingOptions { nodes_limit: 1_000_000, ..Default::default() });
    document
        .expect("a well-formed page")
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|node| node.tag_name().name().to_owned())
        .collect()
}

#[test]
fn words_of_others_are_harmless_everywhere() {
    let made = run(120, HOSTILE, layers, ResolvedSpec { name: HOSTILE.to_owned(), ..images() });
    let page = made.page();
    let html = page.html();
    let plain = run(120, "plain", layers, images()).page().html();
    assert_eq!(elements(&html), elements(&plain));
    assert_eq!(html.matches("<script").count(), 1);
    assert!(!html.contains("alert(1)</script>") && !html.contains('\u{1b}') && html.contains("&lt;script&gt;"));
    for figure in page.drawings() {
        let text = figure.document();
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        assert!(document.descendants().any(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "title"))), "{}", figure.name);
        assert!(figure.name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-'), "{}", figure.name);
    }
}

#[test]
fn a_page_is_the_same_byte_for_byte_and_names_nothing_outside() {
    let html = || run(60, "grow", layers, images()).page().html();
    let first = html();
    assert_eq!(first, html());
    for outside in ["http:", "https:", "//cdn", "src=", "@import", "url("] {
        let found = first.replace("http://www.w3.org/2000/svg", "").contains(outside);
        assert!(!found, "{outside}");
    }
    assert!(SCRIPT.len() < 20_000, "{}", SCRIPT.len());
    // No place of the page has two elements.
    let ids: Vec<&str> = first.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for link in first.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&link), "nothing is at #{link}");
    }
}

#[test]
fn two_thousand_trials_are_a_page_below_two_megabytes() {
    let html = run(2_000, "refine", layers, images()).page().html();
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    assert!(html.contains("with 1800 more rows"));
}

#[test]
fn every_sort_of_network_is_drawn_with_its_costs() {
    let made = run(40, "grow", layers, images());
    let page = made.page();
    let titles: Vec<&str> = page.sections.iter().map(|section| section.title.as_str()).collect();
    let expected = [
        "What was found",
        "Beside networks written by hand",
        "Class by class",
        "Accuracy against cost",
        "How the search went",
        "How networks learned",
        "Predictor and policy",
        "Where the time went",
        "All that was tried",
        "What made this",
    ];
    assert_eq!(titles, expected);
    let drawing = &page.drawings()[0].marks;
    for told in ["3×3 separable convolution, 14", "output", "params", "MACs", "class=\"skip\"", "global mean, linear"] {
        assert!(drawing.contains(told), "{told}: {drawing}");
    }
    let cells = |index: usize| {
        let block = |inputs| CellBlock {
            inputs,
            operations: [CellOperation::SeparableConvolution5x5, CellOperation::MaxPool3x3],
            combine: Combine::ALL[index % 2],
        };
        let skeleton = Skeleton { channels: 8, cells: 2, reductions: 1, stem_stride: 2 };
        CellNetwork { cell: Cell { blocks: vec![block([0, 1]), block([1, 2])] }, skeleton }.into()
    };
    let cell_spec = spec("name: c\ndataset: {name: mnist}\nspace: {cells: {}}\n");
    let drawing = run(40, "grow", cells, cell_spec).page().drawings()[0].marks.clone();
    for told in ["sep5", "max3", "normal cell × 2", "reduction cell", "last cell", "8 × 14 × 14", ">output<"] {
        assert!(drawing.contains(told), "{told}: {drawing}");
    }
    let table = spec(
        "name: t\nspace: {table: {path: a.csv, choices: {columns: [a, b, c]}, metric: m, graph: {edges: [[0, 1], [0, 2], [1, 2]], none: none}}}\n",
    );
    let rows = |_| Architecture::Row(TableRow(["conv", "skip", "none"].map(str::to_owned).to_vec()));
    let drawing = run(40, "grow", rows, table).page().drawings()[0].marks.clone();
    assert!(drawing.contains("conv") && drawing.contains("skip") && !drawing.contains(">none<"), "{drawing}");
}

#[test]
fn a_comparison_has_a_page_too_and_figures_are_files() {
    let curve = |(contestant, seed): (&str, u64)| {
        let gain = if contestant == "a" { 0.02 } else { 0.0 };
        let point = |trainings: usize| Point {
            trainings,
            epochs: 1.0,
            seconds: 1.0,
            best: Some(0.8 + gain + 0.001 * (trainings as f64).sqrt() + 0.001 * seed as f64),
            reported: None,
        };
        Curve { contestant: contestant.to_owned(), seed, points: (1..40).map(point).collect(), last: None, cost: None }
    };
    let comparison = Comparison {
        searches: std::collections::BTreeMap::new(),
        name: "x".to_owned(),
        signal: HOSTILE.to_owned(),
        contestants: vec!["a".to_owned(), HOSTILE.to_owned()],
        reference: None,
        seeds: (0..5).collect(),
        curves: (0..5).flat_map(|seed| [("a", seed), (HOSTILE, seed)]).map(curve).collect(),
        predictor: BTreeMap::new(),
        ceiling: None,
        unlike: None,
    };
    let page = of_comparison(&comparison, &ComparisonSummary::new(&comparison, &comparison.checkpoints()));
    assert!(page.lead.starts_with("After 39 trainings a has found 82.82 ± 0.16 %, 2.00 points more than"), "{}", page.lead);
    assert!(page.lead.ends_with("higher in 5 of 5 seeds, equal in 0."), "{}", page.lead);
    assert!(elements(&page.html()).contains("svg"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(write_figures(&page, folder.path()).expect("our own folder"), 2);
    let written = std::fs::read_to_string(folder.path().join("differences.svg")).expect("written");
    roxmltree::Document::parse(&written).expect("well-formed");
}

#[test]
fn a_study_is_a_page_that_shows_each_fidelity_and_every_reference() {
    let study = |name: &str| {
        let outcome = |accuracy| Some(Outcome { accuracies: vec![accuracy], seconds: 1.0, age: 0.0 });
        let network = |number: usize, accuracy| {
            let architecture = layers(number);
            let reference = (number == 0).then_some(Family::Vgg);
            Trained { architecture, costs: BTreeMap::new(), reference, outcomes: vec![outcome(accuracy), outcome(accuracy + 0.1)] }
        };
        let networks = (0..6).map(|number| network(number, 0.5 + number as f64 / 20.0)).collect();
        let fidelity = |name: &str, epochs| Fidelity { name: name.to_owned(), epochs, examples: 1.0, size: None, inherits: false };
        let study = Study { name: name.to_owned(), fidelities: vec![fidelity("short", 1), fidelity("final", 9)], networks };
        let rankings = rankings(&study);
        Findings { study, rankings, learned: Vec::new(), predictor: "gaussian".to_owned(), growth: None, advice: None }
    };
    let page = of_study(&study("plain"));
    let html = page.html();
    for shown in ["`short` against the end", "written by hand", "best drawn", "No stages are recommended"] {
        assert!(html.contains(shown), "{shown}");
    }
    assert_eq!(page.drawings().len(), 1);
    assert_eq!(elements(&html), elements(&of_study(&study(HOSTILE)).html()));
}
