import { setTimeout as sleep } from "node:timers/promises";
import type { Reporter } from "../../engine/progress.js";
import { formatMilliseconds } from "../../engine/units.js";
import { LinkLost } from "./frames.js";

/** Milliseconds before each further attempt. */
export const pauses = [500, 1_000, 2_000, 5_000, 10_000, 15_000, 15_000] as const;

/** Milliseconds. */
const goodFor = 60_000;

/** Tries again what a broken link ended: every part of a pass can run twice, and sends what is missing only. */
export async function overLink<T>(
    tools: { reporter: Reporter; signal: AbortSignal; pauses?: readonly number[] },
    work: () => Promise<T>,
): Promise<T> {
    const waits = tools.pauses ?? pauses;
    for (let attempt = 0; ; attempt++) {
        const began = Date.now();
        try {
            return await work();
        } catch (error) {
            // One that worked for a while is no further failure in a row.
            if (Date.now() - began > goodFor) attempt = 0;
            tools.signal.throwIfAborted();
            if (!(error instanceof LinkLost)) throw error;
            const wait = waits[attempt];
            if (wait === undefined) throw givenUp(error, waits.length + 1);
            tools.reporter.warn(
                `${error.problem}: attempt ${attempt + 2} of ${waits.length + 1} in ${formatMilliseconds(wait)}`,
            );
            await sleep(wait, undefined, { signal: tools.signal }).catch(() => {});
            tools.signal.throwIfAborted();
        }
    }
}

function givenUp(error: LinkLost, attempts: number): LinkLost {
    return new LinkLost(`${error.problem}, ${attempts} times in a row`, {
        ...error.details,
        next: "mend the network between the two hosts and run pulumi up again: what arrived is not sent again",
    });
}
