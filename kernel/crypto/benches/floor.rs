//! The physical floor: what the arithmetic of one ballot costs when nothing else is done.
//!
//! The operations of a verifier are called on curve25519-dalek directly, on random data: no parsing, no hashing,
//! no Python. `cargo bench` prints one JSON object per line.

use core::hint::black_box;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use psephos_crypto::{ChaCha20Rng, SeedableRng, vector_backend};
use std::time::Instant;

const RUNS: usize = 400;

/// How many of each operation one ballot takes.
struct Ballot {
    name: &'static str,
    with_generator: usize,
    with_two_bases: usize,
    subgroup_checks: usize,
    decodings: usize,
    encodings: usize,
}

const BALLOTS: [Ballot; 2] = [
    Ballot {
        name: "ballot yes/no",
        with_generator: 6,
        with_two_bases: 5,
        subgroup_checks: 4,
        decodings: 5,
        encodings: 11,
    },
    Ballot {
        name: "ballot yes/no/blank as three answers",
        with_generator: 8,
        with_two_bases: 7,
        subgroup_checks: 6,
        decodings: 7,
        encodings: 15,
    },
];

/// Random inputs, different at every index.
struct Inputs {
    points: Vec<EdwardsPoint>,
    encodings: Vec<CompressedEdwardsY>,
    scalars: Vec<Scalar>,
}

impl Inputs {
    fn random(count: usize) -> Self {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let mut scalar = || Scalar::random(&mut rng);
        let points: Vec<_> = (0..count)
            .map(|_| EdwardsPoint::mul_base(&scalar()))
            .collect();
        Self {
            encodings: points.iter().map(EdwardsPoint::compress).collect(),
            scalars: (0..count).map(|_| scalar()).collect(),
            points,
        }
    }

    fn point(&self, at: usize) -> &EdwardsPoint {
        &self.points[at % self.points.len()]
    }

    fn scalar(&self, at: usize) -> &Scalar {
        &self.scalars[at % self.scalars.len()]
    }

    fn with_generator(&self, at: usize) -> EdwardsPoint {
        EdwardsPoint::vartime_double_scalar_mul_basepoint(
            self.scalar(at),
            self.point(at),
            self.scalar(at + 1),
        )
    }

    fn with_two_bases(&self, at: usize) -> EdwardsPoint {
        let scalars = [self.scalar(at), self.scalar(at + 1)];
        EdwardsPoint::vartime_multiscalar_mul(scalars, [self.point(at), self.point(at + 1)])
    }

    fn decode(&self, at: usize) -> Option<EdwardsPoint> {
        self.encodings[at % self.encodings.len()].decompress()
    }

    fn ballot(&self, ballot: &Ballot, at: usize) {
        let at = at * 16;
        for i in at..at + ballot.decodings {
            black_box(self.decode(i));
        }
        for i in at..at + ballot.subgroup_checks {
            black_box(self.point(i).is_torsion_free());
        }
        for i in at..at + ballot.with_generator {
            black_box(self.with_generator(i));
        }
        for i in at..at + ballot.with_two_bases {
            black_box(self.with_two_bases(i));
        }
        for i in at..at + ballot.encodings {
            black_box(self.point(i).compress());
        }
    }
}

/// Time `RUNS` calls one by one and print their median, minimum and maximum.
fn report(name: &str, work: impl Fn(usize)) {
    for at in 0..RUNS / 10 {
        work(at);
    }
    let mut times: Vec<f64> = (0..RUNS)
        .map(|at| {
            let start = Instant::now();
            work(at);
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{{\"name\":\"{name}\",\"backend\":\"{}\",\"median_us\":{:.2},\"min_us\":{:.2},\"max_us\":{:.2},\"runs\":{RUNS}}}",
        vector_backend(),
        times[RUNS / 2],
        times[0],
        times[RUNS - 1],
    );
}

fn main() {
    let inputs = Inputs::random(512);
    for ballot in &BALLOTS {
        report(ballot.name, |at| inputs.ballot(ballot, at));
    }
    report("a*A + b*B, B the generator", |at| {
        black_box(inputs.with_generator(at));
    });
    report("a*A + b*C", |at| {
        black_box(inputs.with_two_bases(at));
    });
    report("subgroup check", |at| {
        black_box(inputs.point(at).is_torsion_free());
    });
    report("decode", |at| {
        black_box(inputs.decode(at));
    });
    report("encode", |at| {
        black_box(inputs.point(at).compress());
    });
    report("add", |at| {
        black_box(inputs.point(at) + inputs.point(at + 1));
    });
}
