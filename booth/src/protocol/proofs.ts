/**
 * Proofs of knowledge: of a logarithm, of equal logarithms, and of one out of several (§4.5, §4.12, §4.13, §4.18).
 *
 * The convention is response = w − x × challenge, so that a commitment is base^response × target^challenge.
 */

import { MalformedError } from "../errors.ts";
import { type Fields, type Json, readFields, readInteger, readList } from "./encoding.ts";
import { type Element, type Group, type Random, randomScalar, reduce } from "./group.ts";
import { challengeOf } from "./transcript.ts";

/** > proof = {challenge : Zq, response : Zq} (§4.3). */
export interface Proof {
  readonly challenge: bigint;
  readonly response: bigint;
}

/** A ciphertext (α, β) = (g^r, y^r g^m) (§4.3). */
export interface Ciphertext {
  readonly alpha: Element;
  readonly beta: Element;
}

export function readProof(value: Json, at: string, group: Group): Proof {
  const fields: Fields = readFields(value, at, ["challenge", "response"]);
  return {
    challenge: readInteger(fields.value("challenge"), fields.place("challenge"), group.order),
    response: readInteger(fields.value("response"), fields.place("response"), group.order),
  };
}

export function readProofs(value: Json, at: string, group: Group, length: number): readonly Proof[] {
  return readList(value, at, length).map((proof, index) => readProof(proof, `${at}/${index}`, group));
}

export function proofJson(proof: Proof): Json {
  return { challenge: proof.challenge.toString(), response: proof.response.toString() };
}

/** > A = g^response × X^challenge. */
export function commitment(base: Element, target: Element, proof: Proof): Element {
  return base.power(proof.response).times(target.power(proof.challenge));
}

/** Whether the proof shows knowledge of log_g(key), in that transcript. */
export function logarithmHolds(group: Group, key: Element, proof: Proof, prefix: string): boolean {
  return challengeOf(group, prefix, [commitment(group.generator, key, proof)]) === proof.challenge;
}

/** Prove knowledge of `secret` = log_g(key), in that transcript. */
export function proveLogarithm(group: Group, secret: bigint, prefix: string, random: Random): Proof {
  const w = randomScalar(group, random);
  const challenge = challengeOf(group, prefix, [group.generator.secretPower(w)]);
  return { challenge, response: reduce(w - secret * challenge, group) };
}

/**
 * Whether one of the ciphertexts encrypts 1 = g⁰ under the key y (§4.12, §4.13.3).
 *
 * @param claims - For each alternative, (α, β / g^M): it claims that log_g α = log_y (β / g^M).
 */
export function alternativesHold(
  bases: { readonly group: Group; readonly key: Element },
  claims: readonly Ciphertext[],
  proofs: readonly Proof[],
  prefix: string,
): boolean {
  const { group, key } = bases;
  if (claims.length !== proofs.length) {
    throw new MalformedError(`${proofs.length} proofs for ${claims.length} alternatives`);
  }
  const commitments: Element[] = [];
  let sum = 0n;
  for (const [index, claim] of claims.entries()) {
    const proof = proofs[index] as Proof;
    commitments.push(commitment(group.generator, claim.alpha, proof), commitment(key, claim.beta, proof));
    sum += proof.challenge;
  }
  return challengeOf(group, prefix, commitments) === reduce(sum, group);
}

/** An alternative as its prover knows it: α = g^randomness and β / g^M = y^randomness × g^excess. */
export interface Alternative {
  readonly randomness: bigint;
  /** The plaintext minus what the alternative claims; zero where it is true. */
  readonly excess: bigint;
}

/**
 * Prove that one of the alternatives is true, without saying which.
 *
 * The specification simulates the others as A = g^z α^c and B = y^z (β/g^M)^c for random c and z.
 * Who knows α and β by their exponents computes the same with powers of g and y alone:
 * A = g^(z + r c) and B = y^(z + r c) × g^(excess × c).
 *
 * Drawn are challenge and response of each simulated alternative, in order, and then w.
 *
 * @param truth - The index of one that is true.
 */
export function proveAlternatives(
  bases: { readonly group: Group; readonly key: Element; readonly random: Random },
  alternatives: readonly Alternative[],
  truth: number,
  prefix: string,
): readonly Proof[] {
  const { group, key, random } = bases;
  const g = group.generator;
  const simulated = alternatives.map((_, index) =>
    index === truth ? undefined : { challenge: randomScalar(group, random), response: randomScalar(group, random) },
  );
  const w = randomScalar(group, random);
  const commitments = alternatives.flatMap(({ randomness, excess }, index) => {
    const proof = simulated[index];
    if (proof === undefined) {
      return [g.secretPower(w), key.secretPower(w)];
    }
    const exponent = reduce(proof.response + randomness * proof.challenge, group);
    const surplus = g.secretPower(reduce(excess * proof.challenge, group));
    return [g.secretPower(exponent), key.secretPower(exponent).times(surplus)];
  });
  const others = simulated.reduce((sum, proof) => sum + (proof?.challenge ?? 0n), 0n);
  const challenge = reduce(challengeOf(group, prefix, commitments) - others, group);
  const { randomness } = alternatives[truth] as Alternative;
  const proved = { challenge, response: reduce(w - randomness * challenge, group) };
  return simulated.map((proof) => proof ?? proved);
}
