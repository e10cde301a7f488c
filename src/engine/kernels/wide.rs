//! Loops compiled once per register width and chosen at run time, so that one binary runs anywhere and is fast where it
//! can be. The compiler vectorises them; nothing here names an instruction.

/// Runs `work` with the widest registers of this processor. `work` must be an `#[inline(always)]` closure, or it keeps
/// the code compiled for every processor.
#[inline]
pub fn wide<R>(work: impl FnOnce() -> R) -> R {
    wide_fused(
        #[inline(always)]
        |_| work(),
    )
}

/// As [`wide`]; `work` is told whether a multiplication and an addition are one instruction here.
#[inline]
pub fn wide_fused<R>(work: impl FnOnce(Fused) -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor has just been asked for what the function is compiled with.
            return unsafe { with_avx512(work) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            return unsafe { with_avx2(work) };
        }
    }
    work(Fused(cfg!(target_arch = "aarch64")))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
fn with_avx512<R>(work: impl FnOnce(Fused) -> R) -> R {
    work(Fused(true))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<R>(work: impl FnOnce(Fused) -> R) -> R {
    work(Fused(true))
}

/// Whether the processor has fused multiply-add; where it has not, asking for one would be a call of a function.
#[derive(Clone, Copy)]
pub struct Fused(bool);

impl Fused {
    /// a * b + c
    #[inline(always)]
    fn multiply_add(self, a: f32, b: f32, c: f32) -> f32 {
        if self.0 { a.mul_add(b, c) } else { a * b + c }
    }
}

const LANES: usize = 16;

/// e^x to within two units in the last place (Cephes `expf`); 0 or nearly so below -87, NaN stays NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    /// Adding it leaves the nearest whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = x - whole * 0.693_359_4 - whole * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + coefficient;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    (p * r * r + r + 1.0) * power
}

/// 2^x for x up to 0, to within three units in the last place (a polynomial of least largest error on half a unit to both
/// sides); nearly 0 below -126, NaN stays NaN.
#[inline(always)]
pub fn exp2(x: f32, fused: Fused) -> f32 {
    /// Adding it leaves the nearest whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = if x < -126.0 { -126.0 } else { x };
    let shifted = x + ROUND;
    let r = x - (shifted - ROUND);
    let mut p = 1.326_472_7e-3;
    for coefficient in [9.671_513e-3, 5.550_733_6e-2, 0.240_222_42, std::f32::consts::LN_2, 1.0] {
        p = fused.multiply_add(p, r, coefficient);
    }
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()))
}

/// Largest of `row` and `start`; NaN is passed over.
#[inline(always)]
pub fn highest(row: &[f32], start: f32) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [start; LANES];
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane = larger(*lane, *x);
        }
    }
    lanes.iter().chain(rest).fold(start, |a, b| larger(a, *b))
}

/// Applies `step` to every number and gives the sum of what it returns.
#[inline(always)]
pub fn sum_of(row: &mut [f32], step: impl Fn(&mut f32) -> f32) -> f32 {
    let (blocks, rest) = row.as_chunks_mut::<LANES>();
    let mut lanes = [0f32; LANES];
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane += step(x);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter_mut().map(step).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_that_of_the_library() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            let (ours, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((ours / exact - 1.0).abs() < 3e-7, "{x}: {ours} {exact}");
        }
        assert!(exp(-1e30) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::NAN).is_nan() && exp(f32::INFINITY) > 1e38);
    }

    #[test]
    fn exp2_is_that_of_the_library() {
        for fused in [Fused(true), Fused(false)] {
            for i in -12500..=0 {
                let x = i as f32 / 100.0;
                let (ours, exact) = (f64::from(exp2(x, fused)), f64::from(x).exp2());
                assert!((ours / exact - 1.0).abs() < 3e-7, "{x}: {ours} {exact}");
            }
            assert!(exp2(-1e30, fused) < 1e-37 && exp2(f32::NEG_INFINITY, fused) < 1e-37);
            assert!(exp2(f32::NAN, fused).is_nan());
        }
    }

    #[test]
    fn sums_and_highest_cover_every_number() {
        for length in [0, 1, 15, 16, 17, 100] {
            let mut row: Vec<f32> = (0..length).map(|i| i as f32).collect();
            assert!((highest(&row, -1.0) - (length as f32 - 1.0)).abs() < 0.5);
            let sum = wide(
                #[inline(always)]
                || {
                    sum_of(&mut row, |x| {
                        *x += 1.0;
                        *x
                    })
                },
            );
            assert!((sum - (length * (length + 1) / 2) as f32).abs() < 0.5);
            assert!(row.iter().enumerate().all(|(i, x)| (x - (i + 1) as f32).abs() < 0.5));
        }
    }
}
