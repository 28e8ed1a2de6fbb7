/// A number with its noun: `1 object`, `2 objects`.
#[must_use]
pub fn quantity(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_is_alone() {
        let told: Vec<String> = [0, 1, 2].map(|number| super::quantity(number, "object")).into();
        assert_eq!(told, ["0 objects", "1 object", "2 objects"]);
    }
}
