//! The source of the module, `model.py`.

use std::fmt::Write as _;

use super::Blocks;
use crate::arch::{Network, Primitive, Shape};
use crate::export::Found;

/// A longer expression gets a line and a name of its own.
const LONGEST: usize = 80;

/// Python that needs torch only.
pub(crate) fn source(found: &Found, blocks: &Blocks) -> String {
    let network = &found.network;
    let Shape { channels, height, width } = network.nodes[0].shape;
    let mut text = format!(
        "\"\"\"{}\n\nFound by epnas {}. Needs torch only: `from model import load; network = load()`.\n\"\"\"\n\n",
        title(found),
        found.file.epnas
    );
    text.push_str(include_str!("head.py"));
    let _ = writeln!(text, "class Network(nn.Module):");
    let _ = writeln!(text, "    \"\"\"Logits of {} classes for images of {channels}×{height}×{width}.\"\"\"\n", found.file.classes);
    text.push_str("    def __init__(self) -> None:\n        super().__init__()\n");
    let _ = writeln!(text, "        self.register_buffer(\"mean\", torch.zeros({channels}, 1, 1))");
    let _ = writeln!(text, "        self.register_buffer(\"std\", torch.ones({channels}, 1, 1))");
    for (block, chain) in blocks.chains.iter().enumerate() {
        modules(&mut text, network, &blocks.name(block), chain);
    }
    text.push_str("\n    def forward(self, image: torch.Tensor) -> torch.Tensor:\n");
    text.push_str("        \"\"\"Pixels are from 0 to 1: batch × channels × height × width.\"\"\"\n");
    forward(&mut text, network, blocks);
    text.push_str(include_str!("tail.py"));
    text
}

/// One line of plain text.
fn title(found: &Found) -> String {
    let plain = |letter: &char| letter.is_alphanumeric() || " -_.,:".contains(*letter);
    let [name, dataset] = [&found.file.name, &found.file.dataset].map(|word| word.chars().filter(plain).collect::<String>());
    format!("The network of `{name}` for {dataset}.")
}

fn modules(text: &mut String, network: &Network, name: &str, chain: &[usize]) {
    if let [only] = chain {
        let _ = writeln!(text, "        self.{name} = {}  # {}", module(network.nodes[*only].primitive), shape(network, *only));
        return;
    }
    let _ = writeln!(text, "        self.{name} = nn.Sequential(");
    for &node in chain {
        let _ = writeln!(text, "            {},  # {}", module(network.nodes[node].primitive), shape(network, node));
    }
    text.push_str("        )\n");
}

fn shape(network: &Network, node: usize) -> String {
    let Shape { channels, height, width } = network.nodes[node].shape;
    if (height, width) == (1, 1) { channels.to_string() } else { format!("{channels}×{height}×{width}") }
}

/// The module of a node that reads one other.
fn module(primitive: Primitive) -> String {
    match primitive {
        Primitive::Convolution { kernel, stride, dilation, groups, input, output } => {
            let pair = |[height, width]: [usize; 2]| if height == width { height.to_string() } else { format!("({height}, {width})") };
            let padding = kernel.map(|side| dilation * (side - 1) / 2);
            let mut text = format!("nn.Conv2d({input}, {output}, {}", pair(kernel));
            for (name, value, default) in [("stride", stride, 1), ("dilation", dilation, 1), ("groups", groups, 1)] {
                if value != default {
                    let _ = write!(text, ", {name}={value}");
                }
            }
            if padding != [0, 0] {
                let _ = write!(text, ", padding={}", pair(padding));
            }
            text + ", bias=False)"
        }
        Primitive::BatchNorm { channels } => format!("nn.BatchNorm2d({channels})"),
        Primitive::Relu => "nn.ReLU()".to_owned(),
        Primitive::MaxPool { kernel, stride } => format!("nn.MaxPool2d({kernel}, {stride}, {})", (kernel - 1) / 2),
        Primitive::AveragePool { kernel, stride } => {
            format!("nn.AvgPool2d({kernel}, {stride}, {}, count_include_pad=False)", (kernel - 1) / 2)
        }
        Primitive::GlobalAveragePool => "Mean()".to_owned(),
        Primitive::Sigmoid => "nn.Sigmoid()".to_owned(),
        Primitive::Linear { input, output } => format!("nn.Linear({input}, {output})"),
        Primitive::Input | Primitive::Add | Primitive::Concat | Primitive::PathDropout | Primitive::Scale => {
            unreachable!("it is written as an expression")
        }
    }
}

fn forward(text: &mut String, network: &Network, blocks: &Blocks) {
    let nodes = &network.nodes;
    let mut values: Vec<String> = vec![String::new(); nodes.len()];
    let mut names = 0;
    for (index, node) in nodes.iter().enumerate() {
        let of = |place: usize| values[blocks.inputs[index][place]].as_str();
        let expression = match node.primitive {
            Primitive::Input => "(image - self.mean) / self.std".to_owned(),
            Primitive::PathDropout => continue,
            Primitive::Add => format!("{} + {}", of(0), of(1)),
            Primitive::Scale => format!("{} * {}[:, :, None, None]", of(0), of(1)),
            Primitive::Concat => {
                let parts: Vec<&str> = (0..node.inputs.len()).map(of).collect();
                format!("torch.cat(({}), 1)", parts.join(", "))
            }
            _ => match blocks.block(index) {
                None => format!("F.relu({})", of(0)),
                Some(block) if blocks.chains[block].last() == Some(&index) => {
                    let first = blocks.inputs[blocks.chains[block][0]][0];
                    format!("self.{}({})", blocks.name(block), values[first])
                }
                Some(_) => continue,
            },
        };
        let is_last = index + 1 == nodes.len();
        let is_inner = blocks.readers[index] == 1 && expression.len() <= LONGEST && !binds_loosely(node.primitive);
        values[index] = if is_last || is_inner && index > 0 {
            expression
        } else {
            names += 1;
            let name = format!("x{names}");
            let _ = writeln!(text, "        {name} = {expression}");
            name
        };
    }
    let _ = writeln!(text, "        return {}", values[nodes.len() - 1]);
}

/// Whether an expression would need parentheses inside another one.
fn binds_loosely(primitive: Primitive) -> bool {
    matches!(primitive, Primitive::Add | Primitive::Scale)
}
