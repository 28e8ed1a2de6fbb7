use crate::Error;

/// Checks that a file looks like a chart archive, to say what it looks like otherwise. `path` is
/// as the user gave it.
///
/// # Errors
/// [`Error::NotAnArchive`], or [`Error::YamlInsteadOfArchive`] for YAML files by their name.
pub fn check_is_archive(path: &str, content: &[u8]) -> Result<(), Error> {
    // Helm looks at a buffer of this size whatever the file's size is: the rest of it is zero.
    let mut head = content.get(..content.len().min(SNIFFED)).unwrap_or_default().to_vec();
    head.resize(SNIFFED, 0);
    let found = detect(&head);
    if found == GZIP || head.starts_with(b"\x1F\x8B\x08") {
        return Ok(());
    }
    let path = path.to_owned();
    if path.ends_with(".yml") || path.ends_with(".yaml") {
        return Err(Error::YamlInsteadOfArchive { path });
    }
    Err(Error::NotAnArchive { path, found })
}

const SNIFFED: usize = 512;
const GZIP: &str = "application/x-gzip";
const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// Go's `http.DetectContentType`: the WHATWG's signatures, in order.
fn detect(head: &[u8]) -> &'static str {
    let is_blank = |byte: &u8| matches!(byte, b'\t' | b'\n' | 0xC | b'\r' | b' ');
    let start = head.iter().position(|byte| !is_blank(byte)).unwrap_or(head.len());
    let trimmed = head.get(start..).unwrap_or_default();
    if HTML_TAGS.iter().any(|tag| starts_with_tag(trimmed, tag)) {
        return HTML;
    }
    if trimmed.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    if let Some((_, found)) =
        DOCUMENTS.iter().chain(MEDIA).find(|(pattern, _)| matches_pattern(head, pattern))
    {
        return found;
    }
    if is_mp4(head) {
        return "video/mp4";
    }
    if head.starts_with(b"\x1A\x45\xDF\xA3") {
        return "video/webm";
    }
    if head.get(34..36) == Some(b"LP") {
        return "application/vnd.ms-fontobject";
    }
    if let Some((_, found)) = FONTS_AND_ARCHIVES.iter().find(|(pattern, _)| matches_pattern(head, pattern)) {
        return found;
    }
    let is_binary = |byte: &u8| matches!(byte, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    if trimmed.iter().any(is_binary) { "application/octet-stream" } else { PLAIN }
}

const HTML_TAGS: &[&str] = &[
    "<!DOCTYPE HTML",
    "<HTML",
    "<HEAD",
    "<SCRIPT",
    "<IFRAME",
    "<H1",
    "<DIV",
    "<FONT",
    "<TABLE",
    "<A",
    "<STYLE",
    "<TITLE",
    "<B",
    "<BODY",
    "<BR",
    "<P",
    "<!--",
];

/// A `?` stands for any byte.
type Signature = (&'static [u8], &'static str);

const DOCUMENTS: &[Signature] = &[
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\xFE\xFF??", "text/plain; charset=utf-16be"),
    (b"\xFF\xFE??", "text/plain; charset=utf-16le"),
    (b"\xEF\xBB\xBF?", PLAIN),
];

const MEDIA: &[Signature] = &[
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"\x00\x00\x02\x00", "image/x-icon"),
    (b"BM", "image/bmp"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF????WEBPVP", "image/webp"),
    (b"\x89PNG\x0D\x0A\x1A\x0A", "image/png"),
    (b"\xFF\xD8\xFF", "image/jpeg"),
    (b"FORM????AIFF", "audio/aiff"),
    (b"ID3", "audio/mpeg"),
    (b"OggS\x00", "application/ogg"),
    (b"MThd\x00\x00\x00\x06", "audio/midi"),
    (b"RIFF????AVI ", "video/avi"),
    (b"RIFF????WAVE", "audio/wave"),
];

const FONTS_AND_ARCHIVES: &[Signature] = &[
    (b"\x00\x01\x00\x00", "font/ttf"),
    (b"OTTO", "font/otf"),
    (b"ttcf", "font/collection"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\x1F\x8B\x08", GZIP),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!\x1A\x07\x00", "application/x-rar-compressed"),
    (b"Rar!\x1A\x07\x01\x00", "application/x-rar-compressed"),
    (b"\x00\x61\x73\x6D", "application/wasm"),
];

fn matches_pattern(head: &[u8], pattern: &[u8]) -> bool {
    let same = |(byte, wanted): (&u8, &u8)| byte == wanted || *wanted == b'?';
    head.len() >= pattern.len() && head.iter().zip(pattern).all(same)
}

fn starts_with_tag(text: &[u8], tag: &str) -> bool {
    let name = text.get(..tag.len()).unwrap_or_default();
    name.eq_ignore_ascii_case(tag.as_bytes()) && matches!(text.get(tag.len()), Some(b' ' | b'>'))
}

/// An MP4 file starts with a box that names `mp4` among the brands it is compatible with.
fn is_mp4(head: &[u8]) -> bool {
    let Some((size, rest)) = head.split_first_chunk::<4>() else { return false };
    let size = u32::from_be_bytes(*size) as usize;
    let Some(brands) = head.get(8..size).filter(|_| size.is_multiple_of(4) && rest.starts_with(b"ftyp"))
    else {
        return false;
    };
    // The second word is a version number, no brand.
    brands.chunks(4).enumerate().any(|(index, brand)| index != 1 && brand.starts_with(b"mp4"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &[u8], found: &str) {
        let error = check_is_archive("chart.tgz", content).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("file 'chart.tgz' does not appear to be a gzipped archive; got '{found}'")
        );
    }

    #[test]
    fn other_files_are_named() {
        check(b"a: b\n", "application/octet-stream");
        check("a: b # comment\n".repeat(50).as_bytes(), PLAIN);
        check(b"", "application/octet-stream");
        check(b" \n<html><body>", HTML);
        check(b"<htmlx", "application/octet-stream");
        check(b"PK\x03\x04", "application/zip");
        check(b"RIFFabcdWAVE", "audio/wave");
        check(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4");
        assert_eq!(
            check_is_archive("dir/values.yaml", b"a: b").unwrap_err().to_string(),
            "file 'dir/values.yaml' seems to be a YAML file, but expected a gzipped archive"
        );
        assert_eq!(check_is_archive("x", b"\x1F\x8B\x08\0"), Ok(()));
    }
}
