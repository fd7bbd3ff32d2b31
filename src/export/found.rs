//! What `network.json` says of a network that was found, and the network with its weights, read from there.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::weights::{EPSILON, Weights};
use crate::arch::{Architecture, Costs, Network, Node, Shape};
use crate::dataset::class_name;
use crate::digest::{Digest, Domain};
use crate::engine::TrainRecipe;
use crate::files::{self, FileError};
use crate::task::SplitName;

/// The two files of a network in a folder of results.
pub const FILE: &str = "network.json";
pub const WEIGHTS: &str = "weights.safetensors";

/// Raised when a field is taken away or gets another meaning.
const FORMAT: u32 = 2;

/// More bytes than either file has.
const LIMIT: u64 = 1 << 31;

/// All that a loader needs to know beside the weights, and what was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NetworkFile {
    format: u32,
    /// The version of epnas that found it.
    pub epnas: String,
    /// Of the search.
    pub name: String,
    pub dataset: String,
    pub input: Shape,
    pub classes: usize,
    /// By label; none where nobody named them.
    pub class_names: Vec<String>,
    pub summary: String,
    pub architecture: Architecture,
    /// For loaders; they follow from the architecture.
    #[serde(skip_deserializing)]
    nodes: Vec<Node>,
    #[serde(skip_deserializing)]
    conventions: Conventions,
    /// What the weights were trained in.
    pub precision: String,
    pub weights_digest: Digest,
    /// The images that it was trained on, and how they were split.
    pub split: SplitName,
    pub costs: Costs,
    /// The bounds of the search, a line each.
    pub constraints: Vec<String>,
    pub validation_accuracy: f64,
    pub test_accuracy: Option<f64>,
    /// Of each training, where there were several; the first is that of the weights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation_accuracies: Vec<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test_accuracies: Vec<f64>,
    pub recipe: TrainRecipe,
}

/// What is the same for all networks: how numbers are laid out, and what the names of primitives leave open.
#[derive(Clone, Debug, Serialize)]
struct Conventions {
    weights: &'static str,
    image: &'static str,
    normalisation: &'static str,
    padding: &'static str,
    epsilon: f32,
    average_pool: &'static str,
    reference: &'static str,
}

impl Default for Conventions {
    fn default() -> Self {
        Self {
            weights: "weights.safetensors: `node.<index>.<parameter>`, indices into `nodes`",
            image: "batch x channels x height x width, red before green before blue; bytes divided by 255, so from 0 to 1",
            normalisation: "(image - input.mean) / input.std by channel, before the first node",
            padding: "dilation * (kernel - 1) / 2 on every side: zeros, of a max-pool minus infinity",
            epsilon: EPSILON,
            average_pool: "the sum is divided by the number of places inside the image: padding is not counted",
            reference: "check/ of what `epnas export` writes: image.npy holds bytes, logits.npy what 32-bit inference on a processor gives for them",
        }
    }
}

/// What is known of a network beside its weights when a search ends.
#[derive(Clone, Debug)]
pub struct NetworkFacts {
    pub name: String,
    pub dataset: String,
    pub class_names: Vec<String>,
    pub precision: String,
    pub split: SplitName,
    pub costs: Costs,
    pub constraints: Vec<String>,
    pub validation_accuracy: f64,
    pub test_accuracy: Option<f64>,
    pub validation_accuracies: Vec<f64>,
    pub test_accuracies: Vec<f64>,
    pub recipe: TrainRecipe,
}

/// Why what was found cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{path}` {how}\nhelp: {help}")]
    Unusable { path: String, how: String, help: &'static str },
}

const RUN_AGAIN: &str =
    "run the spec again with this epnas, which writes the results anew; what it computes as before comes from the cache";

impl NetworkFile {
    pub fn new(facts: NetworkFacts, architecture: Architecture, network: &Network, weights: &[u8]) -> Self {
        Self {
            format: FORMAT,
            epnas: env!("CARGO_PKG_VERSION").to_owned(),
            name: facts.name,
            dataset: facts.dataset,
            input: network.nodes[0].shape,
            classes: network.nodes[network.nodes.len() - 1].shape.channels,
            class_names: facts.class_names,
            summary: architecture.summary(),
            architecture,
            nodes: network.nodes.clone(),
            conventions: Conventions::default(),
            precision: facts.precision,
            weights_digest: Digest::of(Domain::Blob, weights),
            split: facts.split,
            costs: facts.costs,
            constraints: facts.constraints,
            validation_accuracy: facts.validation_accuracy,
            test_accuracy: facts.test_accuracy,
            validation_accuracies: facts.validation_accuracies,
            test_accuracies: facts.test_accuracies,
            recipe: facts.recipe,
        }
    }

    /// The name of a class, or its number.
    pub fn class(&self, label: usize) -> String {
        class_name(&self.class_names, label)
    }
}

/// A network that was found, with its weights.
#[derive(Debug)]
pub struct Found {
    pub file: NetworkFile,
    pub network: Network,
    pub weights: Weights,
    /// The bytes of the file of weights.
    pub bytes: Vec<u8>,
}

impl Found {
    /// Reads the network of a folder of results.
    pub fn read(folder: &Path) -> Result<Self, FoundError> {
        let (path, weights) = (folder.join(FILE), folder.join(WEIGHTS));
        let unusable = |path: &Path, how: String, help| FoundError::Unusable { path: path.display().to_string(), how, help };
        let read = |path: &Path| match files::read(path, LIMIT) {
            Err(error) if error.is_missing() => {
                let help = "a search leaves both files when it found a network and trained it; one of a table trains none. \
                            Name a folder of results, such as `results/NAME`";
                Err(unusable(path, "is not there, so there is no network with weights".to_owned(), help))
            }
            read => read.map_err(FoundError::from),
        };
        let text = read(&path)?;
        let format = serde_json::from_slice::<serde_json::Value>(&text)
            .map_err(|error| unusable(&path, format!("is no JSON: {error}"), RUN_AGAIN))?["format"]
            .clone();
        if format != FORMAT {
            return Err(unusable(&path, format!("has the format {format}, this epnas reads {FORMAT}"), RUN_AGAIN));
        }
        let file: NetworkFile =
            serde_json::from_slice(&text).map_err(|error| unusable(&path, format!("cannot be read: {error}"), RUN_AGAIN))?;
        let bytes = read(&weights)?;
        if Digest::of(Domain::Blob, &bytes) != file.weights_digest {
            let how = format!("holds other weights than `{}` names", path.display());
            return Err(unusable(&weights, how, "take both files from one folder of results"));
        }
        Self::new(file, bytes).map_err(|how| unusable(&weights, format!("does not fit the network: {how}"), RUN_AGAIN))
    }

    /// Holds weights against the network that they are said to be of.
    pub fn new(file: NetworkFile, bytes: Vec<u8>) -> Result<Self, String> {
        let network = file.architecture.network(file.input, file.classes).map_err(|malformed| malformed.0)?;
        let weights = Weights::read(&bytes, &network)?;
        Ok(Self { file, network, weights, bytes })
    }
}
