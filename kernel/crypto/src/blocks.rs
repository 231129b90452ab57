//! Rows are worked on in blocks: one block shares an inversion, a buffer and a random seed.

use chacha20::ChaCha20Rng;
use core::ops::Range;
use rand_core::{CryptoRng, SeedableRng};
use rayon::prelude::*;
use zeroize::Zeroizing;

/// Rows in one block. Part of how provers use their generator: changing it changes seeded outputs.
pub(crate) const ROWS: usize = 64;

/// Apply `work` to every block of 0..rows, on all cores; the results in order.
pub(crate) fn map<T: Send>(rows: usize, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    (0..rows.div_ceil(ROWS))
        .into_par_iter()
        .map(|block| work(block * ROWS..rows.min((block + 1) * ROWS)))
        .collect()
}

/// The same for blocks that give one value per row, or per finding.
pub(crate) fn flat_map<T: Send>(
    rows: usize,
    work: impl Fn(Range<usize>) -> Vec<T> + Sync,
) -> Vec<T> {
    map(rows, work).into_iter().flatten().collect()
}

/// The same with a generator per block, seeded in order from `rng`: the number of threads makes no difference.
pub(crate) fn map_with_rng<T: Send, R: CryptoRng>(
    rows: usize,
    rng: &mut R,
    work: impl Fn(Range<usize>, &mut ChaCha20Rng) -> T + Sync,
) -> Vec<T> {
    let seeds: Vec<Zeroizing<[u8; 32]>> = (0..rows.div_ceil(ROWS))
        .map(|_| {
            let mut seed = Zeroizing::new([0; 32]);
            rng.fill_bytes(seed.as_mut());
            seed
        })
        .collect();
    seeds
        .into_par_iter()
        .enumerate()
        .map(|(block, seed)| {
            let range = block * ROWS..rows.min((block + 1) * ROWS);
            work(range, &mut ChaCha20Rng::from_seed(*seed))
        })
        .collect()
}
