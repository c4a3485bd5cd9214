import type { InputProblem } from "../../../engine/errors.js";
import { toMilliseconds } from "../../../engine/units.js";
import { isUnknown } from "../../unknown.js";
import type { Outline } from "../outline.js";

/** The drain must end while requests can still be held. */
export function handoverProblems({ handover: { maxHold, drainTimeout } }: Outline): InputProblem[] {
    const hold = maxHold.value;
    const drain = drainTimeout.value;
    if (hold === undefined || drain === undefined || isUnknown(hold) || isUnknown(drain)) return [];
    if (toMilliseconds(drain) < toMilliseconds(hold)) return [];
    if (!drainTimeout.written) {
        return [
            {
                path: "handover.maxHold",
                problem: `is not longer than handover.drain.timeout, which is ${drain} by default`,
                instead: "write a longer time, or write a shorter handover.drain.timeout as well",
            },
        ];
    }
    const standing = maxHold.written ? "" : `, which is ${hold} by default`;
    return [
        {
            path: "handover.drain.timeout",
            problem: `is not shorter than handover.maxHold${standing}`,
            instead: "write a shorter time, or a longer handover.maxHold",
        },
    ];
}
