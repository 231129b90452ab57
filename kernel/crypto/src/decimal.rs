//! Decimal texts of big integers, by words of nineteen digits.

use crate::error::Reason;

const DIGITS: usize = 19;
const CHUNK: u64 = 10_000_000_000_000_000_000;

/// The number of leading ASCII digits.
pub(crate) fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Read a whole text into little-endian words: digits only, no leading zero except in "0", no overflow.
pub(crate) fn read(text: &[u8], words: &mut [u64]) -> Result<(), Reason> {
    if text.is_empty() || digits(text) != text.len() {
        return Err(Reason::Syntax);
    }
    if text[0] == b'0' && text.len() > 1 {
        return Err(Reason::NotCanonical);
    }
    words.fill(0);
    let head = text.len() % DIGITS;
    let (first, rest) = text.split_at(head);
    let mut used = 0;
    for chunk in core::iter::once(first).chain(rest.chunks_exact(DIGITS)) {
        let mut carry = chunk
            .iter()
            .fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        for word in &mut words[..used] {
            let wide = u128::from(*word) * u128::from(CHUNK) + u128::from(carry);
            (*word, carry) = split(wide);
        }
        if carry != 0 {
            *words.get_mut(used).ok_or(Reason::OutOfRange)? = carry;
            used += 1;
        }
    }
    Ok(())
}

/// Append the decimal text of little-endian words. Variable-time.
pub(crate) fn vartime_write(words: &mut [u64], out: &mut Vec<u8>) {
    let mut used = words.len();
    let start = out.len();
    loop {
        while used > 0 && words[used - 1] == 0 {
            used -= 1;
        }
        let mut chunk = divide(&mut words[..used]);
        let last = words[..used].iter().all(|word| *word == 0);
        for _ in 0..DIGITS {
            out.push(b'0' + u8::try_from(chunk % 10).unwrap_or(0));
            chunk /= 10;
            if last && chunk == 0 {
                break;
            }
        }
        if last {
            break;
        }
    }
    out[start..].reverse();
}

/// Divide in place by 10^19; the remainder.
fn divide(words: &mut [u64]) -> u64 {
    words.iter_mut().rev().fold(0_u64, |remainder, word| {
        let wide = (u128::from(remainder) << 64) | u128::from(*word);
        let (quotient, _) = split(wide / u128::from(CHUNK));
        *word = quotient;
        split(wide % u128::from(CHUNK)).0
    })
}

/// Low and high word.
#[allow(clippy::cast_possible_truncation)]
fn split(wide: u128) -> (u64, u64) {
    (wide as u64, (wide >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_survive_a_round_trip() {
        let mut text = Vec::new();
        for length in 1..=77 {
            text.push(b'1' + u8::try_from(length % 9).unwrap());
            let mut words = [0; 4];
            if read(&text, &mut words) == Err(Reason::OutOfRange) {
                assert!(length > 76);
                continue;
            }
            let mut out = Vec::new();
            vartime_write(&mut words, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn zero_and_zeros_inside_survive_a_round_trip() {
        for text in [
            "0",
            "1",
            "10000000000000000000",
            "100000000000000000000000000000000000000007",
        ] {
            let mut words = [0; 4];
            read(text.as_bytes(), &mut words).unwrap();
            let mut out = Vec::new();
            vartime_write(&mut words, &mut out);
            assert_eq!(out, text.as_bytes());
        }
    }

    #[test]
    fn other_texts_are_refused_with_their_reason() {
        let mut words = [0; 1];
        for (text, reason) in [
            ("", Reason::Syntax),
            ("-1", Reason::Syntax),
            ("1a", Reason::Syntax),
            ("00", Reason::NotCanonical),
            ("01", Reason::NotCanonical),
            ("18446744073709551616", Reason::OutOfRange),
        ] {
            assert_eq!(read(text.as_bytes(), &mut words), Err(reason), "{text}");
        }
    }
}
