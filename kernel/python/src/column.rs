//! `Elements` and `Scalars`.

use crate::convert::{index, integer, raise, text};
use crate::element::Element;
use crate::store::{Id, Store, for_group};
use psephos_crypto::{Group, Scalar, concat, divide, multiply, select, vartime_product};
use pyo3::prelude::*;
use pyo3::types::PyInt;

/// A column of public group elements.
#[pyclass(frozen, from_py_object, module = "psephos_kernel")]
#[derive(Clone)]
pub(crate) struct Elements(pub(crate) Store);

impl Elements {
    pub(crate) fn new<G: Group>(id: Id, column: Vec<G::Element>) -> Self {
        Self(Store::new(id, column))
    }

    pub(crate) fn get<G: Group>(&self) -> PyResult<&Vec<G::Element>> {
        self.0.get()
    }
}

#[pymethods]
impl Elements {
    fn __len__(&self) -> PyResult<usize> {
        for_group!(self.0.id, G => Ok(self.get::<G>()?.len()))
    }

    fn __getitem__(&self, row: isize) -> PyResult<Element> {
        for_group!(self.0.id, G => {
            let column = self.get::<G>()?;
            Ok(Element::new::<G>(self.0.id, column[index(row, column.len())?]))
        })
    }

    fn texts(&self) -> PyResult<Vec<String>> {
        for_group!(self.0.id, G => {
            let written = self.get::<G>()?.iter().map(|element| {
                let mut bytes = Vec::new();
                G::write_text(element, &mut bytes);
                text(bytes)
            });
            written.collect()
        })
    }

    /// The named rows, in the order named.
    fn select(&self, rows: Vec<usize>) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let rows = select(self.get::<G>()?, &rows).map_err(raise)?;
            Ok(Self::new::<G>(self.0.id, rows))
        })
    }

    fn concat(&self, other: &Self) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let joined = concat(self.get::<G>()?, other.get::<G>()?);
            Ok(Self::new::<G>(self.0.id, joined))
        })
    }

    fn __mul__(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let (a, b) = (self.get::<G>()?, other.get::<G>()?);
            let product = py.detach(|| multiply::<G>(a, b)).map_err(raise)?;
            Ok(Self::new::<G>(self.0.id, product))
        })
    }

    fn __truediv__(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let (a, b) = (self.get::<G>()?, other.get::<G>()?);
            let quotient = py.detach(|| divide::<G>(a, b)).map_err(raise)?;
            Ok(Self::new::<G>(self.0.id, quotient))
        })
    }

    /// The product of all rows, each to its public exponent (0 ≤ e < 2**64); identity for no rows.
    #[pyo3(signature = (exponents=None))]
    fn product(&self, py: Python<'_>, exponents: Option<Vec<u64>>) -> PyResult<Element> {
        for_group!(self.0.id, G => {
            let column = self.get::<G>()?;
            let product = py
                .detach(|| vartime_product::<G>(column, exponents.as_deref()))
                .map_err(raise)?;
            Ok(Element::new::<G>(self.0.id, product))
        })
    }

    fn __eq__(&self, other: &Self) -> PyResult<bool> {
        if self.0.id != other.0.id {
            return Ok(false);
        }
        for_group!(self.0.id, G => Ok(self.get::<G>()? == other.get::<G>()?))
    }

    fn __repr__(&self) -> PyResult<String> {
        let rows = self.__len__()?;
        Ok(format!("<Elements of {}: {rows} rows>", self.0.id.name()))
    }
}

/// A column of public integers modulo the group's order.
#[pyclass(frozen, from_py_object, module = "psephos_kernel")]
#[derive(Clone)]
pub(crate) struct Scalars(pub(crate) Store);

impl Scalars {
    pub(crate) fn new<G: Group>(id: Id, column: Vec<G::Scalar>) -> Self {
        Self(Store::new(id, column))
    }

    pub(crate) fn get<G: Group>(&self) -> PyResult<&Vec<G::Scalar>> {
        self.0.get()
    }
}

#[pymethods]
impl Scalars {
    fn __len__(&self) -> PyResult<usize> {
        for_group!(self.0.id, G => Ok(self.get::<G>()?.len()))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, row: isize) -> PyResult<Bound<'py, PyInt>> {
        for_group!(self.0.id, G => {
            let column = self.get::<G>()?;
            integer(py, &column[index(row, column.len())?].to_be_bytes())
        })
    }

    /// Decimal, without leading zeros.
    fn texts(&self) -> PyResult<Vec<String>> {
        for_group!(self.0.id, G => {
            let written = self.get::<G>()?.iter().map(|scalar| {
                let mut bytes = Vec::new();
                scalar.vartime_write_decimal(&mut bytes);
                text(bytes)
            });
            written.collect()
        })
    }

    fn select(&self, rows: Vec<usize>) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let rows = select(self.get::<G>()?, &rows).map_err(raise)?;
            Ok(Self::new::<G>(self.0.id, rows))
        })
    }

    fn __repr__(&self) -> PyResult<String> {
        let rows = self.__len__()?;
        Ok(format!("<Scalars of {}: {rows} rows>", self.0.id.name()))
    }
}
