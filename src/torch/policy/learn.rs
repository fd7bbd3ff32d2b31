//! How a policy learns: one step of REINFORCE, many of regression.

use std::collections::BTreeMap;

use tch::{Kind, Reduction, Tensor};

use super::batch::Batch;
use super::network::Views;
use super::parameters::Parts;
use epnas::engine::{Episode, Observation, PolicyParameters};
use epnas::seed::{Seed, shuffle};
use epnas::space::Answer;

/// Largest norm of the policy's gradient.
const MAX_NORM: f64 = 1.0;
const VALUE_RATE: f64 = 3e-3;
const VALUE_BATCH: usize = 64;

/// An answer that was a choice, with what it is worth.
struct Choice<'a> {
    network: usize,
    answer: &'a Answer,
    advantage: f64,
}

/// One Adam step on −mean over episodes of (advantage × log-probability of all answers) − weight × mean entropy
/// (Williams 1992). Gives the mean entropy before the step, as a share of that of uniform answers; `None`
/// where no answer was a choice.
pub fn reinforce(parts: &mut Parts, parameters: &PolicyParameters, episodes: &[Episode]) -> Option<f64> {
    let steps: Vec<_> = episodes.iter().flat_map(|episode| episode.steps.iter().map(move |step| (step, episode.advantage))).collect();
    let mut choices: BTreeMap<usize, Vec<Choice>> = BTreeMap::new();
    for (network, (step, advantage)) in steps.iter().enumerate() {
        for answer in step.answers.iter().filter(|answer| answer.question.forced().is_none()) {
            choices.entry(answer.question.head).or_default().push(Choice { network, answer, advantage: *advantage });
        }
    }
    let count = choices.values().map(Vec::len).sum::<usize>();
    if count == 0 {
        return None;
    }
    let views = Views::new(parts);
    let encoded = views.encode(&Batch::new(parts.tables, &steps.iter().map(|(step, _)| &step.network).collect::<Vec<_>>()));
    let (mut gain, mut entropy, mut share) = (scalar(), scalar(), scalar());
    for (&head, choices) in &choices {
        let asked: Vec<_> = choices.iter().map(|choice| (choice.network, &choice.answer.question)).collect();
        let log = views.log_probabilities(head, &encoded, &asked);
        let columns = log.size()[1] as usize;
        let made: Vec<i64> =
            choices.iter().map(|choice| views.column(&choice.answer.question, choice.answer.choice, columns) as i64).collect();
        let made = log.gather(1, &Tensor::from_slice(&made).unsqueeze(1), false).squeeze_dim(1);
        let advantages: Vec<f64> = choices.iter().map(|choice| choice.advantage).collect();
        gain += (made * Tensor::from_slice(&advantages)).sum(Kind::Double);
        let mine = -(log.exp() * &log).sum_dim_intlist([1_i64].as_slice(), false, Kind::Double);
        let most: Vec<f64> =
            asked.iter().map(|(_, question)| (question.legal.iter().filter(|&&legal| legal).count() as f64).ln()).collect();
        share += (mine.detach() / Tensor::from_slice(&most)).sum(Kind::Double);
        entropy += mine.sum(Kind::Double);
    }
    let loss = -(gain / episodes.len() as f64) - entropy * (parameters.entropy / count as f64);
    let gradients = Tensor::run_backward(&[&loss], &[&parts.flats[0].tensor, &parts.flats[1].tensor], false, false);
    let norm = gradients.iter().map(|gradient| gradient.square().sum(Kind::Double).double_value(&[])).sum::<f64>().sqrt();
    if norm.is_finite() {
        let scale = (MAX_NORM / norm.max(MAX_NORM)).min(1.0);
        let [trunk, heads, _] = &mut parts.flats;
        for ((flat, updater), gradient) in [trunk, heads].into_iter().zip(&mut parts.policy).zip(&gradients) {
            updater.step(&mut flat.tensor, &(gradient * scale), parameters.learning_rate);
        }
    }
    Some(share.double_value(&[]) / count as f64)
}

/// Passes over the observations in batches, on the squared error. Gives the mean squared error afterwards; `None` of
/// no observations.
pub fn regress(parts: &mut Parts, parameters: &PolicyParameters, observations: &[Observation], seed: Seed) -> Option<f64> {
    if observations.is_empty() {
        return None;
    }
    let batch = Batch::new(parts.tables, &observations.iter().map(|observation| &observation.network).collect::<Vec<_>>());
    let targets: Vec<f32> = observations.iter().map(|observation| observation.target as f32).collect();
    let targets = Tensor::from_slice(&targets);
    let mut order: Vec<i64> = (0..observations.len() as i64).collect();
    let mut stream = seed.child("value").stream();
    for _ in 0..parameters.value_steps {
        shuffle(&mut stream, &mut order);
        for part in order.chunks(VALUE_BATCH) {
            let index = Tensor::from_slice(part);
            let views = Views::new(parts);
            let predicted = views.value(&views.encode(&batch.select(&index)));
            let loss = predicted.mse_loss(&targets.index_select(0, &index), Reduction::Mean);
            let gradients = Tensor::run_backward(&[&loss], &[&parts.flats[0].tensor, &parts.flats[2].tensor], false, false);
            let [trunk, _, value] = &mut parts.flats;
            for ((flat, updater), gradient) in [trunk, value].into_iter().zip(&mut parts.value).zip(&gradients) {
                updater.step(&mut flat.tensor, gradient, VALUE_RATE);
            }
        }
    }
    let _guard = tch::no_grad_guard();
    let views = Views::new(parts);
    Some(views.value(&views.encode(&batch)).mse_loss(&targets, Reduction::Mean).double_value(&[]))
}

fn scalar() -> Tensor {
    Tensor::zeros([0_i64; 0], (Kind::Double, tch::Device::Cpu))
}
