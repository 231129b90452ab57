//! Texts to columns: canonical, in the group, not the identity unless allowed.

use crate::blocks;
use crate::error::{Error, Reason};
use crate::group::{Group, Scalar};

/// One element (Belenios 2.0 §4.2, §5), with every check.
pub fn decode_element<G: Group>(text: &[u8], identity: bool) -> Result<G::Element, Reason> {
    let element = G::decode_unchecked(text)?;
    let point = G::point(&element);
    if !identity && G::is_identity(point) {
        return Err(Reason::Identity);
    }
    if !G::vartime_has_prime_order(point) {
        return Err(Reason::NotAMember);
    }
    Ok(element)
}

/// A column of elements; the error names the first bad row.
pub fn decode_elements<G: Group>(
    texts: &[impl AsRef<[u8]> + Sync],
    identity: bool,
) -> Result<Vec<G::Element>, Error> {
    rows(texts, |text| decode_element::<G>(text, identity))
}

/// A column of decimal texts below q; the error names the first bad row.
pub fn decode_scalars<G: Group>(
    texts: &[impl AsRef<[u8]> + Sync],
) -> Result<Vec<G::Scalar>, Error> {
    rows(texts, G::Scalar::from_decimal)
}

fn rows<T: Send>(
    texts: &[impl AsRef<[u8]> + Sync],
    decode: impl Fn(&[u8]) -> Result<T, Reason> + Sync,
) -> Result<Vec<T>, Error> {
    let decoded = blocks::flat_map(texts.len(), |range| {
        texts[range]
            .iter()
            .map(|text| decode(text.as_ref()))
            .collect()
    });
    decoded
        .into_iter()
        .enumerate()
        .map(|(row, value)| value.map_err(|reason| Error::Decode { row, reason }))
        .collect()
}
