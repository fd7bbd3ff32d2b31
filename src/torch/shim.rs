//! What `tch` does not expose, and what libtorch does slowly on a processor: the C++ of the crate `epnas-shim`, called safely.

use std::ffi::{CStr, c_char};
use std::ptr;

use epnas_shim::{
    Handle, epnas_adamw, epnas_depthwise, epnas_free, epnas_max_pool, epnas_mean_pool, epnas_norm, epnas_release_memory,
    epnas_set_deterministic, epnas_set_tf32, epnas_sgd,
};
use tch::{TchError, Tensor};

/// What follows a batch normalisation and is done with it.
#[derive(Clone, Copy, Debug)]
pub struct Then<'a> {
    /// Of the shape of what is normalised; added to the result.
    pub add: Option<&'a Tensor>,
    /// Whether a rectifier comes last.
    pub rectify: bool,
}

/// Batch normalisation of images × channels × height × width on a processor, 32-bit or bf16, as `nn.BatchNorm2d` with
/// momentum 0.1 and ε = 10⁻⁵, and what follows it. `parameters`: weight, bias, running mean and variance, 32-bit; the
/// running ones are updated where `training`. Differentiable by the images, weight, bias and what is added.
///
/// # Panics
/// With the error of libtorch, as `tch` does.
#[allow(unsafe_code)]
pub fn norm(images: &Tensor, parameters: &[Tensor; 4], then: Then<'_>, training: bool) -> Tensor {
    let handles = parameters.each_ref().map(handle);
    let add = then.add.map_or(ptr::null(), handle);
    // SAFETY: all pointers are of tensors that live beyond the call, four of them in `handles`; the result is a new one.
    made(|result| unsafe { epnas_norm(result, handle(images), handles.as_ptr(), add, then.rectify, training, 0.1, 1e-5) })
}

/// The largest kernel of [`max_pool`].
pub const MAX_POOL: usize = 15;

/// Maximum pooling on a processor, 32-bit or bf16, kernel × kernel padded by (kernel − 1) / 2; kernels to [`MAX_POOL`].
///
/// # Panics
/// With the error of libtorch, as `tch` does.
#[allow(unsafe_code)]
pub fn max_pool(images: &Tensor, kernel: usize, stride: usize) -> Tensor {
    assert!(kernel <= MAX_POOL, "places in a window fit into a byte");
    // SAFETY: the pointer is of a tensor that lives beyond the call; the result is a new one.
    made(|result| unsafe { epnas_max_pool(result, handle(images), kernel as i64, stride as i64) })
}

/// Mean pooling on a processor, 32-bit or bf16, kernel × kernel padded by (kernel − 1) / 2; padding does not count.
///
/// # Panics
/// With the error of libtorch, as `tch` does.
#[allow(unsafe_code)]
pub fn mean_pool(images: &Tensor, kernel: usize, stride: usize) -> Tensor {
    // SAFETY: the pointer is of a tensor that lives beyond the call; the result is a new one.
    made(|result| unsafe { epnas_mean_pool(result, handle(images), kernel as i64, stride as i64) })
}

/// Convolution of each channel apart on a processor, 32-bit; the weight is channels × 1 × kernel × kernel, padded by
/// (kernel − 1) / 2.
///
/// # Panics
/// With the error of libtorch, as `tch` does.
#[allow(unsafe_code)]
pub fn depthwise(images: &Tensor, weight: &Tensor, stride: i64) -> Tensor {
    // SAFETY: the pointers are of tensors that live beyond the call; the result is a new one.
    made(|result| unsafe { epnas_depthwise(result, handle(images), handle(weight), stride) })
}

/// One step of stochastic gradient descent with Nesterov momentum, all in one pass over memory. `decay` is added to the
/// gradient; `first` is the momentum.
///
/// # Panics
/// With the error of libtorch, as `tch` does.
#[allow(unsafe_code)]
pub fn sgd(weights: &mut Tensor, gradient: &Tensor, first: &mut Tensor, rate: f64, momentum: f64, decay: f64) {
    // SAFETY: all pointers are of tensors that live beyond the call; those that are changed are borrowed alone.
    check(unsafe { epnas_sgd(handle(weights), handle(gradient), handle(first), rate, momentum, decay) });
}

/// The step numbered `steps`, from 1, of Adam with decoupled weight decay (arXiv 1711.05101) in one pass over memory; the
/// moments are changed, `betas` their coefficients.
///
/// # Panics
/// With the error of libtorch, as `tch` does.
#[allow(unsafe_code)]
pub fn adamw(weights: &mut Tensor, gradient: &Tensor, moments: [&mut Tensor; 2], steps: i32, rate: f64, betas: [f64; 2], decay: f64) {
    let moments = moments.map(|moment| handle(moment));
    // SAFETY: all pointers are of tensors or arrays that live beyond the call; tensors that are changed are borrowed alone.
    check(unsafe { epnas_adamw(handle(weights), handle(gradient), moments.as_ptr(), f64::from(steps), rate, betas.as_ptr(), decay, 1e-8) });
}

/// Gives back to the system what was freed. Workers keep it during a training, see [`epnas::run::ALLOCATOR`], and would
/// keep the most that any of theirs took.
///
/// `of_gpu`: also to the driver of a GPU, of which other workers want it.
pub fn release_memory(of_gpu: bool) {
    epnas_release_memory(of_gpu);
}

/// Whether only algorithms are used that give equal results each time; libtorch refuses work for which it has none.
#[allow(unsafe_code)]
pub fn set_deterministic(on: bool) {
    // SAFETY: no pointer is handed over.
    check(unsafe { epnas_set_deterministic(on) });
}

/// Whether a GPU may multiply 32-bit numbers as TF32, with mantissas of 10 bits.
#[allow(unsafe_code)]
pub fn set_tf32(on: bool) {
    // SAFETY: no pointer is handed over.
    check(unsafe { epnas_set_tf32(on) });
}

fn handle(tensor: &Tensor) -> Handle {
    tensor.as_ptr().cast()
}

#[allow(unsafe_code)]
fn made(call: impl FnOnce(*mut Handle) -> *mut c_char) -> Tensor {
    let mut result: Handle = ptr::null();
    check(call(&raw mut result));
    // SAFETY: without an error the result is a tensor that nobody else owns.
    unsafe { Tensor::from_ptr(result.cast_mut().cast()) }
}

/// Panics with an error as `tch` does, so that it becomes a failure of the task in the same place.
#[allow(unsafe_code)]
fn check(message: *mut c_char) {
    if message.is_null() {
        return;
    }
    // SAFETY: a message is a C string that was allocated for us, freed once.
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    unsafe { epnas_free(message) };
    panic!("{:?}", TchError::Torch(text));
}

#[cfg(test)]
#[path = "shim_tests.rs"]
mod tests;
