//! What tasks read and give: bytes by name. Where they come from and go to is not known here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::port::PENDING;
use super::{Port, unreadable};
use crate::arch::Architecture;
use crate::engine::{MAX_REPLICATES, TaskFailure};
use crate::strategy::{Carried, Measured, State};

/// What a task gave.
#[derive(Debug, Default)]
pub struct Outputs {
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// What it was computed with; recorded, never hashed.
    pub environment: BTreeMap<String, String>,
}

impl Outputs {
    pub(super) fn put(&mut self, port: Port, value: &impl Serialize) {
        self.put_bytes(port, bytes(value));
    }

    pub(super) fn put_bytes(&mut self, port: Port, bytes: Vec<u8>) {
        self.blobs.insert(port.name().into_owned(), bytes);
    }

    pub(super) fn put_state(&mut self, state: State) {
        let bytes = bytes(&state);
        LATEST.set(Some((bytes.clone(), Arc::new(state))));
        self.put_bytes(STATE, bytes);
    }
}

const STATE: Port = Port::Carried(Carried::State);

thread_local! {
    /// The latest state with its bytes. The next tasks of the search ask for it again, and to read it takes them longer than
    /// all else where a training is a look-up. Equal bytes are an equal state, so that nothing but time comes of it.
    static LATEST: RefCell<Option<(Vec<u8>, Arc<State>)>> = const { RefCell::new(None) };
}

/// The bytes of the inputs, by name; an optional one may be missing.
pub struct Inputs(pub BTreeMap<String, Vec<u8>>);

impl Inputs {
    pub(super) fn bytes(&self, port: Port) -> Result<&[u8], TaskFailure> {
        self.optional(port).ok_or_else(|| unreadable(format!("its input `{port}` is missing")))
    }

    pub(super) fn optional(&self, port: Port) -> Option<&[u8]> {
        self.0.get(port.name().as_ref()).map(Vec::as_slice)
    }

    pub(super) fn json<T: DeserializeOwned>(&self, port: Port) -> Result<T, TaskFailure> {
        parse(&port.name(), self.bytes(port)?)
    }

    /// What the strategy remembers; nothing where the input is missing, as before the first update.
    pub(super) fn state(&self) -> Result<Arc<State>, TaskFailure> {
        let Some(bytes) = self.optional(STATE) else { return Ok(Arc::default()) };
        LATEST.with_borrow_mut(|latest| match latest {
            Some((known, state)) if known == bytes => Ok(Arc::clone(state)),
            _ => {
                let state: Arc<State> = Arc::new(parse(&STATE.name(), bytes)?);
                *latest = Some((bytes.to_owned(), Arc::clone(&state)));
                Ok(state)
            }
        })
    }

    /// The inputs of the trainings of one network that are there.
    pub(super) fn replicates(&self, port: impl Fn(usize) -> Port) -> impl Iterator<Item = Port> {
        (1..=MAX_REPLICATES).map(port).filter(|port| self.optional(*port).is_some())
    }

    /// Networks that earlier rounds chose and of which nothing was learned yet.
    pub(super) fn pending(&self) -> impl Iterator<Item = Result<Architecture, TaskFailure>> {
        self.0.iter().filter(|(name, _)| name.starts_with(PENDING)).map(|(name, bytes)| parse(name, bytes))
    }

    /// The measured networks 1, 2 … up to `count`, with gaps.
    pub(super) fn measured(&self, count: usize) -> Result<Vec<Option<Measured>>, TaskFailure> {
        (1..=count)
            .map(|number| {
                let port = Port::MeasuredOf(number);
                self.optional(port).map(|bytes| parse(&port.name(), bytes)).transpose()
            })
            .collect()
    }
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data always serialises")
}

fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, TaskFailure> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(format!("its input `{name}` is not what was expected: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_that_of_its_bytes_whatever_was_read_before() {
        let inputs = |bytes: Vec<u8>| Inputs(BTreeMap::from([(STATE.name().into_owned(), bytes)]));
        let [first, second] = [1, 2].map(|stage| State { stage, ..State::default() });
        assert_eq!(*Inputs(BTreeMap::new()).state().expect("before the first update"), State::default());
        assert!(inputs(Vec::new()).state().is_err());
        let mut outputs = Outputs::default();
        outputs.put_state(first.clone());
        for state in [&first, &second, &second, &first] {
            assert_eq!(*inputs(bytes(state)).state().expect("a state"), *state);
        }
        assert!(inputs(b"{}}".to_vec()).state().is_err());
        assert_eq!(outputs.blobs[STATE.name().as_ref()], bytes(&first));
        assert_eq!(*inputs(bytes(&first)).state().expect("a state"), first);
    }
}
