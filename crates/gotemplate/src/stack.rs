//! How much of the native stack may be used.

/// Tells when recursion has used its share of the native stack.
///
/// The depth of recursion a stack can hold depends on the build; the address of a local variable
/// does not lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackGuard {
    base: usize,
    budget: usize,
}

impl StackGuard {
    /// Counts from here on; `budget` in bytes.
    pub(crate) fn new(budget: usize) -> Self {
        Self { base: stack_address(), budget }
    }

    pub(crate) fn is_exhausted(self) -> bool {
        self.base.abs_diff(stack_address()) > self.budget
    }

    /// Bytes of the share that are left.
    pub(crate) fn left(self) -> usize {
        self.budget.saturating_sub(self.base.abs_diff(stack_address()))
    }
}

#[inline(never)]
fn stack_address() -> usize {
    let marker = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&marker)) as usize
}
