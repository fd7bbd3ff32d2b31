//! Who takes part in a comparison: specs, strategies of one spec, and what is left of one without a part of it.

use clap::ValueEnum;

use crate::objective::Enforcement;
use crate::space::Family;
use crate::spec::{ResolvedSpec, Subject};
use crate::strategy::{Editor, Predictor, Strategy};

/// A part of the strategy that is taken away to see what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Part {
    /// Proposals are ranked at random.
    Predictor,
    /// Edits are random.
    Policy,
    /// Constraints filter the result; the search ignores them.
    Constraints,
}

/// A search with the name it has in the comparison.
#[derive(Clone, Debug)]
pub(super) struct Contestant {
    pub name: String,
    pub spec: ResolvedSpec,
}

/// A search as it is, and the same without each of the parts. Fails where one has no such part.
pub(super) fn with_ablations(spec: ResolvedSpec, parts: &[Part], several: bool) -> Result<Vec<Contestant>, String> {
    let name = called(&spec, spec.strategy.word(), several);
    let whole = Contestant { name, spec };
    let ablated = parts.iter().map(|&part| without(&whole, part)).collect::<Result<Vec<_>, _>>()?;
    Ok(std::iter::once(whole).chain(ablated).collect())
}

/// Of several specs each has its name in those of its contestants.
fn called(spec: &ResolvedSpec, word: &str, several: bool) -> String {
    if several { format!("{} {word}", spec.name) } else { word.to_owned() }
}

/// A network written by hand that keeps the limits of a search. Fails where its family has none.
pub(super) fn by_hand(spec: &ResolvedSpec, family: Family, several: bool) -> Result<Contestant, String> {
    let word = family.word();
    let name = called(spec, word, several);
    let alone = spec.with_reference_alone(family).ok_or_else(|| match &spec.subject {
        Subject::Table { .. } => format!("the networks of `{}` are the rows of a table, and `{word}` is none of them", spec.name),
        Subject::Images { .. } if spec.stages.is_empty() => format!("`{}` has no search that `{word}` could be held against", spec.name),
        Subject::Images { .. } => format!("no `{word}` keeps the limits of `{}`", spec.name),
    })?;
    Ok(Contestant { name, spec: alone })
}

fn without(whole: &Contestant, part: Part) -> Result<Contestant, String> {
    let mut spec = whole.spec.clone();
    let what = match part {
        Part::Predictor => {
            match &mut spec.strategy {
                Strategy::Epnas(epnas) => epnas.predict.predictor = Predictor::Random,
                Strategy::Pnas(pnas) => pnas.predict.predictor = Predictor::Random,
                _ => {}
            }
            "predictor"
        }
        Part::Policy => {
            if let Strategy::Epnas(epnas) = &mut spec.strategy {
                epnas.editor = Editor::Logits { learning_rate: 0.0 };
            }
            "policy"
        }
        Part::Constraints => {
            for constraint in &mut spec.constraints {
                constraint.enforcement = Enforcement::Filter;
            }
            "constraints"
        }
    };
    if spec == whole.spec {
        return Err(format!("`{}` has no {what} to take out", whole.name));
    }
    Ok(Contestant { name: format!("{} without {what}", whole.name), spec })
}
