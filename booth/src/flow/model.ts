/** What the page knows at a moment; screens are drawn from it alone. */

import type { Question } from "../protocol/election.ts";
import type { Definition } from "../referendum/definition.ts";
import type { Checked } from "./challenge.ts";
import type { Word } from "./relayed.ts";
import type { State } from "./states.ts";

/** Who has signed something, and how many had to. */
export interface Count {
  readonly have: number;
  readonly need: number;
  readonly all: number;
}

/** A vote that was checked down to its keys. */
export interface Vote {
  readonly kind: "real" | "rehearsal";
  readonly title: string;
  readonly text: string;
  /** What is asked in each language, and what follows; undefined where the charter names no definition. */
  readonly definition: Definition | undefined;
  readonly questions: readonly Question[];
  /** SHA-256 of the charter, as the letter prints it. */
  readonly charter: string;
  /** The election as received; every ballot names its hash. */
  readonly election: Uint8Array;
  readonly fingerprint: string;
  readonly log: string;
  /** The charter's log, if by the observers' decision another one goes on in its place. */
  readonly ended: string | undefined;
  readonly organisers: Count & { readonly names: readonly string[] };
  readonly observers: Count & { readonly names: readonly string[] };
  readonly trustees: Count & { readonly names: readonly string[] };
  readonly registrars: readonly string[];
  readonly opensAt: number;
  readonly closesAt: number;
  readonly latestClose: number;
  /** Whether the record says that voting is over, whatever the clock of this device says. */
  readonly closed: boolean;
  /** Public credentials, where the list is small enough to be fetched; otherwise the ballot box alone knows. */
  readonly listed: ReadonlySet<string> | undefined;
}

/** Which of the page's reasons for going no further it is, and the exact message. */
export interface Refusal {
  readonly reason:
    | "network"
    | "quorum"
    | "charter"
    | "other"
    | "tree"
    | "setup"
    | "acceptance"
    | "definition"
    | "standby"
    | "unsupported";
  readonly message: string;
  readonly count?: Count;
}

/** Why the ballot box did not take a ballot. */
export interface Rejection {
  readonly reason: "turn" | "listed" | "unfounded" | "often" | "busy" | "receipt" | "other";
  readonly message: string;
  /** Seconds to wait, where it says so. */
  readonly wait?: number;
}

/** What became of a ballot, as far as the page knows. */
export interface Standing {
  readonly place: number;
  readonly observers: Count;
  /** The newest receipt. */
  readonly receipt: Uint8Array;
}

/** The answer to “is my vote in?”. */
export type Answer =
  | { readonly kind: "in"; readonly place: number; readonly observers: Count }
  /** The time at which the quorum had countersigned; 0 if it does not say. */
  | { readonly kind: "out"; readonly size: number; readonly time: number }
  | { readonly kind: "unavailable" }
  | { readonly kind: "wrong"; readonly message: string };

export interface Model {
  readonly state: State;
  readonly vote?: Vote;
  readonly refusal?: Refusal;
  readonly rejection?: Rejection;
  /** For each question the answers chosen, from 0; "blank" in a box of its own; undefined: nothing yet. */
  readonly chosen?: readonly (readonly number[] | "blank" | undefined)[];
  /** Seal of the locked ballot, as it is shown before the voter decides. */
  readonly commitment?: string;
  readonly challenge?: Uint8Array;
  readonly attempt?: number;
  readonly ballot?: Uint8Array;
  readonly tracker?: string;
  /** The ballot was cast elsewhere: whoever hands it in has not voted with it. */
  readonly brought?: boolean;
  /** Seal of the signed ballot, read from the ballot itself. */
  readonly seal?: string;
  /** The ballot as a short text. */
  readonly packed?: string;
  /** An observer's relay holds the ballot, which is not in the record yet. */
  readonly relayed?: Word;
  readonly standing?: Standing;
  /** Countersigning takes longer than it should. */
  readonly slow?: boolean;
  /** What does not hold in what the board shows while the observers are waited for. */
  readonly doubt?: string;
  readonly evidence?: Uint8Array;
  readonly fault?: string;
  readonly answer?: Answer;
  readonly checked?: Checked | { readonly failed: string } | { readonly bad: string };
}
