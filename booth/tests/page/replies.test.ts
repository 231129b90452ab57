/** What the page makes of an answer that takes nothing in: words of anybody, in any form. */

import { expect, it } from "vitest";
import { rejectionOf } from "../../src/page/replies.ts";

const answered = (status: number, body: string, wait?: number): Parameters<typeof rejectionOf>[0] => ({
  status,
  body: new TextEncoder().encode(body),
  wait,
});

it.each(["", "null", "1", "true", '"no"', "[]", "[null]", "{", "\u0000", '{"detail":null}', '{"detail":{"a":1}}'])(
  "an answer without words for people is its status: %j",
  (body) => {
    expect(rejectionOf(answered(400, body), () => true)).toEqual({ reason: "other", message: "HTTP 400" });
    expect(rejectionOf(answered(503, body), () => true)).toEqual({ reason: "busy", message: "HTTP 503" });
  },
);

it("an answer's own words, reason and wait are read", () => {
  const read = (status: number, body: string, wait?: number): unknown =>
    rejectionOf(answered(status, body, wait), () => false);
  const often = JSON.stringify({ detail: "too many", retry_after: 30 });
  expect(read(429, often)).toEqual({ reason: "often", message: "too many", wait: 30 });
  expect(read(429, often, 9)).toEqual({ reason: "often", message: "too many", wait: 9 });
  expect(read(409, '{"code":"out-of-turn"}')).toMatchObject({ reason: "turn" });
  expect(read(429, '{"retry_after":1e9}')).toEqual({ reason: "often", message: "HTTP 429" });
});

it("that a credential is not listed is not repeated where the page has found it in the list", () => {
  const reply = answered(400, '{"at":"/credential","detail":"x"}');
  expect(rejectionOf(reply, () => false)).toEqual({ reason: "listed", message: "x" });
  expect(rejectionOf(reply, () => true)).toEqual({ reason: "unfounded", message: "x" });
});
