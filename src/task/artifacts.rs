//! What tasks read and give: bytes by name. Where they come from and go to is not known here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{of_replicate, unreadable};
use crate::engine::{MAX_REPLICATES, TaskFailure};
use crate::strategy::State;

/// What a task gave.
#[derive(Debug, Default)]
pub struct Outputs {
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// What it was computed with; recorded, never hashed.
    pub environment: BTreeMap<String, String>,
}

impl Outputs {
    pub(super) fn put(&mut self, name: impl Into<String>, value: &impl Serialize) {
        self.blobs.insert(name.into(), bytes(value));
    }

    pub(super) fn put_state(&mut self, state: State) {
        let bytes = bytes(&state);
        LATEST.set(Some((bytes.clone(), Arc::new(state))));
        self.blobs.insert(STATE.to_owned(), bytes);
    }
}

const STATE: &str = "state";

thread_local! {
    /// The latest state with its bytes. The next tasks of the search ask for it again, and to read it takes them longer than
    /// all else where a training is a look-up. Equal bytes are an equal state, so that nothing but time comes of it.
    static LATEST: RefCell<Option<(Vec<u8>, Arc<State>)>> = const { RefCell::new(None) };
}

/// The bytes of the inputs, by name; an optional one may be missing.
pub struct Inputs(pub BTreeMap<String, Vec<u8>>);

impl Inputs {
    pub(super) fn bytes(&self, name: &str) -> Result<&[u8], TaskFailure> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| unreadable(format!("its input `{name}` is missing")))
    }

    pub(super) fn optional(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, TaskFailure> {
        parse(name, self.bytes(name)?)
    }

    /// What the strategy remembers; nothing where the input is missing, as before the first update.
    pub(super) fn state(&self) -> Result<Arc<State>, TaskFailure> {
        let Some(bytes) = self.optional(STATE) else { return Ok(Arc::default()) };
        LATEST.with_borrow_mut(|latest| match latest {
            Some((known, state)) if known == bytes => Ok(Arc::clone(state)),
            _ => {
                let state: Arc<State> = Arc::new(parse(STATE, bytes)?);
                *latest = Some((bytes.to_owned(), Arc::clone(&state)));
                Ok(state)
            }
        })
    }

    /// The inputs `stem`, `stem-r2` … that there are, by name.
    pub(super) fn replicates(&self, stem: &str) -> impl Iterator<Item = String> {
        (1..=MAX_REPLICATES).map(move |replicate| of_replicate(stem, replicate)).filter(|name| self.0.contains_key(name))
    }

    /// The names of the inputs that begin so.
    pub(super) fn beginning(&self, start: &str) -> impl Iterator<Item = &String> {
        self.0.keys().filter(move |name| name.starts_with(start))
    }

    /// The inputs `stem-1`, `stem-2` … up to `count`, with gaps.
    pub(super) fn numbered<T: DeserializeOwned>(&self, stem: &str, count: usize) -> Result<Vec<Option<T>>, TaskFailure> {
        (1..=count)
            .map(|number| {
                let name = format!("{stem}-{number}");
                self.optional(&name).map(|bytes| parse(&name, bytes)).transpose()
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
        let inputs = |bytes: Vec<u8>| Inputs(BTreeMap::from([(STATE.to_owned(), bytes)]));
        let [first, second] = [1, 2].map(|stage| State { stage, ..State::default() });
        assert_eq!(*Inputs(BTreeMap::new()).state().expect("before the first update"), State::default());
        assert!(inputs(Vec::new()).state().is_err());
        let mut outputs = Outputs::default();
        outputs.put_state(first.clone());
        for state in [&first, &second, &second, &first] {
            assert_eq!(*inputs(bytes(state)).state().expect("a state"), *state);
        }
        assert!(inputs(b"{}}".to_vec()).state().is_err());
        assert_eq!(outputs.blobs[STATE], bytes(&first));
        assert_eq!(*inputs(bytes(&first)).state().expect("a state"), first);
    }
}
