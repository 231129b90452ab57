/** One round of handing a ballot in: who is asked, whose answer counts, and what came of it. */

import { UnavailableError } from "../errors.ts";
import type { Rejection, Vote } from "../flow/model.ts";
import { readBallot } from "../protocol/ballot.ts";
import { readElection } from "../protocol/election.ts";
import type { Boards } from "./boards.ts";
import { handIn, type Reply } from "./network.ts";
import { HELD, originOf, rejectionOf, type Taken, takenOf } from "./replies.ts";

/** What came of it: what whoever took the ballot has said, or why nobody did. */
export type Handed = Taken | { readonly kind: "declined"; readonly rejection: Rejection };

export class Handing {
  /** What is wrong with an answer that would have been a receipt. */
  unproven: string | undefined;
  readonly #boards: Boards;
  readonly #moved: () => Promise<boolean>;

  /** @param moved - Sees whether another log has taken over meanwhile. */
  constructor(boards: Boards, moved: () => Promise<boolean>) {
    this.#boards = boards;
    this.#moved = moved;
  }

  /** Ask everybody who takes ballots, once; undefined if nobody took it, and nobody declined it. */
  async once(ballot: Uint8Array): Promise<Handed | undefined> {
    this.unproven = undefined;
    try {
      const answer = await handIn(this.#boards.takers, ballot, (reply) => this.#heard(reply, ballot));
      return "taken" in answer
        ? answer.taken
        : { kind: "declined", rejection: rejectionOf(answer.declined, () => isListed(ballot, this.#boards.vote)) };
    } catch (error) {
      if (!(error instanceof UnavailableError)) {
        throw error;
      }
      return undefined;
    }
  }

  /** What whoever took the ballot has said; undefined if it proves nothing. */
  async #heard(reply: Reply, ballot: Uint8Array): Promise<Taken | undefined> {
    const origin = originOf(reply.body);
    if (origin !== undefined && origin !== this.#boards.anchored.charter.terms.log.name) {
      // Another log may have taken over, and this is its answer: it is read under the observers' decision.
      await this.#moved();
    }
    try {
      return takenOf(reply, ballot, this.#boards.anchored);
    } catch (error) {
      // A relay that does not say that it holds the ballot is as good as none.
      if (reply.status !== HELD) {
        this.unproven = error instanceof Error ? error.message : "unknown";
      }
      return undefined;
    }
  }
}

/** Whether the page knows that a ballot's credential is listed; false where it has no list. */
function isListed(ballot: Uint8Array, vote: Vote | undefined): boolean {
  if (vote?.listed === undefined) {
    return false;
  }
  return vote.listed.has(readBallot(ballot, readElection(vote.election)).credential.text);
}
