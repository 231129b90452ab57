//! `Group` and `Key`.

use crate::column::{Elements, Scalars};
use crate::convert::{integer, raise, refuse};
use crate::element::Element;
use crate::rng::Rng;
use crate::secrets::Secrets;
use crate::store::{Id, Store, for_group};
use psephos_crypto::{
    Group as _, Scalar as _, Secrets as SecretColumn, Zeroizing, decode_element, decode_elements,
    decode_scalars, discrete_logarithms, encrypt, hash,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyInt;

/// A public element with tables of its powers: an election's public key.
#[pyclass(frozen, module = "psephos_kernel")]
pub(crate) struct Key(pub(crate) Store);

#[pymethods]
impl Key {
    #[new]
    fn new(element: &Element) -> PyResult<Self> {
        let id = element.0.id;
        for_group!(id, G => Ok(Self(Store::new(id, G::key(element.get::<G>()?)))))
    }

    #[getter]
    fn element(&self) -> PyResult<Element> {
        for_group!(self.0.id, G => {
            let key: &<G as psephos_crypto::Group>::Key = self.0.get()?;
            Ok(Element::new::<G>(self.0.id, *G::key_element(key)))
        })
    }

    fn __repr__(&self) -> PyResult<String> {
        let element = self.element()?;
        Ok(format!(
            "<Key of {}: {}>",
            self.0.id.name(),
            element.text()?
        ))
    }
}

/// One of the three groups; ValueError for any other name. Equality by name.
#[pyclass(frozen, eq, hash, module = "psephos_kernel")]
#[derive(PartialEq, Hash)]
pub(crate) struct Group(pub(crate) Id);

#[pymethods]
impl Group {
    #[new]
    fn new(name: &str) -> PyResult<Self> {
        Id::from_name(name).map(Self)
    }

    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }

    #[getter]
    fn order<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyInt>> {
        for_group!(self.0, G => integer(py, &G::order()))
    }

    #[getter]
    fn generator(&self) -> Element {
        for_group!(self.0, G => Element::new::<G>(self.0, G::generator()))
    }

    #[getter]
    fn identity(&self) -> Element {
        for_group!(self.0, G => Element::new::<G>(self.0, G::identity()))
    }

    /// Decode one element: canonical, in the prime-order subgroup, not the identity unless allowed; DecodeError.
    #[pyo3(signature = (text, *, identity=false))]
    fn element(&self, text: &[u8], identity: bool) -> PyResult<Element> {
        for_group!(self.0, G => {
            let element = decode_element::<G>(text, identity).map_err(refuse)?;
            Ok(Element::new::<G>(self.0, element))
        })
    }

    /// The same for a column; DecodeError names the first bad row.
    #[pyo3(signature = (texts, *, identity=false))]
    fn elements(
        &self,
        py: Python<'_>,
        texts: Vec<PyBackedBytes>,
        identity: bool,
    ) -> PyResult<Elements> {
        for_group!(self.0, G => {
            let column = py.detach(|| decode_elements::<G>(&texts, identity)).map_err(raise)?;
            Ok(Elements::new::<G>(self.0, column))
        })
    }

    /// Decimal texts without sign or leading zero, below the order; DecodeError.
    fn scalars(&self, py: Python<'_>, texts: Vec<PyBackedBytes>) -> PyResult<Scalars> {
        for_group!(self.0, G => {
            let column = py.detach(|| decode_scalars::<G>(&texts)).map_err(raise)?;
            Ok(Scalars::new::<G>(self.0, column))
        })
    }

    /// A column from single elements.
    fn column(&self, elements: Vec<Element>) -> PyResult<Elements> {
        for_group!(self.0, G => {
            let column = elements.iter().map(|element| element.get::<G>().copied());
            Ok(Elements::new::<G>(self.0, column.collect::<PyResult<_>>()?))
        })
    }

    fn random_secrets(&self, rng: &Rng, count: usize) -> PyResult<Secrets> {
        let mut generator = rng.fork()?;
        for_group!(self.0, G => {
            Ok(Secrets::new::<G>(self.0, SecretColumn::random(&mut generator, count)))
        })
    }

    /// From decimal texts (a key file, a decrypted message); DecodeError never shows the text.
    fn secrets(&self, texts: Vec<PyBackedBytes>) -> PyResult<Secrets> {
        for_group!(self.0, G => {
            let column = SecretColumn::from_texts(&texts).map_err(raise)?;
            Ok(Secrets::new::<G>(self.0, column))
        })
    }

    /// Row i: the SHA-256 of each prefix ‖ seeds[i] as hexadecimal, concatenated, read as one integer, mod q.
    fn derived_secrets(
        &self,
        py: Python<'_>,
        prefixes: Vec<PyBackedBytes>,
        seeds: Vec<PyBackedBytes>,
    ) -> Secrets {
        for_group!(self.0, G => {
            let column = py.detach(|| SecretColumn::<G>::derived(&prefixes, &seeds));
            Secrets::new::<G>(self.0, column)
        })
    }

    /// ElGamal: (g**r, y**r · g**m, r) with a fresh r per row; 0 ≤ m < 2**32, constant-time in m and r.
    fn encrypt(
        &self,
        py: Python<'_>,
        key: &Key,
        rng: &Rng,
        messages: Vec<u64>,
    ) -> PyResult<(Elements, Elements, Secrets)> {
        let mut generator = rng.fork()?;
        let messages = Zeroizing::new(messages);
        for_group!(self.0, G => {
            let key = key.0.get()?;
            let (alphas, betas, randomness) = py
                .detach(|| encrypt::<G, _>(key, &mut generator, &messages))
                .map_err(raise)?;
            Ok((
                Elements::new::<G>(self.0, alphas),
                Elements::new::<G>(self.0, betas),
                Secrets::new::<G>(self.0, randomness),
            ))
        })
    }

    /// SHA-256(prefix ‖ texts joined by ","), as a big-endian integer mod q.
    fn hash<'py>(
        &self,
        py: Python<'py>,
        prefix: &[u8],
        elements: Vec<Element>,
    ) -> PyResult<Bound<'py, PyInt>> {
        for_group!(self.0, G => {
            let elements = elements.iter().map(|element| element.get::<G>().copied());
            let challenge = hash::<G>(prefix, &elements.collect::<PyResult<Vec<_>>>()?);
            integer(py, &challenge.to_be_bytes())
        })
    }

    /// For each row the n with generator ** n = element, 0 ≤ n ≤ bound ≤ 10**10; None where there is none.
    fn discrete_logarithms(
        &self,
        py: Python<'_>,
        elements: &Elements,
        bound: u64,
    ) -> PyResult<Vec<Option<u64>>> {
        for_group!(self.0, G => {
            let column = elements.get::<G>()?;
            py.detach(|| discrete_logarithms::<G>(column, bound)).map_err(raise)
        })
    }

    fn __repr__(&self) -> String {
        format!("<Group {}>", self.name())
    }
}
