//! The policy network: an LSTM over embedded layers, a head for every kind of question, a head for the value.
//! The shape follows ENAS's controller (arXiv 1802.03268, §2.1) and the pointers of arXiv 1506.03134, §2.3.

use tch::{Kind, Tensor};

use super::batch::Batch;
use super::parameters::Parts;
use epnas::space::{HeadKind, Question};

/// What stands for minus infinity: its exponential is zero, and zero times it is not "no number".
const NEVER: f64 = -1e9;

/// Views of all parameters, in the order in which [`super::parameters`] lists them.
#[derive(Debug)]
pub struct Views {
    tables: Vec<Tensor>,
    lstm: Vec<Tensor>,
    contexts: Tensor,
    /// A list for every head of the vocabulary, and what its options are.
    heads: Vec<Vec<Tensor>>,
    kinds: Vec<HeadKind>,
    /// Largest absolute value of a logit; 0 for no bound.
    bound: f64,
    value: Vec<Tensor>,
}

/// Networks after the LSTM.
#[derive(Debug)]
pub struct Encoded {
    /// Networks × layers × hidden.
    states: Tensor,
    /// The state of each network's last layer.
    last: Tensor,
    globals: Tensor,
}

impl Views {
    pub fn new(parts: &Parts) -> Self {
        let [trunk, heads, value] = parts.flats.each_ref().map(|flat| flat.pieces(Kind::Float));
        let mut trunk = trunk.into_iter();
        let mut heads = heads.into_iter();
        Self {
            tables: trunk.by_ref().take(parts.tables).collect(),
            lstm: trunk.collect(),
            contexts: heads.next().expect("the table of contexts comes first"),
            heads: parts.lengths.iter().map(|&length| heads.by_ref().take(length).collect()).collect(),
            kinds: parts.kinds.clone(),
            bound: parts.bound,
            value,
        }
    }

    /// Runs the LSTM. Layers behind a network's end are padding and change nothing before them.
    pub fn encode(&self, batch: &Batch) -> Encoded {
        let embed = |(index, table)| Tensor::embedding(table, &batch.features.select(2, index), -1, false, false);
        let embedded = Tensor::cat(&(0..).zip(&self.tables).map(embed).collect::<Vec<_>>(), 2);
        let hidden = self.lstm[1].size()[1];
        let start = Tensor::zeros([1, batch.len(), hidden], (Kind::Float, embedded.device()));
        let (states, _, _) = embedded.lstm(&[start.shallow_clone(), start], &self.lstm, true, 1, 0.0, false, false, true);
        let place = (&batch.lengths - 1).view([-1, 1, 1]).expand([-1, 1, hidden], false);
        let last = states.gather(1, &place, false).squeeze_dim(1);
        Encoded { states, last, globals: batch.globals.shallow_clone() }
    }

    /// Predicted targets: a small network on the last state and the globals, and a linear path from the globals.
    pub fn value(&self, encoded: &Encoded) -> Tensor {
        let [inner, inner_bias, outer, linear, bias] = &self.value[..] else { unreachable!("the value head has five parameters") };
        let both = Tensor::cat(&[&encoded.last, &encoded.globals], 1);
        let deep = both.linear(inner, Some(inner_bias)).tanh().linear(outer, None::<&Tensor>);
        (deep + encoded.globals.linear(linear, Some(bias))).squeeze_dim(1)
    }

    /// Log-probabilities of the options of questions of one head, each about the network at its index.
    /// For pointers the columns are the layers of the longest network, then "none"; see [`column`].
    pub fn log_probabilities(&self, head: usize, encoded: &Encoded, asked: &[(usize, &Question)]) -> Tensor {
        let weights = &self.heads[head];
        let size = encoded.states.size();
        let (layers, hidden) = (size[1], size[2]);
        let networks: Vec<i64> = asked.iter().map(|(network, _)| *network as i64).collect();
        let networks = Tensor::from_slice(&networks);
        let last = encoded.last.index_select(0, &networks);
        let context: Vec<i64> =
            asked.iter().map(|(network, question)| *network as i64 * layers + question.token.unwrap_or(0) as i64).collect();
        let about: Vec<f32> = asked.iter().map(|(_, question)| f32::from(u8::from(question.token.is_some()))).collect();
        let context = encoded.states.reshape([-1, hidden]).index_select(0, &Tensor::from_slice(&context));
        let context = context * Tensor::from_slice(&about).unsqueeze(1);
        let logits = if matches!(self.kinds[head], HeadKind::Pointer { .. }) {
            let [keys, query, score] = [&weights[0], &weights[1], &weights[3]];
            let query = Tensor::cat(&[&last, &context], 1).linear(query, Some(&weights[2]));
            let keys = encoded.states.linear(keys, None::<&Tensor>).index_select(0, &networks);
            let scores = (keys + query.unsqueeze(1)).tanh().linear(score, None::<&Tensor>).squeeze_dim(2);
            let none = weights.get(4).map_or_else(
                || Tensor::zeros([asked.len() as i64, 1], (Kind::Float, scores.device())),
                |none| query.tanh().linear(none, None::<&Tensor>),
            );
            Tensor::cat(&[scores, none], 1)
        } else {
            let about: Vec<i64> = asked.iter().map(|(_, question)| question.context.map_or(0, |context| context as i64 + 1)).collect();
            let about = self.contexts.index_select(0, &Tensor::from_slice(&about));
            let inner = Tensor::cat(&[last, context, about], 1).linear(&weights[0], Some(&weights[1])).tanh();
            inner.linear(&weights[2], Some(&weights[3]))
        };
        // The "tanh constant" of arXiv 1611.09940, §5.3.
        let logits = if self.bound > 0.0 { logits.tanh() * self.bound } else { logits };
        let columns = logits.size()[1] as usize;
        let mut illegal = vec![true; asked.len() * columns];
        for (row, (_, question)) in asked.iter().enumerate() {
            for (option, &legal) in question.legal.iter().enumerate() {
                illegal[row * columns + self.column(question, option, columns)] = !legal;
            }
        }
        let illegal = Tensor::from_slice(&illegal).view([asked.len() as i64, columns as i64]);
        logits.masked_fill(&illegal, NEVER).log_softmax(1, Kind::Double)
    }

    /// The column of an option: the same number, but for the "none" of pointers, which is behind the longest network.
    pub fn column(&self, question: &Question, option: usize, columns: usize) -> usize {
        let is_none = self.kinds[question.head] == HeadKind::Pointer { none: true } && option + 1 == question.legal.len();
        if is_none { columns - 1 } else { option }
    }
}
