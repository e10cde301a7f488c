//! Natural order: `item 10` stands behind `item 9`.

use std::cmp::Ordering;

/// Compares digit runs by value and everything else by byte.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    // Ids of one file begin alike; a number that differs is compared from its first digit.
    let alike = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let alike = alike - a[..alike].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    (a, b) = (&a[alike..], &b[alike..]);
    loop {
        let (digits_a, digits_b) = (digits(a), digits(b));
        let order = if digits_a > 0 && digits_b > 0 {
            let order = value(&a[..digits_a]).cmp(&value(&b[..digits_b]));
            (a, b) = (&a[digits_a..], &b[digits_b..]);
            order
        } else {
            let order = a.first().cmp(&b.first());
            if a.is_empty() {
                return order;
            }
            (a, b) = (&a[1..], b.get(1..).unwrap_or_default());
            order
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Leading zeros do not count; a longer number is larger.
fn value(digits: &[u8]) -> (usize, &[u8]) {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    (digits.len() - zeros, &digits[zeros..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let mut names = ["b#10", "b#9", "a", "b#9x", "b", "b#009", "b#100"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a", "b", "b#9", "b#009", "b#9x", "b#10", "b#100"]);
    }
}
