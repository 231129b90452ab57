//! "This ciphertext encrypts M0, or that one M1, …": Belenios 2.0 §4.12 (intervals), §4.13 (possibly-blank votes).

use super::{Listed, Proofs};
use crate::blocks;
use crate::column::same_length;
use crate::error::Error;
use crate::group::{Claim, Group, Scalar};
use crate::secrets::Secrets;
use crate::transcript::Transcript;
use core::ops::Range;
use rand_core::CryptoRng;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// A statement as the verifier has it.
pub struct ClaimColumns<'a, G: Group> {
    /// g^r.
    pub alpha: &'a [G::Element],
    /// y^r · g^m.
    pub beta: &'a [G::Element],
    /// M.
    pub value: u64,
    /// The challenges of this statement.
    pub challenges: &'a [G::Scalar],
    /// The responses of this statement.
    pub responses: &'a [G::Scalar],
}

/// A statement as the prover has it.
pub struct WitnessColumns<'a, G: Group> {
    /// r.
    pub randomness: &'a Secrets<G>,
    /// m, secret.
    pub messages: &'a [u64],
    /// M.
    pub value: u64,
}

/// Rows where the sum of challenges ≠ H(prefix ‖ listed ‖ A0,B0,A1,B1,…).
pub fn verify_disjunction<G: Group>(
    key: &G::Key,
    prefixes: &[impl AsRef<[u8]> + Sync],
    listed: &Listed<'_, G>,
    statements: &[ClaimColumns<'_, G>],
) -> Result<Vec<usize>, Error> {
    let rows = prefixes.len();
    listed_length::<G>(listed, rows)?;
    for s in statements {
        let proof = [s.challenges.len(), s.responses.len()];
        same_length(&[rows, s.alpha.len(), s.beta.len(), proof[0], proof[1]])?;
    }
    let values: Vec<(G::Scalar, G::Point)> = statements
        .iter()
        .map(|s| {
            let value = G::Scalar::from_u64(s.value);
            (value, G::generator_power(&value))
        })
        .collect();
    Ok(blocks::flat_map(rows, |range| {
        let commitments = vartime_commitments(key, statements, &values, range.clone());
        let per_row = 2 * statements.len();
        let mut transcript = Transcript::default();
        range
            .enumerate()
            .filter(|(at, row)| {
                let own = &commitments[at * per_row..(at + 1) * per_row];
                let total = statements
                    .iter()
                    .fold(G::Scalar::from_u64(0), |sum, s| sum + s.challenges[*row]);
                let prefix = prefixes[*row].as_ref();
                challenge::<G>(&mut transcript, prefix, listed, *row, own) != total
            })
            .map(|(_, row)| row)
            .collect()
    }))
}

/// > A = g^response × α^challenge and B = y^response × (β / g^M)^challenge
fn vartime_commitments<G: Group>(
    key: &G::Key,
    statements: &[ClaimColumns<'_, G>],
    values: &[(G::Scalar, G::Point)],
    range: Range<usize>,
) -> Vec<G::Element> {
    let mut points = Vec::with_capacity(range.len() * statements.len() * 2);
    for row in range {
        let claims: Vec<Claim<'_, G>> = statements
            .iter()
            .zip(values)
            .map(|(s, (value, generator_to_value))| Claim {
                alpha: G::point(&s.alpha[row]),
                beta: G::point(&s.beta[row]),
                value,
                generator_to_value,
                challenge: &s.challenges[row],
                response: &s.responses[row],
            })
            .collect();
        G::vartime_disjunction_commitments(key, &claims, &mut points);
    }
    G::normalize(&points)
}

/// Prove that at least one statement is true, without telling which; one pair of columns per statement.
///
/// Constant-time in the randomness, the messages and which statement is true.
pub fn prove_disjunction<G: Group, R: CryptoRng>(
    key: &G::Key,
    rng: &mut R,
    prefixes: &[impl AsRef<[u8]> + Sync],
    listed: &Listed<'_, G>,
    statements: &[WitnessColumns<'_, G>],
) -> Result<Vec<Proofs<G>>, Error> {
    let rows = prefixes.len();
    listed_length::<G>(listed, rows)?;
    for s in statements {
        same_length(&[rows, s.randomness.len(), s.messages.len()])?;
    }
    let blocks = blocks::map_with_rng(rows, rng, |range, rng| {
        prove_block(key, rng, prefixes, listed, statements, range)
    });
    let mut columns = vec![(Vec::new(), Vec::new()); statements.len()];
    for block in blocks {
        for (column, (challenges, responses)) in columns.iter_mut().zip(block?) {
            column.0.extend(challenges);
            column.1.extend(responses);
        }
    }
    Ok(columns)
}

/// What a prover keeps of one statement in one row between commitment and response.
struct Opening<S: Scalar> {
    nonce: Zeroizing<S>,
    challenge: Zeroizing<S>,
    /// 1 for the first true statement, 0 for the others.
    is_the_proved_one: Zeroizing<u8>,
}

fn prove_block<G: Group, R: CryptoRng>(
    key: &G::Key,
    rng: &mut R,
    prefixes: &[impl AsRef<[u8]>],
    listed: &Listed<'_, G>,
    statements: &[WitnessColumns<'_, G>],
    range: Range<usize>,
) -> Result<Vec<Proofs<G>>, Error> {
    let mut openings = Vec::with_capacity(range.len() * statements.len());
    // Not secret: the finished proof determines them.
    let mut points = Vec::with_capacity(range.len() * statements.len() * 2);
    for row in range.clone() {
        let mut found = Choice::from(0);
        for s in statements {
            let (opening, commitments) = commit::<G, R>(key, rng, s, row, &mut found);
            openings.push(opening);
            points.extend(commitments);
        }
        if !bool::from(found) {
            return Err(Error::Witness { row });
        }
    }
    let commitments = G::normalize(&points);
    let mut columns = vec![(Vec::new(), Vec::new()); statements.len()];
    let mut transcript = Transcript::default();
    for (at, row) in range.enumerate() {
        let own = at * statements.len()..(at + 1) * statements.len();
        let named = &commitments[2 * own.start..2 * own.end];
        let hash = challenge::<G>(&mut transcript, prefixes[row].as_ref(), listed, row, named);
        let answers = respond(&openings[own], statements, row, &hash);
        for (column, (challenge, response)) in columns.iter_mut().zip(answers) {
            column.0.push(challenge);
            column.1.push(response);
        }
    }
    Ok(columns)
}

/// > challenge_i = H(…) − Σ_{j≠i} challenge_j, response_i = w − r × challenge_i
///
/// for the proved statement i; the challenges of the others stay as they were drawn.
fn respond<G: Group>(
    openings: &[Opening<G::Scalar>],
    statements: &[WitnessColumns<'_, G>],
    row: usize,
    hash: &G::Scalar,
) -> Vec<(G::Scalar, G::Scalar)> {
    let zero = G::Scalar::from_u64(0);
    let total = openings
        .iter()
        .fold(zero, |sum, opening| sum + *opening.challenge);
    let missing = *hash - total;
    (openings.iter().zip(statements))
        .map(|(opening, statement)| {
            let proved = Choice::from(*opening.is_the_proved_one);
            let challenge =
                *opening.challenge + G::Scalar::conditional_select(&zero, &missing, proved);
            let randomness = *statement.randomness.row(row);
            (challenge, *opening.nonce - randomness * challenge)
        })
        .collect()
}

/// A = g^t and B = y^t · g^(d·ch) with d = m − M, which is 0 where the statement is true.
///
/// With response = t − r·ch this is A = g^response · α^ch and B = y^response · (β / g^M)^ch:
/// the simulation of a false statement, and for a true one the commitment whatever its challenge will be.
fn commit<G: Group, R: CryptoRng>(
    key: &G::Key,
    rng: &mut R,
    statement: &WitnessColumns<'_, G>,
    row: usize,
    found: &mut Choice,
) -> (Opening<G::Scalar>, [G::Point; 2]) {
    let nonce = Zeroizing::new(G::Scalar::random(rng));
    let challenge = Zeroizing::new(G::Scalar::random(rng));
    let message = Zeroizing::new(G::Scalar::from_u64(statement.messages[row]));
    let difference = Zeroizing::new(*message - G::Scalar::from_u64(statement.value));
    let is_true = difference.ct_eq(&G::Scalar::from_u64(0));
    let is_the_proved_one = Zeroizing::new((is_true & !*found).unwrap_u8());
    *found |= is_true;
    let offset = Zeroizing::new(*difference * *challenge);
    let commitments = [
        G::generator_power(&nonce),
        G::op(&G::key_power(key, &nonce), &G::generator_power(&offset)),
    ];
    let opening = Opening {
        nonce,
        challenge,
        is_the_proved_one,
    };
    (opening, commitments)
}

/// H(prefix ‖ each list ‖ "|" ‖ A0,B0,A1,B1,…).
fn challenge<G: Group>(
    transcript: &mut Transcript,
    prefix: &[u8],
    listed: &Listed<'_, G>,
    row: usize,
    commitments: &[G::Element],
) -> G::Scalar {
    transcript.begin(prefix);
    for list in listed {
        transcript.elements::<G>(list.iter().map(|column| &column[row]));
        transcript.end_list();
    }
    transcript.elements::<G>(commitments);
    transcript.challenge::<G>()
}

fn listed_length<G: Group>(listed: &Listed<'_, G>, rows: usize) -> Result<(), Error> {
    let lengths: Vec<usize> = core::iter::once(rows)
        .chain(listed.iter().flatten().map(|column| column.len()))
        .collect();
    same_length(&lengths)
}
