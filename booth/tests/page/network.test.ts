/** Whom the page believes when it hands a ballot in at several addresses. */

import { afterEach, expect, it, vi } from "vitest";
import { UnavailableError } from "../../src/errors.ts";
import { handIn, type Reply } from "../../src/page/network.ts";

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
