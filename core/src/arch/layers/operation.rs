//! What a layer computes: an operation with the values of its parameters. What a parameter is stands in one row,
//! [`Parameter::description`]; which parameters an operation has, in [`OperationKind::parameters`]. Spaces, edits, specs
//! and checks go through these lists.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// The operations without their parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// A dense convolution, batch normalisation, rectifier.
    Convolution,
    /// A depthwise and a 1×1 convolution, each with batch normalisation and rectifier.
    SeparableConvolution,
    /// The block of MobileNetV2: 1×1 expansion, depthwise convolution, linear 1×1 projection, identity added where it fits.
    InvertedBottleneck,
    /// Maximum over a window.
    MaxPool,
    /// Mean over a window.
    AveragePool,
}

/// A parameter of operations. The value 0 is "none", for parameters that can be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parameter {
    /// Side of the window, odd.
    Kernel,
    /// Output channels.
    Channels,
    Stride,
    /// Width of an inverted bottleneck, as a multiple of its input channels.
    Expansion,
    /// Reduction ratio of squeeze-and-excitation; 0 for none.
    SqueezeRatio,
}

/// What is to be known of a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The key of a value in a spec.
    pub word: &'static str,
    /// The key of the options of a space in a spec.
    pub set: &'static str,
    /// What stands before a value in a summary.
    mark: &'static str,
    /// The options of a space that lists none. Where they are 0 alone, the parameter is not searched.
    pub options: &'static [usize],
    /// The value in a layer that gives none; `None` where a layer has to give one.
    pub default: Option<usize>,
    /// The least and the most that a spec may ask for.
    pub range: [usize; 2],
    /// Whether parameters and multiply–accumulates of a network never fall when the value grows.
    pub monotonic: bool,
}

impl Parameter {
    /// In the order in which they are decided and stored.
    pub const ALL: [Self; 5] = [Self::Kernel, Self::Channels, Self::Stride, Self::Expansion, Self::SqueezeRatio];

    pub const fn description(self) -> Description {
        match self {
            Self::Kernel => Description {
                word: "kernel",
                set: "kernels",
                mark: "",
                options: &[3, 5],
                default: Some(3),
                range: [1, 1_023],
                monotonic: true,
            },
            Self::Channels => Description {
                word: "channels",
                set: "channels",
                mark: "×",
                options: &[16, 24, 32, 48, 64],
                default: None,
                range: [1, 4_096],
                // More channels give the next layer another input.
                monotonic: false,
            },
            Self::Stride => Description {
                word: "stride",
                set: "strides",
                mark: "/",
                options: &[1, 2],
                default: Some(1),
                range: [1, 8],
                monotonic: false,
            },
            Self::Expansion => Description {
                word: "expansion",
                set: "expansions",
                mark: "e",
                options: &[2, 4],
                default: None,
                range: [1, 16],
                monotonic: true,
            },
            Self::SqueezeRatio => Description {
                word: "squeeze-ratio",
                set: "squeeze-ratios",
                mark: "se",
                options: &[0],
                default: Some(0),
                range: [0, 64],
                // None costs the least, then the largest ratio.
                monotonic: false,
            },
        }
    }
}

impl OperationKind {
    pub const ALL: [Self; 5] = [Self::Convolution, Self::SeparableConvolution, Self::InvertedBottleneck, Self::MaxPool, Self::AveragePool];

    /// Those of a space that lists none: by hand, so that a new operation changes no spec.
    pub const DEFAULT: [Self; 5] =
        [Self::Convolution, Self::SeparableConvolution, Self::InvertedBottleneck, Self::MaxPool, Self::AveragePool];

    /// The parameters that the operation has, in the order of [`Parameter::ALL`].
    pub const fn parameters(self) -> &'static [Parameter] {
        use Parameter::{Channels, Expansion, Kernel, SqueezeRatio, Stride};
        match self {
            Self::Convolution => &[Kernel, Channels, Stride, SqueezeRatio],
            Self::SeparableConvolution => &[Kernel, Channels, Stride],
            Self::InvertedBottleneck => &[Kernel, Channels, Stride, Expansion, SqueezeRatio],
            Self::MaxPool | Self::AveragePool => &[Kernel, Stride],
        }
    }

    /// The operation with these values, in the order of its parameters; those that are left out are 0.
    pub fn of(self, values: &[usize]) -> Operation {
        let mut operation = Operation::new(self);
        for (&parameter, &value) in self.parameters().iter().zip(values) {
            operation.set(parameter, value);
        }
        operation
    }

    /// The word used in specs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Convolution => "convolution",
            Self::SeparableConvolution => "separable-convolution",
            Self::InvertedBottleneck => "inverted-bottleneck",
            Self::MaxPool => "max-pool",
            Self::AveragePool => "average-pool",
        }
    }

    /// The word used in summaries.
    const fn short(self) -> &'static str {
        match self {
            Self::Convolution => "conv",
            Self::SeparableConvolution => "sep",
            Self::InvertedBottleneck => "ib",
            Self::MaxPool => "max",
            Self::AveragePool => "avg",
        }
    }
}

/// An operation with the values of its parameters. Convolutions are followed by batch normalisation and a rectifier, and
/// padded so that stride 1 keeps the resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "BTreeMap<OperationKind, BTreeMap<Parameter, usize>>")]
pub struct Operation {
    kind: OperationKind,
    /// By the parameter's place in [`Parameter::ALL`]; 0 where there is none.
    values: [usize; Parameter::ALL.len()],
}

impl Operation {
    /// With every parameter at 0.
    pub const fn new(kind: OperationKind) -> Self {
        Self { kind, values: [0; Parameter::ALL.len()] }
    }

    pub fn convolution(kernel: usize, channels: usize, stride: usize) -> Self {
        OperationKind::Convolution.of(&[kernel, channels, stride])
    }

    pub const fn kind(self) -> OperationKind {
        self.kind
    }

    /// Changes the value of a parameter that the operation has.
    pub const fn set(&mut self, parameter: Parameter, value: usize) {
        self.values[parameter as usize] = value;
    }

    /// The value of a parameter that the operation has.
    pub fn get(self, parameter: Parameter) -> Option<usize> {
        self.kind.parameters().contains(&parameter).then(|| self.values[parameter as usize])
    }

    /// Every parameter with its value.
    pub fn values(self) -> impl Iterator<Item = (Parameter, usize)> {
        self.kind.parameters().iter().map(move |&parameter| (parameter, self.values[parameter as usize]))
    }

    pub const fn stride(self) -> usize {
        self.values[Parameter::Stride as usize]
    }

    /// A word for people, such as `ib3×32e4/2`.
    pub fn summary(self) -> String {
        let shown = |(parameter, value): (Parameter, usize)| format!("{}{value}", parameter.description().mark);
        let (stride, others): (Vec<_>, Vec<_>) =
            self.values().filter(|(_, value)| *value > 0).partition(|(parameter, _)| *parameter == Parameter::Stride);
        let strided = stride.into_iter().filter(|(_, stride)| *stride > 1);
        std::iter::once(self.kind.short().to_owned()).chain(others.into_iter().chain(strided).map(shown)).collect()
    }
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Values(Operation);
        impl Serialize for Values {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.values().filter(|(_, value)| *value > 0))
            }
        }
        serializer.collect_map([(self.kind, Values(*self))])
    }
}

impl TryFrom<BTreeMap<OperationKind, BTreeMap<Parameter, usize>>> for Operation {
    type Error = String;

    fn try_from(stored: BTreeMap<OperationKind, BTreeMap<Parameter, usize>>) -> Result<Self, String> {
        let mut stored = stored.into_iter();
        let (Some((kind, mut values)), None) = (stored.next(), stored.next()) else { return Err("a layer has one operation".to_owned()) };
        let mut operation = Self::new(kind);
        for &parameter in kind.parameters() {
            let Description { word, range: [least, _], .. } = parameter.description();
            match values.remove(&parameter) {
                Some(value) => operation.set(parameter, value),
                None if least == 0 => {}
                None => return Err(format!("a {} has {word}, and none is given", kind.word())),
            }
        }
        match values.pop_first() {
            Some((parameter, _)) => Err(format!("a {} has no {}", kind.word(), parameter.description().word)),
            None => Ok(operation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_stored_with_its_own_parameters() {
        for kind in OperationKind::ALL {
            let operation = kind.of(&[3, 4, 5, 6, 7]);
            let text = serde_json::to_string(&operation).expect("plain data");
            assert_eq!(serde_json::from_str::<Operation>(&text).ok(), Some(operation), "{text}");
        }
        let text = serde_json::to_string(&Operation::convolution(3, 8, 2)).expect("plain data");
        assert_eq!(text, r#"{"convolution":{"kernel":3,"channels":8,"stride":2}}"#);
    }

    #[test]
    fn what_is_no_operation_is_refused_by_name() {
        let refusal = |text: &str| serde_json::from_str::<Operation>(text).expect_err("malformed").to_string();
        assert_eq!(refusal(r#"{"max-pool":{"kernel":3}}"#), "a max-pool has stride, and none is given");
        assert_eq!(refusal(r#"{"max-pool":{"kernel":3,"stride":1,"channels":8}}"#), "a max-pool has no channels");
        assert_eq!(refusal("{}"), "a layer has one operation");
    }

    #[test]
    fn parameters_are_listed_in_one_order() {
        for (place, parameter) in Parameter::ALL.into_iter().enumerate() {
            assert_eq!(parameter as usize, place);
        }
        for kind in OperationKind::ALL {
            assert!(kind.parameters().is_sorted(), "{kind:?}");
        }
    }
}
