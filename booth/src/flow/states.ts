/**
 * The journey of a voter through the booth, as a table.
 *
 * What the page does follows from this table alone: an event that has no row in the present state does nothing, so a
 * second click, a late answer or the back button cannot take a step that is not written here.
 * The diagram in docs/reference/booth-states.md is drawn from it.
 */

/** Where the voter is. Each state has one screen. */
export type State =
  | "reading"
  | "refused"
  | "vote"
  | "credential"
  | "question"
  | "review"
  | "encrypting"
  | "decide"
  | "opening"
  | "challenge"
  | "signing"
  | "sending"
  | "unsent"
  | "rejected"
  | "relayed"
  | "waiting"
  | "done"
  | "contradiction"
  | "fault"
  | "handIn"
  | "find"
  | "looking"
  | "answer"
  | "check";

/** What can happen: the voter decides, or something that was begun ends. */
export type Event =
  | "opened"
  | "failed"
  | "retry"
  | "begin"
  | "back"
  | "entered"
  | "chosen"
  | "confirmed"
  | "encrypted"
  | "cast"
  | "challenge"
  | "openedBallot"
  | "again"
  | "signed"
  | "receipt"
  | "unreachable"
  | "rejected"
  | "relayed"
  | "moved"
  | "final"
  | "contradicted"
  | "handIn"
  | "loaded"
  | "find"
  | "asked"
  | "found"
  | "check";

/** What the page begins to do when a row is taken. Only `send` lets anything out, and `await` the same again and again. */
export type Effect = "read" | "encrypt" | "open" | "sign" | "send" | "await" | "watch" | "look" | "forget";

export interface Row {
  readonly from: State;
  readonly on: Event;
  readonly to: State;
  readonly effect?: Effect;
}

export const START: State = "reading";

/** The one end: the ballot is in the record, and the observers have countersigned it. */
export const END: State = "done";

export const ROWS: readonly Row[] = [
  { from: "reading", on: "opened", to: "vote" },
  { from: "reading", on: "failed", to: "refused" },
  { from: "refused", on: "retry", to: "reading", effect: "read" },
  { from: "vote", on: "begin", to: "credential" },
  { from: "vote", on: "handIn", to: "handIn" },
  { from: "vote", on: "find", to: "find" },
  { from: "vote", on: "check", to: "check" },
  { from: "credential", on: "entered", to: "question" },
  { from: "credential", on: "back", to: "vote", effect: "forget" },
  { from: "question", on: "chosen", to: "review" },
  { from: "question", on: "back", to: "credential", effect: "forget" },
  { from: "review", on: "confirmed", to: "encrypting", effect: "encrypt" },
  { from: "review", on: "back", to: "question" },
  { from: "encrypting", on: "encrypted", to: "decide" },
  { from: "encrypting", on: "failed", to: "fault", effect: "forget" },
  { from: "decide", on: "cast", to: "signing", effect: "sign" },
  { from: "decide", on: "challenge", to: "opening", effect: "open" },
  { from: "decide", on: "back", to: "question" },
  { from: "opening", on: "openedBallot", to: "challenge" },
  { from: "opening", on: "failed", to: "fault", effect: "forget" },
  { from: "challenge", on: "again", to: "question" },
  { from: "signing", on: "signed", to: "sending", effect: "send" },
  { from: "signing", on: "failed", to: "fault", effect: "forget" },
  { from: "sending", on: "receipt", to: "waiting", effect: "watch" },
  { from: "sending", on: "unreachable", to: "unsent", effect: "await" },
  { from: "sending", on: "failed", to: "unsent" },
  { from: "sending", on: "rejected", to: "rejected" },
  { from: "sending", on: "contradicted", to: "contradiction" },
  { from: "sending", on: "relayed", to: "relayed", effect: "await" },
  { from: "unsent", on: "receipt", to: "waiting", effect: "watch" },
  { from: "unsent", on: "rejected", to: "rejected" },
  { from: "unsent", on: "contradicted", to: "contradiction" },
  { from: "unsent", on: "relayed", to: "relayed", effect: "await" },
  { from: "unsent", on: "retry", to: "sending", effect: "send" },
  { from: "unsent", on: "failed", to: "unsent" },
  { from: "rejected", on: "retry", to: "sending", effect: "send" },
  { from: "rejected", on: "begin", to: "vote", effect: "forget" },
  { from: "relayed", on: "receipt", to: "waiting", effect: "watch" },
  { from: "relayed", on: "rejected", to: "rejected" },
  { from: "relayed", on: "contradicted", to: "contradiction" },
  { from: "relayed", on: "retry", to: "sending", effect: "send" },
  { from: "relayed", on: "failed", to: "unsent" },
  { from: "waiting", on: "final", to: "done" },
  { from: "waiting", on: "moved", to: "sending", effect: "send" },
  { from: "waiting", on: "contradicted", to: "contradiction" },
  { from: "waiting", on: "failed", to: "unsent" },
  { from: "contradiction", on: "retry", to: "reading", effect: "read" },
  { from: "fault", on: "retry", to: "reading", effect: "read" },
  { from: "handIn", on: "loaded", to: "sending", effect: "send" },
  { from: "handIn", on: "back", to: "vote" },
  { from: "find", on: "asked", to: "looking", effect: "look" },
  { from: "find", on: "back", to: "vote" },
  { from: "looking", on: "found", to: "answer" },
  { from: "looking", on: "contradicted", to: "contradiction" },
  { from: "looking", on: "failed", to: "answer" },
  { from: "answer", on: "again", to: "find" },
  { from: "answer", on: "back", to: "vote" },
  { from: "check", on: "back", to: "vote" },
];

/** The row that an event takes in a state; undefined: it does nothing there. */
export function rowOf(from: State, on: Event): Row | undefined {
  return ROWS.find((row) => row.from === from && row.on === on);
}

/** The steps of casting a vote, as the page counts them for the voter, and the states that belong to each. */
export const STEPS: readonly (readonly State[])[] = [
  ["vote"],
  ["credential"],
  ["question"],
  ["review", "encrypting"],
  ["decide", "opening", "challenge"],
  ["signing", "sending", "unsent", "rejected", "relayed", "waiting", "done"],
];
