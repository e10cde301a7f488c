//! The units, and rounding to them.

pub struct Unit {
    pub name: &'static str,
    pub nanos: i64,
}

pub const SECOND: i64 = 1_000_000_000;

/// From the largest to the smallest.
pub const UNITS: [Unit; 7] = [
    Unit { name: "d", nanos: 86_400 * SECOND },
    Unit { name: "h", nanos: 3_600 * SECOND },
    Unit { name: "m", nanos: 60 * SECOND },
    Unit { name: "s", nanos: SECOND },
    Unit { name: "ms", nanos: 1_000_000 },
    Unit { name: "us", nanos: 1_000 },
    Unit { name: "ns", nanos: 1 },
];

/// How many units there are in some nanoseconds, rounded to the nearest.
pub fn rounded(nanos: i64, unit: i64) -> i64 {
    (nanos as f64 / unit as f64).round() as i64
}
