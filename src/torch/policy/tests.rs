//! A policy on its own: what it may answer, what it learns, what it remembers.

use super::*;
use epnas::engine::{Episode, Observation, Step};
use epnas::seed::{below, unit};
use epnas::space::{Answer, HeadKind};

const PARAMETERS: PolicyParameters =
    PolicyParameters { hidden: 16, learning_rate: 0.01, entropy: 0.001, value_steps: 20, bound: 0.0, without_momentum: false };

/// Every kind of head, several of each.
fn vocabulary() -> Vocabulary {
    let choice = |options, keep| HeadKind::Choice { options, keep };
    let pointer = |none| HeadKind::Pointer { none };
    Vocabulary {
        heads: vec![choice(3, false), pointer(false), pointer(true), choice(5, false), choice(4, true), choice(3, true), pointer(true)],
        features: vec![6, 3, 4, 16],
        contexts: 5,
        tokens: 9,
        numbers: 0,
    }
}

fn policy(saved: Option<&[u8]>) -> TorchPolicy {
    tch::set_num_threads(1);
    TorchPolicy::new(&vocabulary(), &PARAMETERS, Seed::root(1), saved).expect("well-formed")
}

fn sketch(layers: usize, seed: u64) -> Sketch {
    let mut stream = Seed::root(seed).stream();
    let token = |_| vocabulary().features.iter().map(|&size| below(&mut stream, size)).collect();
    let tokens = (0..layers).map(token).collect();
    Sketch { tokens, globals: std::array::from_fn(|_| unit(&mut stream)), numbers: Vec::new() }
}

/// A question of each head about a network of five layers, with some options illegal.
fn questions() -> Vec<Question> {
    let question = |(head, kind): (usize, &HeadKind)| {
        let options = match *kind {
            HeadKind::Pointer { none } => 5 + usize::from(none),
            HeadKind::Choice { options, .. } => options,
        };
        let mut legal = vec![true; options];
        legal[1] = false;
        Question { head, token: head.is_multiple_of(2).then_some(3), context: head.is_multiple_of(3).then_some(1), legal }
    };
    vocabulary().heads.iter().enumerate().map(question).collect()
}

/// The answer that lessons reward: the last legal one.
fn choice(question: &Question) -> usize {
    question.legal.iter().rposition(|&legal| legal).expect("a legal option")
}

fn lesson(seed: u64) -> Lesson {
    let answer = |question: Question| Answer { choice: choice(&question), question };
    let episode = |index: usize| Episode {
        steps: vec![Step { network: sketch(5, index as u64), answers: questions().into_iter().map(answer).collect() }],
        advantage: 1.0,
    };
    let observation = |index: usize| {
        let network = sketch(2 + index % 7, 100 + index as u64);
        Observation { target: 2.0 * network.globals[0] - 1.0 + f64::from(u8::from(network.tokens[1][0] == 1)), network }
    };
    Lesson { episodes: (0..4).map(episode).collect(), observations: (0..40).map(observation).collect(), seed: Seed::root(seed) }
}

#[test]
fn answers_are_legal_and_nearly_uniform_at_first() {
    let mut policy = policy(None);
    for question in questions() {
        let probabilities = policy.probabilities(&sketch(5, 1), &question);
        assert_eq!(probabilities.len(), question.legal.len());
        assert_eq!(probabilities[1].to_bits(), 0.0_f64.to_bits());
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let legal = question.legal.iter().filter(|&&legal| legal).count() as f64;
        let keeps = matches!(vocabulary().heads[question.head], HeadKind::Choice { keep: true, .. });
        if keeps {
            assert!(probabilities[0] > 1.3 / legal, "{:?}: {probabilities:?}", question.head);
        } else {
            assert!(probabilities.iter().all(|&p| p == 0.0 || (p * legal - 1.0).abs() < 0.35), "{:?}: {probabilities:?}", question.head);
        }
    }
}

#[test]
fn a_round_without_choices_has_no_entropy() {
    let lesson = Lesson { episodes: Vec::new(), observations: Vec::new(), seed: lesson(1).seed };
    let report = policy(None).learn(&lesson);
    assert_eq!((report.entropy, report.value_error), (None, None));
}

#[test]
fn rewarded_answers_become_likely() {
    let mut policy = policy(None);
    let mut episodes = lesson(1);
    episodes.observations.clear();
    let first = policy.learn(&episodes);
    assert!(first.entropy.is_some_and(|share| share > 0.8) && first.value_error.is_none(), "{first:?}");
    let mut last = first;
    for _ in 0..60 {
        last = policy.learn(&episodes);
    }
    assert!(last.entropy < first.entropy);
    for question in questions() {
        let rewarded = choice(&question);
        let probability = policy.probabilities(&sketch(5, 1), &question)[rewarded];
        assert!(probability > 0.6, "{:?}: {probability}", question.head);
    }
}

#[test]
fn values_are_learnt_and_do_not_depend_on_company() {
    let mut policy = policy(None);
    let mut lesson = lesson(1);
    lesson.episodes.clear();
    let mut error = || policy.learn(&lesson).value_error.expect("it has a value head");
    let first = error();
    let last = (0..10).map(|_| error()).last().expect("ten lessons");
    assert!(last < 0.02 && last < first, "{first} to {last}");
    let sketches: Vec<Sketch> = lesson.observations.iter().map(|observation| observation.network.clone()).collect();
    let together = policy.values(&sketches);
    for (sketch, value) in sketches.iter().zip(together) {
        assert!((policy.values(std::slice::from_ref(sketch))[0] - value).abs() < 1e-4);
    }
    assert_eq!(policy.values(&[]), Vec::<f64>::new());
}

#[test]
fn a_saved_policy_goes_on_as_if_nothing_had_happened() {
    let mut policy = policy(None);
    policy.learn(&lesson(1));
    let mut again = self::policy(Some(&policy.save()));
    assert!(again.save() == policy.save());
    assert_eq!(policy.learn(&lesson(2)), again.learn(&lesson(2)));
    assert!(again.save() == policy.save());
    let question = &questions()[0];
    assert_eq!(policy.probabilities(&sketch(4, 9), question), again.probabilities(&sketch(4, 9), question));
}

#[test]
fn what_is_no_policy_is_refused() {
    let saved = policy(None).save();
    let wider = PolicyParameters { hidden: 17, ..PARAMETERS };
    for (parameters, bytes) in [(&wider, &saved[..]), (&PARAMETERS, &saved[..saved.len() - 1]), (&PARAMETERS, b"")] {
        let result = TorchPolicy::new(&vocabulary(), parameters, Seed::root(1), Some(bytes));
        assert!(matches!(result, Err(TaskFailure::Unreadable { .. })));
    }
}

#[test]
fn bounded_logits_keep_every_legal_answer_possible() {
    let parameters = PolicyParameters { bound: 1.1, without_momentum: true, ..PARAMETERS };
    tch::set_num_threads(1);
    let mut policy = TorchPolicy::new(&vocabulary(), &parameters, Seed::root(1), None).expect("well-formed");
    let mut episodes = lesson(1);
    episodes.observations.clear();
    for _ in 0..80 {
        policy.learn(&episodes);
    }
    for question in questions() {
        let probabilities = policy.probabilities(&sketch(5, 1), &question);
        let legal: Vec<f64> = probabilities.iter().zip(&question.legal).filter(|(_, legal)| **legal).map(|(p, _)| *p).collect();
        let [least, most] = [legal.iter().copied().fold(1.0, f64::min), legal.iter().copied().fold(0.0, f64::max)];
        assert!(most / least < 2.2_f64.exp() + 1e-6, "{:?}: {probabilities:?}", question.head);
        assert!((probabilities[choice(&question)] - most).abs() < 1e-12, "{:?}: {probabilities:?}", question.head);
    }
}
