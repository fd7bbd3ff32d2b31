//! The Kriging believer (Ginsbourger et al. 2010, "Kriging is well-suited to parallelize optimization"): what is chosen counts as
//! measured, with the reward that is predicted of it. Otherwise many would be chosen for one and the same reason.

use super::predictor::Observed;

/// Candidates in the order in which they are chosen, `count` of them by belief. `order` is that of the first model, which
/// predicted `means`; `score` judges all candidates after a model learnt from what it is given. Learning is repeated for every
/// `at_once` chosen ones. Where nothing can be learnt any more, the order stays as it is.
pub(super) fn believed(
    rows: &[Vec<f64>],
    means: &[f64],
    mut order: Vec<usize>,
    (count, at_once): (usize, usize),
    mut observed: Observed,
    mut score: impl FnMut(&Observed) -> Option<Vec<f64>>,
) -> Vec<usize> {
    for place in (at_once..count.min(order.len())).step_by(at_once) {
        for &latest in &order[place - at_once..place] {
            observed.rows.push(rows[latest].clone());
            observed.targets.push(means[latest]);
        }
        let Some(scores) = score(&observed) else { break };
        sort_descending(&mut order[place..], &scores);
    }
    order
}

/// Indices of the values, the largest first; ties in their order.
pub(super) fn descending(values: &[f64]) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..values.len()).collect();
    sort_descending(&mut indices, values);
    indices
}

fn sort_descending(indices: &mut [usize], values: &[f64]) {
    indices.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clusters; a candidate is worth less the nearer it is to what was observed.
    fn spread(at_once: usize) -> Vec<usize> {
        let rows: Vec<Vec<f64>> = [1.0, 1.1, 1.2, 5.0, 5.1].iter().map(|&place| vec![place]).collect();
        let far = |observed: &Observed| {
            let nearest = |row: &[f64]| observed.rows.iter().map(|seen| (seen[0] - row[0]).abs()).fold(f64::MAX, f64::min);
            Some(rows.iter().map(|row| nearest(row)).collect())
        };
        believed(&rows, &[0.0; 5], vec![0, 1, 2, 3, 4], (3, at_once), Observed::default(), far)
    }

    #[test]
    fn what_is_chosen_differs() {
        assert_eq!(spread(1)[..3], [0, 4, 2], "the farthest from all before");
        assert_eq!(spread(2)[..3], [0, 1, 4]);
        assert_eq!(spread(9)[..3], [0, 1, 2], "as many at once as are wanted: the plain order");
    }

    #[test]
    fn where_nothing_can_be_learnt_the_order_stays() {
        let rows = vec![vec![0.0]; 3];
        assert_eq!(believed(&rows, &[0.0; 3], vec![2, 0, 1], (3, 1), Observed::default(), |_| None), [2, 0, 1]);
        assert_eq!(believed(&[], &[], Vec::new(), (3, 1), Observed::default(), |_| None), Vec::<usize>::new());
    }
}
