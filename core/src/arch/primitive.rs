//! The primitive layers that networks are made of. Each is one row: the shape it gives ([`Primitive::output`]), and its
//! [`Profile`], from which costs, bounds, memory and the tensors of weights derive.

use serde::Serialize;

use super::Shape;

/// A primitive layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Primitive {
    /// The image.
    Input,
    /// Convolution without bias, padding dilation · (kernel − 1)/2.
    Convolution {
        /// Height and width.
        kernel: [usize; 2],
        stride: usize,
        /// Distance between the places a kernel reads.
        dilation: usize,
        groups: usize,
        input: usize,
        output: usize,
    },
    BatchNorm {
        channels: usize,
    },
    Relu,
    MaxPool {
        kernel: usize,
        stride: usize,
    },
    /// Padding is not counted in the mean.
    AveragePool {
        kernel: usize,
        stride: usize,
    },
    /// Sum of two tensors of one shape.
    Add,
    /// Tensors of one resolution, one after another; their channels add up.
    Concat,
    /// Where training may drop a branch of a cell; changes nothing in inference.
    PathDropout,
    /// Mean over height and width; the result has one element a channel.
    GlobalAveragePool,
    Sigmoid,
    /// A tensor times one factor a channel: the tensor first, then the factors.
    Scale,
    /// With bias.
    Linear {
        input: usize,
        output: usize,
    },
}

/// Weights that training treats alike. Their names stand in checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Weights of convolutions.
    Kernel,
    /// Weights of linear layers.
    Matrix,
    /// Biases and the scales of normalisation: no weight decay.
    Scale,
    /// Running means and variances: not trained.
    Statistic,
}

impl Group {
    pub const ALL: [Self; 4] = [Self::Kernel, Self::Matrix, Self::Scale, Self::Statistic];

    pub const fn is_trainable(self) -> bool {
        !matches!(self, Self::Statistic)
    }
}

/// One tensor of weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weight {
    pub name: &'static str,
    pub group: Group,
    pub initial: Initial,
    sides: [usize; 4],
    rank: usize,
}

/// How a weight is initialised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Normal with this deviation.
    Normal(f64),
    /// Uniform within this distance of zero.
    Uniform(f64),
    Constant(f32),
}

impl Weight {
    fn new<const RANK: usize>(name: &'static str, group: Group, shape: [usize; RANK], initial: Initial) -> Self {
        let mut sides = [1; 4];
        sides[..RANK].copy_from_slice(&shape);
        Self { name, group, initial, sides, rank: RANK }
    }

    pub fn shape(&self) -> &[usize] {
        &self.sides[..self.rank]
    }

    pub fn elements(&self) -> usize {
        self.sides.iter().product()
    }
}

/// Whether inference writes the output of a primitive over its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InPlace {
    Never,
    /// Where nothing else reads the input.
    IfOnlyReader,
    Always,
}

/// What a primitive is to costs, bounds, memory and training.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// In the order in which a forward pass reads them.
    pub weights: Vec<Weight>,
    /// The longest side of its window.
    pub window: usize,
    pub inference: InPlace,
    /// Whether training keeps the output as a tensor of its own.
    pub kept_in_training: bool,
    /// Whether a rectifier may overwrite the output in training: the backward pass does not need it.
    pub may_be_overwritten: bool,
}

impl Profile {
    /// Of a primitive without weights or window, whose output is a tensor of its own.
    const PLAIN: Self =
        Self { weights: Vec::new(), window: 1, inference: InPlace::Never, kept_in_training: true, may_be_overwritten: false };

    /// Trainable numbers.
    pub fn params(&self) -> usize {
        self.weights.iter().filter(|weight| weight.group.is_trainable()).map(Weight::elements).sum()
    }

    /// Multiply–accumulates: a kernel or matrix is used once for each place of the output.
    pub fn macs(&self, output: Shape) -> usize {
        let multiplied = self.weights.iter().filter(|weight| matches!(weight.group, Group::Kernel | Group::Matrix));
        multiplied.map(Weight::elements).sum::<usize>() * output.height * output.width
    }
}

impl Primitive {
    /// The shape of the output, from the shapes it reads; an input reads the image.
    pub(super) fn output(self, inputs: &[Shape]) -> Shape {
        match self {
            Self::Convolution { stride, output, .. } => Shape { channels: output, ..inputs[0].strided(stride) },
            Self::MaxPool { stride, .. } | Self::AveragePool { stride, .. } => inputs[0].strided(stride),
            Self::Input | Self::BatchNorm { .. } | Self::Relu | Self::Add | Self::PathDropout | Self::Sigmoid | Self::Scale => inputs[0],
            Self::Concat => Shape { channels: inputs.iter().map(|input| input.channels).sum(), ..inputs[0] },
            Self::GlobalAveragePool => Shape { height: 1, width: 1, ..inputs[0] },
            Self::Linear { output, .. } => Shape { channels: output, height: 1, width: 1 },
        }
    }

    /// Its row. Kernels begin normal by fan-out (He et al. 2015, arXiv 1502.01852, §2.2), linear layers uniform within
    /// 1/√inputs.
    pub fn profile(self) -> Profile {
        match self {
            Self::Convolution { kernel: [height, width], groups, input, output, .. } => {
                let fan_out = (height * width * output / groups).max(1) as f64;
                let initial = Initial::Normal((2.0 / fan_out).sqrt());
                let weight = Weight::new("weight", Group::Kernel, [output, input / groups, height, width], initial);
                Profile { weights: vec![weight], window: height.max(width), ..Profile::PLAIN }
            }
            Self::BatchNorm { channels } => {
                let of = |name, group, value| Weight::new(name, group, [channels], Initial::Constant(value));
                let weights = vec![
                    of("weight", Group::Scale, 1.0),
                    of("bias", Group::Scale, 0.0),
                    of("running_mean", Group::Statistic, 0.0),
                    of("running_var", Group::Statistic, 1.0),
                ];
                Profile { weights, inference: InPlace::Always, may_be_overwritten: true, ..Profile::PLAIN }
            }
            Self::Linear { input, output } => {
                let initial = Initial::Uniform(1.0 / (input.max(1) as f64).sqrt());
                let weight = Weight::new("weight", Group::Matrix, [output, input], initial);
                let bias = Weight::new("bias", Group::Scale, [output], initial);
                Profile { weights: vec![weight, bias], ..Profile::PLAIN }
            }
            Self::Relu => Profile { inference: InPlace::IfOnlyReader, kept_in_training: false, ..Profile::PLAIN },
            Self::Sigmoid => Profile { inference: InPlace::IfOnlyReader, ..Profile::PLAIN },
            Self::PathDropout => {
                Profile { inference: InPlace::Always, kept_in_training: false, may_be_overwritten: true, ..Profile::PLAIN }
            }
            Self::MaxPool { kernel, .. } | Self::AveragePool { kernel, .. } => Profile { window: kernel, ..Profile::PLAIN },
            Self::Add => Profile { may_be_overwritten: true, ..Profile::PLAIN },
            Self::Input | Self::Concat | Self::GlobalAveragePool | Self::Scale => Profile::PLAIN,
        }
    }
}
