//! Equality of discrete logarithms (Chaum–Pedersen): Belenios 2.0 §4.18 (partial decryptions).

use super::{Proofs, join, nonces, refused, respond};
use crate::blocks;
use crate::column::same_length;
use crate::error::Error;
use crate::group::Group;
use crate::secrets::Secrets;
use rand_core::CryptoRng;

/// w random, challenge = H(prefix ‖ g^w, base^w), response = w − x·challenge. Constant-time in x and w.
pub fn prove_equality<G: Group, R: CryptoRng>(
    secrets: &Secrets<G>,
    rng: &mut R,
    prefixes: &[impl AsRef<[u8]> + Sync],
    bases: &[G::Element],
) -> Result<Proofs<G>, Error> {
    same_length(&[prefixes.len(), bases.len()])?;
    secrets.serves(bases.len())?;
    let blocks = blocks::map_with_rng(prefixes.len(), rng, |range, rng| {
        let nonces = nonces::<G, _>(rng, range.len());
        let points: Vec<G::Point> = range
            .clone()
            .zip(nonces.iter())
            .flat_map(|(row, w)| [G::generator_power(w), G::power(G::point(&bases[row]), w)])
            .collect();
        respond(range, prefixes, &G::normalize(&points), &nonces, secrets)
    });
    Ok(join::<G>(blocks))
}

/// Rows where challenge ≠ H(prefix ‖ g^r · public^c, base^r · image^c).
pub fn verify_equality<G: Group>(
    prefixes: &[impl AsRef<[u8]> + Sync],
    public: &[G::Element],
    bases: &[G::Element],
    images: &[G::Element],
    challenges: &[G::Scalar],
    responses: &[G::Scalar],
) -> Result<Vec<usize>, Error> {
    same_length(&[
        prefixes.len(),
        public.len(),
        bases.len(),
        images.len(),
        challenges.len(),
        responses.len(),
    ])?;
    Ok(blocks::flat_map(prefixes.len(), |range| {
        // > A = g^response × public^challenge, B = base^response × image^challenge
        let points: Vec<G::Point> = range
            .clone()
            .flat_map(|row| {
                let (c, r) = (&challenges[row], &responses[row]);
                let (base, image) = (G::point(&bases[row]), G::point(&images[row]));
                [
                    G::vartime_commitment(r, G::point(&public[row]), c),
                    G::vartime_double_power(base, r, image, c),
                ]
            })
            .collect();
        refused::<G>(range, prefixes, &G::normalize(&points), challenges)
    }))
}
