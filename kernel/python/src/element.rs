//! `Element`.

use crate::convert::{scalar, text};
use crate::store::{Id, Store, for_group};
use core::hash::{Hash, Hasher};
use psephos_crypto::{Group, divide, multiply};
use pyo3::prelude::*;
use pyo3::types::PyInt;
use std::hash::DefaultHasher;

/// One public element of a prime-order group, valid by construction. Equality is by value; hashable.
#[pyclass(frozen, from_py_object, module = "psephos_kernel")]
#[derive(Clone)]
pub(crate) struct Element(pub(crate) Store);

impl Element {
    pub(crate) fn new<G: Group>(id: Id, element: G::Element) -> Self {
        Self(Store::new(id, element))
    }

    pub(crate) fn get<G: Group>(&self) -> PyResult<&G::Element> {
        self.0.get()
    }
}

#[pymethods]
impl Element {
    /// The group's one encoding: 64 hexadecimal digits (Ed25519) or a decimal integer.
    #[getter]
    pub(crate) fn text(&self) -> PyResult<String> {
        let mut bytes = Vec::new();
        for_group!(self.0.id, G => G::write_text(self.get::<G>()?, &mut bytes));
        text(bytes)
    }

    #[getter]
    fn is_identity(&self) -> PyResult<bool> {
        for_group!(self.0.id, G => Ok(G::is_identity(G::point(self.get::<G>()?))))
    }

    fn __mul__(&self, other: &Self) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let (a, b) = (self.get::<G>()?, other.get::<G>()?);
            let product = multiply::<G>(&[*a], &[*b]).map_err(crate::convert::raise)?;
            Ok(Self::new::<G>(self.0.id, product[0]))
        })
    }

    fn __truediv__(&self, other: &Self) -> PyResult<Self> {
        for_group!(self.0.id, G => {
            let (a, b) = (self.get::<G>()?, other.get::<G>()?);
            let quotient = divide::<G>(&[*a], &[*b]).map_err(crate::convert::raise)?;
            Ok(Self::new::<G>(self.0.id, quotient[0]))
        })
    }

    fn __pow__(
        &self,
        exponent: &Bound<'_, PyInt>,
        modulo: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        if modulo.is_some() {
            let message = "pow() with a modulus is not supported";
            return Err(pyo3::exceptions::PyTypeError::new_err(message));
        }
        for_group!(self.0.id, G => {
            let base = G::point(self.get::<G>()?);
            let power = G::vartime_power(base, &scalar::<G>(exponent)?);
            Ok(Self::new::<G>(self.0.id, G::normalize(&[power])[0]))
        })
    }

    fn __eq__(&self, other: &Self) -> PyResult<bool> {
        if self.0.id != other.0.id {
            return Ok(false);
        }
        for_group!(self.0.id, G => Ok(self.get::<G>()? == other.get::<G>()?))
    }

    fn __hash__(&self) -> PyResult<u64> {
        let mut hasher = DefaultHasher::new();
        (self.0.id, self.text()?).hash(&mut hasher);
        Ok(hasher.finish())
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!(
            "<Element of {}: {}>",
            self.0.id.name(),
            self.text()?
        ))
    }
}
