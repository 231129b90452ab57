/** From partial decryptions to counts (specification §4.19). */

import { MalformedError, MismatchError, RuleError } from "../errors.ts";
import type { Factors } from "./decryption.ts";
import type { Election } from "./election.ts";
import { readFields, readJson, readList, readWeight } from "./encoding.ts";
import { type Element, type Group, reduce } from "./group.ts";
import type { Sums } from "./tally.ts";
import type { Trustees } from "./trustees.ts";

/** For each question and answer (blank first, where it is counted apart) its number of votes. */
export type Counts = readonly (readonly bigint[])[];

/**
 * Combine the valid factors of enough trustees.
 *
 * > F_ij = ∏τ F_ijτ; for Pedersen items ∏δ (partial_decryption_δ)^λδ over t + 1 of them (§4.19).
 *
 * @param valid - Factors whose proofs hold, by the trustee's number.
 * @throws {RuleError} If a mandatory trustee is missing, or too many of those with a threshold are.
 */
export function combineFactors(
  { trustees, group }: { readonly trustees: Trustees; readonly group: Group },
  valid: ReadonlyMap<number, Factors>,
  sums: Sums,
): Factors {
  let combined: Factors = sums.map((question) => question.map(() => group.identity));
  for (const item of trustees.items) {
    const present = item.members.map((trustee, index) => ({
      place: BigInt(index + 1),
      factors: valid.get(trustee.number),
    }));
    const used = present.filter(({ factors }) => factors !== undefined).slice(0, item.threshold);
    if (used.length < item.threshold) {
      const missing = item.members.filter(({ number }) => !valid.has(number)).map(({ label }) => label);
      const need = item.mandatory ? "must decrypt" : `${item.threshold} of ${item.members.length} must decrypt`;
      throw new RuleError(`no valid decryption by ${missing.join(", ")}; ${need}`);
    }
    const places = used.map(({ place }) => place);
    for (const { place, factors = [] } of used) {
      combined = multiply(combined, factors, item.mandatory ? 1n : lagrange(places, place, group));
    }
  }
  return combined;
}

function multiply(product: Factors, factors: Factors, exponent: bigint): Factors {
  return product.map((question, i) =>
    question.map((element, j) => {
      const factor = factors[i]?.[j];
      if (factor === undefined) {
        throw new MalformedError("factors of another shape");
      }
      return element.times(exponent === 1n ? factor : factor.power(exponent));
    }),
  );
}

/** > λδ = ∏(k ∈ I ∖ {δ}) k / (k − δ) mod q (§4.19). */
function lagrange(places: readonly bigint[], own: bigint, group: Group): bigint {
  let coefficient = 1n;
  for (const place of places.filter((other) => other !== own)) {
    coefficient = reduce(coefficient * place * inverse(reduce(place - own, group), group), group);
  }
  return coefficient;
}

/** The inverse modulo the prime q, by Fermat. */
function inverse(number: bigint, group: Group): bigint {
  let [power, square] = [1n, number];
  for (let rest = group.order - 2n; rest > 0n; rest >>= 1n) {
    power = (rest & 1n) === 1n ? reduce(power * square, group) : power;
    square = reduce(square * square, group);
  }
  return power;
}

/**
 * Read a result of this election.
 *
 * @throws {MalformedError} If it has another shape.
 */
export function readResult(bytes: Uint8Array, election: Election): Counts {
  const fields = readFields(readJson(bytes, "result"), "", ["result"]);
  const list = readList(fields.value("result"), "/result", election.questions.length);
  return election.questions.map((question, i) =>
    readList(list[i] ?? null, `/result/${i}`, question.length).map((count, j) =>
      readWeight(count, `/result/${i}/${j}`),
    ),
  );
}

/**
 * Check that each count is what the sum decrypts to.
 *
 * > result_ij = log_g (beta(a'_ij) / F_ij), bounded by the sum of all weights (§4.19).
 *
 * @throws {MismatchError} If a count is another number.
 */
export function verifyResult(
  counts: Counts,
  factors: Factors,
  { sums, totalWeight, group }: { readonly sums: Sums; readonly totalWeight: bigint; readonly group: Group },
): void {
  for (const [i, question] of sums.entries()) {
    for (const [j, { beta }] of question.entries()) {
      const [count, factor] = [counts[i]?.[j], factors[i]?.[j]];
      if (
        count === undefined ||
        factor === undefined ||
        count > totalWeight ||
        !decrypts(group, beta, { count, factor })
      ) {
        throw new MismatchError("not what the decrypted sum says", { at: `/result/${i}/${j}` });
      }
    }
  }
}

function decrypts(group: Group, beta: Element, { count, factor }: { count: bigint; factor: Element }): boolean {
  return group.generator.power(count).times(factor).equals(beta);
}
