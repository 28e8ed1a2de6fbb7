use std::any::Any;

use super::{Kind, Object};

/// A `complex128`, which only a literal such as `1i` makes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complex {
    pub(crate) real: f64,
    pub(crate) imaginary: f64,
}

impl Object for Complex {
    fn type_name(&self) -> &'static str {
        "complex128"
    }

    fn kind(&self) -> Kind {
        Kind::Complex128
    }

    fn truth(&self) -> bool {
        self.real != 0.0 || self.imaginary != 0.0
    }

    fn equals(&self, other: &dyn Object) -> bool {
        complex_parts(other) == Some((self.real, self.imaginary))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Real and imaginary part, if the object is a complex number.
pub(crate) fn complex_parts(object: &dyn Object) -> Option<(f64, f64)> {
    object.as_any().downcast_ref::<Complex>().map(|complex| (complex.real, complex.imaginary))
}
