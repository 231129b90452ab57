/** Whom the page believes when it hands a ballot in at several addresses. */

import { afterEach, expect, it, vi } from "vitest";
import { UnavailableError } from "../../src/errors.ts";
import { filesAt, handIn, type Reply } from "../../src/page/network.ts";

const BALLOT = new Uint8Array([1, 2, 3]);

/** Answers by address: a status, or nobody. */
function answering(statuses: { readonly [address: string]: number }): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: URL) => {
    asked.push(url.host);
    const status = statuses[url.host];
    return status === undefined
      ? Promise.reject(new TypeError("no route"))
      : Promise.resolve(new Response(`from ${url.host}`, { status, headers: { "Retry-After": "7" } }));
  });
  return asked;
}

const addresses = (...hosts: readonly string[]): string[] => hosts.map((host) => `https://${host}/`);

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Reads what an honest taker answers. */
const read = ({ body }: Reply): Promise<string | undefined> => {
  const text = new TextDecoder().decode(body);
  return Promise.resolve(text.startsWith("from liar") ? undefined : text);
};

it.each([
  ["the first that takes it", { a: 200, b: 200 }, ["a"]],
  ["the next, where nobody answers", { b: 200 }, ["a", "b"]],
  ["the next, where the first is broken", { a: 502, b: 202 }, ["a", "b"]],
  ["the next, where the first waits for its time", { a: 409, b: 200 }, ["a", "b"]],
  ["the next, where the first calls the ballot wrong", { a: 422, b: 200 }, ["a", "b"]],
  ["the next, where the first asks to wait", { a: 429, b: 202 }, ["a", "b"]],
  ["the next, where what the first calls a receipt is none", { liar: 200, b: 200 }, ["liar", "b"]],
  ["the next, where what the first calls its word is none", { liar: 202, b: 200 }, ["liar", "b"]],
])("a ballot is answered by %s", async (_, statuses, expected) => {
  const asked = answering(statuses);
  const hosts = Object.hasOwn(statuses, "liar") ? ["liar", "b"] : ["a", "b"];
  expect(await handIn(addresses(...hosts), BALLOT, read)).toEqual({ taken: `from ${expected.at(-1)}` });
  expect(asked).toEqual(expected);
});

it.each([
  [{ a: 409, b: 503 }, 409],
  [{ a: 503, b: 409 }, 503],
  [{ a: 422, b: 429 }, 422],
  [{ a: 422 }, 422],
  [{ a: 422, b: 302 }, 422],
])("a ballot that nobody takes is declined, for the first one's reason: %j", async (statuses, expected) => {
  const asked = answering(statuses);
  expect(await handIn(addresses("a", "b"), BALLOT, read)).toMatchObject({ declined: { status: expected, wait: 7 } });
  expect(asked).toEqual(["a", "b"]);
});

it.each([
  ["b says that it is no time for ballots, and a is out of reach", { b: 409 }],
  ["b says that it is no time for ballots, and an answer proves nothing", { liar: 200, b: 409 }],
  ["an answer proves nothing", { liar: 200 }],
  ["nobody answers", {}],
])("nobody is believed where %s", async (_, statuses) => {
  answering(statuses);
  await expect(handIn(addresses("liar", "a", "b"), BALLOT, read)).rejects.toThrow(UnavailableError);
});

/** A server that sends parts of so many bytes, so many milliseconds apart, and then ends, or falls silent. */
function sending({ parts, size, every, ends = true }: Trickle): void {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", (_: URL, { signal }: { readonly signal: AbortSignal }) => {
    let left = parts;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        signal.addEventListener("abort", () => controller.error(new Error("too slow")));
      },
      pull: (controller) =>
        new Promise((resolve) => {
          setTimeout(() => {
            if (left > 0 && !signal.aborted) {
              left -= 1;
              controller.enqueue(new Uint8Array(size));
              resolve();
            } else if (ends && !signal.aborted) {
              controller.close();
              resolve();
            }
          }, every);
        }),
    });
    return Promise.resolve(new Response(body));
  });
}

interface Trickle {
  readonly parts: number;
  readonly size: number;
  readonly every: number;
  readonly ends?: boolean;
}

/** What comes of a file, and after how many seconds. */
async function fetched(): Promise<readonly [string, number]> {
  const begun = Date.now();
  const outcome = filesAt(["https://a/"])
    .get("file", { limit: 1 << 20 })
    .then(
      (bytes) => `${bytes?.length} bytes`,
      (error: unknown) => (error instanceof UnavailableError ? "unavailable" : "broken"),
    )
    .then((what) => [what, Math.round((Date.now() - begun) / 1000)] as const);
  await vi.advanceTimersByTimeAsync(2_000_000);
  return await outcome;
}

it("a file that comes slowly, and comes, is waited for", async () => {
  // 100 kbit/s: 1 MB takes 80 seconds.
  sending({ parts: 1000, size: 1000, every: 80 });
  expect(await fetched()).toEqual(["1000000 bytes", 80]);
});

it.each([
  ["falls silent", { parts: 10, size: 1000, every: 100, ends: false }, 21],
  ["never begins", { parts: 0, size: 0, every: 100, ends: false }, 20],
  ["keeps the page busy with a byte now and then", { parts: 1000, size: 1, every: 10_000 }, 20],
  ["is slow without end", { parts: 500, size: 2000, every: 1500 }, 600],
])("a server that %s is not waited for", async (_, trickle, seconds) => {
  sending(trickle);
  expect(await fetched()).toEqual(["unavailable", seconds]);
});
