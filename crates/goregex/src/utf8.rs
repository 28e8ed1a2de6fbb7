/// The character a text begins with; none if it is empty or does not begin with UTF-8.
pub(crate) fn first_character(text: &[u8]) -> Option<char> {
    // No more than one character is looked at, however long the text is.
    let head = text.get(..4).unwrap_or(text);
    head.utf8_chunks().next()?.valid().chars().next()
}
