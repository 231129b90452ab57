//! The same facts in all three groups.

use psephos_crypto::{
    Belenios2048, ChaCha20Rng, ClaimColumns, Ed25519, Error, Fault, Group, Hole, ModP, Reason,
    Rfc3526, Scalar, Secrets, SeedableRng, Template, WitnessColumns, decode_element,
    decode_elements, decode_scalars, discrete_logarithms, divide, encrypt, multiply,
    prove_disjunction, prove_equality, prove_schnorr, vartime_product, verify_disjunction,
    verify_equality, verify_schnorr,
};

/// More than one block of rows.
const ROWS: usize = 70;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([1; 32])
}

fn prefixes() -> Vec<String> {
    (0..ROWS).map(|row| format!("row {row}|")).collect()
}

fn text<G: Group>(element: &G::Element) -> Vec<u8> {
    let mut bytes = Vec::new();
    G::write_text(element, &mut bytes);
    bytes
}

fn decimal<S: Scalar>(scalar: &S) -> Vec<u8> {
    let mut bytes = Vec::new();
    scalar.vartime_write_decimal(&mut bytes);
    bytes
}

/// Constant-time and variable-time powers, tables and products agree.
fn powers_agree<G: Group>() {
    let mut rng = rng();
    let base = Secrets::<G>::random(&mut rng, 1).public()[0];
    let key = G::key(&base);
    let point = G::point(&base);
    let special = [0, 1, 2, 15, 16, 255, 256, u64::MAX].map(G::Scalar::from_u64);
    let minus_one = G::Scalar::from_u64(0) - G::Scalar::from_u64(1);
    let random = G::Scalar::random(&mut rng);
    for e in special.into_iter().chain([minus_one, random]) {
        let expected = G::normalize(&[G::power(point, &e)])[0];
        let found = [
            G::key_power(&key, &e),
            G::vartime_power(point, &e),
            G::vartime_double_power(point, &e, G::point(&G::generator()), &special[0]),
            G::vartime_commitment(&special[0], point, &e),
        ];
        assert!(G::normalize(&found).iter().all(|other| *other == expected));
        let generator = [
            G::generator_power(&e),
            G::power(G::point(&G::generator()), &e),
            G::vartime_commitment(&e, point, &special[0]),
        ];
        let generator = G::normalize(&generator);
        assert!(generator.iter().all(|other| *other == generator[0]));
    }
    assert!(divide::<G>(&[base], &[base]).unwrap() == [G::identity()]);
    assert!(multiply::<G>(&[base], &[G::identity()]).unwrap() == [base]);
}

fn products_are_weighted<G: Group>() {
    let secrets = Secrets::<G>::random(&mut rng(), 4);
    let column = secrets.public();
    let plain = vartime_product::<G>(&column, None).unwrap();
    assert!(plain == secrets.total().public()[0]);
    let weighted = vartime_product::<G>(&column, Some(&[0, 1, 3, u64::MAX])).unwrap();
    let expected = [0, 1, 3, u64::MAX].iter().zip(&column).fold(
        *G::point(&G::identity()),
        |product, (weight, element)| {
            let weight = G::Scalar::from_u64(*weight);
            G::op(&product, &G::vartime_power(G::point(element), &weight))
        },
    );
    assert!(weighted == G::normalize(&[expected])[0]);
    assert!(vartime_product::<G>(&[], None).unwrap() == G::identity());
}

fn schnorr_proofs_hold_only_as_made<G: Group>() {
    let secrets = Secrets::<G>::random(&mut rng(), ROWS);
    let public = secrets.public();
    let (c, r) = prove_schnorr(&secrets, &mut rng(), &prefixes()).unwrap();
    assert!(
        verify_schnorr::<G>(&prefixes(), &public, &c, &r)
            .unwrap()
            .is_empty()
    );
    let mut changed = prefixes();
    changed[3].push('x');
    changed[66].push('x');
    let failures = verify_schnorr::<G>(&changed, &public, &c, &r).unwrap();
    assert_eq!(failures, [3, 66]);
    let failures = verify_schnorr::<G>(&prefixes(), &public, &r, &c).unwrap();
    assert_eq!(failures.len(), ROWS);
}

fn equality_proofs_hold_only_for_equal_exponents<G: Group>() {
    let secret = Secrets::<G>::random(&mut rng(), 1);
    let public = vec![secret.public()[0]; 3];
    let bases = Secrets::<G>::random(&mut ChaCha20Rng::from_seed([2; 32]), 3).public();
    let mut images = secret.apply(&bases).unwrap();
    let prefixes = ["a", "b", "c"];
    let (c, r) = prove_equality(&secret, &mut rng(), &prefixes, &bases).unwrap();
    let verify = |images: &[G::Element]| {
        verify_equality::<G>(&prefixes, &public, &bases, images, &c, &r).unwrap()
    };
    assert!(verify(&images).is_empty());
    images[1] = bases[1];
    assert_eq!(verify(&images), [1]);
}

fn disjunctions_hide_which_but_not_whether<G: Group>() {
    let secret = Secrets::<G>::random(&mut rng(), 1);
    let key = G::key(&secret.public()[0]);
    let messages: Vec<u64> = (0..ROWS as u64).map(|row| row % 3).collect();
    let (alpha, beta, randomness) = encrypt::<G, _>(&key, &mut rng(), &messages).unwrap();
    let witness = |value| WitnessColumns::<G> {
        randomness: &randomness,
        messages: &messages,
        value,
    };
    let listed = [vec![&alpha[..], &beta[..]]];
    let prove = |values: &[u64]| {
        let statements: Vec<_> = values.iter().map(|value| witness(*value)).collect();
        prove_disjunction(&key, &mut rng(), &prefixes(), &listed, &statements)
    };
    let proofs = prove(&[0, 1, 2]).unwrap();
    let verify = |values: [u64; 3]| {
        let claims: Vec<_> = values
            .iter()
            .zip(&proofs)
            .map(|(value, (challenges, responses))| ClaimColumns::<G> {
                alpha: &alpha,
                beta: &beta,
                value: *value,
                challenges,
                responses,
            })
            .collect();
        verify_disjunction(&key, &prefixes(), &listed, &claims).unwrap()
    };
    assert!(verify([0, 1, 2]).is_empty());
    assert_eq!(verify([0, 1, 3]).len(), ROWS);
    // Row 2 encrypts 2.
    assert!(matches!(prove(&[0, 1]), Err(Error::Witness { row: 2 })));
    assert!(matches!(prove(&[]), Err(Error::Witness { row: 0 })));
}

fn decryption_finds_small_messages<G: Group>() {
    let secret = Secrets::<G>::random(&mut rng(), 1);
    let key = G::key(&secret.public()[0]);
    let messages = [0, 1, 2, 99, 100, 101];
    let (alpha, beta, _) = encrypt::<G, _>(&key, &mut rng(), &messages).unwrap();
    let powers = divide::<G>(&beta, &secret.apply(&alpha).unwrap()).unwrap();
    let found = discrete_logarithms::<G>(&powers, 100).unwrap();
    assert_eq!(
        found,
        [Some(0), Some(1), Some(2), Some(99), Some(100), None]
    );
    let counts: Vec<u64> = (0..1000).collect();
    let (_, powers, _) = encrypt::<G, _>(&G::key(&G::identity()), &mut rng(), &counts).unwrap();
    let found = discrete_logarithms::<G>(&powers, 1_000_000).unwrap();
    assert!(found.into_iter().flatten().eq(counts));
    let too_large = encrypt::<G, _>(&key, &mut rng(), &[1 << 32]);
    assert!(matches!(too_large, Err(Error::Shape(_))));
}

/// Above the number of elements from which they are checked together.
fn one_outsider_among_many_is_found<G: Group>(outsider: &str) {
    let column = Secrets::<G>::random(&mut rng(), 300).public();
    let mut texts: Vec<Vec<u8>> = column.iter().map(text::<G>).collect();
    assert!(decode_elements::<G>(&texts, false).unwrap() == column);
    texts[271] = outsider.into();
    texts[280] = outsider.into();
    let reason = Reason::NotAMember;
    let found = decode_elements::<G>(&texts, false).err();
    assert_eq!(found, Some(Error::Decode { row: 271, reason }));
    let template = Template::new(vec![vec![], vec![]], vec![Hole::Element]).unwrap();
    let fault = |row| Fault {
        row,
        offset: 0,
        hole: Some(0),
        reason,
    };
    let reading = template.read::<G>(&texts);
    assert_eq!(reading.faults, [fault(271), fault(280)]);
    assert_eq!(reading.elements[0].len(), 298);
}

/// {element,scalar,digest}
fn template() -> Template {
    let parts = ["{", ",", ",", "}"].map(|part| part.as_bytes().to_vec());
    let holes = vec![Hole::Element, Hole::Scalar, Hole::Digest];
    Template::new(parts.to_vec(), holes).unwrap()
}

fn filled(element: &[u8], scalar: &[u8], digest: &[u8]) -> Vec<u8> {
    [b"{", element, b",", scalar, b",", digest, b"}"].concat()
}

const DIGEST: [u8; 43] = [b'+'; 43];

fn minus_one<G: Group>() -> G::Scalar {
    G::Scalar::from_u64(0) - G::Scalar::from_u64(1)
}

fn templates_read_what_they_write<G: Group>() {
    let columns = [[G::generator()]];
    let (elements, scalars) = ([&columns[0][..]], [minus_one::<G>()]);
    let written = template()
        .write::<G>(&elements, &[&scalars], &[vec![DIGEST]])
        .unwrap();
    let expected = filled(&text::<G>(&G::generator()), &decimal(&scalars[0]), &DIGEST);
    assert_eq!(written, [expected]);
    let reading = template().read::<G>(&written);
    assert!(reading.elements == columns && reading.scalars == [scalars]);
    assert_eq!(reading.faults, []);
    let short = template().write::<G>(&elements, &[&scalars], &[vec![b"+"]]);
    assert!(matches!(short, Err(Error::Shape(_))));
}

/// The fault of a text that stands after a good one.
fn fault<G: Group>(text: Vec<u8>) -> (usize, Option<usize>, Reason) {
    let good = filled(&self::text::<G>(&G::generator()), b"7", &DIGEST);
    let reading = template().read::<G>(&[good, text]);
    assert!(reading.elements == [[G::generator()]]);
    assert_eq!((reading.faults.len(), reading.faults[0].row), (1, 1));
    let fault = reading.faults[0];
    (fault.offset, fault.hole, fault.reason)
}

fn holes_refuse_other_texts<G: Group>() {
    use Reason::{Identity, NotCanonical, OutOfRange, Syntax};
    let element = text::<G>(&G::generator());
    let identity = text::<G>(&G::identity());
    let above = [&decimal(&minus_one::<G>())[..], b"0"].concat();
    let n = element.len();
    let at = |element: &[u8], scalar: &[u8], digest: &[u8]| {
        let (offset, hole, reason) = fault::<G>(filled(element, scalar, digest));
        (hole, offset, reason)
    };
    assert_eq!(at(&identity, b"1", &DIGEST), (Some(0), 1, Identity));
    assert_eq!(at(b"", b"1", &DIGEST), (Some(0), 1, Syntax));
    assert_eq!(at(&element, b"", &DIGEST), (Some(1), n + 2, Syntax));
    assert_eq!(at(&element, b"01", &DIGEST), (Some(1), n + 2, NotCanonical));
    assert_eq!(at(&element, &above, &DIGEST), (Some(1), n + 2, OutOfRange));
    assert_eq!(at(&element, b"1", b"+"), (Some(2), n + 4, Syntax));
    assert_eq!(at(&element, b"1", &[b'='; 43]), (Some(2), n + 4, Syntax));
    // An element before the fault is the first fault.
    assert_eq!(at(&identity, b"01", &DIGEST), (Some(0), 1, Identity));
}

fn literals_match_in_full<G: Group>() {
    let element = text::<G>(&G::generator());
    let good = filled(&element, b"1", &DIGEST);
    let spaced = [&good[..], b" "].concat();
    let cut = good[..good.len() - 1].to_vec();
    let n = element.len();
    assert_eq!(fault::<G>(vec![]), (0, None, Reason::Syntax));
    assert_eq!(fault::<G>(spaced), (n + 48, None, Reason::Syntax));
    assert_eq!(fault::<G>(cut), (n + 47, None, Reason::Syntax));
    let letter = filled(&element, b"1x", &DIGEST);
    assert_eq!(fault::<G>(letter), (n + 3, None, Reason::Syntax));
}

fn scalars_have_one_text<G: Group>() {
    let mut below = G::order();
    *below.last_mut().unwrap() -= 1;
    let largest = G::Scalar::from_be_bytes(&below).unwrap();
    let texts = [b"0".to_vec(), b"1".to_vec(), decimal(&largest)];
    let column = decode_scalars::<G>(&texts).unwrap();
    assert!(column[2] == largest && column[2] + column[1] == column[0]);
    assert!(G::Scalar::from_be_bytes(&G::order()).is_none());
    assert!(Secrets::<G>::from_texts(&["1", "01"]).is_err());
}

fn secrets_are_redacted_and_add_up<G: Group>() {
    let secrets = Secrets::<G>::from_texts(&["2", "3", "5"]).unwrap();
    assert_eq!(format!("{secrets:?}"), "<Secrets of 3 rows: redacted>");
    assert_eq!(*secrets.total().expose()[0], "10");
    assert_eq!(*secrets.sum(&secrets).unwrap().expose()[2], "10");
    // 2 + 3x + 5x²
    let values = secrets.polynomial_at(&[0, 1, 10]);
    assert_eq!(
        values
            .expose()
            .iter()
            .map(|v| v.as_str())
            .collect::<Vec<_>>(),
        ["2", "10", "532"]
    );
}

fn columns_of_different_lengths_are_refused<G: Group>() {
    let secrets = Secrets::<G>::random(&mut rng(), 2);
    let public = secrets.public();
    let short = prove_schnorr(&secrets, &mut rng(), &["one"]);
    assert!(matches!(short, Err(Error::Shape(_))));
    assert!(matches!(
        multiply::<G>(&public, &public[1..]),
        Err(Error::Shape(_))
    ));
    assert!(matches!(secrets.apply(&public[..1]), Err(Error::Shape(_))));
    assert!(matches!(secrets.select(&[2]), Err(Error::Shape(_))));
}

macro_rules! in_group {
    ($name:ident, $G:ty, $outsider:expr, $($fact:ident)*) => {
        mod $name {
            use super::*;

            $(#[test]
            fn $fact() {
                super::$fact::<$G>();
            })*

            #[test]
            fn one_outsider_among_many_is_found() {
                super::one_outsider_among_many_is_found::<$G>($outsider);
            }
        }
    };
}

macro_rules! in_each_group {
    ($($fact:tt)*) => {
        // y = −1: order 2.
        in_group!(ed25519, Ed25519,
            "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec", $($fact)*);
        in_group!(belenios_2048, ModP<Belenios2048>, "2", $($fact)*);
        // Not a square.
        in_group!(rfc_3526_2048, ModP<Rfc3526>, "11", $($fact)*);
    };
}

in_each_group! {
    powers_agree
    products_are_weighted
    schnorr_proofs_hold_only_as_made
    equality_proofs_hold_only_for_equal_exponents
    disjunctions_hide_which_but_not_whether
    decryption_finds_small_messages
    templates_read_what_they_write
    holes_refuse_other_texts
    literals_match_in_full
    scalars_have_one_text
    secrets_are_redacted_and_add_up
    columns_of_different_lengths_are_refused
}

/// Seeded provers give the same values whatever the number of threads.
#[test]
fn provers_do_not_depend_on_the_number_of_threads() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let secrets = Secrets::<Ed25519>::random(&mut rng(), ROWS * 4);
            let prefixes = vec!["p"; ROWS * 4];
            prove_schnorr(&secrets, &mut rng(), &prefixes).unwrap()
        })
    };
    assert!(run(1) == run(4));
}

/// 0 and p are outside the range of elements modulo p, and 1 is the identity.
#[test]
fn integers_at_the_edges_are_refused() {
    type G = ModP<Rfc3526>;
    let refusal = |text: &str| decode_element::<G>(text.as_bytes(), false).err();
    assert_eq!(refusal("0"), Some(Reason::NotAMember));
    assert_eq!(refusal("1"), Some(Reason::Identity));
    assert_eq!(refusal("2"), None);
    assert_eq!(refusal("02"), Some(Reason::NotCanonical));
    assert_eq!(refusal("-2"), Some(Reason::Syntax));
    assert_eq!(refusal(&"9".repeat(617)), Some(Reason::OutOfRange));
    assert_eq!(refusal(&"9".repeat(10_000)), Some(Reason::OutOfRange));
}
