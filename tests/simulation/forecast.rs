//! What a forecast tells, held against runs whose trainings take what their networks are made of: over random edits of a
//! spec on one cache, at most is at most, and what is expected comes about in the mean.

use epnas::arch::Architecture;
use epnas::digest::Digest;
use epnas::forecast::{Basis, Forecast, Gauge, Here, History, Rehearsals};
use epnas::run::{Remembered, Request, Store, replay};
use epnas::seed::{Seed, below};
use epnas::spec::{self, ResolvedSpec};
use epnas::task::Task;

use super::Workshop;
use super::executor::{Answer, Simulated, luck};

/// One value of each is chosen for every spec.
const CHOICES: [(&str, &[&str]); 9] = [
    ("SEED", &["0", "1", "2", "3", "4"]),
    ("STRATEGY", &["random", "regularized-evolution"]),
    ("MACS", &["1M", "2M", "4M"]),
    ("ROUNDS", &["1", "3"]),
    ("TRAININGS", &["2", "3", "5"]),
    ("EPOCHS", &["1", "4"]),
    ("SHARE", &["0.1", "0.5"]),
    ("NETWORKS", &["2", "4"]),
    ("BUDGET", &["", "budget: {trainings: 6}\n", "budget: {device-hours: 0.02}\n", "lookahead: 1\n"]),
];

fn spec(chosen: &[usize]) -> ResolvedSpec {
    let mut text = "name: edited
seed: SEED
dataset: {name: fashion-mnist}
references: none
space: {layers: {stem: {channels: 4, stride: 2}, channels: [4, 8, 16, 32], depth: {max: 4}}}
constraints: {macs: {max: MACS}}
strategy: STRATEGY
stages: [{rounds: ROUNDS, proposals: 12, trainings: TRAININGS, examples: SHARE, carry: 1}, {rounds: 1, proposals: 12, trainings: TRAININGS, examples: SHARE, epochs: EPOCHS}]
final: {networks: NETWORKS, epochs: 1}
BUDGET"
        .to_owned();
    for ((name, values), &choice) in CHOICES.iter().zip(chosen) {
        text = text.replace(name, values[choice]);
    }
    let reading = spec::read(text.as_bytes());
    reading.resolved.unwrap_or_else(|| panic!("{text}\n{:?}", reading.faults))
}

impl Workshop {
    fn network(&self, digest: &Digest) -> Option<Architecture> {
        self.cache.get_json(digest).ok()
    }

    /// By the failures of earlier runs that count.
    pub fn forecast(&self, spec: &ResolvedSpec, workers: usize, remembered: &Remembered) -> Forecast {
        let plan = Self::plan(spec);
        let replay = replay(&plan, self.cache.reader(), remembered).expect("a cache");
        let network = |digest: &Digest| self.network(digest);
        let history = History::new(self.cache.reader().records().expect("a cache"), Gauge::of(spec).as_ref(), Here::default(), &network);
        let mut store = Store::new(Self::place(spec), None);
        let rehearsals = Rehearsals::new(&plan, &replay, self.cache.reader(), remembered, &mut store).expect("a cache");
        Forecast::new(&Basis { spec, plan: &plan, replay: &replay, rehearsals: &rehearsals, history: &history, network: &network, workers })
    }

    /// Seconds of a task: by the work of its network, more or less, as on a machine that has other things to do.
    fn length(&self, spec: &ResolvedSpec, request: &Request) -> f64 {
        let gauge = Gauge::of(spec).expect("images");
        match &request.task {
            Task::Train { dataset, recipe, .. } => {
                let network = self.network(&request.inputs["candidate"]).expect("it is there");
                let work = gauge.work(&network, recipe, dataset.size).expect("a network") * gauge.images(dataset, recipe);
                0.3 + work * 1e-9 * (0.7 + 0.8 * luck(request, "load"))
            }
            _ => 1.0,
        }
    }
}

#[test]
fn no_run_takes_longer_than_at_most_and_all_together_take_what_is_expected() {
    let workshop = Workshop::new();
    let mut stream = Seed::root(11).child("edits").stream();
    let mut chosen = vec![0; CHOICES.len()];
    let mut runs: Vec<(f64, f64)> = Vec::new();
    for step in 0..40 {
        for _ in 0..2 {
            let edited = below(&mut stream, CHOICES.len());
            chosen[edited] = below(&mut stream, CHOICES[edited].1.len());
        }
        let (spec, workers) = (spec(&chosen), 1 + below(&mut stream, 4));
        let forecast = workshop.forecast(&spec, workers, &Remembered::default());
        let mut executor = Simulated::new(&workshop.cache, workers, Box::new(|request, _| Answer::Done(workshop.length(&spec, request))));
        workshop.run(&spec, &mut executor);
        let took = executor.now();
        if step == 0 {
            assert!(forecast.unmeasured > 0, "nothing was measured yet");
            continue;
        }
        let seconds = forecast.seconds;
        assert_eq!(forecast.unmeasured, 0);
        assert!(took <= seconds.at_most, "step {step} with {workers} workers: took {took:.1} s of {seconds:?}, {chosen:?}");
        assert!(seconds.at_least <= took + 1e-6, "step {step}: took {took:.1} s of {seconds:?}");
        // What a run needs to begin is no part of a simulation.
        runs.push((took, (seconds.expected - 1.0).max(0.0)));
    }
    // Which networks are trained at the end is up to chance here, so that one run says little; all together do.
    let busy = runs.iter().filter(|(took, _)| *took > 1.0).count();
    assert!(busy >= 15, "{busy} runs did anything");
    let [took, expected] = [runs.iter().map(|run| run.0).sum::<f64>(), runs.iter().map(|run| run.1).sum()];
    assert!(expected < 2.0 * took && took < 2.0 * expected, "took {took:.1} s in all, {expected:.1} s were expected");
}

#[test]
fn a_budget_bounds_what_is_told() {
    let workshop = Workshop::new();
    let edit = |rounds: usize, budget: usize| {
        let mut chosen = vec![0; CHOICES.len()];
        (chosen[3], chosen[8]) = (rounds, budget);
        spec(&chosen)
    };
    let first = edit(0, 0);
    let mut executor = Simulated::new(&workshop.cache, 2, Box::new(|request, _| Answer::Done(workshop.length(&first, request))));
    workshop.run(&first, &mut executor);
    let [free, counted] = [0, 1].map(|budget| workshop.forecast(&edit(1, budget), 2, &Remembered::default()));
    assert!(counted.trainings().at_most < free.trainings().at_most, "{:?}", counted.trainings());
    assert!(counted.seconds.at_most < free.seconds.at_most && counted.seconds.expected < free.seconds.expected);
}
