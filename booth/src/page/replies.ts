/** What a ballot box, or a relay, answers, in terms that the page can say something about. */

import { readReceipt } from "../board/proof.ts";
import { ContradictionError } from "../flow/evidence.ts";
import type { Rejection } from "../flow/model.ts";
import type { Anchor } from "../flow/reading.ts";
import { readWord, type Word } from "../flow/relayed.ts";
import { type Acknowledged, readReply } from "../flow/standing.ts";
import type { Reply } from "./network.ts";

/** HTTP: accepted, and not done yet: a relay holds the ballot. */
export const HELD = 202;

/** What whoever took a ballot in has said: the log's receipt, a relay's word, or what contradicts the page's record. */
export type Taken =
  | { readonly kind: "receipt"; readonly acknowledged: Acknowledged }
  | { readonly kind: "word"; readonly word: Word }
  | { readonly kind: "contradiction"; readonly evidence: Uint8Array };

/**
 * Read the answer to a ballot that was taken in.
 *
 * @throws {PsephosError} If it proves nothing.
 */
export function takenOf({ status, body }: Reply, ballot: Uint8Array, anchor: Anchor): Taken {
  if (status === HELD) {
    return { kind: "word", word: readWord(body, ballot, anchor.charter.fingerprint) };
  }
  try {
    return { kind: "receipt", acknowledged: readReply(body, ballot, anchor) };
  } catch (error) {
    if (error instanceof ContradictionError) {
      return { kind: "contradiction", evidence: error.evidence };
    }
    throw error;
  }
}

/** The log of a receipt, as it says itself; undefined if it is none. */
export function originOf(reply: Uint8Array): string | undefined {
  try {
    return readReceipt(reply).signed.checkpoint.origin;
  } catch {
    return undefined;
  }
}

/**
 * Why the ballot box took nothing in (RFC 9457), in the kinds that the page can say something about.
 *
 * @param isListed - Whether the page itself has found the ballot's credential in the organisers' list.
 */
export function rejectionOf({ status, body, wait }: Reply, isListed: () => boolean): Rejection {
  const problem = problemIn(body);
  const message = typeof problem.detail === "string" ? problem.detail.slice(0, 500) : `HTTP ${status}`;
  // The header may be missing: a server between may not pass it on, or not show it to a page of another origin.
  const seconds = wait ?? (typeof problem.retry_after === "number" ? problem.retry_after : 0);
  const more = seconds > 0 && seconds < 86_400 ? { wait: seconds } : {};
  if (status === 429) {
    return { reason: "often", message, ...more };
  }
  if (status >= 500) {
    return { reason: "busy", message, ...more };
  }
  if (problem.code === "out-of-turn") {
    return { reason: "turn", message };
  }
  if (problem.at === "/credential") {
    return { reason: isListed() ? "unfounded" : "listed", message };
  }
  return { reason: "other", message };
}

type Problem = { readonly [name in "detail" | "code" | "at" | "retry_after"]?: unknown };

/** What an answer says in words; empty if it is no object: then the status says enough. */
function problemIn(body: Uint8Array): Problem {
  try {
    const problem: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof problem === "object" && problem !== null ? problem : {};
  } catch {
    return {};
  }
}
