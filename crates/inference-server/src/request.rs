//! From a request of either form to texts, and from what was inferred to an answer of either form; pure.

use crate::model::Inferred;
use crate::protocol::{
    BYTES, INT64, InferRequest, InferResponse, InferTensor, InferTensorContents, ModelInferRequest,
    ModelInferResponse, Tensor,
};
use serde_json::Value;

/// A request that cannot be answered, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unusable(String);

fn unusable(reason: impl Into<String>) -> Unusable {
    Unusable(reason.into())
}

/// Reads the body of an HTTP request.
pub(crate) fn of_json(body: &[u8]) -> Result<InferRequest, Unusable> {
    serde_json::from_slice(body).map_err(|error| unusable(format!("not an inference request: {error}")))
}

/// The texts of an HTTP request.
pub(crate) fn texts(request: &InferRequest) -> Result<Vec<String>, Unusable> {
    let mut texts = Vec::new();
    for tensor in &request.inputs {
        check_type(&tensor.name, &tensor.datatype)?;
        for value in &tensor.data {
            let text = value.as_str().ok_or_else(|| {
                unusable(format!("input '{}' holds something else than texts", tensor.name))
            })?;
            texts.push(text.to_owned());
        }
    }
    require_some(texts)
}

/// The texts of a gRPC request.
pub(crate) fn message_texts(request: &ModelInferRequest) -> Result<Vec<String>, Unusable> {
    let mut texts = Vec::new();
    for (index, tensor) in request.inputs.iter().enumerate() {
        check_type(&tensor.name, &tensor.datatype)?;
        let contents = match request.raw_input_contents.get(index) {
            Some(raw) => raw_texts(raw)
                .ok_or_else(|| unusable(format!("the raw contents of '{}' are cut short", tensor.name)))?,
            None => {
                tensor.contents.as_ref().map(|contents| contents.bytes_contents.clone()).unwrap_or_default()
            }
        };
        for bytes in contents {
            let text = String::from_utf8(bytes)
                .map_err(|_| unusable(format!("input '{}' holds something else than texts", tensor.name)))?;
            texts.push(text);
        }
    }
    require_some(texts)
}

/// The raw form of texts: each with its length before it, four bytes, little end first.
fn raw_texts(mut raw: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut texts = Vec::new();
    while !raw.is_empty() {
        let (length, rest) = raw.split_first_chunk::<4>()?;
        let (text, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        texts.push(text.to_vec());
        raw = rest;
    }
    Some(texts)
}

fn check_type(name: &str, datatype: &str) -> Result<(), Unusable> {
    if datatype == BYTES {
        return Ok(());
    }
    Err(unusable(format!("input '{name}' has the type {datatype:?}; this model takes {BYTES}")))
}

fn require_some(texts: Vec<String>) -> Result<Vec<String>, Unusable> {
    if texts.is_empty() { Err(unusable("there is nothing to infer from")) } else { Ok(texts) }
}

/// The answer over HTTP.
pub(crate) fn answer(model: &str, version: &str, id: Option<String>, inferred: &[Inferred]) -> InferResponse {
    let tensor = |name: &str, datatype: &str, data: Vec<Value>| Tensor {
        name: name.to_owned(),
        datatype: datatype.to_owned(),
        shape: vec![length(inferred)],
        data,
    };
    InferResponse {
        model_name: model.to_owned(),
        model_version: version.to_owned(),
        id,
        outputs: vec![
            tensor("text", BYTES, inferred.iter().map(|each| each.text.clone().into()).collect()),
            tensor("words", INT64, inferred.iter().map(|each| each.words.into()).collect()),
            tensor("served_by", BYTES, inferred.iter().map(|each| each.server.clone().into()).collect()),
        ],
    }
}

/// What another server answered; `None` when it is no answer to `count` texts.
pub(crate) fn inferred(response: &InferResponse, count: usize) -> Option<Vec<Inferred>> {
    let output = |name: &str| {
        let data = &response.outputs.iter().find(|tensor| tensor.name == name)?.data;
        (data.len() == count).then_some(data)
    };
    let (texts, words, servers) = (output("text")?, output("words")?, output("served_by")?);
    let rows = texts.iter().zip(words).zip(servers);
    rows.map(|((text, words), server)| {
        Some(Inferred {
            text: text.as_str()?.to_owned(),
            words: words.as_i64()?,
            server: server.as_str()?.to_owned(),
        })
    })
    .collect()
}

/// The answer over gRPC.
pub(crate) fn message(request: &ModelInferRequest, inferred: &[Inferred]) -> ModelInferResponse {
    let tensor = |name: &str, datatype: &str, contents: InferTensorContents| InferTensor {
        name: name.to_owned(),
        datatype: datatype.to_owned(),
        shape: vec![length(inferred)],
        contents: Some(contents),
    };
    let bytes = |text: fn(&Inferred) -> &str| InferTensorContents {
        bytes_contents: inferred.iter().map(|each| text(each).as_bytes().to_vec()).collect(),
        ..InferTensorContents::default()
    };
    let words = InferTensorContents {
        int64_contents: inferred.iter().map(|each| each.words).collect(),
        ..InferTensorContents::default()
    };
    ModelInferResponse {
        model_name: request.model_name.clone(),
        model_version: request.model_version.clone(),
        id: request.id.clone(),
        outputs: vec![
            tensor("text", BYTES, bytes(|each| &each.text)),
            tensor("words", INT64, words),
            tensor("served_by", BYTES, bytes(|each| &each.server)),
        ],
    }
}

fn length(inferred: &[Inferred]) -> i64 {
    i64::try_from(inferred.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &Value) -> Result<Vec<String>, String> {
        let request = of_json(body.to_string().as_bytes()).map_err(|error| error.to_string())?;
        texts(&request).map_err(|error| error.to_string())
    }

    #[test]
    fn texts_are_taken_from_all_inputs() {
        let input = |data: Value| json!({ "name": "text", "datatype": "BYTES", "shape": [1], "data": data });
        let both = json!({ "inputs": [input(json!(["a", "b"])), input(json!(["c"]))] });
        assert_eq!(read(&both).unwrap(), ["a", "b", "c"]);
        assert_eq!(read(&json!({ "inputs": [] })).unwrap_err(), "there is nothing to infer from");
        let wrong = json!({ "inputs": [{ "name": "x", "datatype": "FP32", "data": [1.0] }] });
        assert_eq!(read(&wrong).unwrap_err(), "input 'x' has the type \"FP32\"; this model takes BYTES");
        let wrong = json!({ "inputs": [input(json!([1]))] });
        assert_eq!(read(&wrong).unwrap_err(), "input 'text' holds something else than texts");
        assert!(read(&json!("hello")).unwrap_err().starts_with("not an inference request: "));
    }

    #[test]
    fn raw_contents_come_before_the_others() {
        let input = InferTensor { name: "text".into(), datatype: BYTES.into(), ..InferTensor::default() };
        let of = |raw: &[u8]| ModelInferRequest {
            inputs: vec![input.clone()],
            raw_input_contents: vec![raw.to_vec()],
            ..ModelInferRequest::default()
        };
        assert_eq!(message_texts(&of(b"\x02\0\0\0hi\x01\0\0\0!")).unwrap(), ["hi", "!"]);
        let cut = message_texts(&of(b"\x02\0\0\0h")).unwrap_err().to_string();
        assert_eq!(cut, "the raw contents of 'text' are cut short");
    }

    #[test]
    fn an_answer_is_read_back_as_it_was() {
        let given = [crate::model::infer("hello", "a", "x y"), crate::model::infer("hello", "b", "z")];
        let response = answer("m", "1", Some("7".into()), &given);
        assert_eq!(inferred(&response, 2).unwrap(), given);
        assert_eq!(inferred(&response, 3), None);
    }
}
