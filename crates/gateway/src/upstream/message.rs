//! HTTP/1.1 messages as bytes (RFC 9112): heads of requests, heads and bodies of answers.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, request};
use hyper::body::Frame;
use std::mem::MaybeUninit;

/// The longest head of an answer, in bytes.
const HEAD_LIMIT: usize = 64 << 10;
/// The most headers of an answer.
const HEADERS: usize = 128;
/// The longest line before a chunk, with its extensions, in bytes.
const CHUNK_LINE_LIMIT: usize = 4 << 10;
/// Below this, a piece of a body is copied, so that the buffer it was read into can be used again at once.
const COPIED: usize = 4 << 10;

/// What an instance sent is not HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the instance's answer is malformed: {0}")]
pub(super) struct Malformed(pub(super) &'static str);

/// Writes a request's head. A body of unknown length is sent in chunks.
pub(super) fn write_head(out: &mut BytesMut, request: &request::Parts, length: Option<u64>) {
    out.put_slice(request.method.as_str().as_bytes());
    out.put_u8(b' ');
    let path = request.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    out.put_slice(path.as_bytes());
    out.put_slice(b" HTTP/1.1\r\n");
    // The length is said once, and as it is.
    let own = |name: &HeaderName| *name == header::CONTENT_LENGTH || *name == header::TRANSFER_ENCODING;
    for (name, value) in request.headers.iter().filter(|(name, _)| !own(name)) {
        out.put_slice(name.as_str().as_bytes());
        out.put_slice(b": ");
        out.put_slice(value.as_bytes());
        out.put_slice(b"\r\n");
    }
    let bodiless = matches!(request.method, Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS);
    match length {
        None => out.put_slice(b"transfer-encoding: chunked\r\n"),
        Some(0) if bodiless => {}
        Some(length) => out.put_slice(format!("content-length: {length}\r\n").as_bytes()),
    }
    out.put_slice(b"\r\n");
}

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
    /// Whether the connection can take another call after this one.
    pub(super) kept: bool,
}

/// Takes an answer's head from what was received; `None` while it is not all there. Interim answers are left out.
pub(super) fn take_head(received: &mut BytesMut, method: &Method) -> Result<Option<Head>, Malformed> {
    loop {
        let mut headers = [const { MaybeUninit::uninit() }; HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let parsed = config
            .parse_response_with_uninit_headers(&mut response, received, &mut headers)
            .map_err(|_| Malformed("its head cannot be read"))?;
        let httparse::Status::Complete(length) = parsed else {
            return if received.len() > HEAD_LIMIT {
                Err(Malformed("its head is too long"))
            } else {
                Ok(None)
            };
        };
        let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(Malformed("its status is none"))?;
        if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
            received.advance(length);
            continue;
        }
        let modern = response.version == Some(1);
        let map = header_map(received.get(..length).unwrap_or_default(), response.headers)?;
        received.advance(length);
        let (framing, clear) = framing(status, &map, method, modern)?;
        let kept = clear && stays_open(&map, modern);
        return Ok(Some(Head { status, headers: map, framing, kept }));
    }
}

/// The headers, their values in one copy of the head.
fn header_map(head: &[u8], parsed: &[httparse::Header<'_>]) -> Result<HeaderMap, Malformed> {
    let bytes = Bytes::copy_from_slice(head);
    let mut map = HeaderMap::with_capacity(parsed.len() + 4);
    for header in parsed {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let name = name.map_err(|_| Malformed("a header's name is none"))?;
        let start = (header.value.as_ptr() as usize).wrapping_sub(head.as_ptr() as usize);
        let value = match head.get(start..start.wrapping_add(header.value.len())) {
            Some(_) => HeaderValue::from_maybe_shared(bytes.slice(start..start + header.value.len())),
            None => HeaderValue::from_bytes(header.value),
        };
        map.append(name, value.map_err(|_| Malformed("a header's value is none"))?);
    }
    Ok(map)
}

fn words<'a>(map: &'a HeaderMap, name: &HeaderName) -> impl DoubleEndedIterator<Item = &'a str> {
    let values = map.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn stays_open(map: &HeaderMap, modern: bool) -> bool {
    let says = |wanted: &str| words(map, &header::CONNECTION).any(|word| word.eq_ignore_ascii_case(wanted));
    if modern { !says("close") } else { says("keep-alive") }
}

/// Where the body ends (RFC 9112, 6.3), and whether that leaves no doubt.
fn framing(
    status: StatusCode,
    map: &HeaderMap,
    method: &Method,
    modern: bool,
) -> Result<(Framing, bool), Malformed> {
    let none = matches!(status.as_u16(), 101 | 204 | 304) || *method == Method::HEAD;
    if none {
        return Ok((Framing::Length(0), true));
    }
    if map.contains_key(header::TRANSFER_ENCODING) {
        if !modern {
            return Err(Malformed("HTTP/1.0 has no transfer codings"));
        }
        let last = words(map, &header::TRANSFER_ENCODING).next_back().unwrap_or_default();
        // Both a length and chunks: the chunks count, and nothing after them is believed.
        let clear = !map.contains_key(header::CONTENT_LENGTH);
        let chunked = last.eq_ignore_ascii_case("chunked");
        return Ok((if chunked { Framing::Chunked(Chunk::Size) } else { Framing::UntilClose }, clear));
    }
    let mut length = None;
    for word in words(map, &header::CONTENT_LENGTH) {
        let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        let parsed = word.parse::<u64>().ok().filter(|_| digits);
        match (parsed, length) {
            (None, _) => return Err(Malformed("its length is none")),
            (Some(one), Some(other)) if one != other => return Err(Malformed("it has two lengths")),
            (Some(one), _) => length = Some(one),
        }
    }
    if length.is_none() && map.contains_key(header::CONTENT_LENGTH) {
        return Err(Malformed("its length is none"));
    }
    Ok(length.map_or((Framing::UntilClose, false), |length| (Framing::Length(length), true)))
}

/// Where a body ends, and what is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// With the chunk of no length.
    Chunked(Chunk),
    /// With the connection.
    UntilClose,
}

/// What comes next in a body in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunk {
    Size,
    Data(u64),
    DataEnd,
    Trailers,
    End,
}

impl Framing {
    /// Whether nothing more comes.
    pub(super) fn has_ended(self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::End))
    }

    /// Takes the next piece of the body from what was received; `None` where more has to be received first.
    pub(super) fn take(&mut self, received: &mut BytesMut) -> Result<Option<Frame<Bytes>>, Malformed> {
        match self {
            Self::UntilClose => {
                let length = received.len();
                Ok((length > 0).then(|| Frame::data(take_bytes(received, length))))
            }
            Self::Length(left) => Ok(take_counted(left, received)),
            Self::Chunked(chunk) => chunk.take(received),
        }
    }
}

impl Chunk {
    fn take(&mut self, received: &mut BytesMut) -> Result<Option<Frame<Bytes>>, Malformed> {
        loop {
            match self {
                Self::Size => match httparse::parse_chunk_size(received) {
                    Err(_) => return Err(Malformed("a chunk's length is none")),
                    Ok(httparse::Status::Partial) if received.len() > CHUNK_LINE_LIMIT => {
                        return Err(Malformed("a chunk's first line is too long"));
                    }
                    Ok(httparse::Status::Partial) => return Ok(None),
                    Ok(httparse::Status::Complete((line, size))) => {
                        received.advance(line);
                        *self = if size == 0 { Self::Trailers } else { Self::Data(size) };
                    }
                },
                Self::Data(left) => {
                    let taken = take_counted(left, received);
                    if *left == 0 {
                        *self = Self::DataEnd;
                    }
                    return Ok(taken);
                }
                Self::DataEnd => match received.get(..2) {
                    Some(b"\r\n") => {
                        received.advance(2);
                        *self = Self::Size;
                    }
                    Some(_) => return Err(Malformed("a chunk is longer than it says")),
                    None => return Ok(None),
                },
                Self::Trailers => {
                    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
                    let parsed = httparse::parse_headers(received, &mut headers)
                        .map_err(|_| Malformed("its trailers cannot be read"))?;
                    let httparse::Status::Complete((length, parsed)) = parsed else {
                        let long = received.len() > HEAD_LIMIT;
                        return if long { Err(Malformed("its trailers are too long")) } else { Ok(None) };
                    };
                    let map = header_map(received.get(..length).unwrap_or_default(), parsed)?;
                    received.advance(length);
                    *self = Self::End;
                    return Ok((!map.is_empty()).then(|| Frame::trailers(map)));
                }
                Self::End => return Ok(None),
            }
        }
    }
}

fn take_counted(left: &mut u64, received: &mut BytesMut) -> Option<Frame<Bytes>> {
    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(received.len());
    *left -= length as u64;
    (length > 0).then(|| Frame::data(take_bytes(received, length)))
}

fn take_bytes(received: &mut BytesMut, length: usize) -> Bytes {
    if length >= COPIED {
        return received.split_to(length).freeze();
    }
    let bytes = Bytes::copy_from_slice(received.get(..length).unwrap_or_default());
    received.advance(length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out when an answer arrives byte by byte: status, body, trailers, whether the connection is kept.
    fn answer(method: &Method, text: &str) -> Result<String, Malformed> {
        let mut received = BytesMut::new();
        let mut head: Option<Head> = None;
        let mut out = String::new();
        for byte in text.bytes() {
            received.put_u8(byte);
            if head.is_none() {
                head = take_head(&mut received, method)?;
                if let Some(head) = &head {
                    out = format!("{} ", head.status.as_u16());
                }
            }
            while let Some(Head { framing, .. }) = &mut head
                && let Some(frame) = framing.take(&mut received)?
            {
                match frame.into_data() {
                    Ok(data) => out.push_str(std::str::from_utf8(&data).unwrap()),
                    Err(frame) => out.push_str(&format!("{:?}", frame.into_trailers().unwrap())),
                }
            }
        }
        let Some(head) = head else { return Ok("incomplete".to_owned()) };
        let end = if head.framing.has_ended() { "ended" } else { "open" };
        let kept = if head.kept { "kept" } else { "closed" };
        Ok(format!("{out} {end} {kept}"))
    }

    fn check(text: &str, expect: &str) {
        let text = text.replace('\n', "\r\n");
        assert_eq!(answer(&Method::POST, &text).unwrap_or_else(|error| error.0.to_owned()), expect, "{text}");
    }

    #[test]
    fn answers() {
        check("HTTP/1.1 200 OK\ncontent-length: 5\n\nhello", "200 hello ended kept");
        check("HTTP/1.1 200 OK\ncontent-length: 0\n\n", "200  ended kept");
        check("HTTP/1.1 200 OK\ncontent-length: 5, 5\n\nhello", "200 hello ended kept");
        check("HTTP/1.1 200 OK\ncontent-length: 5\nconnection: x, Close\n\nhello", "200 hello ended closed");
        check("HTTP/1.0 200 OK\ncontent-length: 5\n\nhello", "200 hello ended closed");
        check("HTTP/1.0 200 OK\ncontent-length: 5\nconnection: keep-alive\n\nhello", "200 hello ended kept");
        check("HTTP/1.1 200 OK\n\nhello", "200 hello open closed");
        check("HTTP/1.1 204 No Content\n\n", "204  ended kept");
        check(
            "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early\nlink: x\n\nHTTP/1.1 304 N\n\n",
            "304  ended kept",
        );
        check("HTTP/1.1 101 S\nupgrade: websocket\n\n", "101  ended kept");
        check("HTTP/1.1 200 OK\ncontent", "incomplete");
    }

    #[test]
    fn chunks() {
        let head = "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n";
        check(&format!("{head}5\nhello\n1;x=y\n!\n0\n\n"), "200 hello! ended kept");
        check(&format!("{head}5\nhello\n0\nx-sum: 1\n\n"), "200 hello{\"x-sum\": \"1\"} ended kept");
        check(&format!("{head}5\nhel"), "200 hel open kept");
        check(&format!("{head}5\nhello!\n"), "a chunk is longer than it says");
        check(&format!("{head}z\n"), "a chunk's length is none");
        check(&format!("{head}fffffffffffffffff\n"), "a chunk's length is none");
        check(
            "HTTP/1.1 200 OK\ntransfer-encoding: chunked\ncontent-length: 3\n\n1\na\n0\n\n",
            "200 a ended closed",
        );
        check("HTTP/1.1 200 OK\ntransfer-encoding: gzip, Chunked\n\n1\na\n0\n\n", "200 a ended kept");
        check("HTTP/1.1 200 OK\ntransfer-encoding: gzip\n\nabc", "200 abc open kept");
    }

    #[test]
    fn what_is_not_http_is_refused() {
        check("SSH-2.0-server\n\n", "its head cannot be read");
        check("HTTP/1.1 200 OK\ncontent-length: 5\ncontent-length: 6\n\n", "it has two lengths");
        check("HTTP/1.1 200 OK\ncontent-length: +5\n\n", "its length is none");
        check("HTTP/1.1 200 OK\ncontent-length: -1\n\n", "its length is none");
        check("HTTP/1.1 200 OK\ncontent-length:\n\n", "its length is none");
        check("HTTP/1.0 200 OK\ntransfer-encoding: chunked\n\n", "HTTP/1.0 has no transfer codings");
        let mut long = BytesMut::from(format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(HEAD_LIMIT)).as_str());
        assert_eq!(take_head(&mut long, &Method::GET).unwrap_err().0, "its head is too long");
    }

    #[test]
    fn an_answer_to_head_has_no_body() {
        let text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
        assert_eq!(answer(&Method::HEAD, text).unwrap(), "200  ended kept");
    }

    #[test]
    fn heads_of_requests() {
        let head = |method: Method, length| {
            let request = http::Request::builder()
                .method(method)
                .uri("/a?b")
                .header("host", "h")
                .header("content-length", "9")
                .header("transfer-encoding", "x");
            let mut out = BytesMut::new();
            write_head(&mut out, &request.body(()).unwrap().into_parts().0, length);
            String::from_utf8(out.to_vec()).unwrap().replace("\r\n", "|")
        };
        assert_eq!(head(Method::GET, Some(0)), "GET /a?b HTTP/1.1|host: h||");
        assert_eq!(head(Method::POST, Some(0)), "POST /a?b HTTP/1.1|host: h|content-length: 0||");
        assert_eq!(head(Method::POST, Some(7)), "POST /a?b HTTP/1.1|host: h|content-length: 7||");
        assert_eq!(head(Method::PUT, None), "PUT /a?b HTTP/1.1|host: h|transfer-encoding: chunked||");
    }
}
