//! Knowledge of a discrete logarithm: Belenios 2.0 §4.5 (a trustee's key), §4.14 (a ballot's signature).

use super::{Proofs, join, nonces, refused, respond};
use crate::blocks;
use crate::column::same_length;
use crate::error::Error;
use crate::group::Group;
use crate::secrets::Secrets;
use rand_core::CryptoRng;

/// w random, challenge = H(prefix ‖ g^w), response = w − x·challenge. Constant-time in x and w.
pub fn prove_schnorr<G: Group, R: CryptoRng>(
    secrets: &Secrets<G>,
    rng: &mut R,
    prefixes: &[impl AsRef<[u8]> + Sync],
) -> Result<Proofs<G>, Error> {
    same_length(&[secrets.len(), prefixes.len()])?;
    let blocks = blocks::map_with_rng(prefixes.len(), rng, |range, rng| {
        let nonces = nonces::<G, _>(rng, range.len());
        let points: Vec<G::Point> = nonces.iter().map(G::generator_power).collect();
        respond(range, prefixes, &G::normalize(&points), &nonces, secrets)
    });
    Ok(join::<G>(blocks))
}

/// Rows where challenge ≠ H(prefix ‖ g^response · public^challenge).
pub fn verify_schnorr<G: Group>(
    prefixes: &[impl AsRef<[u8]> + Sync],
    public: &[G::Element],
    challenges: &[G::Scalar],
    responses: &[G::Scalar],
) -> Result<Vec<usize>, Error> {
    same_length(&[
        prefixes.len(),
        public.len(),
        challenges.len(),
        responses.len(),
    ])?;
    Ok(blocks::flat_map(prefixes.len(), |range| {
        // > compute A = g^response × X^challenge
        let points: Vec<G::Point> = range
            .clone()
            .map(|row| {
                G::vartime_commitment(&responses[row], G::point(&public[row]), &challenges[row])
            })
            .collect();
        refused::<G>(range, prefixes, &G::normalize(&points), challenges)
    }))
}
