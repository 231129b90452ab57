//! Secret exponents, and what is made from them.

use crate::blocks;
use crate::column::{from_points, same_length};
use crate::error::Error;
use crate::group::{Group, Scalar};
use core::fmt;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// A column of secret integers modulo q: zeroised when dropped, redacted when printed.
pub struct Secrets<G: Group>(Zeroizing<Vec<G::Scalar>>);

impl<G: Group> fmt::Debug for Secrets<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Secrets of {} rows: redacted>", self.len())
    }
}

impl<G: Group> Secrets<G> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Uniform modulo q.
    pub fn random<R: CryptoRng>(rng: &mut R, count: usize) -> Self {
        Self::collect(count, |_| G::Scalar::random(rng))
    }

    /// From decimal texts; the error does not show them.
    pub fn from_texts(texts: &[impl AsRef<[u8]>]) -> Result<Self, Error> {
        let mut secrets = Zeroizing::new(Vec::with_capacity(texts.len()));
        for (row, text) in texts.iter().enumerate() {
            let secret = G::Scalar::from_decimal(text.as_ref())
                .map_err(|reason| Error::Decode { row, reason })?;
            secrets.push(secret);
        }
        Ok(Self(secrets))
    }

    /// The SHA-256 of each prefix ‖ seed in hexadecimal, concatenated, as one integer modulo q:
    /// the credentials of Belenios 2.3 and later (spec 3.1 §4.8).
    pub fn derived(prefixes: &[impl AsRef<[u8]>], seeds: &[impl AsRef<[u8]>]) -> Self {
        // 2^256 mod q = (2^256 − 1 mod q) + 1
        let shift = G::Scalar::from_digest(&[0xff; 32]) + G::Scalar::from_u64(1);
        Self::collect(seeds.len(), |row| {
            prefixes.iter().fold(G::Scalar::from_u64(0), |sum, prefix| {
                let digest: Zeroizing<[u8; 32]> = Zeroizing::new(
                    Sha256::new()
                        .chain_update(prefix.as_ref())
                        .chain_update(seeds[row].as_ref())
                        .finalize()
                        .into(),
                );
                sum * shift + G::Scalar::from_digest(&digest)
            })
        })
    }

    /// The named rows, in the order named.
    pub fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        if rows.iter().any(|row| *row >= self.len()) {
            return Err(Error::Shape("no such row"));
        }
        Ok(Self::collect(rows.len(), |at| self.0[rows[at]]))
    }

    /// Row by row.
    pub fn sum(&self, other: &Self) -> Result<Self, Error> {
        same_length(&[self.len(), other.len()])?;
        Ok(Self::collect(self.len(), |row| self.0[row] + other.0[row]))
    }

    /// One row: the sum of all.
    #[must_use]
    pub fn total(&self) -> Self {
        let zero = G::Scalar::from_u64(0);
        Self::collect(1, |_| self.0.iter().fold(zero, |sum, secret| sum + *secret))
    }

    /// The polynomial whose coefficients are the rows, at public points: Belenios 2.0 §4.6.4.
    #[must_use]
    pub fn polynomial_at(&self, points: &[u64]) -> Self {
        let zero = G::Scalar::from_u64(0);
        Self::collect(points.len(), |at| {
            let point = G::Scalar::from_u64(points[at]);
            let rows = self.0.iter().rev();
            rows.fold(zero, |value, coefficient| value * point + *coefficient)
        })
    }

    /// g^x in each row.
    pub fn public(&self) -> Vec<G::Element> {
        from_points::<G>(self.len(), |row| G::generator_power(&self.0[row]))
    }

    /// base^x; one secret serves every base, otherwise row by row.
    pub fn apply(&self, bases: &[G::Element]) -> Result<Vec<G::Element>, Error> {
        self.serves(bases.len())?;
        Ok(from_points::<G>(bases.len(), |row| {
            G::power(G::point(&bases[row]), self.row(row))
        }))
    }

    /// SECURITY: the secrets themselves, in decimal. Only for an encrypted key file or message.
    pub fn expose(&self) -> Vec<Zeroizing<String>> {
        self.0
            .iter()
            .map(|secret| {
                // Long enough for 2048 bits, so that growing leaves no copy behind.
                let mut text = Vec::with_capacity(640);
                secret.vartime_write_decimal(&mut text);
                Zeroizing::new(String::from_utf8(text).unwrap_or_default())
            })
            .collect()
    }

    /// The secret of a row; a single one serves every row.
    pub(crate) fn row(&self, row: usize) -> &G::Scalar {
        &self.0[if self.0.len() == 1 { 0 } else { row }]
    }

    pub(crate) fn serves(&self, rows: usize) -> Result<(), Error> {
        if self.len() == 1 {
            return Ok(());
        }
        same_length(&[self.len(), rows])
    }

    fn collect(rows: usize, mut value: impl FnMut(usize) -> G::Scalar) -> Self {
        let mut secrets = Zeroizing::new(Vec::with_capacity(rows));
        for row in 0..rows {
            secrets.push(value(row));
        }
        Self(secrets)
    }
}

/// alpha, beta and the randomness r.
pub type Ciphertexts<G> = (
    Vec<<G as Group>::Element>,
    Vec<<G as Group>::Element>,
    Secrets<G>,
);

/// `ElGamal` in the exponent (Belenios 2.0 §4.11.1): (g^r, y^r · g^m) with a fresh r; constant-time in m and r.
pub fn encrypt<G: Group, R: CryptoRng>(
    key: &G::Key,
    rng: &mut R,
    messages: &[u64],
) -> Result<Ciphertexts<G>, Error> {
    if messages.iter().any(|message| *message >> 32 != 0) {
        return Err(Error::Shape("a message is not below 2**32"));
    }
    let blocks = blocks::map_with_rng(messages.len(), rng, |range, rng| {
        let randomness = Secrets::<G>::random(rng, range.len());
        let mut alphas = Vec::with_capacity(range.len());
        let mut betas = Vec::with_capacity(range.len());
        for (r, message) in randomness.0.iter().zip(&messages[range]) {
            let message = Zeroizing::new(G::Scalar::from_u64(*message));
            alphas.push(G::generator_power(r));
            betas.push(G::op(&G::key_power(key, r), &G::generator_power(&message)));
        }
        (G::normalize(&alphas), G::normalize(&betas), randomness)
    });
    let mut alphas = Vec::with_capacity(messages.len());
    let mut betas = Vec::with_capacity(messages.len());
    let mut randomness = Zeroizing::new(Vec::with_capacity(messages.len()));
    for (alpha, beta, r) in blocks {
        alphas.extend(alpha);
        betas.extend(beta);
        randomness.extend_from_slice(&r.0);
    }
    Ok((alphas, betas, Secrets(randomness)))
}

/// Uniform text over Bitcoin's 58 characters.
pub fn base58<R: CryptoRng>(rng: &mut R, length: usize) -> Zeroizing<String> {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut text = Zeroizing::new(String::with_capacity(length));
    while text.len() < length {
        let mut byte = Zeroizing::new([0]);
        rng.fill_bytes(byte.as_mut());
        // Six bits, refused unless below 58: uniform. Every character is read, so the choice leaves no trace in caches.
        let mut character = Zeroizing::new(0);
        for (letter, index) in ALPHABET.iter().zip(0_u8..) {
            character.conditional_assign(letter, index.ct_eq(&(byte[0] & 63)));
        }
        if *character != 0 {
            text.push(char::from(*character));
        }
    }
    text
}
