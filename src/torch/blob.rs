//! Named arrays of 32-bit numbers as safetensors. Reading checks everything: the bytes come from outside.

use std::collections::BTreeMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use epnas::engine::TaskFailure;

/// Numbers and their shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// The arrays of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blob(BTreeMap<String, Array>);

impl Blob {
    pub fn put(&mut self, name: impl Into<String>, shape: Vec<usize>, values: Vec<f32>) {
        self.0.insert(name.into(), Array { shape, values });
    }

    /// The shape of an array that is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.0.get(name).map(|array| array.shape.as_slice())
    }

    /// Takes an array out; it must be there with this shape.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, TaskFailure> {
        let array = self.0.remove(name).ok_or_else(|| unreadable(format!("the weights lack `{name}`")))?;
        if array.shape != shape {
            return Err(unreadable(format!("`{name}` has shape {:?}, the network needs {shape:?}", array.shape)));
        }
        Ok(array.values)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn into_arrays(self) -> impl Iterator<Item = (String, Array)> {
        self.0.into_iter()
    }

    /// Fails where arrays are left that nobody took.
    pub fn finish(self) -> Result<(), TaskFailure> {
        match self.0.into_keys().next() {
            Some(name) => Err(unreadable(format!("the weights hold `{name}`, which the network does not have"))),
            None => Ok(()),
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes: Vec<(&String, &Array, Vec<u8>)> =
            self.0.iter().map(|(name, array)| (name, array, array.values.iter().flat_map(|value| value.to_le_bytes()).collect())).collect();
        let views = bytes.iter().map(|(name, array, bytes)| {
            let view = TensorView::new(Dtype::F32, array.shape.clone(), bytes).expect("as many bytes as the shape says");
            (name.as_str(), view)
        });
        safetensors::serialize(views, None).expect("names and views are well-formed")
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TaskFailure> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(format!("the weights are not safetensors: {error}")))?;
        let mut blob = Self::default();
        for (name, view) in file.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(unreadable(format!("`{name}` is not of 32-bit numbers")));
            }
            let values = view.data().chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
            blob.put(name, view.shape().to_vec(), values);
        }
        Ok(blob)
    }
}

pub fn unreadable(message: String) -> TaskFailure {
    TaskFailure::Unreadable { message }
}

pub fn refused(message: impl Into<String>) -> TaskFailure {
    TaskFailure::Refused { message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_damage() {
        let mut blob = Blob::default();
        blob.put("b", vec![2, 1], vec![1.0, f32::MIN_POSITIVE]);
        blob.put("a", vec![], vec![3.0]);
        let bytes = blob.to_bytes();
        assert_eq!(Blob::from_bytes(&bytes), Ok(blob));
        assert!(Blob::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(Blob::from_bytes(b"").is_err());
    }
}
