//! `epnas check` for programs: formats, what is denied, data that are opened, names that would act on a terminal.

use std::path::PathBuf;

use epnas::cli::check::{Arguments, Checked, Deny, Format, check};
use epnas::cli::diagnostics::{Style, meaning, rules};
use serde_json::{Value, json};

use crate::lab::{Lab, text};

const DOUBTFUL: &str = "name: c\ndataset:\n  name: mnist\npredict:\n  random-share: 1\n";

/// What a check writes, with paths seen from the lab.
fn checked(lab: &Lab, paths: &[&str], arguments: &Arguments) -> (Checked, String) {
    let paths: Vec<PathBuf> = paths.iter().map(|path| lab.path(path)).collect();
    let mut out = Vec::new();
    let checked = check(&Arguments { paths, ..arguments.clone() }, Style::Plain, &mut out).expect("memory");
    (checked, text(&out).replace(&format!("{}/", lab.path("").display().to_string().trim_end_matches('/')), ""))
}

fn of(format: Format) -> Arguments {
    Arguments { format, ..Arguments::default() }
}

#[test]
fn programs_are_told_in_one_json_object() {
    let lab = Lab::new();
    lab.write("c.yaml", DOUBTFUL);
    let (good, said) = checked(&lab, &["c.yaml", "none.yaml"], &of(Format::Json));
    assert_eq!(good, Checked::Bad);
    let expected = json!({
        "format": 1,
        "errors": 1,
        "warnings": 1,
        "specs": [{
            "file": "c.yaml",
            "ok": true,
            "summary": "3 stages, 76 trainings: 58 in rounds + 1 of the start network + 8 of references + 6 carried over + 2 final + 1 final of the best reference; 290 proposals",
            "data": null,
            "holds": null,
        }],
        "faults": [
            {
                "code": "strategy::no-prediction",
                "severity": "warning",
                "path": "predict.random-share",
                "file": "c.yaml",
                "line": 5,
                "column": 17,
                "end_column": 18,
                "message": "every training is chosen at random: predictions decide nothing",
                "help": "a share below 1 lets the predictor choose some",
            },
            {
                "code": "file::missing",
                "severity": "error",
                "path": null,
                "file": "none.yaml",
                "line": null,
                "column": null,
                "end_column": null,
                "message": "there is no file or folder `none.yaml`",
                "help": "`epnas init > none.yaml` writes a spec to begin with",
            },
        ],
    });
    assert_eq!(serde_json::from_str::<Value>(&said).expect("JSON"), expected);
}

#[test]
fn workflow_commands_are_escaped() {
    let lab = Lab::new();
    lab.write("a,b:%.yaml", DOUBTFUL);
    lab.write("v.yaml", "name: a\nrequires-epnas: 99\n");
    let (good, said) = checked(&lab, &["a,b:%.yaml", "v.yaml"], &of(Format::Github));
    assert_eq!(good, Checked::Bad);
    let expected = "\
::warning file=a%2Cb%3A%25.yaml,line=5,col=17,endColumn=17,title=strategy%3A%3Ano-prediction::every training is chosen at random: predictions decide nothing%0Ahelp: a share below 1 lets the predictor choose some
::error file=v.yaml,line=2,col=17,endColumn=18,title=spec%3A%3Aversion::the spec asks for epnas 99, and this is 0.2.0%0Ahelp: install a newer epnas; nothing else was checked, for it may be right there
";
    assert_eq!(said, expected);
}

#[test]
fn sarif_has_rules_places_and_help() {
    let lab = Lab::new();
    lab.write("c d.yaml", DOUBTFUL);
    let output = lab.epnas(&["check", "c d.yaml", "none.yaml", "--format", "sarif"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "");
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), 2);
    for result in run["results"].as_array().expect("results") {
        let rule = &rules[result["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        assert!(rule["shortDescription"]["text"].is_string() && rule["help"]["text"].is_string());
    }
    let expected = json!({
        "ruleId": "strategy::no-prediction",
        "ruleIndex": 1,
        "level": "warning",
        "message": {
            "text": "every training is chosen at random: predictions decide nothing\nhelp: a share below 1 lets the predictor choose some",
        },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": "c%20d.yaml"},
                "region": {"startLine": 5, "startColumn": 17, "endColumn": 18},
            },
            "logicalLocations": [{"fullyQualifiedName": "predict.random-share"}],
        }],
    });
    assert_eq!(run["results"][0], expected);
}

#[test]
fn warnings_are_as_bad_as_errors_where_they_are_denied() {
    let lab = Lab::new();
    lab.write("c.yaml", DOUBTFUL);
    let exits = |arguments: &[&str]| lab.epnas(&[&["check", "c.yaml"], arguments].concat()).status.code();
    assert_eq!(exits(&[]), Some(0));
    assert_eq!(exits(&["--deny", "warnings"]), Some(2));
    assert_eq!(exits(&["--deny", "warnings", "--format", "github"]), Some(2));
    let (_, said) = checked(&lab, &["c.yaml"], &Arguments { deny: Some(Deny::Warnings), ..Arguments::default() });
    assert!(said.ends_with("\n1 warning in 1 file; warnings are denied\n"), "{said}");
}

#[test]
fn no_name_and_no_text_acts_on_a_terminal() {
    let lab = Lab::new();
    lab.write(
        "a\u{1b}[31m\u{202e}\nb.yaml",
        "name: \"x\\e[2J\\n\"\ndataset: {name: mnist, \"p\\a\": \"\\x7f\"} # \u{1b}[31m\u{9b}\u{202e}\n",
    );
    lab.write("tab.yaml", "name: a\ndataset:\t{name: mnist}\n\u{feff}sed: \u{85}1\n");
    for format in [Format::Human, Format::Json, Format::Github, Format::Sarif] {
        let (good, said) = checked(&lab, &["", "no\u{7}ne.yaml"], &of(format));
        assert_eq!(good, Checked::Bad);
        let acting: Vec<char> = said.chars().filter(|&letter| letter != '\n' && letter != '\t' && letter.is_control()).collect();
        assert!(acting.is_empty() && !said.contains('\u{202e}'), "{acting:?} in {said}");
    }
    let (_, said) = checked(&lab, &["a\u{1b}[31m\u{202e}\nb.yaml"], &of(Format::Human));
    assert!(said.contains("[a\\u{1b}[31m\\u{202e}\\nb.yaml:2:41]"), "{said}");
    let said = text(&lab.epnas(&["run", "no\u{1b}ne.yaml"]).stderr);
    assert!(said.contains("no\\u{1b}ne.yaml"), "{said}");
}

#[test]
fn data_are_opened_on_demand_and_told_by_their_digests() {
    let lab = Lab::with_data();
    lab.spec("");
    let with_data = |format| Arguments { with_data: true, format, ..Arguments::default() };
    let (good, said) = checked(&lab, &["search.yaml"], &with_data(Format::Human));
    assert_eq!(good, Checked::Good, "{said}");
    assert!(said.contains("\n   digests: training images ") && said.contains(", test images "), "{said}");
    let (_, said) = checked(&lab, &["search.yaml"], &with_data(Format::Json));
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["specs"][0]["data"]["images"]["train"].as_str().map(str::len), Some(64));

    lab.write("data/t10k-labels-idx1-ubyte", "no labels");
    let (good, said) = checked(&lab, &["search.yaml"], &with_data(Format::Github));
    assert_eq!(good, Checked::Bad);
    assert!(said.starts_with("::error file=search.yaml,line=2,") && said.contains("title=data%3A%3Adamaged::"), "{said}");
    std::fs::remove_file(lab.path("data/t10k-labels-idx1-ubyte")).unwrap();
    let (_, said) = checked(&lab, &["search.yaml"], &with_data(Format::Human));
    assert!(said.starts_with("data::missing\n") && said.contains("no `t10k-labels-idx1-ubyte`"), "{said}");
    assert_eq!(checked(&lab, &["search.yaml"], &Arguments::default()).0, Checked::Good);
}

const IN_A_TABLE: &str = "name: t\nspace:\n  table:\n    path: t.csv\n    choices: {columns: [a, b]}\n    metric: m\n    costs: {params: p}\nconstraints:\n  params:\n";

#[test]
fn faults_of_a_table_are_told_with_row_and_column() {
    let lab = Lab::new();
    lab.write("t.yaml", IN_A_TABLE.trim_end_matches("constraints:\n  params:\n"));
    lab.write("t.csv", "a,b,m,p\nx,p,50,1\nx,q,many,2\ny,p,52,3\n");
    let (good, said) = checked(&lab, &["t.yaml"], &Arguments { with_data: true, ..Arguments::default() });
    let expected = "\
table::number

  x t.csv:3: column `m`: `many` is no number
  help: write numbers like `93.25` or `1.2e6`, without units

1 error in 1 file
";
    assert_eq!((good, said.as_str()), (Checked::Bad, expected));
    let (_, said) = checked(&lab, &["t.yaml"], &Arguments { with_data: true, ..of(Format::Github) });
    assert!(said.starts_with("::error file=t.csv,line=3,title=table%3A%3Anumber::column `m`: "), "{said}");
    std::fs::remove_file(lab.path("t.csv")).unwrap();
    let (_, said) = checked(&lab, &["t.yaml"], &Arguments { with_data: true, ..of(Format::Github) });
    assert!(said.starts_with("::error file=t.yaml,line=4,col=11,endColumn=15,title=data%3A%3Amissing::"), "{said}");
}

#[test]
fn constraints_are_counted_over_the_rows_of_a_table() {
    let lab = Lab::new();
    let rows: Vec<String> = (0..200).map(|row| format!("{},{},50,{}", row / 20, row % 20, row + 1)).collect();
    lab.write("t.csv", format!("a,b,m,p\n{}\n", rows.join("\n")));
    let said = |limit: &str| {
        lab.write("t.yaml", format!("{IN_A_TABLE}    {limit}\n"));
        checked(&lab, &["t.yaml"], &Arguments { with_data: true, ..of(Format::Github) }).1
    };
    for (limit, expected) in [
        ("max: 100", ""),
        ("max: 1", "constraint%3A%3Arejects-most::`params ≤ 1` rejects about 99.5 %25 of the space: 199 of 200 rows of the table%0Ahelp: "),
        ("max: 200", "constraint%3A%3Ano-effect::no row of the table breaks `params ≤ 200`: the most is 200%0Ahelp: "),
        ("min: 201", "space%3A%3Ano-feasible-network::none of the 200 rows of the table keeps all constraints%0Ahelp: "),
        ("max: 1, enforcement: penalty", ""),
    ] {
        let said = said(&limit.replace(", ", "\n    "));
        assert!(if expected.is_empty() { said.is_empty() } else { said.contains(expected) }, "{limit}: {said}");
    }
}

#[test]
fn every_code_has_a_meaning() {
    assert!(rules().is_sorted_by(|one, other| one.0 < other.0), "sorted, each once");
    let used = crate::diagnostics::codes_below(&["src/spec", "core/src/table", "src/cli"]);
    let listed: std::collections::BTreeSet<String> = rules().iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(used, listed);
    assert_eq!(meaning("spec::none"), None);
}
