/**
 * Entries: an event of the hash chain with the data that it introduces (specification §4.4).
 *
 * | event | data, in order |
 * |---|---|
 * | Setup | election, trustees, public credentials, (their certificate,) setup data |
 * | Ballot, Result | the payload |
 * | EncryptedTally | the sums, and their size |
 * | Shuffle, PartialDecryption | what it says, and whose it is |
 * | EndBallots, EndShuffles | none |
 */

import { MalformedError, MismatchError, PsephosError } from "../errors.ts";
import { readOwned } from "../protocol/decryption.ts";
import { readFields, readJson } from "../protocol/encoding.ts";
import { readSizedTally } from "../protocol/tally.ts";
import type { ArchiveRecord } from "./archive.ts";
import { EVENT_KINDS, type EventKind } from "./phases.ts";

/** > event = {?parent : H, height : I, type : event_type, ?payload : H} (§4.4). */
export interface Event {
  readonly parent: string | undefined;
  readonly height: number;
  readonly kind: EventKind;
  readonly payload: string | undefined;
}

export interface Entry {
  readonly event: Event;
  /** Fingerprint of the event; the next event's parent. */
  readonly digest: string;
  readonly offset: number;
  readonly data: readonly ArchiveRecord[];
  /** Records whose content does not hash to their name. */
  readonly damage: readonly PsephosError[];
  /** What is wrong between the event, its data and its place in the chain. */
  readonly faults: readonly PsephosError[];
  /** Whether its data is what the event refers to. */
  readonly usable: boolean;
}

/** Puts records together to entries. */
export class EntryReader {
  #data: ArchiveRecord[] = [];
  #parent: string | undefined;
  #height = 0;

  /**
   * The entry that this record completes, if it is an event.
   *
   * @throws {MalformedError} If it is an event that cannot be read.
   */
  push(record: ArchiveRecord): Entry | undefined {
    if (record.kind === "data") {
      this.#data.push(record);
      return undefined;
    }
    const event = readEvent(record);
    const data = this.#data;
    const damage = [...data, record]
      .filter(({ intact }) => !intact)
      .map(({ offset }) => new MalformedError("the content's hash is not the record's name", { at: `byte ${offset}` }));
    const mismatch = damage.length > 0 ? undefined : dataFault(event, data, record.offset);
    const broken = event.parent !== this.#parent || event.height !== this.#height;
    const link = new MismatchError(`event ${event.height} does not continue event ${this.#height - 1}`, {
      at: `event at byte ${record.offset}`,
    });
    [this.#data, this.#parent, this.#height] = [[], record.digest, event.height + 1];
    return {
      event,
      digest: record.digest,
      offset: data[0]?.offset ?? record.offset,
      data,
      damage,
      faults: [...(mismatch === undefined ? [] : [mismatch]), ...(broken ? [link] : [])],
      usable: damage.length === 0 && mismatch === undefined,
    };
  }

  /**
   * Say that no more records come.
   *
   * @throws {MalformedError} If there is data that no event refers to.
   */
  end(): void {
    const [first] = this.#data;
    if (first !== undefined) {
      throw new MalformedError("data that no event refers to", { at: `byte ${first.offset}` });
    }
  }
}

function readEvent(record: ArchiveRecord): Event {
  const at = `event at byte ${record.offset}`;
  const fields = readFields(readJson(record.content, at), "", ["?parent", "height", "type", "?payload"]);
  const kind = EVENT_KINDS.find((known) => known === fields.text("type"));
  if (kind === undefined) {
    throw new MalformedError("an event of unknown type", { at });
  }
  return {
    parent: fields.has("parent") ? fields.hash("parent") : undefined,
    height: fields.count("height"),
    kind,
    payload: fields.has("payload") ? fields.hash("payload") : undefined,
  };
}

function dataFault(event: Event, data: readonly ArchiveRecord[], offset: number): PsephosError | undefined {
  try {
    const expected = expectedData(event, data.at(-1)?.content);
    const found = data.map(({ digest }) => digest);
    if (found.length === expected.length && found.every((digest, index) => digest === expected[index])) {
      return undefined;
    }
    const message = `event ${event.height} (${event.kind}) does not come with the data it refers to`;
    return new MismatchError(message, { at: `byte ${offset}` });
  } catch (error) {
    if (error instanceof PsephosError) {
      return error;
    }
    throw error;
  }
}

/** The fingerprints of the data that must come with an event, as its payload says. */
function expectedData({ kind, payload, height }: Event, last: Uint8Array | undefined): readonly string[] {
  const bare = kind === "EndBallots" || kind === "EndShuffles";
  if (bare !== (payload === undefined)) {
    throw new MismatchError(`event ${height} (${kind}) has ${bare ? "a" : "no"} payload`, { at: `event ${height}` });
  }
  if (payload === undefined) {
    return [];
  }
  if (kind === "Ballot" || kind === "Result" || last === undefined) {
    return [payload];
  }
  if (kind === "Setup") {
    return [...readSetupData(last), payload];
  }
  if (kind === "EncryptedTally") {
    return [readSizedTally(last).encryptedTally, payload];
  }
  return [readOwned(last).payload, payload];
}

/** > setup_data = {election, trustees, credentials} (§4.10), and the credentials' certificate since 2.5. */
function readSetupData(bytes: Uint8Array): readonly string[] {
  const names = ["election", "trustees", "credentials", "?credentials_certificate"];
  const fields = readFields(readJson(bytes, "setup data"), "", names);
  return ["election", "trustees", "credentials", "credentials_certificate"]
    .filter((name) => fields.has(name))
    .map((name) => fields.hash(name));
}
