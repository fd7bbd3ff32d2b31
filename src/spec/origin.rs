//! Which field of a spec a parameter of a task comes from: the way back from resolving and planning.

use super::source::Source;
use crate::diagnostic::{Path, Place, Segment};

/// Where the parameter at `path` of a task's parameters is said, as the places that could say it, the one that wins
/// first. `stage` is that of the task, behind the last one for the final trainings; `constraint` gives the cost and
/// side of a constraint by its index.
pub fn fields(path: &[&str], stage: Option<usize>, constraint: &dyn Fn(usize) -> Option<(String, String)>) -> Vec<Path> {
    let root = Path::root();
    let section = match stage {
        Some(stage) => root.key("stages").index(stage),
        None => root.key("final"),
    };
    // Of shared weights that a predictor reads; those of `enas` have a section of their own.
    let shared = root.key("predict").key("shared-weights");
    let kebab = |name: &str| name.replace('_', "-");
    let below = |start: Path, rest: &[&str]| rest.iter().fold(start, |path, name| path.key(&kebab(name)));
    match path {
        ["reward", "constraints", rest @ ..]
        | ["measure" | "admit", "rejecting", rest @ ..]
        | ["sample", "from", "strategy", "rejecting", rest @ ..]
        | ["steer" | "predict", "probing", "constraints", rest @ ..] => bound(rest, constraint),
        ["predict", "probing", "statistics"] => vec![shared.key("statistics"), shared, root.key("enas").key("statistics")],
        ["predict", "probing", "validation"] => vec![shared.key("images"), shared],
        ["steer", "probing", "statistics"] => vec![root.key("enas").key("statistics")],
        ["steer", "probing", "validation"] => vec![root.key("enas").key("reward-images")],
        ["steer" | "predict", "probing", rest @ ..] => fields(&[&["share"], rest].concat(), stage, constraint),
        ["share", "recipe", "epochs"] => vec![shared.key("passes"), shared],
        ["share", "recipe", field @ ("examples" | "learning_rate")] => {
            vec![shared.key(&kebab(field)), root.key("enas").key(&kebab(field)), shared, root.key("enas")]
        }
        ["share", rest @ ..] if matches!(rest, ["recipe" | "dataset" | "metric", ..]) => {
            fields(&[&["train"], rest].concat(), stage, constraint)
        }
        ["share", "policy", rest @ ..] => strategy(&[&["enas", "policy"], rest].concat(), &below),
        ["steer", "parameters", rest @ ..] => strategy(&[&["enas"], rest].concat(), &below),
        ["train" | "final", rest @ ..] => match rest {
            ["recipe", field @ ("epochs" | "examples")] => vec![section.key(field)],
            ["recipe", "augment", "trivial"] => {
                [&section, &root].map(|place| place.key("train").key("augment").key("trivial-augment")).to_vec()
            }
            ["recipe", field @ ..] => vec![below(section.key("train"), field), below(root.key("train"), field)],
            ["keep_weights"] => vec![section.key("train").key("inherit"), root.key("train").key("inherit")],
            ["replicate"] => vec![section.key("train").key("replicates"), root.key("train").key("replicates")],
            ["metric"] => vec![root.key("metric")],
            ["dataset", "size"] => vec![section.key("size"), root.key("dataset").key("size")],
            ["dataset", "validation"] => vec![root.key("dataset").key("validation")],
            ["dataset", "seed"] => vec![root.key("dataset").key("split-seed")],
            ["dataset" | "test", ..] => vec![root.key("dataset").key("path"), root.key("dataset")],
            _ => vec![root.key("dataset").key("name")],
        },
        ["look-up" | "final-row", ..] => vec![root.key("space").key("table")],
        ["reward" | "measure" | "measure-on", "setting", rest @ ..] if rest.contains(&"last") => {
            vec![root.key("final").key("skeleton"), root.key("space")]
        }
        ["measure-on", "name"] => vec![root.key("constraints").key("measured")],
        ["reward" | "measure" | "measure-on", "setting", ..] => [images(path), vec![root.key("space")]].concat(),
        ["share" | "steer" | "sample" | "predict" | "update", "problem", rest @ ..] => problem(rest, &section, &below),
        ["reward", "extrapolation", "times"] => vec![section.key("epochs"), section.key("examples"), root.key("final").key("epochs")],
        ["reward", "extrapolation", _, rest @ ..] => vec![below(root.key("extrapolate"), rest), root.key("extrapolate")],
        ["reward", "extrapolation"] => vec![root.key("extrapolate")],
        ["sample", "from", "strategy", "seed", ..] | ["share" | "steer" | "predict" | "update", "seed", ..] => vec![root.key("seed")],
        ["sample", "from", "strategy", "strategy", rest @ ..] | ["predict" | "update", "strategy", rest @ ..] => strategy(rest, &below),
        ["sample", "from", "start", ..] => vec![root.key("space")],
        ["sample", "count"] => vec![section.key("proposals"), section.key("trainings"), section.key("networks")],
        ["predict", "count"] => vec![section.key("trainings")],
        _ => Vec::new(),
    }
}

fn bound(rest: &[&str], constraint: &dyn Fn(usize) -> Option<(String, String)>) -> Vec<Path> {
    let constraints = Path::root().key("constraints");
    let named = rest.first().and_then(|index| index.parse().ok()).and_then(constraint);
    let Some((cost, side)) = named else { return vec![constraints] };
    let cost = constraints.keys(&cost);
    match rest.get(1) {
        Some(&"limit") => vec![cost.key(&side), cost],
        Some(&"enforcement") => vec![cost.key("enforcement"), cost],
        _ => vec![cost],
    }
}

/// What says shape and classes of images: for files of one's own the field itself, else the name of the data set.
fn images(path: &[&str]) -> Vec<Path> {
    let dataset = Path::root().key("dataset");
    let own = match path.last() {
        Some(&"height") => &["height", "size"][..],
        Some(&"width") => &["width", "size"],
        Some(&"classes") => &["classes", "class-names"],
        _ => &["format"],
    };
    own.iter().copied().chain(["name"]).map(|field| dataset.key(field)).collect()
}

fn problem(rest: &[&str], section: &Path, below: &dyn Fn(Path, &[&str]) -> Path) -> Vec<Path> {
    let space = Path::root().key("space");
    match rest {
        [_, "space", "last", ..] => vec![Path::root().key("final").key("skeleton"), space],
        [kind, "space", "min_depth"] => vec![space.key(kind).key("depth"), space],
        [kind, "space", "min_blocks"] => vec![space.key(kind).key("blocks"), space],
        [kind, "space", "combines", ..] => vec![space.key(kind).key("combine"), space],
        [kind, "space", field @ ..] => {
            let kind = space.key(kind);
            vec![below(kind.clone(), field), kind, space]
        }
        [kind, "limits", "depth"] => vec![section.key("depth"), space.key(kind).key("depth"), space.key(kind).key("blocks")],
        [_, "limits", ..] => images(rest),
        _ => vec![space.key("table"), space],
    }
}

fn strategy(rest: &[&str], below: &dyn Fn(Path, &[&str]) -> Path) -> Vec<Path> {
    let root = Path::root();
    match rest {
        ["enas", "policy", field @ ..] => {
            let name = match field {
                ["learning_rate"] => "controller-rate",
                ["bound"] => "logit-bound",
                _ => "hidden",
            };
            vec![root.key("enas").key(name), root.key("enas")]
        }
        [name, "predict", field @ ..] => vec![below(root.key("predict"), field), root.key("predict"), root.key(name)],
        [name, field @ ..] => vec![below(root.key(name), field), root.key(name), root.key("strategy")],
        [] => vec![root.key("strategy")],
    }
}

/// Of several places the first that the text says something at, or a part of one; else the last, with `false`: its
/// default is what counts.
pub fn written<'a>(source: &Source, places: &'a [Path]) -> Option<(&'a Path, bool)> {
    let said = |path: &&Path| source.says(path);
    places.iter().find(said).map(|path| (path, true)).or_else(|| places.last().map(|path| (path, false)))
}

impl Source {
    /// Whether the text has this very key or value.
    pub fn says(&self, path: &Path) -> bool {
        self.values.contains_key(path) || self.keys.contains_key(path)
    }

    /// Line and column of a path, or of the closest place around it.
    pub fn place(&self, path: &Path) -> (usize, usize) {
        let is_item = matches!(path.0.last(), Some(Segment::Index(_)));
        let place = if is_item { Place::Value(path.clone()) } else { Place::Key(path.clone()) };
        self.line_and_column(self.range(&place).start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name: x
dataset: {name: mnist}
constraints: {params: {max: 100k}}
stages:
  - {rounds: 1, trainings: 2, epochs: 3}
train: {batch-size: 32, augment: {crop: 2}, inherit: parent}
seed: 4
predict: {shared-weights: {passes: 5, statistics: 64}}
";

    #[test]
    fn parameters_lead_back_to_the_words_that_say_them() {
        let source = crate::spec::load(TEXT.as_bytes()).expect("a spec").source;
        let constraint = |_| Some(("params".to_owned(), "max".to_owned()));
        for (path, stage, field, place) in [
            (&["train", "recipe", "epochs"][..], Some(0), "stages[0].epochs", Some((5, 31))),
            (&["train", "recipe", "batch_size"], Some(0), "train.batch-size", Some((6, 9))),
            (&["train", "recipe", "augment", "crop"], Some(0), "train.augment.crop", Some((6, 35))),
            (&["train", "recipe", "epochs"], None, "final.epochs", None),
            (&["train", "dataset", "digest"], Some(0), "dataset", Some((2, 1))),
            (&["reward", "constraints", "0", "limit"], Some(0), "constraints.params.max", Some((3, 24))),
            (&["sample", "from", "strategy", "seed"], Some(0), "seed", Some((7, 1))),
            (&["share", "recipe", "batch_size"], Some(0), "train.batch-size", Some((6, 9))),
            (&["share", "recipe", "examples"], Some(0), "predict.shared-weights", Some((8, 11))),
            (&["steer", "probing", "constraints", "0", "limit"], Some(0), "constraints.params.max", Some((3, 24))),
            (&["steer", "parameters", "policy", "bound"], Some(0), "enas", None),
            (&["predict", "count"], Some(0), "stages[0].trainings", Some((5, 17))),
            (&["train", "keep_weights"], Some(0), "train.inherit", Some((6, 45))),
            (&["train", "replicate"], Some(0), "train.replicates", None),
            (&["share", "recipe", "epochs"], Some(0), "predict.shared-weights.passes", Some((8, 28))),
            (&["predict", "probing", "statistics"], Some(0), "predict.shared-weights.statistics", Some((8, 39))),
            (&["sample", "problem", "layers", "space", "kernels"], Some(0), "space", None),
        ] {
            let fields = fields(path, stage, &constraint);
            let (path, said) = written(&source, &fields).expect("a field");
            assert_eq!((path.to_string().as_str(), said.then(|| source.place(path))), (field, place));
        }
    }
}
