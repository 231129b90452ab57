import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END, type Event, ROWS, type Row, rowOf, START, type State } from "../../src/flow/states.ts";

const STATES = [...new Set(ROWS.flatMap(({ from, to }) => [from, to]))];
const EVENTS = [...new Set(ROWS.map(({ on }) => on))];

/** All states that can be reached from one, over rows that are allowed. */
function reach(from: State, allowed: (row: Row) => boolean = () => true): Set<State> {
  const seen = new Set<State>([from]);
  for (const state of seen) {
    for (const row of ROWS.filter((one) => one.from === state && allowed(one))) {
      seen.add(row.to);
    }
  }
  return seen;
}

describe("the journey", () => {
  it("has one row for an event in a state", () => {
    const keys = ROWS.map(({ from, on }) => `${from} ${on}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("reaches every state", () => {
    expect([...reach(START)].sort()).toEqual([...STATES].sort());
  });

  it("has one end, and from everywhere a way on", () => {
    expect(STATES.filter((state) => !ROWS.some(({ from }) => from === state))).toEqual([END]);
    for (const state of STATES.filter((one) => one !== END)) {
      expect([...reach(state)].some((to) => to === END)).toBe(true);
    }
  });

  it("has no way from a challenge to casting but through a fresh encryption", () => {
    for (const state of ["opening", "challenge"] as const) {
      const reached = reach(state, ({ effect }) => effect !== "encrypt" && effect !== "forget");
      expect(reached).not.toContain("signing");
    }
  });

  it("encrypts anew before whatever is decided", () => {
    const reached = reach(START, ({ effect }) => effect !== "encrypt");
    expect(reached).not.toContain("decide");
    expect(reached).not.toContain("signing");
    expect(reached).not.toContain("challenge");
  });

  it("signs after “cast” and nowhere else", () => {
    expect(ROWS.filter(({ effect }) => effect === "sign")).toEqual([
      { from: "decide", on: "cast", to: "signing", effect: "sign" },
    ]);
  });

  it("lets nothing out before “cast”, unless it was cast elsewhere and is handed in", () => {
    const reached = reach(START, ({ on }) => on !== "cast" && on !== "loaded");
    const letting: readonly (string | undefined)[] = ["send", "await"];
    expect(ROWS.filter(({ from, effect }) => letting.includes(effect) && reached.has(from))).toEqual([
      { from: "handIn", on: "loaded", to: "sending", effect: "send" },
    ]);
  });

  it("never goes back from casting to the answer", () => {
    for (const state of ["signing", "sending", "unsent", "relayed", "waiting"] as const) {
      const reached = reach(state, ({ effect }) => effect !== "forget" && effect !== "read");
      expect(reached).not.toContain("question");
      expect(reached).not.toContain("review");
      expect(reached).not.toContain("decide");
    }
  });

  it("takes no event twice that begins something", () => {
    for (const { to, on } of ROWS.filter(({ effect }) => effect !== undefined && effect !== "forget")) {
      expect(rowOf(to, on)).toBeUndefined();
    }
  });

  it("goes on from everything that was begun and fails", () => {
    const begun = new Set(ROWS.filter(({ effect }) => effect !== undefined && effect !== "forget").map(({ to }) => to));
    expect([...begun, START].filter((state) => rowOf(state, "failed") === undefined)).toEqual([]);
  });

  it("loses no ballot that was cast when something fails", () => {
    for (const state of ["sending", "relayed", "waiting"] as const) {
      expect(rowOf(state, "failed")).toEqual({ from: state, on: "failed", to: "unsent" });
    }
  });

  it("under any events signs only what was encrypted since the last challenge", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Event>(...EVENTS), { maxLength: 200 }), (events) => {
        let state: State = START;
        let sealed = false;
        for (const event of events) {
          const row = rowOf(state, event);
          if (row?.effect === "sign") {
            expect(sealed).toBe(true);
          }
          if (row !== undefined) {
            sealed = row.effect === "encrypt" || (sealed && row.effect !== "open" && row.effect !== "sign");
            state = row.to;
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
