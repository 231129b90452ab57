//! The hashes of Belenios 2.0 §4.5, §4.12, §4.13, §4.14 and §4.18, which have one form.
//!
//! H(prefix, elements) = SHA-256(prefix ‖ texts joined by ",") as a 256-bit big-endian number, modulo q.
//! Belenios 2.0 §4.12: "prove, the vertical bars and the commas are verbatim"; all before the elements is the caller's.

use crate::group::{Group, Scalar};
use sha2::{Digest, Sha256};

/// The challenge for a prefix and elements.
pub fn hash<G: Group>(prefix: &[u8], elements: &[G::Element]) -> G::Scalar {
    let mut transcript = Transcript::default();
    transcript.begin(prefix);
    transcript.elements::<G>(elements);
    transcript.challenge::<G>()
}

/// The text to be hashed, in a buffer that is reused from row to row.
#[derive(Default)]
pub(crate) struct Transcript {
    text: Vec<u8>,
}

impl Transcript {
    /// Forget the last row and start with this row's prefix.
    pub(crate) fn begin(&mut self, prefix: &[u8]) {
        self.text.clear();
        self.text.extend_from_slice(prefix);
    }

    /// Texts joined by ",".
    pub(crate) fn elements<'a, G: Group>(
        &mut self,
        elements: impl IntoIterator<Item = &'a G::Element>,
    ) {
        for (at, element) in elements.into_iter().enumerate() {
            if at > 0 {
                self.text.push(b',');
            }
            G::write_text(element, &mut self.text);
        }
    }

    /// The "|" after a list.
    pub(crate) fn end_list(&mut self) {
        self.text.push(b'|');
    }

    pub(crate) fn challenge<G: Group>(&self) -> G::Scalar {
        G::Scalar::from_digest(&Sha256::digest(&self.text).into())
    }
}
