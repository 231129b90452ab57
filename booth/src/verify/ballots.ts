/** Checks V9 to V13: every ballot, also those that a later one replaces. */

import { MismatchError, PsephosError } from "../errors.ts";
import { type Ballot, readBallot, verifyProofs, verifySignature } from "../protocol/ballot.ts";
import type { Electorate } from "../protocol/credentials.ts";
import type { Election } from "../protocol/election.ts";
import { Tally } from "../protocol/tally.ts";
import type { ArchiveRecord } from "../record/archive.ts";
import type { Report } from "./report.ts";

export class BallotsAudit {
  readonly #report: Report;
  readonly #election: Election;
  readonly #electorate: Electorate;
  readonly #seen = new Set<string>();
  readonly #tally: Tally;
  #complete = true;

  constructor(report: Report, { election, electorate }: { election: Election; electorate: Electorate }) {
    this.#report = report;
    this.#election = election;
    this.#electorate = electorate;
    this.#tally = new Tally(election);
  }

  /** The sums of the ballots that count so far; undefined if some ballot could not be taken in. */
  counted(): Tally | undefined {
    return this.#complete ? this.#tally : undefined;
  }

  /** Note a ballot that could not be read. */
  miss(): void {
    this.#complete = false;
  }

  /** Check one ballot, and take it into the sums. */
  take(record: ArchiveRecord, at: string): void {
    const report = this.#report;
    const ballot = this.#attempt("V9", at, () => readBallot(record.content, this.#election));
    if (ballot === undefined) {
      this.miss();
      return;
    }
    if (this.#seen.has(record.digest)) {
      report.failed("V13", new MismatchError("this ballot stands in the record before"), at);
    } else {
      report.passed("V13");
    }
    this.#seen.add(record.digest);
    const weight = this.#attempt("V10", at, () => this.#weightOf(ballot));
    this.#attempt("V11", at, () => verifySignature(ballot, this.#election));
    this.#attempt("V12", at, () => verifyProofs(ballot, this.#election));
    if (weight === undefined) {
      this.miss();
      return;
    }
    this.#tally.take(ballot.credential.text, { choices: ballot.answers.map(({ choices }) => choices), weight });
  }

  #weightOf(ballot: Ballot): bigint {
    const weight = this.#electorate.weights.get(ballot.credential.text);
    if (weight === undefined) {
      throw new MismatchError("a credential that is not listed", { at: "/credential" });
    }
    return weight;
  }

  #attempt<Value>(check: string, at: string, attempt: () => Value): Value | undefined {
    try {
      const value = attempt();
      this.#report.passed(check);
      return value;
    } catch (error) {
      if (!(error instanceof PsephosError)) {
        throw error;
      }
      this.#report.failed(check, error, at);
      return undefined;
    }
  }
}
