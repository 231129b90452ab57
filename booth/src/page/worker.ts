/** The worker: holds the box, and answers one message after the other. */

import { Box, type Choices } from "../flow/box.ts";

/** What the page asks of the worker. */
export type Ask =
  | { readonly ask: "election"; readonly election: Uint8Array }
  | { readonly ask: "enter"; readonly halves: readonly string[] }
  | { readonly ask: "encrypt"; readonly choices: Choices }
  | { readonly ask: "cast" }
  | { readonly ask: "open" }
  | { readonly ask: "forget" };

export interface Told {
  readonly id: number;
  readonly value?: string | Uint8Array;
  readonly error?: string;
}

/** What a worker's global scope has that is used here. */
interface Scope {
  onmessage: ((event: { readonly data: Ask & { readonly id: number } }) => void) | null;
  postMessage(told: Told): void;
  close(): void;
}

const scope = globalThis as unknown as Scope;
const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
let box: Box | undefined;

function carryOut(asked: Exclude<Ask, { readonly ask: "forget" }>): string | Uint8Array | undefined {
  if (asked.ask === "election") {
    box = new Box(asked.election, random);
    return undefined;
  }
  if (box === undefined) {
    throw new Error("no election");
  }
  switch (asked.ask) {
    case "enter":
      return box.enter(asked.halves);
    case "encrypt":
      return box.encrypt(asked.choices);
    case "cast":
      return box.cast();
    case "open":
      return box.open();
  }
}

scope.onmessage = ({ data }) => {
  const { id } = data;
  if (data.ask === "forget") {
    box?.forget();
    scope.close();
    return;
  }
  try {
    const value = carryOut(data);
    scope.postMessage(value === undefined ? { id } : { id, value });
  } catch (error) {
    scope.postMessage({ id, error: error instanceof Error ? error.message : "unknown" });
  }
};
