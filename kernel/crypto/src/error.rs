//! Why something was refused. No variant carries a value that was refused: it may be a secret.

use core::fmt;

/// Why a text is not the one encoding of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Not of the expected form at all.
    Syntax,
    /// A second encoding of a value that has a shorter or reduced one.
    NotCanonical,
    /// Not an element of the prime-order group.
    NotAMember,
    /// The neutral element, where no honest party produces it.
    Identity,
    /// Not below the modulus.
    OutOfRange,
}

impl Reason {
    /// The name used in error arguments.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::NotCanonical => "not-canonical",
            Self::NotAMember => "not-a-member",
            Self::Identity => "identity",
            Self::OutOfRange => "out-of-range",
        }
    }
}

/// Why a column operation was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The text in this row was refused.
    Decode {
        /// The first bad row.
        row: usize,
        /// Why.
        reason: Reason,
    },
    /// Nothing true to prove in this row.
    Witness {
        /// The first such row.
        row: usize,
    },
    /// The arguments do not fit together.
    Shape(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode { row, reason } => write!(f, "row {row}: {}", reason.as_str()),
            Self::Witness { row } => write!(f, "row {row}: no statement is true"),
            Self::Shape(what) => f.write_str(what),
        }
    }
}

impl core::error::Error for Error {}
