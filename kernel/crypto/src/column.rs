//! Row-by-row operations on columns of public elements.

use crate::blocks;
use crate::error::Error;
use crate::group::Group;

/// The named rows, in the order named.
pub fn select<T: Copy>(column: &[T], rows: &[usize]) -> Result<Vec<T>, Error> {
    rows.iter()
        .map(|row| column.get(*row).copied())
        .collect::<Option<_>>()
        .ok_or(Error::Shape("no such row"))
}

/// One column after the other.
pub fn concat<T: Copy>(first: &[T], second: &[T]) -> Vec<T> {
    [first, second].concat()
}

/// a · b in each row.
pub fn multiply<G: Group>(a: &[G::Element], b: &[G::Element]) -> Result<Vec<G::Element>, Error> {
    same_length(&[a.len(), b.len()])?;
    Ok(from_points::<G>(a.len(), |row| {
        G::op(G::point(&a[row]), G::point(&b[row]))
    }))
}

/// a / b in each row.
pub fn divide<G: Group>(a: &[G::Element], b: &[G::Element]) -> Result<Vec<G::Element>, Error> {
    same_length(&[a.len(), b.len()])?;
    Ok(from_points::<G>(a.len(), |row| {
        G::op(G::point(&a[row]), &G::inverse(G::point(&b[row])))
    }))
}

/// The product of all rows, each to its public exponent if there are any: a weighted tally (Belenios 2.0 §4.16).
pub fn vartime_product<G: Group>(
    column: &[G::Element],
    exponents: Option<&[u64]>,
) -> Result<G::Element, Error> {
    if let Some(exponents) = exponents {
        same_length(&[column.len(), exponents.len()])?;
    }
    let one = *G::point(&G::identity());
    let partial = blocks::map(column.len(), |range| {
        let points: Vec<&G::Point> = column[range.clone()].iter().map(G::point).collect();
        match exponents {
            None => points
                .iter()
                .fold(one, |product, point| G::op(&product, point)),
            Some(exponents) => vartime_small_powers::<G>(&points, &exponents[range]),
        }
    });
    let product = partial
        .iter()
        .fold(one, |product, point| G::op(&product, point));
    Ok(G::normalize(&[product])[0])
}

/// Square and multiply with shared squarings: weights are mostly 1.
fn vartime_small_powers<G: Group>(points: &[&G::Point], exponents: &[u64]) -> G::Point {
    let bits = exponents
        .iter()
        .map(|exponent| 64 - exponent.leading_zeros())
        .max()
        .unwrap_or(0);
    let one = *G::point(&G::identity());
    (0..bits).rev().fold(one, |product, bit| {
        let squared = G::op(&product, &product);
        (points.iter().zip(exponents))
            .filter(|(_, exponent)| *exponent >> bit & 1 == 1)
            .fold(squared, |product, (point, _)| G::op(&product, point))
    })
}

/// A column of elements from a formula for each row's point.
pub(crate) fn from_points<G: Group>(
    rows: usize,
    formula: impl Fn(usize) -> G::Point + Sync,
) -> Vec<G::Element> {
    blocks::flat_map(rows, |range| {
        let points: Vec<G::Point> = range.map(&formula).collect();
        G::normalize(&points)
    })
}

/// Columns that go together have one length.
pub(crate) fn same_length(lengths: &[usize]) -> Result<(), Error> {
    if lengths.windows(2).all(|pair| pair[0] == pair[1]) {
        Ok(())
    } else {
        Err(Error::Shape("columns of different lengths"))
    }
}
