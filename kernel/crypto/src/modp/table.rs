//! Powers of public bases.

use super::{Integer, LIMBS};
use crypto_bigint::U2048;
use crypto_bigint::modular::ConstMontyParams;
use subtle::{ConditionallySelectable, ConstantTimeEq};

/// Bits of a window where several exponents share one base.
const SHARED: u32 = 4;
/// Bits of a digit where the exponent is secret: every power of a row is read.
const SECRET: u32 = 4;

/// For every digit of an exponent, all powers of a fixed base that it can ask for.
pub struct Table<F: ConstMontyParams<LIMBS>> {
    window: u32,
    /// base^(d · 2^(window · i)) for d = 1 … 2^window − 1, row i.
    rows: Vec<Vec<Integer<F>>>,
}

impl<F: ConstMontyParams<LIMBS>> Table<F> {
    /// For public exponents of so many bits.
    pub(super) fn for_public(base: &Integer<F>, bits: u32) -> Self {
        // Two to four megabytes: a read from there is still far cheaper than the multiplication it saves.
        Self::new(base, bits, if bits > 512 { 5 } else { 8 })
    }

    /// For secret exponents of so many bits.
    pub(super) fn for_secrets(base: &Integer<F>, bits: u32) -> Self {
        Self::new(base, bits, SECRET)
    }

    fn new(base: &Integer<F>, bits: u32, window: u32) -> Self {
        let mut power = *base;
        let rows = (0..bits.div_ceil(window))
            .map(|_| {
                let mut row = vec![power];
                for _ in 2..1 << window {
                    row.push(row[row.len() - 1] * power);
                }
                power = row[row.len() - 1] * power;
                row
            })
            .collect();
        Self { window, rows }
    }

    /// base^exponent, reading only what is needed.
    pub(super) fn vartime_power(&self, exponent: &U2048) -> Integer<F> {
        let mut product = None;
        for (row, position) in self.rows.iter().zip(0..) {
            let digit = digit(exponent, position * self.window, self.window);
            if digit > 0 {
                product = multiply(product.as_ref(), row.get(digit - 1));
            }
        }
        product.unwrap_or(Integer::ONE)
    }

    /// base^exponent, reading everything: constant-time.
    pub(super) fn power(&self, exponent: &U2048) -> Integer<F> {
        let mut product = Integer::ONE;
        for (row, position) in self.rows.iter().zip(0..) {
            let digit = digit(exponent, position * self.window, self.window);
            let mut factor = Integer::ONE;
            for (power, value) in row.iter().zip(1_usize..) {
                factor.conditional_assign(power, value.ct_eq(&digit));
            }
            product *= factor;
        }
        product
    }
}

/// Sliding windows of one exponent from the least significant bit on, and what they have collected.
struct Windows<'a, F: ConstMontyParams<LIMBS>> {
    exponent: &'a U2048,
    /// The next bit that no window covers yet.
    next: u32,
    /// At i, the product of the squares that count 2i + 1 times.
    buckets: [Option<Integer<F>>; 1 << (SHARED - 1)],
}

/// base^e for each exponent, with one chain of squarings for all (Yao's method).
pub(super) fn vartime_shared_powers<F: ConstMontyParams<LIMBS>>(
    base: &Integer<F>,
    exponents: &[U2048],
) -> Vec<Integer<F>> {
    let bits = exponents.iter().map(U2048::bits_vartime).max().unwrap_or(0);
    let mut all: Vec<Windows<'_, F>> = exponents
        .iter()
        .map(|exponent| Windows {
            exponent,
            next: 0,
            buckets: [None; 1 << (SHARED - 1)],
        })
        .collect();
    let mut square = *base;
    for position in 0..bits {
        if position > 0 {
            square = square.square();
        }
        for windows in &mut all {
            windows.take(position, &square);
        }
    }
    all.iter().map(Windows::power).collect()
}

impl<F: ConstMontyParams<LIMBS>> Windows<'_, F> {
    /// Let base^(2^position) count for the window that starts here, if one does.
    fn take(&mut self, position: u32, square: &Integer<F>) {
        if position < self.next {
            return;
        }
        let digit = digit(self.exponent, position, SHARED);
        if digit % 2 == 1 {
            let bucket = &mut self.buckets[digit / 2];
            *bucket = multiply(bucket.as_ref(), Some(square));
            self.next = position + SHARED;
        }
    }

    /// Π bucket[i]^(2i + 1) = (Π bucket[i]^i)² · Π bucket[i], by running products from the largest i down.
    fn power(&self) -> Integer<F> {
        let (mut running, mut weighted) = (None, None);
        for bucket in self.buckets[1..].iter().rev() {
            running = multiply(running.as_ref(), bucket.as_ref());
            weighted = multiply(weighted.as_ref(), running.as_ref());
        }
        running = multiply(running.as_ref(), self.buckets[0].as_ref());
        let doubled = weighted.map(|product| product.square());
        multiply(doubled.as_ref(), running.as_ref()).unwrap_or(Integer::ONE)
    }
}

/// The product of what there is.
fn multiply<F: ConstMontyParams<LIMBS>>(
    a: Option<&Integer<F>>,
    b: Option<&Integer<F>>,
) -> Option<Integer<F>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.mul(b)),
        (one, other) => one.or(other).copied(),
    }
}

/// `width` bits of an exponent from bit `at` on. Constant-time in the exponent.
fn digit(exponent: &U2048, at: u32, width: u32) -> usize {
    let words = exponent.as_words();
    let (word, shift) = ((at / 64) as usize, at % 64);
    let low = words[word] >> shift;
    let high = match words.get(word + 1) {
        Some(next) if shift > 0 => next << (64 - shift),
        _ => 0,
    };
    let bits = (low | high) & ((1 << width) - 1);
    usize::try_from(bits).unwrap_or(0)
}
