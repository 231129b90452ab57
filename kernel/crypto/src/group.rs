//! What a group must offer: Belenios 2.0 §4.2 (numbers modulo q and group elements) over any of the three groups.

use crate::error::Reason;
use core::ops::{Add, Mul, Sub};
use rand_core::CryptoRng;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroize;

/// An integer modulo the group's order; arithmetic is constant-time unless a name says otherwise.
///
/// Deliberately without `Debug`: a scalar may be a secret.
pub trait Scalar:
    Copy
    + Eq
    + Send
    + Sync
    + 'static
    + Zeroize
    + ConstantTimeEq
    + ConditionallySelectable
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
{
    /// Uniform in 0..q.
    fn random<R: CryptoRng>(rng: &mut R) -> Self;
    /// A small integer.
    fn from_u64(value: u64) -> Self;
    /// A digest read as a big-endian integer and reduced modulo q (Belenios 2.0 §4.5 and every later proof).
    fn from_digest(digest: &[u8; 32]) -> Self;
    /// The one decimal text of an integer below q.
    fn from_decimal(text: &[u8]) -> Result<Self, Reason>;
    /// A big-endian integer below q; None otherwise.
    fn from_be_bytes(bytes: &[u8]) -> Option<Self>;
    /// The integer, big-endian.
    fn to_be_bytes(&self) -> Vec<u8>;
    /// Append the decimal text. Variable-time in the value's size.
    fn vartime_write_decimal(&self, out: &mut Vec<u8>);
}

/// One answer of a disjunction as its verifier sees it: "(alpha, beta) encrypts `value`".
pub struct Claim<'a, G: Group> {
    /// g^r, according to the voter.
    pub alpha: &'a G::Point,
    /// y^r · g^m, according to the voter.
    pub beta: &'a G::Point,
    /// M, the message claimed.
    pub value: &'a G::Scalar,
    /// g^M.
    pub generator_to_value: &'a G::Point,
    /// The challenge of this statement.
    pub challenge: &'a G::Scalar,
    /// The response of this statement.
    pub response: &'a G::Scalar,
}

/// A group of prime order q with generator g, written multiplicatively.
///
/// A `Point` is in whatever coordinates are quick; an `Element` is a point together with its one encoding.
/// `vartime_` functions take public data only.
pub trait Group: Sized + Send + Sync + 'static {
    /// The name as it stands in a Belenios election ("Ed25519", …).
    const NAME: &'static str;
    /// For arithmetic.
    type Point: Copy + Send + Sync + 'static;
    /// For comparing, hashing and writing.
    type Element: Copy + Eq + Send + Sync + 'static;
    /// Exponents.
    type Scalar: Scalar;
    /// A public element with tables of its powers.
    type Key: Send + Sync + 'static;

    /// q, big-endian.
    fn order() -> Vec<u8>;
    /// g.
    fn generator() -> Self::Element;
    /// The neutral element.
    fn identity() -> Self::Element;
    /// Coordinates of an element.
    fn point(element: &Self::Element) -> &Self::Point;
    /// Encode a batch of points: cheaper together than one by one.
    fn normalize(points: &[Self::Point]) -> Vec<Self::Element>;
    /// a · b.
    fn op(a: &Self::Point, b: &Self::Point) -> Self::Point;
    /// a⁻¹.
    fn inverse(a: &Self::Point) -> Self::Point;
    /// Whether this is the neutral element.
    fn is_identity(point: &Self::Point) -> bool;

    /// Length of the element's text at the head of `text`, for reading a template; it may turn out malformed.
    fn text_length(text: &[u8]) -> usize;
    /// Decode a text in full, *without* the check that the order divides q.
    fn decode_unchecked(text: &[u8]) -> Result<Self::Element, Reason>;
    /// Whether x^q = 1.
    fn vartime_has_prime_order(point: &Self::Point) -> bool;
    /// Append the element's one text.
    fn write_text(element: &Self::Element, out: &mut Vec<u8>);
    /// Append a binary encoding, for hash tables and seeds only; the first eight bytes differ well.
    fn write_bytes(element: &Self::Element, out: &mut Vec<u8>);

    /// g^e, constant-time.
    fn generator_power(exponent: &Self::Scalar) -> Self::Point;
    /// base^e, constant-time in e.
    fn power(base: &Self::Point, exponent: &Self::Scalar) -> Self::Point;
    /// y^e, constant-time in e.
    fn key_power(key: &Self::Key, exponent: &Self::Scalar) -> Self::Point;

    /// Tables for an element.
    fn key(element: &Self::Element) -> Self::Key;
    /// The element that the tables are for.
    fn key_element(key: &Self::Key) -> &Self::Element;

    /// base^e.
    fn vartime_power(base: &Self::Point, exponent: &Self::Scalar) -> Self::Point;
    /// g^r · base^c.
    fn vartime_commitment(
        response: &Self::Scalar,
        base: &Self::Point,
        challenge: &Self::Scalar,
    ) -> Self::Point;
    /// a^r · b^c.
    fn vartime_double_power(
        a: &Self::Point,
        response: &Self::Scalar,
        b: &Self::Point,
        challenge: &Self::Scalar,
    ) -> Self::Point;
    /// For each claim A = g^r · alpha^c and B = y^r · (beta / g^M)^c, in this order.
    fn vartime_disjunction_commitments(
        key: &Self::Key,
        claims: &[Claim<'_, Self>],
        out: &mut Vec<Self::Point>,
    );
}
