/** A charter that the page would have to show, and cannot. */

import { expect, test } from "vitest";
import { MalformedError } from "../../src/errors.ts";
import { readCharter } from "../../src/record/charter.ts";
import { bytesOf } from "../board/support.ts";
import { jsonOf } from "../support/vectors.ts";

const { charter } = jsonOf<{ charter: string }>("board", "successions.json");

test.each(["opens_at", "closes_at", "latest_close"])("a time that no record can have is refused: %s", (name) => {
  const text = new TextDecoder().decode(bytesOf(charter));
  expect(() => readCharter(bytesOf(charter))).not.toThrow();
  for (const time of [0, 2 ** 33]) {
    const changed = new TextEncoder().encode(text.replace(new RegExp(`"${name}":\\d+`), `"${name}":${time}`));
    expect(() => readCharter(changed)).toThrow(MalformedError);
    expect(() => readCharter(changed)).toThrow(expect.objectContaining({ at: `/board/${name}` }));
  }
});
