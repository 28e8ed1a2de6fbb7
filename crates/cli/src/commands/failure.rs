use wheelhouse_check::format::path_in;
use wheelhouse_render::{Frame, ManifestError, PipelineError, RenderError, RenderedChart};
use wheelhouse_source::{Diagnostic, Excerpt, LineIndex, Severity, Span};

/// Why a command failed, as the user sees it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The text after `Error: `; nothing is printed when it is empty.
    pub message: String,
    /// What we know beyond Helm's text: the source line, the include stack, a hint.
    pub detail: Option<Detail>,
    /// Lines below the error's text: why it is so, and how it is fixed.
    pub advice: String,
    /// The exit code.
    pub exit_code: u8,
}

/// A place to show below an error's text, and how one got there.
#[derive(Debug)]
pub(crate) struct Detail {
    message: String,
    /// Places, the one the error is about first.
    places: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    title: &'static str,
    file: String,
    text: String,
    span: Span,
}

impl Failure {
    /// A failure that is told as Helm tells it, with exit code 1.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), detail: None, advice: String::new(), exit_code: 1 }
    }

    /// The same failure with lines that say why it is so and how it is fixed.
    pub(crate) fn with_advice(self, advice: impl Into<String>) -> Self {
        Failure { advice: advice.into(), ..self }
    }

    /// A chart that gave no manifests.
    pub(crate) fn from_pipeline(error: PipelineError) -> Self {
        let detail = match &error {
            PipelineError::Render(error) => Detail::of_render(error),
            _ => None,
        };
        Failure { detail, ..Failure::new(error.to_string()) }
    }

    /// The same failure with its places named as the files of the chart's directory, so that they can be opened.
    pub(crate) fn in_directory(mut self, directory: &str) -> Self {
        for place in self.detail.iter_mut().flat_map(|detail| &mut detail.places) {
            place.file = path_in(directory, &place.file);
        }
        self
    }

    /// A rendered document that is no manifest: shows the rendered line.
    pub(crate) fn from_manifest(error: &ManifestError, rendered: &RenderedChart) -> Self {
        let place = rendered.files.get(error.index).zip(error.offset).map(|(file, offset)| {
            let text = String::from_utf8_lossy(&file.text).into_owned();
            let line = LineIndex::new(text.as_bytes()).position(offset).line;
            let span = LineIndex::new(text.as_bytes()).line_range(line).unwrap_or(offset..offset);
            Place {
                title: "",
                file: format!("{} (as rendered)", file.name),
                text,
                span: Span::new(span.start, span.end),
            }
        });
        let detail = place.map(|place| Detail { message: error.message.clone(), places: vec![place] });
        Failure { detail, ..Failure::new(error.to_string()) }
    }
}

/// How many callers of a failed template are shown: one that includes itself has a thousand.
const MOST_CALLERS: usize = 20;

/// The largest text of which lines are shown, in bytes.
const MOST_SHOWN: usize = 1 << 20;

impl Detail {
    fn of_render(error: &RenderError) -> Option<Self> {
        let message = error.frames.last()?.message.clone();
        // What a template made in its own memory may be too large to be shown.
        let mut frames = error.frames.iter().rev().filter(|frame| frame.source.len() <= MOST_SHOWN);
        let place = |title: &'static str, frame: &Frame| Place {
            title,
            file: frame.file.clone(),
            text: frame.source.to_str_lossy().into_owned(),
            span: frame.span,
        };
        let mut places = vec![place("", frames.next()?)];
        places.extend(frames.take(MOST_CALLERS).map(|frame| place("called from here", frame)));
        Some(Detail { message, places })
    }

    /// The places as lines of text.
    pub(crate) fn render(&self, colour: bool) -> String {
        let mut places = self.places.iter();
        let primary = places.next().map(Place::excerpt);
        let related = places.map(|place| (place.title, place.excerpt())).collect();
        Diagnostic { severity: Severity::Error, id: "", message: &self.message, primary, related, help: "" }
            .render(colour)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::new(error.to_string())
    }
}

impl Place {
    fn excerpt(&self) -> Excerpt<'_> {
        Excerpt { file: &self.file, text: &self.text, span: self.span, label: "" }
    }
}
