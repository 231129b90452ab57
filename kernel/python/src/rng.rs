//! `Rng`.

use psephos_crypto::{ChaCha20Rng, Rng as _, SeedableRng, Zeroizing, base58};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Mutex, MutexGuard};

/// A cryptographic random generator, passed in wherever randomness is used.
#[pyclass(frozen, module = "psephos_kernel")]
pub(crate) struct Rng(Mutex<ChaCha20Rng>);

impl Rng {
    pub(crate) fn lock(&self) -> PyResult<MutexGuard<'_, ChaCha20Rng>> {
        self.0
            .lock()
            .map_err(|_| PyRuntimeError::new_err("the generator was lost in a panic"))
    }

    /// A generator for one call, so that the lock is never held while others run Python.
    pub(crate) fn fork(&self) -> PyResult<ChaCha20Rng> {
        let mut seed = Zeroizing::new([0; 32]);
        self.lock()?.fill_bytes(seed.as_mut());
        Ok(ChaCha20Rng::from_seed(*seed))
    }
}

#[pymethods]
impl Rng {
    /// Seeded from the operating system.
    #[staticmethod]
    fn system() -> PyResult<Self> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self(Mutex::new(ChaCha20Rng::from_seed(*seed))))
    }

    /// From 32 bytes: the same seed gives the same values. For tests and vectors only.
    #[staticmethod]
    fn seeded(seed: &[u8]) -> PyResult<Self> {
        let seed: [u8; 32] = seed
            .try_into()
            .map_err(|_| PyValueError::new_err("a seed has 32 bytes"))?;
        Ok(Self(Mutex::new(ChaCha20Rng::from_seed(seed))))
    }

    /// Uniform text over Bitcoin's 58 characters.
    fn base58(&self, length: usize) -> PyResult<String> {
        Ok(base58(&mut *self.lock()?, length).to_string())
    }

    /// Uniform bytes.
    fn bytes<'py>(&self, py: Python<'py>, length: usize) -> PyResult<Bound<'py, PyBytes>> {
        let mut generator = self.lock()?;
        PyBytes::new_with(py, length, |bytes| {
            generator.fill_bytes(bytes);
            Ok(())
        })
    }

    #[allow(clippy::unused_self, reason = "the protocol passes it")]
    fn __repr__(&self) -> &'static str {
        "<Rng: redacted>"
    }
}
