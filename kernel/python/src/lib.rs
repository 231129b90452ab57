//! `psephos_kernel`: groups and proofs over columns, for Python. Glue only: the contract is `psephos_kernel/__init__.pyi`.

mod column;
mod convert;
mod element;
mod group;
mod proofs;
mod rng;
mod secrets;
mod store;
mod template;

use pyo3::prelude::*;

/// Name of the vector backend that curve arithmetic uses in this process (`avx512`, `avx2`, `serial`).
#[pyfunction]
fn backend() -> &'static str {
    psephos_crypto::vector_backend()
}

/// Whether this machine runs what was compiled for processors with AVX-512 IFMA.
#[pyfunction]
fn runs_avx512() -> bool {
    psephos_crypto::runs_avx512()
}

/// Groups and proofs, over columns: the whole surface of the Rust kernel.
#[pymodule]
mod _kernel {
    use super::store::Id;
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    #[pymodule_export]
    use super::backend;
    #[pymodule_export]
    use super::column::{Elements, Scalars};
    #[pymodule_export]
    use super::convert::{DecodeError, WitnessError};
    #[pymodule_export]
    use super::element::Element;
    #[pymodule_export]
    use super::group::{Group, Key};
    #[pymodule_export]
    use super::proofs::{
        prove_disjunction, prove_equality, prove_schnorr, verify_disjunction, verify_equality,
        verify_schnorr,
    };
    #[pymodule_export]
    use super::rng::Rng;
    #[pymodule_export]
    use super::runs_avx512;
    #[pymodule_export]
    use super::secrets::Secrets;
    #[pymodule_export]
    use super::template::Template;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let names = PyTuple::new(module.py(), Id::ALL.map(Id::name))?;
        module.add("GROUP_NAMES", names)
    }
}
