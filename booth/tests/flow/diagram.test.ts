import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { diagram } from "../../src/flow/diagram.ts";

it("The diagram in the documentation is that of the table.", () => {
  const page = join(import.meta.dirname, "..", "..", "..", "docs", "reference", "booth-states.md");
  const drawn = /```mermaid\n([\s\S]*?)```/.exec(readFileSync(page, "utf8"))?.[1];
  // If it is not: npm run docs
  expect(drawn).toBe(diagram());
});
