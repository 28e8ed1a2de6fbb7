use crate::builtins::Builtin;
use crate::function::Function;
use crate::parser::FunctionNames;
use crate::program::Callee;
use foldhash::HashMap;

/// The functions templates may call: the ones given, and Go's builtins under them.
#[derive(Clone, Debug, Default)]
pub struct FunctionTable {
    functions: Vec<Function>,
    /// The place of each name among the functions.
    places: HashMap<&'static str, u32>,
    roles: HashMap<&'static str, TextRole>,
}

/// What a function does to text, exactly, when it is one the engine can do in place: where an
/// action prints its result, the engine then writes to the output instead of calling the function.
/// Nothing can tell, except the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRole {
    /// `func(name string, data interface {}) string`: runs a named template as
    /// [`Context::execute_template`](crate::Context::execute_template) does, and nothing else.
    Include,
    /// `func(width int, text string) string`: spaces before every line, as Sprig's `indent`.
    Indent,
    /// The same after a newline, as Sprig's `nindent`.
    NewlineIndent,
}

impl FunctionTable {
    /// Only Go's builtins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds functions; a later one replaces an earlier one or a builtin of the same name.
    #[must_use]
    pub fn with(mut self, functions: impl IntoIterator<Item = Function>) -> Self {
        for function in functions {
            let place = u32::try_from(self.functions.len()).unwrap_or(u32::MAX);
            self.places.insert(function.name, place);
            self.functions.push(function);
        }
        self
    }

    /// Says what the function of this name does to text.
    #[must_use]
    pub fn with_role(mut self, name: &'static str, role: TextRole) -> Self {
        self.roles.insert(name, role);
        self
    }

    pub(crate) fn role(&self, place: u32) -> Option<TextRole> {
        self.roles.get(self.get(place)?.name).copied()
    }

    /// The function at a place.
    pub(crate) fn get(&self, place: u32) -> Option<&Function> {
        self.functions.get(place as usize)
    }

    /// Takes functions out by name. Builtins stay.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.places.retain(|name, _| !names.contains(name));
        self
    }

    /// The names of the functions that were added, in byte order.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.places.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

impl FunctionNames for FunctionTable {
    fn callee(&self, name: &[u8]) -> Option<Callee> {
        let name = std::str::from_utf8(name).ok()?;
        let added = self.places.get(name).copied().map(Callee::Function);
        added.or_else(|| Builtin::named(name).map(Callee::Builtin))
    }
}
