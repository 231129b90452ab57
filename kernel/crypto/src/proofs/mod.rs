//! Non-interactive proofs in challenge–response form; the response is w − x·challenge.

pub(crate) mod disjunction;
pub(crate) mod equality;
pub(crate) mod schnorr;

use crate::group::{Group, Scalar};
use crate::secrets::Secrets;
use crate::transcript::Transcript;
use core::ops::Range;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A column of challenges and a column of responses.
pub type Proofs<G> = (Vec<<G as Group>::Scalar>, Vec<<G as Group>::Scalar>);

/// Lists of element columns that a transcript names before the commitments.
pub type Listed<'a, G> = [Vec<&'a [<G as Group>::Element]>];

/// Join the blocks' columns.
pub(crate) fn join<G: Group>(blocks: Vec<Proofs<G>>) -> Proofs<G> {
    let mut joined = (Vec::new(), Vec::new());
    for (challenges, responses) in blocks {
        joined.0.extend(challenges);
        joined.1.extend(responses);
    }
    joined
}

/// A fresh w for every row of a block.
fn nonces<G: Group, R: CryptoRng>(rng: &mut R, rows: usize) -> Zeroizing<Vec<G::Scalar>> {
    Zeroizing::new((0..rows).map(|_| G::Scalar::random(rng)).collect())
}

/// > challenge = H(…), response = w − x × challenge
///
/// for the rows of a block, whose commitments stand one row after the other.
fn respond<G: Group>(
    range: Range<usize>,
    prefixes: &[impl AsRef<[u8]>],
    commitments: &[G::Element],
    nonces: &[G::Scalar],
    secrets: &Secrets<G>,
) -> Proofs<G> {
    let per_row = commitments.len() / nonces.len();
    let mut transcript = Transcript::default();
    range
        .zip(commitments.chunks_exact(per_row).zip(nonces))
        .map(|(row, (commitments, nonce))| {
            transcript.begin(prefixes[row].as_ref());
            transcript.elements::<G>(commitments);
            let challenge = transcript.challenge::<G>();
            (challenge, *nonce - *secrets.row(row) * challenge)
        })
        .unzip()
}

/// The rows of a block where challenge ≠ H(prefix ‖ commitments).
fn refused<G: Group>(
    range: Range<usize>,
    prefixes: &[impl AsRef<[u8]>],
    commitments: &[G::Element],
    challenges: &[G::Scalar],
) -> Vec<usize> {
    let per_row = commitments.len() / range.len();
    let mut transcript = Transcript::default();
    range
        .zip(commitments.chunks_exact(per_row))
        .filter(|(row, commitments)| {
            transcript.begin(prefixes[*row].as_ref());
            transcript.elements::<G>(*commitments);
            transcript.challenge::<G>() != challenges[*row]
        })
        .map(|(row, _)| row)
        .collect()
}
