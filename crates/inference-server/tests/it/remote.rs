//! gRPC.

use crate::support::start;
use prost::Message as _;
use wheelhouse_inference_server::protocol::{
    HealthCheckResponse, InferTensor, InferTensorContents, ModelInferRequest, ModelInferResponse,
    ModelStreamInferResponse,
};

fn asking(text: &str) -> Vec<u8> {
    let contents =
        InferTensorContents { bytes_contents: vec![text.into()], ..InferTensorContents::default() };
    let input = InferTensor {
        name: "text".into(),
        datatype: "BYTES".into(),
        shape: vec![1],
        contents: Some(contents),
    };
    framed(&ModelInferRequest {
        model_name: "greeter".into(),
        inputs: vec![input],
        ..ModelInferRequest::default()
    })
}

fn framed(message: &impl prost::Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend(message);
    framed
}

fn texts(answer: &ModelInferResponse) -> Vec<String> {
    let contents = answer.outputs[0].contents.clone().unwrap().bytes_contents;
    contents.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect()
}

#[tokio::test]
async fn a_call_is_answered() {
    let server = start("s", 0, &[]).await;
    let (answer, trailers) = server.grpc("/inference.GRPCInferenceService/ModelInfer", asking("world")).await;
    assert_eq!(trailers["grpc-status"], "0", "{trailers:?}");
    let answer = ModelInferResponse::decode(&answer[5..]).unwrap();
    assert_eq!((answer.model_name.as_str(), texts(&answer)), ("greeter", vec!["hello, world".to_owned()]));
    assert_eq!(answer.outputs[1].contents.as_ref().unwrap().int64_contents, [1]);
}

#[tokio::test]
async fn a_stream_has_an_answer_for_each_request() {
    let server = start("s", 0, &[]).await;
    let mut requests = asking("a");
    requests.extend(framed(&ModelInferRequest::default()));
    requests.extend(asking("b"));
    let (mut answers, trailers) =
        server.grpc("/inference.GRPCInferenceService/ModelStreamInfer", requests).await;
    assert_eq!(trailers["grpc-status"], "0");
    let mut said = Vec::new();
    while !answers.is_empty() {
        let length = u32::from_be_bytes(answers[1..5].try_into().unwrap()) as usize;
        let answer = ModelStreamInferResponse::decode(&answers[5..5 + length]).unwrap();
        said.push(answer.infer_response.map_or(answer.error_message, |answer| texts(&answer).join(" ")));
        answers = answers.split_off(5 + length);
    }
    assert_eq!(said, ["hello, a", "there is nothing to infer from", "hello, b"]);
}

#[tokio::test]
async fn health_is_told_and_wrong_calls_have_a_status() {
    let server = start("s", 0, &[]).await;
    let (answer, _) = server.grpc("/grpc.health.v1.Health/Check", framed(&())).await;
    assert_eq!(HealthCheckResponse::decode(&answer[5..]).unwrap().status, 1);
    for (method, body, code) in [
        ("/inference.GRPCInferenceService/ModelInfer", framed(&()), "3"),
        ("/inference.GRPCInferenceService/ModelInfer", vec![0, 0, 0, 0, 9, 1], "3"),
        ("/inference.GRPCInferenceService/ModelInfer", vec![1, 0, 0, 0, 0], "12"),
        ("/a.B/C", framed(&()), "12"),
    ] {
        let (_, trailers) = server.grpc(method, body).await;
        assert_eq!(trailers["grpc-status"], code, "{trailers:?}");
    }
}
