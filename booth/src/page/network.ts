/** The network, behind the port that the flow reads through; and a record that came with the page. */

import { decodeBase64 } from "../base64.ts";
import { UnavailableError } from "../errors.ts";
import type { Files } from "../flow/files.ts";

/** Milliseconds without anything new after which nobody is waited for any more. */
const PATIENCE = 20_000;
/** Bytes in a millisecond: whoever is slower on the whole, beyond that patience, holds the page up. */
const SLOWEST = 1;
/** Milliseconds that one file may take in any case. */
const LONGEST = 600_000;

/** Stops a request that brings nothing new for too long, or too little altogether. */
class Stop {
  readonly #controller = new AbortController();
  readonly #patience: number;
  readonly #begun = Date.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param sent - Bytes that go out first: nobody hears of them on the way. */
  constructor(patience: number, sent = 0) {
    this.#patience = patience + sent / SLOWEST;
    this.heard(0);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** So many bytes have come by now. */
  heard(bytes: number): void {
    const left = Math.min(LONGEST, this.#patience + bytes / SLOWEST) - (Date.now() - this.#begun);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), Math.min(this.#patience, left));
  }

  /** It is over. */
  now(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}

/**
 * Files below any of these addresses: the first that answers. No cookies, no referrer.
 *
 * @param patience - Milliseconds that one may take to bring anything new.
 */
export function filesAt(addresses: readonly string[], patience = PATIENCE): Files {
  return {
    async get(path, { limit, enough }) {
      let last = "no board";
      for (const address of addresses) {
        try {
          const found = await fetchOne(new URL(path, address), { limit, enough, patience });
          if (found !== undefined) {
            return found;
          }
          last = "";
        } catch (error) {
          last = error instanceof Error ? error.message : "unknown";
        }
      }
      if (last === "") {
        return undefined;
      }
      throw new UnavailableError(`${path}: ${last}`, { at: path });
    },
  };
}

interface Reading {
  readonly limit: number;
  readonly enough?: ((bytes: Uint8Array) => boolean) | undefined;
}

async function fetchOne(
  url: URL,
  { limit, enough, patience }: Reading & { readonly patience: number },
): Promise<Uint8Array | undefined> {
  const stop = new Stop(patience);
  try {
    const answer = await fetch(url, { ...PRIVATE, signal: stop.signal });
    if (answer.status === 404) {
      return undefined;
    }
    if (!answer.ok) {
      throw new UnavailableError(`the board answers ${answer.status}`);
    }
    return await readBody(answer, { limit, enough, stop });
  } finally {
    stop.now();
  }
}

const PRIVATE = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", redirect: "error" } as const;

/** Read no more than `limit` bytes, and no further than they are enough. */
async function readBody(
  answer: Response,
  { limit, enough, stop }: Reading & { readonly stop: Stop },
): Promise<Uint8Array> {
  const reader = answer.body?.getReader();
  let bytes = new Uint8Array();
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
    const longer = new Uint8Array(bytes.length + part.value.length);
    longer.set(bytes);
    longer.set(part.value, bytes.length);
    bytes = longer;
    stop.heard(bytes.length);
    if (bytes.length > limit) {
      throw new UnavailableError(`more than ${limit} bytes`);
    }
    if (enough?.(bytes) === true) {
      break;
    }
  }
  return bytes;
}

/** What the ballot box said. */
export interface Reply {
  readonly status: number;
  readonly body: Uint8Array;
  /** Seconds to wait, if it asks for that. */
  readonly wait: number | undefined;
}

const LARGEST_REPLY = 1 << 20;

const OUT_OF_TURN = 409;

/** What came of handing in: what whoever took the ballot has said, or the first refusal. */
export type HandedIn<Taken> = { readonly taken: Taken } | { readonly declined: Reply };

/**
 * Hand in a ballot at the first address that takes it: boards, then relays.
 *
 * Whoever declines it, or answers with something that proves nothing, keeps it from nobody else: the next one is asked.
 * That it is no time for ballots is believed only if nobody was out of reach: a standby log says so before its time.
 *
 * @param read - Reads an answer to a ballot that was taken; undefined if it proves nothing.
 * @throws {UnavailableError} If nobody took it, and nobody's refusal is to be believed.
 */
export async function handIn<Taken>(
  addresses: readonly string[],
  ballot: Uint8Array,
  read: (reply: Reply) => Promise<Taken | undefined>,
): Promise<HandedIn<Taken>> {
  let declined: Reply | undefined;
  let unreached = false;
  for (const address of addresses) {
    const reply = await post(address, ballot);
    const taken = reply !== undefined && reply.status < 300 ? await read(reply) : undefined;
    if (taken !== undefined) {
      return { taken };
    }
    if (reply === undefined || reply.status < 300) {
      unreached = true;
    } else {
      declined ??= reply;
    }
  }
  if (declined === undefined || (unreached && declined.status === OUT_OF_TURN)) {
    throw new UnavailableError("the ballot box cannot be reached");
  }
  return { declined };
}

async function post(address: string, ballot: Uint8Array): Promise<Reply | undefined> {
  const stop = new Stop(PATIENCE, ballot.length);
  try {
    const answer = await fetch(new URL("ballot", address), {
      ...PRIVATE,
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: ballot as BodyInit,
      signal: stop.signal,
    });
    const wait = Number(answer.headers.get("Retry-After") ?? "");
    const body = await readBody(answer, { limit: LARGEST_REPLY, stop });
    return { status: answer.status, body, wait: wait > 0 && wait < 86_400 ? wait : undefined };
  } catch {
    // The next address, or nothing was found out: whoever asked tries again.
    return undefined;
  } finally {
    stop.now();
  }
}

/** The files of a record that the build has put into the page; undefined if there are none. */
export function embeddedRecord(): Files | undefined {
  const text = document.getElementById("psephos-record")?.textContent;
  if (text === undefined || text === null) {
    return undefined;
  }
  const files = JSON.parse(text) as { readonly [path: string]: string };
  return {
    get: (path) => Promise.resolve(Object.hasOwn(files, path) ? decodeBase64(files[path] ?? "") : undefined),
  };
}
