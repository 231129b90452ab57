//! The provers and verifiers.

use crate::column::{Elements, Scalars};
use crate::convert::raise;
use crate::group::Key;
use crate::rng::Rng;
use crate::secrets::Secrets;
use crate::store::for_group;
use psephos_crypto as crypto;
use psephos_crypto::{ClaimColumns, Group, WitnessColumns, Zeroizing};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// Row by row: w random, challenge = H(prefix ‖ g**w), response = w − x·challenge.
#[pyfunction]
pub(crate) fn prove_schnorr(
    py: Python<'_>,
    secrets: &Secrets,
    rng: &Rng,
    prefixes: Vec<PyBackedBytes>,
) -> PyResult<(Scalars, Scalars)> {
    let id = secrets.0.id;
    let mut generator = rng.fork()?;
    for_group!(id, G => {
        let secrets = secrets.get::<G>()?;
        let (challenges, responses) = py
            .detach(|| crypto::prove_schnorr(secrets, &mut generator, &prefixes))
            .map_err(raise)?;
        Ok((Scalars::new::<G>(id, challenges), Scalars::new::<G>(id, responses)))
    })
}

/// Rows where challenge ≠ H(prefix ‖ g**response · public**challenge), ascending.
#[pyfunction]
pub(crate) fn verify_schnorr(
    py: Python<'_>,
    prefixes: Vec<PyBackedBytes>,
    public: &Elements,
    challenges: &Scalars,
    responses: &Scalars,
) -> PyResult<Vec<usize>> {
    for_group!(public.0.id, G => {
        let (public, c, r) = (public.get::<G>()?, challenges.get::<G>()?, responses.get::<G>()?);
        py.detach(|| crypto::verify_schnorr::<G>(&prefixes, public, c, r)).map_err(raise)
    })
}

/// Chaum–Pedersen: H(prefix ‖ g**w , base**w). A single secret serves every row, otherwise row by row.
#[pyfunction]
pub(crate) fn prove_equality(
    py: Python<'_>,
    secrets: &Secrets,
    rng: &Rng,
    prefixes: Vec<PyBackedBytes>,
    bases: &Elements,
) -> PyResult<(Scalars, Scalars)> {
    let id = secrets.0.id;
    let mut generator = rng.fork()?;
    for_group!(id, G => {
        let (secrets, bases) = (secrets.get::<G>()?, bases.get::<G>()?);
        let (challenges, responses) = py
            .detach(|| crypto::prove_equality(secrets, &mut generator, &prefixes, bases))
            .map_err(raise)?;
        Ok((Scalars::new::<G>(id, challenges), Scalars::new::<G>(id, responses)))
    })
}

/// Rows where challenge ≠ H(prefix ‖ g**r·public**c , base**r·image**c), ascending.
#[pyfunction]
pub(crate) fn verify_equality(
    py: Python<'_>,
    prefixes: Vec<PyBackedBytes>,
    public: &Elements,
    bases: &Elements,
    images: &Elements,
    challenges: &Scalars,
    responses: &Scalars,
) -> PyResult<Vec<usize>> {
    for_group!(public.0.id, G => {
        let (public, bases) = (public.get::<G>()?, bases.get::<G>()?);
        let images = images.get::<G>()?;
        let (c, r) = (challenges.get::<G>()?, responses.get::<G>()?);
        py.detach(|| crypto::verify_equality::<G>(&prefixes, public, bases, images, c, r))
            .map_err(raise)
    })
}

/// Prove that at least one statement is true, without telling which.
#[pyfunction]
pub(crate) fn prove_disjunction(
    py: Python<'_>,
    key: &Key,
    rng: &Rng,
    prefixes: Vec<PyBackedBytes>,
    listed: Vec<Vec<Elements>>,
    statements: Vec<(Secrets, Vec<u64>, u64)>,
) -> PyResult<(Vec<Scalars>, Vec<Scalars>)> {
    let id = key.0.id;
    let mut generator = rng.fork()?;
    let statements: Vec<(Secrets, Zeroizing<Vec<u64>>, u64)> = statements
        .into_iter()
        .map(|(randomness, messages, value)| (randomness, Zeroizing::new(messages), value))
        .collect();
    for_group!(id, G => {
        let table = key.0.get()?;
        let listed = columns::<G>(&listed)?;
        let witnesses = statements.iter().map(|(randomness, messages, value)| {
            Ok(WitnessColumns::<G> {
                randomness: randomness.get()?,
                messages,
                value: *value,
            })
        });
        let witnesses = witnesses.collect::<PyResult<Vec<_>>>()?;
        let proofs = py
            .detach(|| {
                crypto::prove_disjunction(table, &mut generator, &prefixes, &listed, &witnesses)
            })
            .map_err(raise)?;
        Ok(proofs
            .into_iter()
            .map(|(c, r)| (Scalars::new::<G>(id, c), Scalars::new::<G>(id, r)))
            .unzip())
    })
}

/// Rows where the sum of challenges ≠ H(transcript), ascending.
#[pyfunction]
pub(crate) fn verify_disjunction(
    py: Python<'_>,
    key: &Key,
    prefixes: Vec<PyBackedBytes>,
    listed: Vec<Vec<Elements>>,
    statements: Vec<(Elements, Elements, u64)>,
    challenges: Vec<Scalars>,
    responses: Vec<Scalars>,
) -> PyResult<Vec<usize>> {
    if statements.len() != challenges.len() || statements.len() != responses.len() {
        let message = "one column of challenges and one of responses per statement";
        return Err(PyValueError::new_err(message));
    }
    for_group!(key.0.id, G => {
        let table = key.0.get()?;
        let listed = columns::<G>(&listed)?;
        let claims = statements.iter().zip(challenges.iter().zip(&responses));
        let claims = claims.map(|((alpha, beta, value), (challenges, responses))| {
            Ok(ClaimColumns::<G> {
                alpha: alpha.get::<G>()?,
                beta: beta.get::<G>()?,
                value: *value,
                challenges: challenges.get::<G>()?,
                responses: responses.get::<G>()?,
            })
        });
        let claims = claims.collect::<PyResult<Vec<_>>>()?;
        py.detach(|| crypto::verify_disjunction::<G>(table, &prefixes, &listed, &claims))
            .map_err(raise)
    })
}

/// Lists of columns of one group.
fn columns<G: Group>(listed: &[Vec<Elements>]) -> PyResult<Vec<Vec<&[G::Element]>>> {
    listed
        .iter()
        .map(|list| {
            let columns = list.iter().map(Elements::get::<G>);
            columns.map(|column| column.map(Vec::as_slice)).collect()
        })
        .collect()
}
