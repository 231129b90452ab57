//! Values of any group behind one Python class.

use core::any::Any;
use psephos_crypto::{Belenios2048, Ed25519, Group, ModP, Rfc3526};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::Arc;

/// Which group.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Id {
    Ed25519,
    Belenios2048,
    Rfc3526,
}

/// Run an expression with `$G` standing for the group's type.
macro_rules! for_group {
    ($id:expr, $G:ident => $body:expr) => {
        match $id {
            $crate::store::Id::Ed25519 => {
                type $G = psephos_crypto::Ed25519;
                $body
            }
            $crate::store::Id::Belenios2048 => {
                type $G = psephos_crypto::ModP<psephos_crypto::Belenios2048>;
                $body
            }
            $crate::store::Id::Rfc3526 => {
                type $G = psephos_crypto::ModP<psephos_crypto::Rfc3526>;
                $body
            }
        }
    };
}
pub(crate) use for_group;

impl Id {
    pub(crate) const ALL: [Self; 3] = [Self::Ed25519, Self::Belenios2048, Self::Rfc3526];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => Ed25519::NAME,
            Self::Belenios2048 => ModP::<Belenios2048>::NAME,
            Self::Rfc3526 => ModP::<Rfc3526>::NAME,
        }
    }

    pub(crate) fn from_name(name: &str) -> PyResult<Self> {
        (Self::ALL.into_iter())
            .find(|id| id.name() == name)
            .ok_or_else(|| PyValueError::new_err("no such group"))
    }
}

/// A shared value that belongs to one group.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) id: Id,
    value: Arc<dyn Any + Send + Sync>,
}

impl Store {
    pub(crate) fn new<T: Any + Send + Sync>(id: Id, value: T) -> Self {
        let value = Arc::new(value);
        Self { id, value }
    }

    /// ValueError if the value is of another group.
    pub(crate) fn get<T: Any>(&self) -> PyResult<&T> {
        (*self.value)
            .downcast_ref()
            .ok_or_else(|| PyValueError::new_err("values of different groups"))
    }
}
