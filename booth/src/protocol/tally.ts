/** The encrypted sum of the ballots that count (specification §4.15, §4.16). */

import { MalformedError, MismatchError } from "../errors.ts";
import { readCiphertext } from "./ballot.ts";
import type { Election } from "./election.ts";
import { readFields, readJson, readList, readWeight } from "./encoding.ts";
import { type Element, type Group, reduce } from "./group.ts";
import type { Ciphertext } from "./proofs.ts";

/** For each question the sums of its ciphertexts. */
export type Sums = readonly (readonly Ciphertext[])[];

/** > sized_encrypted_tally = {num_tallied, total_weight, encrypted_tally} (§4.16). */
export interface SizedTally {
  readonly numTallied: number;
  readonly totalWeight: bigint;
  readonly encryptedTally: string;
}

/** A vote that counts until its voter casts another. */
interface Vote {
  readonly choices: Sums;
  readonly weight: bigint;
}

/**
 * Adds up ballots as they come; of a counted ballot it keeps the text of its ciphertexts.
 *
 * > B̂ = last(B): if there is a ballot with the same credential, remove it; add b (§4.15).
 * > C_ij = ∏k choices(answers(b_k)_i)_j ^ weight(b_k) (§4.16).
 */
export class Tally {
  readonly #group: Group;
  readonly #votes = new Map<string, string>();
  #sums: Sums;
  #totalWeight = 0n;

  constructor({ group, questions }: Election) {
    const none = { alpha: group.identity, beta: group.identity };
    this.#group = group;
    this.#sums = questions.map((question) => Array.from({ length: question.length }, () => none));
  }

  /** Take a ballot; it replaces an earlier one of the same credential. */
  take(credential: string, { choices, weight }: Vote): void {
    const earlier = this.#votes.get(credential);
    if (earlier !== undefined) {
      this.#add(this.#again(earlier), -weight);
    }
    this.#add(choices, weight);
    this.#votes.set(credential, textOf(choices));
  }

  get numTallied(): number {
    return this.#votes.size;
  }

  get totalWeight(): bigint {
    return this.#totalWeight;
  }

  get sums(): Sums {
    return this.#sums;
  }

  #add(choices: Sums, weight: bigint): void {
    const exponent = reduce(weight, this.#group);
    const weighted = (element: Element): Element => (exponent === 1n ? element : element.power(exponent));
    this.#totalWeight += weight;
    this.#sums = shaped(this.#sums, ({ alpha, beta }, i, j) => {
      const choice = choices[i]?.[j];
      if (choice === undefined) {
        throw new MalformedError("a ballot of another shape");
      }
      return { alpha: alpha.times(weighted(choice.alpha)), beta: beta.times(weighted(choice.beta)) };
    });
  }

  #again(text: string): Sums {
    const elements = text.split(",").map((element) => this.#group.decode(element, "an earlier ballot"));
    return shaped(this.#sums, () => ({ alpha: elements.shift() as Element, beta: elements.shift() as Element }));
  }
}

function textOf(choices: Sums): string {
  return choices.flatMap((question) => question.map(({ alpha, beta }) => `${alpha.text},${beta.text}`)).join(",");
}

function shaped(sums: Sums, make: (sum: Ciphertext, i: number, j: number) => Ciphertext): Sums {
  return sums.map((question, i) => question.map((sum, j) => make(sum, i, j)));
}

export function readSizedTally(bytes: Uint8Array): SizedTally {
  const names = ["num_tallied", "total_weight", "encrypted_tally"];
  const fields = readFields(readJson(bytes, "size of the encrypted tally"), "", names);
  return {
    numTallied: fields.count("num_tallied"),
    totalWeight: readWeight(fields.value("total_weight"), fields.place("total_weight")),
    encryptedTally: fields.hash("encrypted_tally"),
  };
}

/**
 * Read an encrypted tally of this election; sums of no ballots are the identity.
 *
 * @throws {MalformedError} If it has another shape, or something in it is not in the group.
 */
export function readEncryptedTally(bytes: Uint8Array, election: Election): Sums {
  const { questions, group } = election;
  const list = readList(readJson(bytes, "encrypted tally"), "", questions.length);
  return questions.map((question, i) =>
    readList(list[i] ?? null, `/${i}`, question.length).map((sum, j) =>
      readCiphertext(sum, `/${i}/${j}`, group.decodeSum),
    ),
  );
}

/**
 * Check a published tally against the ballots.
 *
 * @throws {MismatchError} If its size is not theirs, or a sum is another.
 */
export function verifyTally(
  bytes: Uint8Array,
  size: SizedTally,
  { tally, election }: { readonly tally: Tally; readonly election: Election },
): void {
  if (size.numTallied !== tally.numTallied) {
    throw new MismatchError(`${size.numTallied} ballots, not the ${tally.numTallied} that count`, {
      at: "/num_tallied",
    });
  }
  if (size.totalWeight !== tally.totalWeight) {
    throw new MismatchError(`a weight of ${size.totalWeight}, not ${tally.totalWeight}`, { at: "/total_weight" });
  }
  const published = readEncryptedTally(bytes, election);
  for (const [i, question] of tally.sums.entries()) {
    for (const [j, sum] of question.entries()) {
      const claimed = published[i]?.[j];
      if (claimed === undefined || !claimed.alpha.equals(sum.alpha) || !claimed.beta.equals(sum.beta)) {
        throw new MismatchError("not the product of the ballots that count", { at: `/${i}/${j}` });
      }
    }
  }
}
