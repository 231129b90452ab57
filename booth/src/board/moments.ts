/** When the observers' quorum had countersigned a tree: no observer alone sets it, whatever its clock says. */

import { readTimestamp } from "./cosignature.ts";
import { countQuorum, type Observed, type Policy } from "./policy.ts";

/** A record can be of no later time; a cosignature may name any. */
export const LATEST_TIME = 2 ** 33 - 1;

/**
 * The latest time for which those who name it, or a later one, are a quorum, in seconds since 1970.
 *
 * @param observed - Whose cosignatures hold.
 * @returns 0 if there is none, or nobody has to cosign.
 */
export function quorumMoment({ cosignatures }: Observed, policy: Policy): number {
  const times = [...cosignatures].map(([name, line]) => [name, readTimestamp(line)] as const);
  const possible = times.map(([, at]) => Number(at)).filter((at) => at <= LATEST_TIME);
  for (const moment of possible.sort((first, second) => second - first)) {
    const { have, need } = countQuorum(
      times.filter(([, at]) => at >= BigInt(moment)).map(([name]) => name),
      policy,
    );
    if (need > 0 && have >= need) {
      return moment;
    }
  }
  return 0;
}
