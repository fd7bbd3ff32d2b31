//! What people read about a wrong spec, to the letter and without colour.

use epnas::cli::diagnostics::{Style, render};
use epnas::spec;

fn assert_said(text: &str, expected: &str) {
    let reading = spec::read(text.as_bytes());
    let said = render("x.yaml", &reading.source, &reading.faults, Style::Plain);
    assert!(said == expected, "{said}");
    let coloured = render("x.yaml", &reading.source, &reading.faults, Style::Colour);
    assert!(coloured.contains("\u{1b}[") && !said.contains('\u{1b}'));
}

#[test]
fn everything_wrong_with_the_structure_is_told_at_once() {
    let text = r"name: tiny
sed: 3
dataset:
  nam: mnist
space:
  layers:
    operations: [convolution, maxpool]
    channels: 16
constraints:
  params: {max: 100K}
stages:
  - rounds: many
    trainings: 3.5
    train: {flip: yes}
train:
";
    let expected = r"spec::unknown-key

  x unknown key `sed`
   ,-[x.yaml:2:1]
 2 | sed: 3
   : ^^^
   `----
  help: did you mean `seed`? allowed here: `budget`, `checkpoint`, `constraints`, `dataset`, `enas`, `epnas`, `extrapolate`, `failures`, `final`, `local-search`, `lookahead`, `metric`, `name`, `pnas`, `predict`, `references`, `regularized-evolution`, `reinforce`, `requires-epnas`, `seed`, `space`, `stages`, `strategy`, `train`

spec::unknown-key

  x unknown key `nam`
   ,-[x.yaml:4:3]
 4 |   nam: mnist
   :   ^^^
   `----
  help: did you mean `name`? allowed here: `class-names`, `classes`, `corrupt`, `corrupt-limit`, `format`, `group`, `height`, `name`, `path`, `size`, `split-seed`, `storage`, `test`, `val-as-test`, `validation`, `width`

spec::unknown-word

  x unknown word `maxpool`
   ,-[x.yaml:7:31]
 7 |     operations: [convolution, maxpool]
   :                               ^^^^^^^
   `----
  help: did you mean `max-pool`? allowed: `convolution`, `separable-convolution`, `inverted-bottleneck`, `max-pool`, `average-pool`

spec::wrong-type

  x expected a list, found `16`
   ,-[x.yaml:8:15]
 8 |     channels: 16
   :               ^^
   `----
  help: put it into brackets: `[16]`

spec::size

  x expected a size, found the text `100K`
    ,-[x.yaml:10:17]
 10 |   params: {max: 100K}
    :                 ^^^^
    `----
  help: did you mean `100k`? expected: a number such as `100000`, `100k`, `12M` or `0.5G`

spec::wrong-type

  x expected a whole number, 0 or more, found the text `many`
    ,-[x.yaml:12:13]
 12 |   - rounds: many
    :             ^^^^
    `----
  help: `rounds` takes a whole number, 0 or more

spec::wrong-type

  x expected a whole number, 0 or more, found `3.5`
    ,-[x.yaml:13:16]
 13 |     trainings: 3.5
    :                ^^^
    `----
  help: `trainings` takes a whole number, 0 or more

spec::unknown-key

  x unknown key `flip`
    ,-[x.yaml:14:13]
 14 |     train: {flip: yes}
    :             ^^^^
    `----
  help: it is a setting of `augment`; allowed here: `augment`, `auxiliary`, `batch-size`, `class-weights`, `deterministic`, `ema`, `inherit`, `label-smoothing`, `learning-rate`, `momentum`, `optimizer`, `path-dropout`, `precision`, `replicates`, `schedule`, `seed`, `warmup`, `weight-decay`

spec::no-value

  ! `train` has no value, which is as if it were not there
    ,-[x.yaml:15:1]
 15 | train:
    : ^^^^^
    `----
  help: write `{}` to have it with its defaults, or take the line out

";
    assert_said(text, expected);
}

#[test]
fn everything_against_the_rules_is_told_at_once() {
    let text = r"name: tiny net
dataset:
  name: mnist
space:
  layers:
    start:
      - operation: convolution
        kernel: 7
      - operation: max-pool
        skip: 1
constraints:
  params:
    max: 10k
    min: 20k
stages:
  - rounds: 2
    trainings: 8
    proposals: 4
train:
  momentum: 1
";
    let expected = r"spec::name

  x the name contains ` `
   ,-[x.yaml:1:7]
 1 | name: tiny net
   :       ^^^^^^^^
   `----
  help: allowed: 1 to 100 letters, digits, `-`, `_` and `.`, as in `fashion-mnist-2`

space::start

  x `channels` is missing: a convolution has channels
   ,-[x.yaml:7:9]
 7 |       - operation: convolution
   :         ^^^^^^^^^^^^^^^^^^^^^^
   `----
  help: add `channels: …`

space::start

  x layer 1 has kernel 7, which the space does not offer
   ,-[x.yaml:8:17]
 8 |         kernel: 7
   :                 ^
   `----
  help: `kernels` of the space: `3`, `5`

space::start

  x layer 2 reads layer 1 anyway
    ,-[x.yaml:10:15]
 10 |         skip: 1
    :               ^
    `----
  help: a skip of layer 2 names a layer from 0 (the stem) to 0

constraint::contradiction

  x `params` must be at least 20000 and at most 10000
    ,-[x.yaml:14:10]
 14 |     min: 20k
    :          ^^^
    `----
  help: `min` must not be above `max`

stages::proposals

  x 8 trainings a round out of 4 proposals
    ,-[x.yaml:17:16]
 17 |     trainings: 8
    :                ^
    `----
  help: only what is proposed is trained: raise `proposals` or lower `trainings`

spec::out-of-range

  x `momentum` is 1
    ,-[x.yaml:20:13]
 20 |   momentum: 1
    :             ^
    `----
  help: allowed: 0 or more and below 1

";
    assert_said(text, expected);
}

#[test]
fn limits_that_no_network_keeps_are_told_with_the_nearest_cost() {
    let text = r"name: tiny
dataset:
  name: mnist
constraints:
  params:
    max: 2k
  macs:
    max: 100k
  flops:
    max: 40M
";
    let expected = r"space::start

  x the default start network `conv3×16 · conv3×16` has params 2682, which this bound rejects
   ,-[x.yaml:6:10]
 6 |     max: 2k
   :          ^^
   `----
  help: loosen the bound, or give `space.layers.start` as a network that fits

space::no-feasible-network

  x no network of the space has macs ≤ 100000: the least is 113056
   ,-[x.yaml:8:10]
 8 |     max: 100k
   :          ^^^^
   `----
  help: loosen the bound, or give the space other channels, kernels or depths

";
    assert_said(text, expected);
}

#[test]
fn a_key_given_twice_hides_nothing_else() {
    let text = r"name: tiny
seed: 1 # the first
dataset: {name: mnist, näme: é}
seed: 2
";
    let expected = r"spec::unknown-key

  x unknown key `näme`
   ,-[x.yaml:3:24]
 3 | dataset: {name: mnist, näme: é}
   :                        ^^^^
   `----
  help: allowed here: `class-names`, `classes`, `corrupt`, `corrupt-limit`, `format`, `group`, `height`, `name`, `path`, `size`, `split-seed`, `storage`, `test`, `val-as-test`, `validation`, `width`

spec::duplicate-key

  x `seed` is given twice
   ,-[x.yaml:4:1]
 4 | seed: 2
   : ^^^^
   `----
  help: keep one of the two; the first is on line 2

";
    assert_said(text, expected);
}
