//! Small discrete logarithms by baby steps and giant steps: reading a tally (Belenios 2.0 §4.19).

use crate::blocks;
use crate::error::Error;
use crate::group::{Group, Scalar};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The largest bound accepted.
const LIMIT: u64 = 10_000_000_000;
/// Giant steps that share an inversion.
const STRIDE: u64 = 256;

/// For each row the n ≤ bound with g^n = element, if there is one. Variable-time.
pub fn discrete_logarithms<G: Group>(
    elements: &[G::Element],
    bound: u64,
) -> Result<Vec<Option<u64>>, Error> {
    if bound > LIMIT {
        return Err(Error::Shape("the bound is above 10**10"));
    }
    let steps = bound.isqrt() + 1;
    let table = baby_steps::<G>(steps);
    let giant = G::inverse(&G::generator_power(&G::Scalar::from_u64(steps)));
    Ok(elements
        .par_iter()
        .map(|element| search::<G>(element, bound, steps, &table, &giant))
        .collect())
}

/// g^0 … g^(steps − 1), found by 64 bits of a hash.
fn baby_steps<G: Group>(steps: u64) -> HashMap<u64, u64> {
    let generator = *G::point(&G::generator());
    let rows = usize::try_from(steps).unwrap_or(usize::MAX);
    let short = blocks::flat_map(rows, |range| {
        let mut power = G::generator_power(&G::Scalar::from_u64(range.start as u64));
        let points: Vec<G::Point> = range
            .map(|_| {
                let this = power;
                power = G::op(&power, &generator);
                this
            })
            .collect();
        short_hashes::<G>(&points)
    });
    short.into_iter().zip(0..).collect()
}

fn search<G: Group>(
    element: &G::Element,
    bound: u64,
    steps: u64,
    table: &HashMap<u64, u64>,
    giant: &G::Point,
) -> Option<u64> {
    let mut point = *G::point(element);
    let mut done = 0;
    while done <= bound / steps {
        let points: Vec<G::Point> = (0..STRIDE)
            .map(|_| {
                let this = point;
                point = G::op(&point, giant);
                this
            })
            .collect();
        for (short, step) in short_hashes::<G>(&points).iter().zip(done..) {
            let Some(baby) = table.get(short) else {
                continue;
            };
            let candidate = step * steps + baby;
            let power = G::generator_power(&G::Scalar::from_u64(candidate));
            if candidate <= bound && G::normalize(&[power])[0] == *element {
                return Some(candidate);
            }
        }
        done += STRIDE;
    }
    None
}

/// Hashes of the whole: small powers of the generator 2 have all words but one in common.
fn short_hashes<G: Group>(points: &[G::Point]) -> Vec<u64> {
    let mut bytes = Vec::new();
    G::normalize(points)
        .iter()
        .map(|element| {
            bytes.clear();
            G::write_bytes(element, &mut bytes);
            Sha256::digest(&bytes)[..8]
                .iter()
                .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
        })
        .collect()
}
