//! How much room Go leaves behind the elements of a slice. Templates see it: Sprig's `slice` may
//! reach beyond the last element as far as there is room.

use super::ListKind;

/// How a slice came to its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Made with so many elements, the rest appended one by one.
    GrownFrom(usize),
    /// Made with one element, the rest appended at once.
    GrownAtOnce,
    /// Exactly this.
    Exactly(usize),
}

impl Default for Capacity {
    fn default() -> Self {
        Capacity::GrownFrom(0)
    }
}

impl Capacity {
    /// The capacity of a slice of this many elements.
    pub(super) fn of(self, length: usize, kind: ListKind) -> usize {
        match self {
            Capacity::Exactly(capacity) => capacity.max(length),
            Capacity::GrownAtOnce => grown(1, length, kind),
            Capacity::GrownFrom(made) => {
                let mut capacity = made;
                while capacity < length {
                    capacity = grown(capacity, capacity + 1, kind);
                }
                capacity
            }
        }
    }
}

/// Go's `growslice`: twice the room up to 256 elements, a quarter more beyond, and never more than
/// asked for if that is more than twice; then rounded up to what the allocator hands out.
fn grown(capacity: usize, length: usize, kind: ListKind) -> usize {
    const DOUBLING_ENDS: usize = 256;
    if length <= capacity {
        return capacity;
    }
    let wanted = if length > capacity.saturating_mul(2) {
        length
    } else if capacity < DOUBLING_ENDS {
        capacity * 2
    } else {
        let mut wanted = capacity;
        while wanted < length {
            wanted += (wanted + 3 * DOUBLING_ENDS) / 4;
        }
        wanted
    };
    let (size, has_pointers) = element(kind);
    allocated(wanted.saturating_mul(size), has_pointers) / size
}

/// Bytes of an element in Go, and whether it holds pointers.
fn element(kind: ListKind) -> (usize, bool) {
    match kind {
        ListKind::Any | ListKind::String => (16, true),
        ListKind::Int => (8, false),
        ListKind::Map => (8, true),
        ListKind::List => (24, true),
        ListKind::Named(list_type) => element(list_type.underlying),
    }
}

/// The size classes of Go's allocator; above them it hands out whole pages.
const SIZES: [usize; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416,
    448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200,
    3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336,
    16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];

/// The usable bytes of what is handed out for a request.
fn allocated(bytes: usize, has_pointers: bool) -> usize {
    const HEADER: usize = 8;
    const LARGEST_WITHOUT_HEADER: usize = 512;
    const LARGEST: usize = 32_768;
    const PAGE: usize = 8_192;
    if bytes > LARGEST - HEADER {
        return bytes.next_multiple_of(PAGE);
    }
    let header = if has_pointers && bytes > LARGEST_WITHOUT_HEADER { HEADER } else { 0 };
    SIZES.iter().copied().find(|size| *size >= bytes + header).unwrap_or(LARGEST) - header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_grows_as_in_go() {
        #[track_caller]
        fn check(capacity: Capacity, length: usize, kind: ListKind, expect: usize) {
            assert_eq!(capacity.of(length, kind), expect);
        }
        for (length, expect) in [(0, 0), (1, 1), (3, 4), (5, 8), (17, 32), (33, 71), (130, 143), (300, 303)] {
            check(Capacity::default(), length, ListKind::Any, expect);
        }
        for (length, expect) in [(33, 64), (300, 512)] {
            check(Capacity::default(), length, ListKind::Int, expect);
        }
        for (length, expect) in [(1, 1), (2, 2), (4, 6), (6, 10), (10, 18), (40, 79), (130, 303), (300, 591)]
        {
            check(Capacity::GrownFrom(length - 1), length, ListKind::Any, expect);
        }
        for (length, expect) in [(2, 2), (17, 18), (33, 35), (40, 43), (65, 71), (300, 303)] {
            check(Capacity::GrownAtOnce, length, ListKind::Any, expect);
        }
        check(Capacity::Exactly(7), 3, ListKind::Any, 7);
    }
}
