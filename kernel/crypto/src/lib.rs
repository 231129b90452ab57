//! Groups, transcripts and proofs of Belenios protocol version 1, over columns.
//!
//! A column is a slice with one value per row. This crate does not know what an election is, does no I/O,
//! and takes randomness as an argument. Functions named `vartime_…` and everything that verifies
//! take public data only; everything that takes `Secrets` is constant-time in them.
//!
//! `Belenios 2.0 §n` means the specification as Debian's `belenios-tool` 2.0 installs it.

mod blocks;
mod column;
mod decimal;
mod decode;
mod dlog;
mod ed25519;
mod error;
mod group;
mod modp;
mod proofs;
mod secrets;
mod template;
mod transcript;

pub use chacha20::ChaCha20Rng;
pub use rand_core::{Rng, SeedableRng};
pub use zeroize::Zeroizing;

pub use column::{concat, divide, multiply, select, vartime_product};
pub use decode::{decode_element, decode_elements, decode_scalars};
pub use dlog::discrete_logarithms;
pub use ed25519::{Ed25519, runs_avx512, vector_backend};
pub use error::{Error, Reason};
pub use group::{Group, Scalar};
pub use modp::{Belenios2048, ModP, Rfc3526};
pub use proofs::disjunction::{
    ClaimColumns, WitnessColumns, prove_disjunction, verify_disjunction,
};
pub use proofs::equality::{prove_equality, verify_equality};
pub use proofs::schnorr::{prove_schnorr, verify_schnorr};
pub use proofs::{Listed, Proofs};
pub use secrets::{Ciphertexts, Secrets, base58, encrypt};
pub use template::{Fault, Hole, Reading, Template};
pub use transcript::hash;
