/** The journey: takes events, follows the table of states, carries out what the table says, and keeps the model. */

import { sha256 } from "@noble/hashes/sha2.js";
import { PsephosError } from "../errors.ts";
import { choicesOf } from "../flow/box.ts";
import { checkChallenge } from "../flow/challenge.ts";
import { type Compared, compareReceipt } from "../flow/complaint.ts";
import { ContradictionError } from "../flow/evidence.ts";
import type { Model, Rejection } from "../flow/model.ts";
import { type Anchor, RefusedError } from "../flow/reading.ts";
import { sealOf } from "../flow/seal.ts";
import { type Acknowledged, find, follow, isNotYet, standingOf } from "../flow/standing.ts";
import { type Effect, type Event, rowOf, START } from "../flow/states.ts";
import { trackerOf } from "../flow/tracker.ts";
import { type Election, readElection } from "../protocol/election.ts";
import type { Given } from "../screens/parts.ts";
import type { Boards } from "./boards.ts";
import { Boxed } from "./boxed.ts";
import { type Handed, Handing } from "./handing.ts";
import { filesAt } from "./network.ts";
import { packed } from "./packing.ts";

const ATTEMPTS = 4;
const FIRST_PAUSE = 1000;
const POLL = 1500;
const AWAIT = 5000;
/** Between two attempts while nobody has the ballot: no shorter than for a relay's, and growing. */
const LONGEST_AWAIT = 60_000;
/** Looks at the observers before one at the other boards. */
const LOOKS = 7;
const SLOW = 60_000;

export interface Surroundings {
  readonly boards: Boards;
  /** Fingerprint of the charter, if the page was made for one vote. */
  readonly pinned: string | undefined;
  readonly changed: () => void;
}

export class Journey {
  model: Model = { state: START };
  readonly #around: Surroundings;
  readonly #boards: Boards;
  readonly #handing: Handing;
  #box: Boxed | undefined;
  #acknowledged: Acknowledged | undefined;
  /** Counts rounds of handing in: only the newest goes on. */
  #round = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#boards = around.boards;
    this.#handing = new Handing(around.boards, () => this.#moved());
  }

  get #anchor(): Anchor | undefined {
    return this.#boards.anchor;
  }

  get #election(): Election {
    return readElection(this.model.vote?.election ?? new Uint8Array());
  }

  start(): void {
    void this.#carryOut("read", {});
  }

  /** Let an event happen. One that the table does not have here does nothing. */
  send(event: Event, given: Given = {}): void {
    const row = rowOf(this.model.state, event);
    if (row === undefined || !this.#take(event, given)) {
      return;
    }
    this.#set({ state: row.to });
    if (row.effect !== undefined) {
      void this.#carryOut(row.effect, given);
    }
  }

  /** Take in what the voter gave with an event; false if it cannot be taken. */
  #take(event: Event, { chosen, bytes, fingerprint }: Given): boolean {
    if (event === "chosen" && chosen !== undefined) {
      this.#set({ chosen });
    } else if (event === "again" && this.model.state === "challenge") {
      // The next answer is a new one: nothing of the opened ballot stays.
      this.#drop("chosen", "commitment", "challenge");
    } else if (event === "loaded") {
      return bytes !== undefined && this.#load(bytes);
    } else if (event === "asked") {
      return fingerprint !== undefined;
    } else if (event === "cast") {
      // SECURITY: from here on the page itself does not know the choice.
      this.#drop("chosen", "brought");
    }
    return true;
  }

  /** A ballot that was cast elsewhere: of this election, signed; whether it counts is for the ballot box to say. */
  #load(bytes: Uint8Array): boolean {
    let seal: string;
    try {
      seal = sealOf(bytes, this.#election);
    } catch {
      return false;
    }
    this.#drop("commitment", "packed");
    this.#set({ ballot: bytes, tracker: trackerOf(sha256(bytes)), seal, brought: true });
    return true;
  }

  #set(change: Partial<Model>): void {
    this.model = { ...this.model, ...change };
    this.#around.changed();
  }

  #drop(...names: (keyof Model)[]): void {
    this.model = Object.fromEntries(
      Object.entries(this.model).filter(([name]) => !names.includes(name as keyof Model)),
    ) as unknown as Model;
  }

  /** An effect ends with an event; if the voter has left the state meanwhile, the table has no row for it. */
  async #carryOut(effect: Effect, given: Given): Promise<void> {
    try {
      await this.#effects[effect](given);
    } catch (error) {
      const fault = error instanceof Error ? error.message : "unknown";
      this.#set({ fault });
      this.send("failed");
    }
  }

  readonly #effects: { readonly [effect in Effect]: (given: Given) => Promise<void> } = {
    read: () => this.#read(),
    encrypt: () => this.#encrypt(),
    open: async () => {
      this.#set({ challenge: await (await this.#boxed()).open() });
      this.send("openedBallot");
    },
    sign: async () => {
      const ballot = await (await this.#boxed()).cast();
      const seal = sealOf(ballot, this.#election, this.model.commitment ?? "");
      const [tracker, short] = [trackerOf(sha256(ballot)), await packed(ballot)];
      this.#set({ ballot, tracker, seal, ...(short === undefined ? {} : { packed: short }) });
      this.send("signed");
    },
    send: () => this.#handIn(),
    await: () => this.#await(),
    watch: () => this.#watch(),
    look: (given) => this.#look(given),
    forget: () => {
      this.#drop("chosen", "commitment", "challenge", "ballot", "tracker", "seal", "packed", "brought");
      this.#box?.forget();
      return Promise.resolve();
    },
  };

  async #read(): Promise<void> {
    this.#drop("refusal", "evidence", "fault");
    try {
      this.#set({ vote: await this.#boards.read(this.#around.pinned) });
    } catch (error) {
      const refusal =
        error instanceof RefusedError
          ? error.refusal
          : { reason: "network" as const, message: error instanceof Error ? error.message : "unknown" };
      this.#set({ refusal });
      this.send("failed");
      return;
    }
    this.send("opened");
  }

  /** See whether another log has taken over meanwhile; true if one has. */
  async #moved(): Promise<boolean> {
    const vote = await this.#boards.moved();
    if (vote !== undefined) {
      this.#set({ vote });
    }
    return vote !== undefined;
  }

  async #boxed(): Promise<Boxed> {
    if (this.#box === undefined || this.#box.ended) {
      const box = new Boxed();
      await box.election(this.model.vote?.election ?? new Uint8Array());
      this.#box = box;
    }
    return this.#box;
  }

  /** Take in a credential. */
  async enter(halves: readonly string[]): Promise<"same" | "listed" | undefined> {
    if (new Set(halves).size !== halves.length) {
      return "same";
    }
    const box = await this.#boxed();
    const credential = await box.enter(halves);
    const listed = this.model.vote?.listed;
    if (listed !== undefined && !listed.has(credential)) {
      box.forget();
      return "listed";
    }
    return undefined;
  }

  async #encrypt(): Promise<void> {
    const { vote, chosen = [] } = this.model;
    const choices = choicesOf(vote?.questions ?? [], chosen);
    this.#set({ commitment: await (await this.#boxed()).encrypt(choices) });
    this.send("encrypted");
  }

  async #handIn(): Promise<void> {
    this.#drop("rejection", "standing", "relayed", "slow", "doubt", "fault");
    const here = this.#newRound();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      this.#set({ attempt });
      if (attempt > 1) {
        await this.#moved();
      }
      if (await this.#tryOnce(here)) {
        return;
      }
      await pause(attempt < ATTEMPTS ? FIRST_PAUSE * 2 ** (attempt - 1) : 0);
    }
    if (this.#handing.unproven !== undefined) {
      this.#set({ rejection: { reason: "receipt", message: this.#handing.unproven } });
      this.send("rejected");
      return;
    }
    this.send("unreachable");
  }

  /** Hand in once; false if nobody took it, and nobody declined it. */
  async #tryOnce(here: () => boolean): Promise<boolean> {
    const { ballot } = this.model;
    if (ballot === undefined) {
      throw new Error("there is no ballot");
    }
    const handed = await this.#handing.once(ballot);
    if (handed !== undefined && here()) {
      this.#took(handed);
    }
    return handed !== undefined;
  }

  /** Ask again, until the ballot that a relay holds is in the record, or the one that nobody has is handed in. */
  async #await(): Promise<void> {
    const { state } = this.model;
    const here = this.#newRound();
    try {
      for (let wait = AWAIT; here(); wait = state === "relayed" ? AWAIT : Math.min(wait * 2, LONGEST_AWAIT)) {
        await pause(wait);
        await (here() ? this.#moved() : undefined);
        await (here() ? this.#tryOnce(here) : undefined);
      }
    } catch (error) {
      if (here()) {
        throw error;
      }
    }
  }

  /** Begin a round of handing in; whether it is still the newest, and the voter where it began. */
  #newRound(): () => boolean {
    const { state } = this.model;
    const round = ++this.#round;
    return () => this.model.state === state && this.#round === round;
  }

  #took(taken: Handed): void {
    if (taken.kind === "declined" && this.model.state !== "sending" && isForNow(taken.rejection)) {
      return; // Whoever asks again by itself waits on.
    }
    if (taken.kind === "declined") {
      this.#set({ rejection: taken.rejection });
      this.send("rejected");
    } else if (taken.kind === "word") {
      // That the same relay still holds the ballot is no news, and its first word proves most.
      if (this.model.relayed?.name !== taken.word.name) {
        this.#set({ relayed: taken.word });
      }
      this.send("relayed");
    } else if (taken.kind === "contradiction") {
      this.#set({ evidence: taken.evidence });
      this.send("contradicted");
    } else {
      this.#acknowledged = taken.acknowledged;
      this.#set({ standing: standingOf(taken.acknowledged, this.#boards.anchored) });
      this.send("receipt");
    }
  }

  async #watch(): Promise<void> {
    const [acknowledged, anchor] = [this.#acknowledged, this.#anchor];
    const slowFrom = Date.now() + SLOW;
    for (let look = 1; this.model.state === "waiting" && acknowledged !== undefined && anchor !== undefined; look++) {
      // What one log has acknowledged may be lost with it: then the log that goes on gets the ballot.
      if (look % LOOKS === 0 && (await this.#moved())) {
        this.send("moved");
        return;
      }
      if (await this.#lookOnce(acknowledged, anchor)) {
        return;
      }
      if (Date.now() > slowFrom && this.model.slow !== true) {
        this.#set({ slow: true });
      }
      await pause(POLL);
    }
  }

  /** Look once what the observers have countersigned; true if nothing is left to wait for. */
  async #lookOnce(acknowledged: Acknowledged, anchor: Anchor): Promise<boolean> {
    try {
      const { standing, final } = await follow(this.#boards.online, acknowledged, anchor);
      const before = this.model;
      this.#drop("doubt");
      if (JSON.stringify(standing.observers) !== JSON.stringify(before.standing?.observers) || final || before.doubt) {
        this.#set({ standing });
      }
      if (final) {
        this.send("final");
      }
      return final;
    } catch (error) {
      if (error instanceof ContradictionError) {
        this.#set({ evidence: error.evidence });
        this.send("contradicted");
        return true;
      }
      if (!(error instanceof PsephosError)) {
        throw error;
      }
      // Observers who are not ready yet are waited for. What does not hold is told, and looked at again.
      const doubt = [error.message, error.culprit || error.at].filter((part) => part !== "").join(": ");
      if (!isNotYet(error) && doubt !== this.model.doubt) {
        this.#set({ doubt });
      }
      return false;
    }
  }

  async #look({ fingerprint, board }: Given): Promise<void> {
    if (fingerprint === undefined || this.#anchor === undefined) {
      return;
    }
    this.#drop("answer");
    const files = board === undefined || board === "" ? this.#boards.online : filesAt([board]);
    try {
      this.#set({ answer: await find(files, fingerprint, this.#anchor) });
      this.send("found");
    } catch (error) {
      if (error instanceof ContradictionError) {
        this.#set({ evidence: error.evidence });
        this.send("contradicted");
        return;
      }
      throw error;
    }
  }

  /** Compare a receipt with the board as it is now. */
  async compare(receipt: Uint8Array): Promise<Compared> {
    return await compareReceipt(this.#boards.online, receipt, this.#boards.anchored);
  }

  /** Check another device's test. */
  examine(file: Uint8Array): void {
    try {
      const checked = checkChallenge(file);
      const other = this.model.vote !== undefined && checked.election.fingerprint !== this.model.vote.fingerprint;
      this.#set({ checked: other ? { bad: "a ballot of another election" } : checked });
    } catch (error) {
      const message = error instanceof Error ? error.message : "unknown";
      const failed = error instanceof PsephosError && error.code === "invalid-proof";
      this.#set({ checked: failed ? { failed: message } : { bad: message } });
    }
  }

  /** Forget every secret at once. */
  forget(): void {
    this.#box?.forget();
    this.model = { state: START };
  }
}

/** Whether whoever declined a ballot asks only to come again. */
function isForNow({ reason }: Rejection): boolean {
  return reason === "busy" || reason === "often";
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
