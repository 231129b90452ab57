//! Errors and integers on their way between Rust and Python.

use psephos_crypto::{Error, Group, Reason, Scalar};
use pyo3::create_exception;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

create_exception!(
    psephos_kernel,
    DecodeError,
    PyValueError,
    "A text is not the one encoding of a value; `args` = (row, reason)."
);
create_exception!(
    psephos_kernel,
    WitnessError,
    PyValueError,
    "A prover was asked to prove something false; `args` = (row,)."
);

/// The single place where errors of the kernel become exceptions.
pub(crate) fn raise(error: Error) -> PyErr {
    match error {
        Error::Decode { row, reason } => DecodeError::new_err((row, reason.as_str())),
        Error::Witness { row } => WitnessError::new_err((row,)),
        Error::Shape(what) => PyValueError::new_err(what),
    }
}

/// A single text was refused.
pub(crate) fn refuse(reason: Reason) -> PyErr {
    raise(Error::Decode { row: 0, reason })
}

/// A big-endian integer.
pub(crate) fn integer<'py>(py: Python<'py>, big_endian: &[u8]) -> PyResult<Bound<'py, PyInt>> {
    let bytes = PyBytes::new(py, big_endian);
    let integer = py
        .get_type::<PyInt>()
        .call_method1("from_bytes", (bytes, "big"))?;
    Ok(integer.cast_into()?)
}

/// A public integer of any sign and size, modulo the order.
pub(crate) fn scalar<G: Group>(integer_any: &Bound<'_, PyInt>) -> PyResult<G::Scalar> {
    let order = G::order();
    let reduced = integer_any.rem(integer(integer_any.py(), &order)?)?;
    let bytes: Vec<u8> = reduced
        .call_method1("to_bytes", (order.len(), "big"))?
        .extract()?;
    G::Scalar::from_be_bytes(&bytes).ok_or_else(|| PyValueError::new_err("not below the order"))
}

/// A Python index, negative ones from the end.
pub(crate) fn index(row: isize, length: usize) -> PyResult<usize> {
    let from = if row < 0 { length } else { 0 };
    from.checked_add_signed(row)
        .filter(|row| *row < length)
        .ok_or_else(|| PyIndexError::new_err("row out of range"))
}

/// Texts are ASCII by construction.
pub(crate) fn text(bytes: Vec<u8>) -> PyResult<String> {
    String::from_utf8(bytes).map_err(|_| PyValueError::new_err("text is not ASCII"))
}
