//! Specs that each field is edited in, and the rows of their table.

pub const LAYERS: &str = "
name: layers
references: none
seed: 1
dataset: {name: fashion-mnist, validation: 5000, split-seed: 0}
space:
  layers:
    stem: {kernel: 3, channels: 16, stride: 1}
    operations: [convolution, inverted-bottleneck, max-pool, average-pool]
    kernels: [3, 5]
    channels: [16, 32]
    strides: [1, 2]
    expansions: [2, 4]
    skips: true
    depth: {min: 1, max: 4}
    min-resolution: 4
    start:
      - {operation: convolution, channels: 16}
      - {operation: inverted-bottleneck, channels: 16, expansion: 2}
stages:
  - {name: one, rounds: 2, proposals: 8, trainings: 4, examples: 0.5, carry: 2, depth: 2}
  - {name: two, rounds: 1, proposals: 8, trainings: 4, depth: 4}
final: {networks: 2, epochs: 4}
";

/// The same on files of one's own.
pub const OWN: &str = "
name: own
references: none
dataset: {format: idx, path: letters, height: 28, width: 28, classes: 10, validation: 5000}
space: {layers: {stem: {channels: 16}, depth: {max: 3}}}
stages: [{rounds: 1, proposals: 8, trainings: 4, depth: 2}, {rounds: 1, proposals: 8, trainings: 4, depth: 3}]
final: {networks: 2, epochs: 4}
";

/// The same on photographs.
pub const PHOTOS: &str = "
name: photos
dataset: {path: photos, size: 32, validation: 10%}
space: {layers: {stem: {channels: 16}, depth: {max: 3}}}
stages: [{rounds: 1, proposals: 8, trainings: 4, depth: 2}, {rounds: 1, proposals: 8, trainings: 4, depth: 3}]
final: {networks: 2, epochs: 4}
";

pub const CELLS: &str = "
name: cells
references: none
dataset: {name: mnist}
space:
  cells:
    operations: [identity, convolution-1x1, max-pool-3x3]
    combine: [add, concat]
    blocks: {min: 1, max: 3}
    skeleton: {channels: 8, cells: 1, reductions: 1, stem-stride: 1}
    start: [{inputs: [0, 1], operations: [convolution-1x1, convolution-1x1], combine: add}]
strategy: pnas
stages: [{rounds: 1, proposals: 8, trainings: 4, depth: 2}, {rounds: 1, proposals: 8, trainings: 4, depth: 3}]
final: {skeleton: {channels: 16, cells: 2, reductions: 2, stem-stride: 2}}
";

pub const TABLE: &str = "
name: table
space:
  table:
    path: table.csv
    choices: {columns: [a, b, c]}
    metric: early
    reported: {validation: late, test: test}
    costs: {params: size}
strategy: random
stages: [{rounds: 2, trainings: 1}]
";

pub const ROWS: &str = "a,b,c,word,other,early,late,test,size,work
x,x,y,x-x-y,u-u-v,0.50,0.60,0.59,1,2
x,y,y,x-y-y,u-v-v,0.51,0.62,0.61,2,3
y,x,y,y-x-y,v-u-v,0.52,0.61,0.60,3,4
y,y,y,y-y-y,v-v-v,0.53,0.63,0.62,4,5
x,x,x,x-x-x,u-u-u,0.54,0.64,0.63,5,6
";
