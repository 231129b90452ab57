//! Known answers for Ed25519, computed independently of this code and checked against archives of belenios-tool 3.3.0
//! (`vectors/protocol/kat-ed25519-v1.json`).

use psephos_crypto::{Ed25519, Group, Reason, Scalar, Secrets, decode_element, hash};

const GENERATOR: &str = "6666666666666666666666666666666666666666666666666666666666666658";
const IDENTITY: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const FINGERPRINT: &str = "bSMSrlUrCMY3AwpRQoH4KvLJUcSAwjmnLt3hrM0xdSw";
const PUBLIC_CREDENTIAL: &str = "eca6ad4e1e1fe943f4ef57ee0865b7fdb24c1af0e200b00ee032a25c30ab4fab";

fn text(element: &<Ed25519 as Group>::Element) -> String {
    let mut bytes = Vec::new();
    Ed25519::write_text(element, &mut bytes);
    String::from_utf8(bytes).unwrap()
}

fn challenge(prefix: &str, elements: &[&str]) -> String {
    let elements: Vec<_> = elements
        .iter()
        .map(|text| decode_element::<Ed25519>(text.as_bytes(), false).unwrap())
        .collect();
    let mut bytes = Vec::new();
    hash::<Ed25519>(prefix.as_bytes(), &elements).vartime_write_decimal(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

fn refusal(text: &str, identity: bool) -> Option<Reason> {
    decode_element::<Ed25519>(text.as_bytes(), identity).err()
}

#[test]
fn the_generator_and_the_identity_have_their_texts() {
    assert_eq!(text(&Ed25519::generator()), GENERATOR);
    assert_eq!(text(&Ed25519::identity()), IDENTITY);
}

#[test]
fn a_private_credential_gives_its_public_one() {
    let prefixes = [0, 1].map(|i| format!("derive_credential|fZZmoRkwjGxSVi|{i}|"));
    let secrets = Secrets::<Ed25519>::derived(&prefixes, &["nSTJR-543VNT-LVM4K-UZ1hEj"]);
    let scalar = "963132774583384922102576084758857585807120975456544561159494359342160998826";
    assert_eq!(*secrets.expose()[0], scalar);
    assert_eq!(text(&secrets.public()[0]), PUBLIC_CREDENTIAL);
}

#[test]
fn the_hash_of_a_signature_is_known() {
    let prefix = "sig|jR7enGdfVhwrHC02BHJzxIjJLShJn10fng8wqcYzymo|";
    let commitment = "ee9d9cfc0554a54fce7dcdab04f547e509eff32ee7cd091f5e66e1f80c21afd6";
    assert_eq!(
        challenge(prefix, &[commitment]),
        "1053550615187247797124110370000210410584126147250015875606801895970508417649"
    );
}

#[test]
fn the_hash_of_an_overall_proof_is_known() {
    let prefix = format!(
        "prove|{FINGERPRINT}|{PUBLIC_CREDENTIAL}|\
         757f062d7cb8f01e4436971cdd722130e785c2a81ffb63c345897f3c4488a0a6,\
         96b35aafb2b12553f4aa62c5e526a4c655cfb0fa5d57ab8725486f4773c97100,\
         a4312ca1784fa551b4fffb86c660dd67225fd3c49a7122305f0ed5756f13c59c,\
         71aba101e9da98f8ab5614f75de887b77d5702b960c68fa62e2295411dc5cc3b|\
         20695d7d65fd0b1361fb31dc9a46671eb91c35313692a67f6b1459f1ce02ffb4,\
         ea0c8eb6e1d802149709ce0eb981e0b4561d918afcf4a748daa32712b70b21f6|"
    );
    let commitments = [
        "f9cbd256aa3eff832e2809104dfa14d4265120f6b8766983ce4f7fddb3d24715",
        "bbaa8b2dbd6ca089e27b496d6fb32f62727a27f24c9a4b2a6746039f391e1d8f",
    ];
    assert_eq!(
        challenge(&prefix, &commitments),
        "2016198714999877966782822896664684462696362197870602311611389875086198857051"
    );
}

#[test]
fn second_encodings_of_the_identity_are_refused() {
    assert_eq!(refusal(IDENTITY, false), Some(Reason::Identity));
    assert_eq!(refusal(IDENTITY, true), None);
    let negative_zero = format!("8{}", &IDENTITY[1..]);
    assert_eq!(refusal(&negative_zero, true), Some(Reason::NotCanonical));
    let y_plus_p = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffee";
    assert_eq!(refusal(y_plus_p, true), Some(Reason::NotCanonical));
}

#[test]
fn points_with_a_component_of_small_order_are_refused() {
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    for torsion in &EIGHT_TORSION[1..] {
        for point in [*torsion, ED25519_BASEPOINT_POINT + torsion] {
            let mut bytes = point.compress().to_bytes();
            bytes.reverse();
            let text = bytes.map(|byte| format!("{byte:02x}")).concat();
            assert_eq!(refusal(&text, true), Some(Reason::NotAMember), "{text}");
        }
    }
}

#[test]
fn other_spellings_are_refused() {
    for text in [
        "",
        &GENERATOR[1..],
        "06666666666666666666666666666666666666666666666666666666666666658",
        "0x66666666666666666666666666666666666666666666666666666666666658",
        " 666666666666666666666666666666666666666666666666666666666666658",
        &PUBLIC_CREDENTIAL.to_uppercase(),
    ] {
        assert_eq!(refusal(text, true), Some(Reason::Syntax), "{text}");
    }
}
