//! What the bytes of a text are, 64 at a time and as bits: the first byte is the lowest. The way to tell escaped letters by
//! arithmetic is that of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019).

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::__m256i;
#[cfg(target_arch = "x86_64")]
use pulp::{NullaryFnOnce, x86::V3};

/// How many bytes are looked at together.
pub const STEP: usize = 64;

pub struct Bits {
    pub quotes: u64,
    pub backslashes: u64,
    /// Zero is one, and stands behind the end.
    pub controls: u64,
    /// Letters of the escapes that are met most.
    pub usual: u64,
}

/// Letters behind a backslash that escapes them, and whether the byte behind these is one. `first`: the first byte is.
#[inline(always)]
pub fn letters(backslashes: u64, first: u64) -> (u64, u64) {
    const EVEN: u64 = u64::MAX / 3;
    let backslashes = backslashes & !first;
    let follows = backslashes << 1 | first;
    let odd_starts = backslashes & !EVEN & !follows;
    let (runs, next) = odd_starts.overflowing_add(backslashes);
    ((EVEN ^ runs << 1) & follows, u64::from(next))
}

/// How bytes are looked at.
pub trait Look: Copy {
    fn look(self, bytes: &[u8; STEP]) -> Bits;

    /// At the bytes from a place on.
    #[inline(always)]
    fn at(self, bytes: &[u8], at: usize) -> Bits {
        let rest = bytes.get(at..).unwrap_or_default();
        match rest.first_chunk() {
            Some(bytes) => self.look(bytes),
            None => self.look(&padded(rest)),
        }
    }
}

fn padded(rest: &[u8]) -> [u8; STEP] {
    let mut bytes = [0; STEP];
    bytes[..rest.len()].copy_from_slice(rest);
    bytes
}

/// Something to do while looking at bytes; to be inlined.
pub trait Work {
    type Done;
    fn with(self, look: impl Look) -> Self::Done;
}

/// Does it in the fastest way that this processor has.
#[inline]
pub fn fastest<W: Work>(work: W) -> W::Done {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = V3::try_new() {
        return simd.vectorize(Vectorized(work, simd));
    }
    work.with(Portable)
}

#[derive(Clone, Copy)]
pub struct Portable;

impl Look for Portable {
    #[inline(always)]
    fn look(self, bytes: &[u8; STEP]) -> Bits {
        let are = |byte: u8| bits(bytes, |other| other == byte);
        let (quotes, backslashes) = (are(b'"'), are(b'\\'));
        let usual = quotes | backslashes | are(b'n') | are(b't');
        Bits { quotes, backslashes, controls: bits(bytes, |byte| byte < b' '), usual }
    }
}

#[inline(always)]
fn bits(bytes: &[u8; STEP], test: impl Fn(u8) -> bool) -> u64 {
    // Moves the lowest bit of byte `i` of a word to bit `56 + i`: eight bytes that are zeros and ones become eight bits.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let flags = bytes.map(|byte| u8::from(test(byte)));
    let (eights, _) = flags.as_chunks::<8>();
    eights.iter().rev().fold(0, |bits, flags| bits << 8 | u64::from_le_bytes(*flags).wrapping_mul(GATHER) >> 56)
}

#[cfg(target_arch = "x86_64")]
impl Look for V3 {
    #[inline(always)]
    fn look(self, bytes: &[u8; STEP]) -> Bits {
        let halves: [__m256i; 2] = pulp::cast(*bytes);
        let (quotes, backslashes) = (equal(self, halves, b'"'), equal(self, halves, b'\\'));
        let usual = quotes | backslashes | equal(self, halves, b'n') | equal(self, halves, b't');
        Bits { quotes, backslashes, controls: at_most(self, halves, b' ' - 1), usual }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn equal(simd: V3, [low, high]: [__m256i; 2], byte: u8) -> u64 {
    let all = simd.avx._mm256_set1_epi8(byte.cast_signed());
    mask(simd, [simd.avx2._mm256_cmpeq_epi8(low, all), simd.avx2._mm256_cmpeq_epi8(high, all)])
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn at_most(simd: V3, [low, high]: [__m256i; 2], byte: u8) -> u64 {
    let all = simd.avx._mm256_set1_epi8(byte.cast_signed());
    let least = [simd.avx2._mm256_min_epu8(low, all), simd.avx2._mm256_min_epu8(high, all)];
    mask(simd, [simd.avx2._mm256_cmpeq_epi8(low, least[0]), simd.avx2._mm256_cmpeq_epi8(high, least[1])])
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn mask(simd: V3, [low, high]: [__m256i; 2]) -> u64 {
    let low = simd.avx2._mm256_movemask_epi8(low).cast_unsigned();
    let high = simd.avx2._mm256_movemask_epi8(high).cast_unsigned();
    u64::from(low) | u64::from(high) << (STEP / 2)
}

#[cfg(target_arch = "x86_64")]
struct Vectorized<W>(W, V3);

#[cfg(target_arch = "x86_64")]
impl<W: Work> NullaryFnOnce for Vectorized<W> {
    type Output = W::Done;

    #[inline(always)]
    fn call(self) -> W::Done {
        self.0.with(self.1)
    }
}
