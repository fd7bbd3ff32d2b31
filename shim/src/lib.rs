//! What `tch` does not expose of libtorch, and what libtorch does slowly on a processor: the functions of the C++ in `cpp/`.
//! `src/torch/shim.rs` of epnas calls them safely.

use std::ffi::{c_char, c_void};

/// A tensor as libtorch knows it: `at::Tensor*`.
pub type Handle = *const c_void;

// Each returns null, or a message that is freed with `epnas_free`.
#[allow(unsafe_code)]
unsafe extern "C" {
    pub fn epnas_free(message: *mut c_char);
    pub safe fn epnas_release_memory(of_gpu: bool);
    pub fn epnas_norm(
        result: *mut Handle,
        x: Handle,
        parameters: *const Handle,
        other: Handle,
        rectified: bool,
        training: bool,
        momentum: f64,
        epsilon: f64,
    ) -> *mut c_char;
    pub fn epnas_max_pool(result: *mut Handle, x: Handle, kernel: i64, stride: i64) -> *mut c_char;
    pub fn epnas_mean_pool(result: *mut Handle, x: Handle, kernel: i64, stride: i64) -> *mut c_char;
    pub fn epnas_depthwise(result: *mut Handle, x: Handle, weight: Handle, stride: i64) -> *mut c_char;
    pub fn epnas_sgd(weights: Handle, gradient: Handle, first: Handle, rate: f64, momentum: f64, decay: f64) -> *mut c_char;
    pub fn epnas_adamw(
        weights: Handle,
        gradient: Handle,
        moments: *const Handle,
        steps: f64,
        rate: f64,
        betas: *const f64,
        decay: f64,
        epsilon: f64,
    ) -> *mut c_char;
    pub fn epnas_set_deterministic(on: bool) -> *mut c_char;
    pub fn epnas_set_tf32(on: bool) -> *mut c_char;
}
