//! Ballots made with belenios-tool 3.3.0 (see `data/README.md`), read and verified in full.

use psephos_crypto::{
    Belenios2048, ClaimColumns, Ed25519, Group, Hole, ModP, Reading, Template, decode_element,
    multiply, verify_disjunction, verify_schnorr,
};

const ED25519: (&str, &str) = (
    include_str!("data/ed25519-ballot.json"),
    include_str!("data/ed25519-public-key.txt"),
);
const BELENIOS_2048: (&str, &str) = (
    include_str!("data/belenios2048-ballot.json"),
    include_str!("data/belenios2048-public-key.txt"),
);

/// The field's text, for a field that occurs once.
fn field<'a>(ballot: &'a str, name: &str) -> &'a str {
    let start = ballot.rfind(&format!("\"{name}\":\"")).unwrap() + name.len() + 4;
    let length = ballot[start..].find('"').unwrap();
    &ballot[start..start + length]
}

/// A template from the ballot itself: holes where the values stand.
fn template(ballot: &str) -> Template {
    let (mut parts, mut holes, mut rest) = (Vec::new(), Vec::new(), ballot);
    let mut part = String::new();
    while let Some(colon) = rest.find("\":\"") {
        let name = rest[..colon].rsplit('"').next().unwrap();
        let (before, value) = rest.split_at(colon + 3);
        let end = value.find('"').unwrap();
        part += before;
        let hole = match name {
            "credential" | "alpha" | "beta" => Some(Hole::Element),
            "challenge" | "response" => Some(Hole::Scalar),
            "hash" => Some(Hole::Digest),
            _ => None,
        };
        match hole {
            Some(hole) => {
                holes.push(hole);
                parts.push(std::mem::take(&mut part).into_bytes());
            }
            None => part += &value[..end],
        }
        rest = &value[end..];
    }
    parts.push((part + rest).into_bytes());
    Template::new(parts, holes).unwrap()
}

fn read<G: Group>(ballot: &str) -> Reading<G> {
    let reading = template(ballot).read::<G>(&[ballot]);
    assert_eq!(reading.faults, []);
    reading
}

/// The overall and individual proofs and the signature of one yes/no ballot; the rows that fail of each.
fn failures<G: Group>((ballot, public_key): (&str, &str)) -> Vec<Vec<usize>> {
    let key = G::key(&decode_element::<G>(public_key.as_bytes(), false).unwrap_or(G::identity()));
    let Reading {
        elements: e,
        scalars: s,
        ..
    } = read::<G>(ballot);
    let head = format!(
        "prove|{}|{}|",
        field(ballot, "election_hash"),
        field(ballot, "credential")
    );
    let claim = |alpha, beta, value, at: usize| ClaimColumns::<G> {
        alpha,
        beta,
        value,
        challenges: &s[at],
        responses: &s[at + 1],
    };
    let individual = [0, 1].map(|answer| {
        let (alpha, beta) = (&e[1 + 2 * answer][..], &e[2 + 2 * answer][..]);
        let at = 4 * answer;
        let claims = [claim(alpha, beta, 0, at), claim(alpha, beta, 1, at + 2)];
        verify_disjunction(&key, &[&head], &[vec![alpha, beta]], &claims).unwrap()
    });
    let alpha = multiply::<G>(&e[1], &e[3]).unwrap();
    let beta = multiply::<G>(&e[2], &e[4]).unwrap();
    let answers = e[1..].iter().map(Vec::as_slice).collect();
    let listed = [answers, vec![&alpha[..], &beta[..]]];
    let claims = [claim(&alpha, &beta, 1, 8)];
    let overall = verify_disjunction(&key, &[&head], &listed, &claims).unwrap();
    let prefix = format!("sig|{}|", field(ballot, "hash"));
    let signature = verify_schnorr::<G>(&[prefix], &e[0], &s[10], &s[11]).unwrap();
    [&individual[..], &[overall, signature]].concat()
}

const NONE: [Vec<usize>; 4] = [vec![], vec![], vec![], vec![]];

#[test]
fn a_real_ballot_in_ed25519_is_accepted() {
    assert_eq!(failures::<Ed25519>(ED25519), NONE);
}

#[test]
fn a_real_ballot_in_belenios_2048_is_accepted() {
    assert_eq!(failures::<ModP<Belenios2048>>(BELENIOS_2048), NONE);
}

#[test]
fn a_ballot_is_refused_under_another_election_key() {
    let other = field(ED25519.0, "credential");
    let failures = failures::<Ed25519>((ED25519.0, other));
    assert_eq!(failures[..3], [vec![0], vec![0], vec![0]]);
    assert_eq!(failures[3], [], "the signature does not depend on the key");
}

#[test]
fn a_ballot_with_swapped_choices_is_refused() {
    let ballot = ED25519.0;
    let (first, second) = (value(ballot, "alpha", 0), value(ballot, "alpha", 1));
    let swapped = ballot
        .replacen(first, "?", 1)
        .replacen(second, first, 1)
        .replacen('?', second, 1);
    let failures = failures::<Ed25519>((&swapped, ED25519.1));
    assert_eq!(failures[..3], [vec![0], vec![0], vec![0]]);
}

fn value<'a>(ballot: &'a str, name: &str, occurrence: usize) -> &'a str {
    let mark = format!("\"{name}\":\"");
    let start = ballot.match_indices(&mark).nth(occurrence).unwrap().0 + mark.len();
    ballot[start..].split('"').next().unwrap()
}
