//! Many parameters in one tensor: a cast, a gradient, an optimiser step then costs one operation, not one a parameter.

use tch::{Device, Kind, Tensor};

/// Parameters of one sort, end to end in one 32-bit tensor.
#[derive(Debug)]
pub struct Flat {
    pub tensor: Tensor,
    shapes: Vec<Vec<i64>>,
    sizes: Vec<i64>,
}

impl Flat {
    /// `values` fill the shapes one after another.
    pub fn new(shapes: Vec<Vec<i64>>, values: &[f32], device: Device, trainable: bool) -> Self {
        let sizes: Vec<i64> = shapes.iter().map(|shape| shape.iter().product()).collect();
        assert_eq!(sizes.iter().sum::<i64>(), values.len() as i64, "the values fill the shapes");
        let tensor = Tensor::from_slice(values).to_device(device).set_requires_grad(trainable);
        Self { tensor, shapes, sizes }
    }

    /// Every parameter as a view in its shape, cast to `kind`; gradients flow back into [`Flat::tensor`].
    pub fn pieces(&self, kind: Kind) -> Vec<Tensor> {
        if self.sizes.is_empty() {
            return Vec::new();
        }
        let pieces = self.tensor.to_kind(kind).split_with_sizes(&self.sizes[..], 0);
        pieces.into_iter().zip(&self.shapes).map(|(piece, shape)| piece.view(&shape[..])).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// All numbers, on the host.
    pub fn values(&self) -> Vec<f32> {
        host(&self.tensor)
    }

    /// Replaces all numbers.
    pub fn set(&mut self, from: &Tensor) {
        tch::no_grad(|| self.tensor.copy_(from));
    }
}

/// The numbers of a tensor, on the host, in the order of its logical indices.
pub fn host(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Float).contiguous();
    let mut values = vec![0.0; flat.numel()];
    let count = values.len();
    flat.copy_data(&mut values, count);
    values
}
