/** Whom the page believes when it hands a ballot in at several addresses. */

import { afterEach, expect, it, vi } from "vitest";
import { UnavailableError } from "../../src/errors.ts";
import { handIn } from "../../src/page/network.ts";

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

it.each([
  ["the first that takes it", { a: 200, b: 200 }, ["a"]],
  ["the next, where nobody answers", { b: 200 }, ["a", "b"]],
  ["the next, where the first is broken", { a: 502, b: 202 }, ["a", "b"]],
  ["the next, where the first waits for its time", { a: 409, b: 200 }, ["a", "b"]],
  ["the first that finds the ballot wrong", { a: 422, b: 200 }, ["a"]],
  ["the first that asks to wait", { a: 429, b: 200 }, ["a"]],
])("a ballot is answered by %s", async (_, statuses, expected) => {
  const asked = answering(statuses);
  const reply = await handIn(addresses("a", "b"), BALLOT);
  expect(asked).toEqual(expected);
  expect(new TextDecoder().decode(reply.body)).toBe(`from ${expected.at(-1)}`);
  expect(reply.wait).toBe(7);
});

it("a ballot that every board declines is declined, for the first one's reason", async () => {
  answering({ a: 409, b: 503 });
  expect((await handIn(addresses("a", "b"), BALLOT)).status).toBe(409);
  answering({ a: 503, b: 409 });
  expect((await handIn(addresses("a", "b"), BALLOT)).status).toBe(503);
});

it("that it is no time for ballots is not believed while somebody is out of reach", async () => {
  answering({ b: 409 });
  await expect(handIn(addresses("a", "b"), BALLOT)).rejects.toThrow(UnavailableError);
  answering({});
  await expect(handIn(addresses("a", "b"), BALLOT)).rejects.toThrow(UnavailableError);
});
