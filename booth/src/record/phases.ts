/** The order in which events may come (`docs/reference/phases.md`). */

export const EVENT_KINDS = [
  "Setup",
  "Ballot",
  "EndBallots",
  "EncryptedTally",
  "Shuffle",
  "EndShuffles",
  "PartialDecryption",
  "Result",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

export type Phase = "empty" | "open" | "closed" | "tallied" | "shuffling" | "shuffled" | "decrypting" | "done";

const NEXT: { readonly [phase in Phase]: { readonly [kind in EventKind]?: Phase } } = {
  empty: { Setup: "open" },
  open: { Ballot: "open", EndBallots: "closed" },
  closed: { EncryptedTally: "tallied" },
  tallied: { Shuffle: "shuffling", PartialDecryption: "decrypting" },
  shuffling: { Shuffle: "shuffling", EndShuffles: "shuffled" },
  shuffled: { PartialDecryption: "decrypting" },
  decrypting: { PartialDecryption: "decrypting", Result: "done" },
  done: {},
};

/** The phase after that event; undefined if it may not come. */
export function phaseAfter(phase: Phase, kind: EventKind): Phase | undefined {
  return NEXT[phase][kind];
}
