/// What an execution wrote.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The text, as bytes: usually UTF-8.
    pub bytes: Vec<u8>,
}
