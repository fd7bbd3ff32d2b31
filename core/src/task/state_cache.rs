//! The latest state of a search, decoded: the next tasks of the search read it again, and to decode it takes longer than all
//! else where a training is a look-up.

use std::sync::Arc;

use super::Port;
use super::artifacts::{Inputs, Outputs, bytes, parse};
use crate::engine::TaskFailure;
use crate::strategy::{Carried, State};

const STATE: Port = Port::Carried(Carried::State);

/// A state with the bytes it is decoded from. Equal bytes are an equal state, so that nothing but time comes of it.
#[derive(Debug, Default)]
pub struct StateCache(Option<(Vec<u8>, Arc<State>)>);

impl StateCache {
    /// The state that a task reads; an empty one where the input is missing, as before the first update.
    pub(super) fn read(&mut self, inputs: &Inputs) -> Result<Arc<State>, TaskFailure> {
        let Some(bytes) = inputs.optional(STATE) else { return Ok(Arc::default()) };
        match &self.0 {
            Some((known, state)) if known == bytes => Ok(Arc::clone(state)),
            _ => {
                let state: Arc<State> = Arc::new(parse(&STATE.name(), bytes)?);
                self.0 = Some((bytes.to_owned(), Arc::clone(&state)));
                Ok(state)
            }
        }
    }

    /// Puts a state among the outputs of a task.
    pub(super) fn put(&mut self, state: State, outputs: &mut Outputs) {
        let bytes = bytes(&state);
        self.0 = Some((bytes.clone(), Arc::new(state)));
        outputs.put_bytes(STATE, bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_state_is_that_of_its_bytes_whatever_was_read_before() {
        let inputs = |bytes: Vec<u8>| Inputs(BTreeMap::from([(STATE.name().into_owned(), bytes)]));
        let [first, second] = [1, 2].map(|stage| State { stage, ..State::default() });
        let mut cache = StateCache::default();
        assert_eq!(*cache.read(&Inputs(BTreeMap::new())).expect("before the first update"), State::default());
        assert!(cache.read(&inputs(Vec::new())).is_err());
        let mut outputs = Outputs::default();
        cache.put(first.clone(), &mut outputs);
        for state in [&first, &second, &second, &first] {
            assert_eq!(*cache.read(&inputs(bytes(state))).expect("a state"), *state);
        }
        assert!(cache.read(&inputs(b"{}}".to_vec())).is_err());
        assert_eq!(outputs.blobs[STATE.name().as_ref()], bytes(&first));
        assert_eq!(*cache.read(&inputs(bytes(&first))).expect("a state"), first);
    }
}
