//! The group Ed25519: the prime-order subgroup of edwards25519 (Belenios ≥ 2.1, spec 3.1 §5.1).

use crate::decimal;
use crate::error::Reason;
use crate::group::{Claim, Group};
use core::iter::once;
use curve25519_dalek::constants::{ED25519_BASEPOINT_COMPRESSED, ED25519_BASEPOINT_POINT};
use curve25519_dalek::edwards::{
    CompressedEdwardsY, EdwardsBasepointTable, EdwardsPoint, VartimeEdwardsPrecomputation,
};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{
    BasepointTable, Identity, IsIdentity, VartimeMultiscalarMul, VartimePrecomputedMultiscalarMul,
};
use rand_core::CryptoRng;

/// Digits of an element's text.
const HEX: usize = 64;
/// p = 2^255 − 19, little-endian.
const FIELD: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};

/// Marker of the group.
pub struct Ed25519;

/// A point and its RFC 8032 encoding.
#[derive(Clone, Copy)]
pub struct Element {
    point: EdwardsPoint,
    encoding: [u8; 32],
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.encoding == other.encoding
    }
}

impl Eq for Element {}

/// An election's public key with a constant-time table (for voters) and a variable-time one (for verifiers).
pub struct Key {
    element: Element,
    secret_powers: EdwardsBasepointTable,
    public_powers: VartimeEdwardsPrecomputation,
}

impl Group for Ed25519 {
    const NAME: &'static str = "Ed25519";
    type Point = EdwardsPoint;
    type Element = Element;
    type Scalar = Scalar;
    type Key = Key;

    fn order() -> Vec<u8> {
        let mut order = crate::group::Scalar::to_be_bytes(&-Scalar::ONE);
        order[31] += 1;
        order
    }

    fn generator() -> Element {
        Element {
            point: ED25519_BASEPOINT_POINT,
            encoding: ED25519_BASEPOINT_COMPRESSED.to_bytes(),
        }
    }

    fn identity() -> Element {
        Element {
            point: EdwardsPoint::identity(),
            encoding: CompressedEdwardsY::identity().to_bytes(),
        }
    }

    fn point(element: &Element) -> &EdwardsPoint {
        &element.point
    }

    fn normalize(points: &[EdwardsPoint]) -> Vec<Element> {
        EdwardsPoint::compress_batch_alloc(points)
            .into_iter()
            .zip(points)
            .map(|(compressed, point)| Element {
                point: *point,
                encoding: compressed.to_bytes(),
            })
            .collect()
    }

    fn op(a: &EdwardsPoint, b: &EdwardsPoint) -> EdwardsPoint {
        a + b
    }

    fn inverse(a: &EdwardsPoint) -> EdwardsPoint {
        -a
    }

    fn is_identity(point: &EdwardsPoint) -> bool {
        point.is_identity()
    }

    fn text_length(text: &[u8]) -> usize {
        text.len().min(HEX)
    }

    /// z = y XOR (lsb(x) << 255) in 64 lower-case hexadecimal digits, big-endian: RFC 8032 byte-reversed.
    fn decode_unchecked(text: &[u8]) -> Result<Element, Reason> {
        let mut encoding = base16(text).ok_or(Reason::Syntax)?;
        encoding.reverse();
        let mut y = encoding;
        y[31] &= 0x7f;
        if !below(&y, &FIELD) {
            return Err(Reason::NotCanonical);
        }
        let point = CompressedEdwardsY(encoding)
            .decompress()
            .ok_or(Reason::NotAMember)?;
        // x = 0 only where y = ±1; there the sign bit would be a second encoding ("negative zero").
        let sign = encoding[31] & 0x80 != 0;
        let mut one = [0; 32];
        one[0] = 1;
        let mut minus_one = FIELD;
        minus_one[0] -= 1;
        if sign && (y == one || y == minus_one) {
            return Err(Reason::NotCanonical);
        }
        Ok(Element { point, encoding })
    }

    fn vartime_has_prime_order(point: &EdwardsPoint) -> bool {
        // q·P = 1 if and only if (q − 1)·P = −P; q itself is not a scalar.
        let order_minus_one = -Scalar::ONE;
        EdwardsPoint::vartime_double_scalar_mul_basepoint(&order_minus_one, point, &Scalar::ZERO)
            == -point
    }

    fn write_text(element: &Element, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; HEX];
        for (pair, byte) in text.chunks_exact_mut(2).zip(element.encoding.iter().rev()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        out.extend_from_slice(&text);
    }

    fn write_bytes(element: &Element, out: &mut Vec<u8>) {
        out.extend_from_slice(&element.encoding);
    }

    fn generator_power(exponent: &Scalar) -> EdwardsPoint {
        EdwardsPoint::mul_base(exponent)
    }

    fn power(base: &EdwardsPoint, exponent: &Scalar) -> EdwardsPoint {
        base * exponent
    }

    fn key_power(key: &Key, exponent: &Scalar) -> EdwardsPoint {
        &key.secret_powers * exponent
    }

    fn key(element: &Element) -> Key {
        Key {
            element: *element,
            secret_powers: EdwardsBasepointTable::create(&element.point),
            public_powers: VartimeEdwardsPrecomputation::new(once(element.point)),
        }
    }

    fn key_element(key: &Key) -> &Element {
        &key.element
    }

    fn vartime_power(base: &EdwardsPoint, exponent: &Scalar) -> EdwardsPoint {
        EdwardsPoint::vartime_double_scalar_mul_basepoint(exponent, base, &Scalar::ZERO)
    }

    fn vartime_commitment(
        response: &Scalar,
        base: &EdwardsPoint,
        challenge: &Scalar,
    ) -> EdwardsPoint {
        EdwardsPoint::vartime_double_scalar_mul_basepoint(challenge, base, response)
    }

    fn vartime_double_power(
        a: &EdwardsPoint,
        response: &Scalar,
        b: &EdwardsPoint,
        challenge: &Scalar,
    ) -> EdwardsPoint {
        EdwardsPoint::vartime_multiscalar_mul([response, challenge], [a, b])
    }

    fn vartime_disjunction_commitments(
        key: &Key,
        claims: &[Claim<'_, Self>],
        out: &mut Vec<EdwardsPoint>,
    ) {
        for claim in claims {
            let beta = claim.beta - claim.generator_to_value;
            out.push(Self::vartime_commitment(
                claim.response,
                claim.alpha,
                claim.challenge,
            ));
            out.push(key.public_powers.vartime_mixed_multiscalar_mul(
                once(claim.response),
                once(claim.challenge),
                once(beta),
            ));
        }
    }
}

impl crate::group::Scalar for Scalar {
    fn random<R: CryptoRng>(rng: &mut R) -> Self {
        Scalar::random(rng)
    }

    fn from_u64(value: u64) -> Self {
        Scalar::from(value)
    }

    fn from_digest(digest: &[u8; 32]) -> Self {
        let mut bytes = *digest;
        bytes.reverse();
        Scalar::from_bytes_mod_order(bytes)
    }

    fn from_decimal(text: &[u8]) -> Result<Self, Reason> {
        let mut words = [0; 4];
        decimal::read(text, &mut words)?;
        let mut bytes = [0; 32];
        for (eight, word) in bytes.chunks_exact_mut(8).zip(words) {
            eight.copy_from_slice(&word.to_le_bytes());
        }
        Option::from(Scalar::from_canonical_bytes(bytes)).ok_or(Reason::OutOfRange)
    }

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        let mut padded = [0; 32];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        padded[..bytes.len()].reverse();
        Option::from(Scalar::from_canonical_bytes(padded))
    }

    fn to_be_bytes(&self) -> Vec<u8> {
        self.as_bytes().iter().rev().copied().collect()
    }

    fn vartime_write_decimal(&self, out: &mut Vec<u8>) {
        let mut words = [0; 4];
        for (word, eight) in words.iter_mut().zip(self.as_bytes().chunks_exact(8)) {
            *word = eight
                .iter()
                .rev()
                .fold(0, |value, byte| value << 8 | u64::from(*byte));
        }
        decimal::vartime_write(&mut words, out);
    }
}

/// Whether this processor, and the system on it, run code compiled for x86-64-v4 with AVX-512 IFMA.
pub fn runs_avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    macro_rules! all_of {
        ($($feature:tt)*) => { $(std::arch::is_x86_feature_detected!($feature))&&* };
    }
    #[cfg(target_arch = "x86_64")]
    return all_of!(
        "sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "cmpxchg16b" "avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe"
        "xsave" "avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl" "avx512ifma"
    );
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Name of the backend that curve25519-dalek uses in this build, on this machine.
pub fn vector_backend() -> &'static str {
    #[cfg(all(target_arch = "x86_64", not(curve25519_dalek_backend = "serial")))]
    {
        if cfg!(all(
            target_feature = "avx512ifma",
            target_feature = "avx512vl"
        )) {
            return "avx512";
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            return "avx2";
        }
    }
    "serial"
}

/// Whether a < b, both little-endian; public data.
fn below(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// Exactly 64 lower-case hexadecimal digits.
fn base16(text: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; HEX] = text.try_into().ok()?;
    let mut bytes = [0; 32];
    let mut bad = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
        bad |= high | low;
        *byte = high << 4 | (low & 15);
    }
    (bad < 16).then_some(bytes)
}

/// Value of each lower-case hexadecimal digit; 255 for other bytes.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};
