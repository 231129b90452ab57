//! The two groups of integers modulo a prime: Belenios 2.0 §5.

mod params;
mod table;

use crate::decimal;
use crate::error::Reason;
use crate::group::{Claim, Group, Scalar};
use core::marker::PhantomData;
use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams};
use crypto_bigint::{Random, U2048};
pub use params::{Belenios2048, Rfc3526};
use rand_core::CryptoRng;
use table::{Table, vartime_shared_powers};

/// Words of 2048 bits.
pub(crate) const LIMBS: usize = U2048::LIMBS;

/// An integer modulo p or q, in Montgomery form.
pub(crate) type Integer<M> = ConstMontyForm<M, LIMBS>;

/// What distinguishes the two groups.
pub trait Params: Send + Sync + Sized + 'static {
    /// p.
    type Field: ConstMontyParams<LIMBS>;
    /// q.
    type Order: ConstMontyParams<LIMBS>;
    /// As in an election.
    const NAME: &'static str;
    /// Length of q in bits; public.
    const ORDER_BITS: u32;
    /// g.
    const GENERATOR: Integer<Self::Field>;
    /// Powers of g for public exponents.
    fn public_generator_table() -> &'static Table<Self::Field>;
    /// Powers of g for secret exponents.
    fn secret_generator_table() -> &'static Table<Self::Field>;
    /// Whether x^q = 1.
    fn vartime_has_prime_order(x: &Integer<Self::Field>) -> bool;
}

/// A group of integers modulo a prime.
pub struct ModP<P>(PhantomData<P>);

/// A public element with its powers.
pub struct Key<P: Params> {
    element: Integer<P::Field>,
    public_powers: Table<P::Field>,
    secret_powers: Table<P::Field>,
}

impl<P: Params> Group for ModP<P> {
    const NAME: &'static str = P::NAME;
    type Point = Integer<P::Field>;
    type Element = Integer<P::Field>;
    type Scalar = Integer<P::Order>;
    type Key = Key<P>;

    fn order() -> Vec<u8> {
        let order = Integer::<P::Order>::MODULUS;
        order.as_ref().to_be_bytes().as_slice().to_vec()
    }

    fn generator() -> Self::Element {
        P::GENERATOR
    }

    fn identity() -> Self::Element {
        Integer::ONE
    }

    fn point(element: &Self::Element) -> &Self::Point {
        element
    }

    fn normalize(points: &[Self::Point]) -> Vec<Self::Element> {
        points.to_vec()
    }

    fn op(a: &Self::Point, b: &Self::Point) -> Self::Point {
        a.mul(b)
    }

    /// a^(q − 1), for elements of order q.
    fn inverse(a: &Self::Point) -> Self::Point {
        Self::vartime_power(a, &Integer::<P::Order>::ONE.neg())
    }

    fn is_identity(point: &Self::Point) -> bool {
        *point == Integer::ONE
    }

    fn text_length(text: &[u8]) -> usize {
        decimal::digits(text)
    }

    /// Decimal, 0 < x < p.
    fn decode_unchecked(text: &[u8]) -> Result<Self::Element, Reason> {
        let integer = integer_below::<P::Field>(text)?;
        if integer == U2048::ZERO {
            return Err(Reason::NotAMember);
        }
        Ok(Integer::new(&integer))
    }

    fn vartime_has_prime_order(point: &Self::Point) -> bool {
        P::vartime_has_prime_order(point)
    }

    fn write_text(element: &Self::Element, out: &mut Vec<u8>) {
        decimal::vartime_write(&mut element.retrieve().to_words(), out);
    }

    fn write_bytes(element: &Self::Element, out: &mut Vec<u8>) {
        for word in element.as_montgomery().as_words() {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }

    fn generator_power(exponent: &Self::Scalar) -> Self::Point {
        P::secret_generator_table().power(&exponent.retrieve())
    }

    fn power(base: &Self::Point, exponent: &Self::Scalar) -> Self::Point {
        base.pow_bounded_exp(&exponent.retrieve(), P::ORDER_BITS)
    }

    fn key_power(key: &Key<P>, exponent: &Self::Scalar) -> Self::Point {
        key.secret_powers.power(&exponent.retrieve())
    }

    fn key(element: &Self::Element) -> Key<P> {
        Key {
            element: *element,
            public_powers: Table::for_public(element, P::ORDER_BITS),
            secret_powers: Table::for_secrets(element, P::ORDER_BITS),
        }
    }

    fn key_element(key: &Key<P>) -> &Self::Element {
        &key.element
    }

    fn vartime_power(base: &Self::Point, exponent: &Self::Scalar) -> Self::Point {
        base.pow_vartime(&exponent.retrieve())
    }

    fn vartime_commitment(
        response: &Self::Scalar,
        base: &Self::Point,
        challenge: &Self::Scalar,
    ) -> Self::Point {
        let known = P::public_generator_table().vartime_power(&response.retrieve());
        known * Self::vartime_power(base, challenge)
    }

    fn vartime_double_power(
        a: &Self::Point,
        response: &Self::Scalar,
        b: &Self::Point,
        challenge: &Self::Scalar,
    ) -> Self::Point {
        Self::vartime_power(a, response) * Self::vartime_power(b, challenge)
    }

    /// B = y^r · g^(−M·c) · beta^c, so that statements about one ciphertext share its squarings.
    fn vartime_disjunction_commitments(
        key: &Key<P>,
        claims: &[Claim<'_, Self>],
        out: &mut Vec<Self::Point>,
    ) {
        let challenges: Vec<U2048> = claims.iter().map(|c| c.challenge.retrieve()).collect();
        let alphas: Vec<&Self::Point> = claims.iter().map(|claim| claim.alpha).collect();
        let betas: Vec<&Self::Point> = claims.iter().map(|claim| claim.beta).collect();
        let alphas = vartime_powers::<P>(&alphas, &challenges);
        let betas = vartime_powers::<P>(&betas, &challenges);
        for (claim, (alpha, beta)) in claims.iter().zip(alphas.iter().zip(&betas)) {
            let response = claim.response.retrieve();
            out.push(P::public_generator_table().vartime_power(&response) * alpha);
            let value = (*claim.value * *claim.challenge).neg().retrieve();
            let shift = P::public_generator_table().vartime_power(&value);
            out.push(key.public_powers.vartime_power(&response) * shift * beta);
        }
    }
}

/// base^e row by row, at once where it is the same base.
fn vartime_powers<P: Params>(
    bases: &[&Integer<P::Field>],
    exponents: &[U2048],
) -> Vec<Integer<P::Field>> {
    if bases.windows(2).all(|pair| pair[0] == pair[1])
        && let Some(base) = bases.first()
    {
        return vartime_shared_powers(base, exponents);
    }
    (bases.iter().zip(exponents))
        .map(|(base, exponent)| base.pow_vartime(exponent))
        .collect()
}

impl<Q: ConstMontyParams<LIMBS>> Scalar for Integer<Q> {
    fn random<R: CryptoRng>(rng: &mut R) -> Self {
        // By rejection: which values were refused says nothing about the one that was not.
        <Self as Random>::random_from_rng(rng)
    }

    fn from_u64(value: u64) -> Self {
        Self::new(&U2048::from_u64(value))
    }

    fn from_digest(digest: &[u8; 32]) -> Self {
        Self::new(&padded(digest))
    }

    fn from_decimal(text: &[u8]) -> Result<Self, Reason> {
        Ok(Self::new(&integer_below::<Q>(text)?))
    }

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        let integer = (bytes.len() <= 8 * LIMBS).then(|| padded(bytes))?;
        (integer < *Self::MODULUS.as_ref()).then(|| Self::new(&integer))
    }

    fn to_be_bytes(&self) -> Vec<u8> {
        self.retrieve().to_be_bytes().as_slice().to_vec()
    }

    fn vartime_write_decimal(&self, out: &mut Vec<u8>) {
        decimal::vartime_write(&mut self.retrieve().to_words(), out);
    }
}

/// A decimal text below the modulus.
fn integer_below<M: ConstMontyParams<LIMBS>>(text: &[u8]) -> Result<U2048, Reason> {
    let mut words = [0; LIMBS];
    decimal::read(text, &mut words)?;
    let integer = U2048::from_words(words);
    if integer < *Integer::<M>::MODULUS.as_ref() {
        Ok(integer)
    } else {
        Err(Reason::OutOfRange)
    }
}

/// At most 256 bytes, big-endian.
fn padded(bytes: &[u8]) -> U2048 {
    let mut whole = [0; 8 * LIMBS];
    whole[8 * LIMBS - bytes.len()..].copy_from_slice(bytes);
    U2048::from_be_slice(&whole)
}
