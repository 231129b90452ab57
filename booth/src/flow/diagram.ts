/** The table of states as a diagram (Mermaid), for the documentation. */

import { END, ROWS, START } from "./states.ts";

/** The diagram's text. */
export function diagram(): string {
  const lines = ROWS.map(({ from, on, to, effect }) => {
    const does = effect === undefined ? "" : ` / ${effect}`;
    return `  ${from} --> ${to}: ${on}${does}`;
  });
  return ["stateDiagram-v2", `  [*] --> ${START}`, ...lines, `  ${END} --> [*]`, ""].join("\n");
}
