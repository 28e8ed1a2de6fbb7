//! The Open Inference Protocol's requests and answers: JSON for HTTP, messages for gRPC
//! (`inference.GRPCInferenceService`). Only text tensors come in; what is left out of the messages is ignored.

use serde::{Deserialize, Serialize};

/// The element type of texts.
pub const BYTES: &str = "BYTES";
/// The element type of counts.
pub const INT64: &str = "INT64";

/// A request over HTTP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InferRequest {
    /// The caller's own id of the request, given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What to infer from.
    pub inputs: Vec<Tensor>,
}

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InferResponse {
    /// The model that was asked.
    pub model_name: String,
    /// Its version.
    pub model_version: String,
    /// The request's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What was inferred.
    pub outputs: Vec<Tensor>,
}

/// Values with a name, a type and a shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tensor {
    /// The tensor's name.
    pub name: String,
    /// Its element type.
    pub datatype: String,
    /// Its dimensions.
    #[serde(default)]
    pub shape: Vec<i64>,
    /// Its values, flat.
    pub data: Vec<serde_json::Value>,
}

/// `ModelInferRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ModelInferRequest {
    /// The model to ask.
    #[prost(string, tag = "1")]
    pub model_name: String,
    /// Its version.
    #[prost(string, tag = "2")]
    pub model_version: String,
    /// The caller's own id of the request, given back.
    #[prost(string, tag = "3")]
    pub id: String,
    /// What to infer from.
    #[prost(message, repeated, tag = "5")]
    pub inputs: Vec<InferTensor>,
    /// The inputs' values in the raw form, which is used instead when it is there.
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub raw_input_contents: Vec<Vec<u8>>,
}

/// `ModelInferResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ModelInferResponse {
    /// The model that was asked.
    #[prost(string, tag = "1")]
    pub model_name: String,
    /// Its version.
    #[prost(string, tag = "2")]
    pub model_version: String,
    /// The request's id.
    #[prost(string, tag = "3")]
    pub id: String,
    /// What was inferred.
    #[prost(message, repeated, tag = "5")]
    pub outputs: Vec<InferTensor>,
}

/// `ModelStreamInferResponse`: one answer of a stream, or why there is none.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ModelStreamInferResponse {
    /// Why there is no answer; empty when there is one.
    #[prost(string, tag = "1")]
    pub error_message: String,
    /// The answer.
    #[prost(message, optional, tag = "2")]
    pub infer_response: Option<ModelInferResponse>,
}

/// `InferInputTensor` and `InferOutputTensor`, which have the same form.
#[derive(Clone, PartialEq, prost::Message)]
pub struct InferTensor {
    /// The tensor's name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its element type.
    #[prost(string, tag = "2")]
    pub datatype: String,
    /// Its dimensions.
    #[prost(int64, repeated, tag = "3")]
    pub shape: Vec<i64>,
    /// Its values.
    #[prost(message, optional, tag = "5")]
    pub contents: Option<InferTensorContents>,
}

/// `InferTensorContents`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct InferTensorContents {
    /// Values of an `INT64` tensor.
    #[prost(int64, repeated, tag = "3")]
    pub int64_contents: Vec<i64>,
    /// Values of a `BYTES` tensor.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub bytes_contents: Vec<Vec<u8>>,
}

/// `ServerLiveResponse`, `ServerReadyResponse` and `ModelReadyResponse`, which have the same form.
#[derive(Clone, PartialEq, prost::Message)]
pub struct YesResponse {
    /// Whether it is so.
    #[prost(bool, tag = "1")]
    pub yes: bool,
}

/// `grpc.health.v1.HealthCheckResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HealthCheckResponse {
    /// 1 for serving, 2 for not.
    #[prost(int32, tag = "1")]
    pub status: i32,
}
