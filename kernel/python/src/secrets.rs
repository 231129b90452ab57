//! `Secrets`.

use crate::column::Elements;
use crate::convert::raise;
use crate::store::{Id, Store, for_group};
use psephos_crypto::{Group, Secrets as Column};
use pyo3::prelude::*;

/// A column of secret integers modulo the group's order: zeroised when dropped, redacted in `repr`, not picklable.
#[pyclass(frozen, from_py_object, module = "psephos_kernel")]
#[derive(Clone)]
pub(crate) struct Secrets(pub(crate) Store);

impl Secrets {
    pub(crate) fn new<G: Group>(id: Id, column: Column<G>) -> Self {
        Self(Store::new(id, column))
    }

    pub(crate) fn get<G: Group>(&self) -> PyResult<&Column<G>> {
        self.0.get()
    }
}

#[pymethods]
impl Secrets {
    fn __len__(&self) -> PyResult<usize> {
        for_group!(self.0.id, G => Ok(self.get::<G>()?.len()))
    }

    fn select(&self, rows: Vec<usize>) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let rows = self.get::<G>()?.select(&rows).map_err(raise)?;
            Ok(Self::new(self.0.id, rows))
        })
    }

    /// Row by row.
    fn __add__(&self, other: &Self) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let sum = self.get::<G>()?.sum(other.get::<G>()?).map_err(raise)?;
            Ok(Self::new(self.0.id, sum))
        })
    }

    /// One row: the sum of all rows.
    fn total(&self) -> PyResult<Self> {
        for_group!(self.0.id, G => Ok(Self::new(self.0.id, self.get::<G>()?.total())))
    }

    /// For one polynomial whose coefficients are the rows: its values at the public points given.
    fn powers(&self, exponents: Vec<u64>) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            Ok(Self::new(self.0.id, self.get::<G>()?.polynomial_at(&exponents)))
        })
    }

    /// generator ** secret, row by row; constant-time.
    fn public(&self, py: Python<'_>) -> PyResult<Elements> {
        for_group!(self.0.id, G => {
            let secrets = self.get::<G>()?;
            Ok(Elements::new::<G>(self.0.id, py.detach(|| secrets.public())))
        })
    }

    /// base ** secret; constant-time. A single secret serves every base, otherwise row by row.
    fn apply(&self, py: Python<'_>, bases: &Elements) -> PyResult<Elements> {
        for_group!(self.0.id, G => {
            let (secrets, bases) = (self.get::<G>()?, bases.get::<G>()?);
            let images = py.detach(|| secrets.apply(bases)).map_err(raise)?;
            Ok(Elements::new::<G>(self.0.id, images))
        })
    }

    /// SECURITY: the secrets themselves, in decimal. Only for writing an encrypted key file or message.
    fn expose(&self) -> PyResult<Vec<String>> {
        for_group!(self.0.id, G => {
            let texts = self.get::<G>()?.expose();
            Ok(texts.iter().map(|text| text.to_string()).collect())
        })
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("<Secrets of {} rows: redacted>", self.__len__()?))
    }
}
