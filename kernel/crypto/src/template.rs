//! A text with holes: the one canonical form of a ballot of one election.
//!
//! Reading is matching in full, so whatever is not the one encoding is refused by construction.

use crate::blocks;
use crate::column::same_length;
use crate::decimal;
use crate::decode::decode_element;
use crate::error::{Error, Reason};
use crate::group::{Group, Scalar};
use core::ops::Range;

/// Characters of a SHA-256 in base64 without padding.
const DIGEST: usize = 43;

/// What stands in a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hole {
    /// An element's text; never the identity.
    Element,
    /// A decimal integer below q.
    Scalar,
    /// 43 characters of base64, matched but not kept.
    Digest,
}

impl Hole {
    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "element" => Some(Self::Element),
            "scalar" => Some(Self::Scalar),
            "digest" => Some(Self::Digest),
            _ => None,
        }
    }
}

/// Where and why a text does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which text.
    pub row: usize,
    /// Byte at which the hole starts, or of the first difference.
    pub offset: usize,
    /// Which hole; None between holes.
    pub hole: Option<usize>,
    /// What is wrong there.
    pub reason: Reason,
}

/// Columns of the texts that match, and a fault for each of the others.
pub struct Reading<G: Group> {
    /// One column per element hole.
    pub elements: Vec<Vec<G::Element>>,
    /// One column per scalar hole.
    pub scalars: Vec<Vec<G::Scalar>>,
    /// Rows ascending.
    pub faults: Vec<Fault>,
}

/// Literal parts with holes between them.
pub struct Template {
    parts: Vec<Vec<u8>>,
    holes: Vec<Hole>,
}

/// Row-major values of the rows of a block that match.
struct Block<G: Group> {
    elements: Vec<G::Element>,
    scalars: Vec<G::Scalar>,
    faults: Vec<Fault>,
}

impl Template {
    /// One part more than holes.
    pub fn new(parts: Vec<Vec<u8>>, holes: Vec<Hole>) -> Result<Self, Error> {
        if parts.len() != holes.len() + 1 {
            return Err(Error::Shape("a template has one part more than holes"));
        }
        Ok(Self { parts, holes })
    }

    /// Match every text in full.
    pub fn read<G: Group>(&self, texts: &[impl AsRef<[u8]> + Sync]) -> Reading<G> {
        let blocks: Vec<Block<G>> = blocks::map(texts.len(), |range| self.read_block(texts, range));
        let faults = blocks.iter().flat_map(|block| block.faults.clone());
        Reading {
            elements: transpose(self.count(Hole::Element), &blocks, |block| &block.elements),
            scalars: transpose(self.count(Hole::Scalar), &blocks, |block| &block.scalars),
            faults: faults.collect(),
        }
    }

    /// Fill the holes, one text per row.
    pub fn write<G: Group>(
        &self,
        elements: &[&[G::Element]],
        scalars: &[&[G::Scalar]],
        digests: &[Vec<impl AsRef<[u8]> + Sync>],
    ) -> Result<Vec<Vec<u8>>, Error> {
        let given = [elements.len(), scalars.len(), digests.len()];
        if given != [Hole::Element, Hole::Scalar, Hole::Digest].map(|hole| self.count(hole)) {
            return Err(Error::Shape("as many columns as holes of each kind"));
        }
        let lengths: Vec<usize> = (elements.iter().map(|column| column.len()))
            .chain(scalars.iter().map(|column| column.len()))
            .chain(digests.iter().map(Vec::len))
            .collect();
        same_length(&lengths)?;
        if digests
            .iter()
            .flatten()
            .any(|text| !is_digest(text.as_ref()))
        {
            return Err(Error::Shape("a digest is not 43 characters of base64"));
        }
        // A template without holes is one text.
        let rows = lengths.first().copied().unwrap_or(1);
        Ok(blocks::flat_map(rows, |range| {
            range
                .map(|row| self.write_row::<G>(row, elements, scalars, digests))
                .collect()
        }))
    }

    fn write_row<G: Group>(
        &self,
        row: usize,
        elements: &[&[G::Element]],
        scalars: &[&[G::Scalar]],
        digests: &[Vec<impl AsRef<[u8]>>],
    ) -> Vec<u8> {
        let (mut elements, mut scalars) = (elements.iter(), scalars.iter());
        let mut digests = digests.iter();
        let mut text = self.parts[0].clone();
        for (hole, part) in self.holes.iter().zip(&self.parts[1..]) {
            match hole {
                Hole::Element => {
                    for column in elements.by_ref().take(1) {
                        G::write_text(&column[row], &mut text);
                    }
                }
                Hole::Scalar => {
                    for column in scalars.by_ref().take(1) {
                        column[row].vartime_write_decimal(&mut text);
                    }
                }
                Hole::Digest => {
                    for column in digests.by_ref().take(1) {
                        text.extend_from_slice(column[row].as_ref());
                    }
                }
            }
            text.extend_from_slice(part);
        }
        text
    }

    fn count(&self, kind: Hole) -> usize {
        self.holes.iter().filter(|hole| **hole == kind).count()
    }

    fn read_block<G: Group>(&self, texts: &[impl AsRef<[u8]>], range: Range<usize>) -> Block<G> {
        let mut block = Block {
            elements: Vec::with_capacity(range.len() * self.count(Hole::Element)),
            scalars: Vec::with_capacity(range.len() * self.count(Hole::Scalar)),
            faults: Vec::new(),
        };
        for row in range {
            let text = texts[row].as_ref();
            let kept = (block.elements.len(), block.scalars.len());
            if let Err((offset, hole, reason)) = self.read_row(text, &mut block) {
                block.elements.truncate(kept.0);
                block.scalars.truncate(kept.1);
                block.faults.push(Fault {
                    row,
                    offset,
                    hole,
                    reason,
                });
            }
        }
        block
    }

    /// Match one text; the fault's offset, hole and reason otherwise.
    fn read_row<G: Group>(
        &self,
        text: &[u8],
        block: &mut Block<G>,
    ) -> Result<(), (usize, Option<usize>, Reason)> {
        let mut at = literal(text, 0, &self.parts[0])?;
        for (index, (hole, part)) in self.holes.iter().zip(&self.parts[1..]).enumerate() {
            let rest = &text[at..];
            let length = match hole {
                Hole::Element => G::text_length(rest),
                Hole::Scalar => decimal::digits(rest),
                Hole::Digest => rest.len().min(DIGEST),
            };
            let value = &rest[..length];
            let refused = |reason| (at, Some(index), reason);
            match hole {
                Hole::Element => block
                    .elements
                    .push(decode_element::<G>(value, false).map_err(refused)?),
                Hole::Scalar => block
                    .scalars
                    .push(G::Scalar::from_decimal(value).map_err(refused)?),
                Hole::Digest if is_digest(value) => {}
                Hole::Digest => return Err(refused(Reason::Syntax)),
            }
            at = literal(text, at + length, part)?;
        }
        if at == text.len() {
            Ok(())
        } else {
            Err((at, None, Reason::Syntax))
        }
    }
}

/// The offset after a literal that stands at `at`.
fn literal(text: &[u8], at: usize, part: &[u8]) -> Result<usize, (usize, Option<usize>, Reason)> {
    let rest = &text[at..];
    if rest.starts_with(part) {
        return Ok(at + part.len());
    }
    let same = rest.iter().zip(part).take_while(|(a, b)| a == b).count();
    Err((at + same, None, Reason::Syntax))
}

fn is_digest(text: &[u8]) -> bool {
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len() == DIGEST && text.iter().all(base64)
}

/// Row-major blocks to columns.
fn transpose<'a, G: Group, T: Copy + 'a>(
    width: usize,
    blocks: &'a [Block<G>],
    values: impl Fn(&'a Block<G>) -> &'a Vec<T>,
) -> Vec<Vec<T>> {
    (0..width)
        .map(|column| {
            blocks
                .iter()
                .flat_map(|block| values(block).iter().skip(column).step_by(width).copied())
                .collect()
        })
        .collect()
}
