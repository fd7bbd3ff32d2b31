//! Names of the ONNX files of an export.

pub const ONNX: &str = "model.onnx";
pub const ONNX_UINT8: &str = "model.uint8.onnx";
pub const ONNX_INT8: &str = "model.int8.onnx";
