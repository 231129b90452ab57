/** What an audit found: every check, whether it ran, and every failure with its place and culprit. */

import type { PsephosError } from "../errors.ts";
import type { Counts } from "../protocol/result.ts";
import type { Phase } from "../record/phases.ts";
import { CHECKS, type Check } from "./checks.ts";

export type Status = "passed" | "failed" | "unsupported" | "not run";
export type Verdict = "verified" | "verified false" | "could not verify";

/** One thing that is wrong, or worth knowing. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly at: string;
  readonly culprit: string;
}

/** What one check found. */
interface CheckResult {
  readonly check: Check;
  status: Status;
  examined: number;
  readonly failures: Failure[];
  readonly findings: Failure[];
  reason: string;
}

/** An audit's outcome. It has the same form as the report of `psephos verify --json`. */
export class Report {
  readonly results: ReadonlyMap<string, CheckResult> = new Map(
    CHECKS.map((check) => [
      check.id,
      { check, status: "not run", examined: 0, failures: [], findings: [], reason: "not reached" },
    ]),
  );
  election: { readonly [name: string]: string } = {};
  questions: readonly { readonly question: string; readonly answers: readonly string[] }[] = [];
  phase: Phase = "empty";
  /** Fingerprint of the last event. */
  head = "";
  voters = 0;
  ballots = 0;
  counted = 0;
  /** The counts that were verified; undefined unless everything about them was. */
  result: Counts | undefined;

  /** Note that a check looked at so many more things and found nothing wrong with them. */
  passed(id: string, examined = 1): void {
    const result = this.#of(id);
    result.examined += examined;
    result.status = result.status === "not run" ? "passed" : result.status;
  }

  failed(id: string, error: PsephosError, at = ""): void {
    const result = this.#of(id);
    result.status = "failed";
    result.failures.push(failureOf(error, at));
  }

  /** Note that a check met something that this program cannot check. A failure stays a failure. */
  unsupported(id: string, error: PsephosError): void {
    const result = this.#of(id);
    result.status = result.status === "failed" ? "failed" : "unsupported";
    result.findings.push(failureOf(error, ""));
  }

  /** Note something worth knowing. */
  found(id: string, message: string, culprit = ""): void {
    this.#of(id).findings.push({ code: "finding", message, at: "", culprit });
  }

  /** Note why a check did not run. */
  blocked(id: string, reason: string): void {
    this.#of(id).reason = reason;
  }

  holds(...ids: readonly string[]): boolean {
    return ids.every((id) => this.#of(id).status === "passed");
  }

  /** False if any check failed; unknown if one met something unsupported; else verified as far as it goes. */
  get verdict(): Verdict {
    const statuses = new Set([...this.results.values()].map(({ status }) => status));
    if (statuses.has("failed")) {
      return "verified false";
    }
    return statuses.has("unsupported") ? "could not verify" : "verified";
  }

  /** For programs. */
  toJSON(): object {
    const { verdict, election, questions, phase, head, voters, ballots, counted } = this;
    const result = this.result?.map((question) => question.map(plain)) ?? null;
    const checks = [...this.results.values()].map(({ check, status, examined, failures, findings, reason }) => ({
      ...check,
      status,
      examined,
      failures,
      findings,
      reason: status === "not run" ? reason : "",
    }));
    return { verdict, election, questions, phase, head, voters, ballots, counted, result, checks };
  }

  #of(id: string): CheckResult {
    const result = this.results.get(id);
    if (result === undefined) {
      throw new RangeError(`no check ${id}`);
    }
    return result;
  }
}

function failureOf(error: PsephosError, at: string): Failure {
  const place = [at, error.at].filter((part) => part !== "").join(", ");
  return { code: error.code, message: error.message, at: place, culprit: error.culprit };
}

/** A count as JSON has it: a text where a number would lose digits. */
function plain(count: bigint): number | string {
  return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : count.toString();
}
