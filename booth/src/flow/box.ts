/**
 * Where a voter's secrets are: her credential, and at most one encrypted ballot, which is signed or opened, once.
 *
 * On the page this lives in a worker of its own. What leaves it: her public credential, a commitment, and then either
 * the signed ballot or, for a challenge, the opening; never both of one ballot.
 */

import { OutOfTurnError, RuleError } from "../errors.ts";
import { readBallot, verifyProofs, verifySignature } from "../protocol/ballot.ts";
import { type EncryptedBallot, encryptBallot, signBallot } from "../protocol/casting.ts";
import { type Credential, deriveCredential } from "../protocol/credentials.ts";
import { type Election, type Question, readElection } from "../protocol/election.ts";
import { type Random, reduce } from "../protocol/group.ts";
import { writeChallenge } from "./challenge.ts";

/** A voter's choices: for each question 0 or 1 for each answer, after that for blank where it has a box of its own. */
export type Choices = readonly (readonly number[])[];

/** What was chosen as the vectors that are encrypted: 1 for each answer chosen, after that for blank in a box of its own. */
export function choicesOf(
  questions: readonly Question[],
  chosen: readonly (readonly number[] | "blank" | undefined)[],
): Choices {
  return questions.map((question, at) => {
    const picked = chosen[at];
    const answers = question.answers.map((_, index) => (Array.isArray(picked) && picked.includes(index) ? 1 : 0));
    return question.blank ? [picked === "blank" ? 1 : 0, ...answers] : answers;
  });
}

export class Box {
  readonly #received: Uint8Array;
  readonly #election: Election;
  readonly #random: Random;
  #credential: Credential | undefined;
  #ballot: { readonly encrypted: EncryptedBallot; readonly choices: Choices } | undefined;

  /**
   * @param election - As the record has it, checked by the caller.
   * @throws {MalformedError | UnsupportedError} If it cannot be read.
   */
  constructor(election: Uint8Array, random: Random) {
    this.#received = election;
    this.#election = readElection(election);
    this.#random = random;
  }

  /**
   * Take the voter's credential: one, or two halves, whose secrets are added.
   *
   * @returns The public credential.
   * @throws {MalformedError} If one has not the form of a credential, or both are the same.
   */
  enter(halves: readonly string[]): string {
    const { group, uuid } = this.#election;
    if (halves.length === 0 || new Set(halves).size !== halves.length) {
      throw new RuleError("the two halves are the same");
    }
    const derived = halves.map((text) => deriveCredential(text, uuid, group));
    const secret = reduce(
      derived.reduce((sum, half) => sum + half.secret, 0n),
      group,
    );
    const [first, ...others] = derived.map((half) => half.public);
    const together = others.reduce((product, half) => product.times(half), first ?? group.identity);
    this.#credential = { secret, public: together };
    this.#ballot = undefined;
    return together.text;
  }

  /**
   * Encrypt choices; an earlier ballot that was neither cast nor opened is forgotten.
   *
   * @returns The commitment.
   * @throws {RuleError} If a question does not allow them.
   * @throws {OutOfTurnError} If there is no credential.
   */
  encrypt(choices: Choices): string {
    this.#ballot = undefined;
    const encrypted = encryptBallot(this.#election, this.#entered().public, {
      plaintexts: choices,
      random: this.#random,
    });
    this.#ballot = { encrypted, choices };
    return encrypted.commitment;
  }

  /**
   * Cast: sign the ballot, and check it as the ballot box will. Afterwards the box is empty.
   *
   * @throws {OutOfTurnError} If there is none.
   * @throws {PsephosError} If it does not hold: a fault of this device.
   */
  cast(): Uint8Array {
    const { encrypted } = this.#take();
    const credential = this.#entered();
    const signed = signBallot(encrypted, { election: this.#election, credential, random: this.#random });
    const ballot = readBallot(signed, this.#election);
    verifySignature(ballot, this.#election);
    verifyProofs(ballot, this.#election);
    this.forget();
    return signed;
  }

  /**
   * Challenge: open the ballot. It is in the box no more, so it cannot be signed.
   *
   * @returns The challenge file.
   * @throws {OutOfTurnError} If there is no ballot.
   */
  open(): Uint8Array {
    const { encrypted, choices } = this.#take();
    return writeChallenge(this.#received, encrypted, choices);
  }

  /** Forget credential and ballot. */
  forget(): void {
    this.#credential = undefined;
    this.#ballot = undefined;
  }

  #entered(): Credential {
    if (this.#credential === undefined) {
      throw new OutOfTurnError("no credential was entered");
    }
    return this.#credential;
  }

  #take(): { readonly encrypted: EncryptedBallot; readonly choices: Choices } {
    const ballot = this.#ballot;
    this.#ballot = undefined;
    if (ballot === undefined) {
      throw new OutOfTurnError("there is no encrypted ballot");
    }
    return ballot;
  }
}
