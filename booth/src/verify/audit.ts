/**
 * The audit: runs every numbered check that a record's stage allows, and reports every failure.
 *
 * It reads the record once, from pieces of any length. What lies beside a record (V5, V18 to V28) it does not check.
 */

import { MalformedError, MismatchError, OutOfTurnError, PsephosError, UnsupportedError } from "../errors.ts";
import { readElectorate } from "../protocol/credentials.ts";
import { type Factors, readOwned, readPartialDecryption, verifyPartialDecryption } from "../protocol/decryption.ts";
import { type Election, readElection } from "../protocol/election.ts";
import { combineFactors, readResult, verifyResult } from "../protocol/result.ts";
import { readSizedTally, type Tally, verifyTally } from "../protocol/tally.ts";
import { readTrustees, type Trustees, verifyPublicKey } from "../protocol/trustees.ts";
import { ArchiveReader } from "../record/archive.ts";
import { type Entry, EntryReader } from "../record/entries.ts";
import { phaseAfter } from "../record/phases.ts";
import { BallotsAudit } from "./ballots.ts";
import { Report } from "./report.ts";

const BESIDE = "not checked by this program";
const BESIDE_THE_RECORD = ["V5", "V18", "V19", "V20", "V21", "V22", "V23", "V24", "V25", "V26", "V27", "V28"];
const NOTHING_TO_DECRYPT = "without a tally and trustees that hold, decryptions say nothing";

/** One run over one record. */
export class Audit {
  readonly report = new Report();
  readonly #archive = new ArchiveReader();
  readonly #entries = new EntryReader();
  readonly #valid = new Map<number, Factors>();
  readonly #decrypted = new Set<number>();
  #ended = false;
  #election: Election | undefined;
  #trustees: Trustees | undefined;
  #ballots: BallotsAudit | undefined;
  #tally: Tally | undefined;

  constructor() {
    for (const check of BESIDE_THE_RECORD) {
      this.report.blocked(check, BESIDE);
    }
  }

  /** Take the next bytes of the archive. */
  push(bytes: Uint8Array): void {
    this.#guard("V1", () => {
      for (const record of this.#archive.push(bytes)) {
        const entry = this.#entries.push(record);
        if (entry !== undefined) {
          this.#take(entry);
        }
      }
    });
  }

  /** Say that the archive ends here. */
  end(): Report {
    this.#guard("V1", () => {
      this.#archive.end();
      this.#entries.end();
    });
    if (!this.#ended && this.report.head === "") {
      this.report.failed("V3", new OutOfTurnError("the record has no events: there is nothing to verify"));
    }
    if (this.report.verdict !== "verified") {
      this.report.result = undefined;
    }
    return this.report;
  }

  /** After the first error of reading, nothing that follows can be read. */
  #guard(check: string, step: () => void): void {
    if (!this.#ended) {
      this.#ended = !this.#attempt(check, "", step);
    }
  }

  #attempt(check: string, at: string, step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (error instanceof UnsupportedError) {
        this.report.unsupported(check, error);
      } else if (error instanceof PsephosError) {
        this.report.failed(check, error, at);
      } else {
        throw error;
      }
      return false;
    }
  }

  #take(entry: Entry): void {
    const { report } = this;
    const { event, damage, faults } = entry;
    for (const fault of damage) {
      report.failed("V1", fault);
    }
    for (const fault of faults) {
      report.failed("V2", fault);
    }
    report.passed("V1", damage.length > 0 ? 0 : 1 + entry.data.length);
    report.passed("V2", faults.length > 0 ? 0 : 1);
    report.head = entry.digest;
    const next = phaseAfter(report.phase, event.kind);
    if (next === undefined) {
      const message = `${event.kind} may not come in the phase ${report.phase}`;
      report.failed("V3", new OutOfTurnError(message, { at: `event ${event.height}` }));
      return;
    }
    report.phase = next;
    report.passed("V3");
    if (entry.usable) {
      this.#examine(entry);
    } else if (event.kind === "Ballot") {
      this.#ballots?.miss();
    }
  }

  #examine(entry: Entry): void {
    const { kind, height } = entry.event;
    const [first, second, third] = entry.data.map(({ content }) => content);
    const at = `event ${height}`;
    if (kind === "Setup" && first && second && third) {
      this.#setUp({ election: first, trustees: second, credentials: third });
    } else if (this.#election === undefined) {
      // V4 has said why nothing more can be examined.
    } else if (kind === "Shuffle" || kind === "EndShuffles") {
      this.report.unsupported("V3", new UnsupportedError(`${kind}: shuffles are not supported`, { at }));
    } else if (kind === "Ballot") {
      this.report.ballots += 1;
      for (const record of entry.data) {
        this.#ballots?.take(record, at);
      }
    } else if (kind === "EncryptedTally" && first && second) {
      this.#takeTally(first, second);
    } else if (kind === "PartialDecryption" && first && second) {
      this.#takeDecryption(first, second, at);
    } else if (kind === "Result" && first) {
      this.#takeResult(first);
    }
  }

  #setUp(setup: {
    readonly election: Uint8Array;
    readonly trustees: Uint8Array;
    readonly credentials: Uint8Array;
  }): void {
    const { report } = this;
    this.#attempt("V4", "", () => {
      this.#election = readElection(setup.election);
      report.passed("V4");
    });
    const election = this.#election;
    if (election === undefined) {
      return;
    }
    const { name, uuid, group, fingerprint } = election;
    report.election = { name, uuid, group: group.name, fingerprint };
    report.questions = election.questions.map(({ question, answers, blank }) => ({
      question,
      answers: blank ? ["(blank)", ...answers] : answers,
    }));
    this.#setUpTrustees(setup.trustees, election);
    this.#attempt("V8", "", () => {
      const electorate = readElectorate(setup.credentials, group);
      report.voters = electorate.weights.size;
      report.passed("V8", report.voters);
      if (electorate.weighted) {
        report.found("V8", "votes are weighted");
      }
      this.#ballots = new BallotsAudit(report, { election, electorate });
    });
  }

  #setUpTrustees(bytes: Uint8Array, election: Election): void {
    const { report } = this;
    report.blocked("V7", "the trustees' keys do not hold (V6)");
    this.#attempt("V6", "", () => {
      const trustees = readTrustees(bytes, election);
      report.passed("V6", trustees.members.length);
      if (trustees.oldForm) {
        report.found("V6", "threshold trustees in the form before Belenios 2.5.1: no contexts, no signatures");
      }
      this.#trustees = trustees;
    });
    const trustees = this.#trustees;
    if (trustees !== undefined) {
      this.#attempt("V7", "", () => {
        verifyPublicKey(trustees, election);
        report.passed("V7");
      });
    }
  }

  #takeTally(sums: Uint8Array, size: Uint8Array): void {
    const { report } = this;
    const [election, tally] = [this.#election, this.#ballots?.counted()];
    if (election === undefined || tally === undefined) {
      report.blocked("V14", "ballots or credentials could not be read: there is nothing to compare with");
      return;
    }
    report.counted = tally.numTallied;
    this.#attempt("V14", "", () => {
      verifyTally(sums, readSizedTally(size), { tally, election });
      report.passed("V14", tally.numTallied);
      this.#tally = tally;
    });
  }

  #takeDecryption(content: Uint8Array, ownership: Uint8Array, at: string): void {
    const { report } = this;
    const [election, trustees, tally] = [this.#election, this.#trustees, this.#tally];
    if (election === undefined || trustees === undefined || tally === undefined) {
      report.blocked("V15", NOTHING_TO_DECRYPT);
      return;
    }
    this.#attempt("V15", at, () => {
      const { owner } = readOwned(ownership);
      const trustee = trustees.members[owner - 1];
      if (trustee === undefined) {
        throw new MalformedError(`there is no trustee ${owner}`, { at: "/owner" });
      }
      if (this.#decrypted.has(owner)) {
        throw new MismatchError("decrypted twice", { at: "/owner", culprit: trustee.label });
      }
      const share = readPartialDecryption(content, tally.sums, election.group);
      this.#decrypted.add(owner);
      const mandatory = trustees.items.some((item) => item.mandatory && item.members.includes(trustee));
      try {
        verifyPartialDecryption(share, tally.sums, { trustee, election });
        this.#valid.set(owner, share.factors);
      } catch (error) {
        // An invalid decryption of a threshold trustee is named, and not used: the others may be enough.
        if (mandatory || !(error instanceof PsephosError)) {
          throw error;
        }
        report.found("V15", `${at}: ${error.message}; it is not used`, trustee.label);
      }
      report.passed("V15");
    });
  }

  #takeResult(content: Uint8Array): void {
    const { report } = this;
    const [election, trustees, tally] = [this.#election, this.#trustees, this.#tally];
    if (election === undefined || trustees === undefined || tally === undefined) {
      for (const check of ["V15", "V16", "V17"]) {
        report.blocked(check, NOTHING_TO_DECRYPT);
      }
      return;
    }
    const { sums, totalWeight } = tally;
    const { group } = election;
    let factors: Factors | undefined;
    report.blocked("V17", "not enough trustees decrypted (V16)");
    this.#attempt("V16", "", () => {
      factors = combineFactors({ trustees, group }, this.#valid, sums);
      report.passed("V16", this.#valid.size);
    });
    const combined = factors;
    if (combined !== undefined) {
      this.#attempt("V17", "", () => {
        const counts = readResult(content, election);
        verifyResult(counts, combined, { sums, totalWeight, group });
        report.passed("V17");
        report.result = counts;
      });
    }
  }
}
