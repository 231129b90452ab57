/** The measurement inside a browser, in a worker or in the page itself. */

import { measure, type Task } from "./measure.ts";

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

Object.assign(globalThis, { measureBallots: (task: Task) => measure(task, random) });
addEventListener("message", (event: MessageEvent<Task>) => {
  postMessage(measure(event.data, random));
});
