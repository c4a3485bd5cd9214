import { CutoverError } from "../errors.js";
import { formatMilliseconds } from "../units.js";
import type { EnvironmentTools } from "./tools.js";

/** Milliseconds between two probes. */
const interval = 250;

/**
 * Waits until the slot has answered `healthyAfter` times in a row with a status from 200 to 399, asked from the router's
 * place. No answer in time is not healthy; a container that ended is not waited for.
 */
export async function waitHealthy(
    slot: string,
    tools: EnvironmentTools,
    signal?: AbortSignal,
): Promise<{ seconds: number }> {
    const { platform, clock, reporter, job } = tools;
    const { path, healthyAfter, timeout } = job.health;
    const began = clock.now();
    const deadline = began + timeout;
    let inRow = 0;
    let last = "it was never asked";
    while (inRow < healthyAfter) {
        signal?.throwIfAborted();
        const crash = await platform.crashed(slot);
        if (crash) throw new CutoverError(`${crash.problem}`, { lastLines: crash.lastLines });
        const answer = await platform.probe(slot, path, Math.min(5_000, timeout));
        const healthy = "status" in answer && answer.status >= 200 && answer.status < 400;
        inRow = healthy ? inRow + 1 : 0;
        last = "status" in answer ? `the last answer was status ${answer.status}` : answer.problem;
        // It is asked from the router's place: a router that is down is started again by whoever looks at it.
        if ("problem" in answer) await tools.router.observe().catch(() => undefined);
        if (inRow >= healthyAfter) break;
        if (clock.now() >= deadline) {
            throw new CutoverError(
                `slot ${slot} was not healthy within ${formatMilliseconds(timeout)}: ${last}, asked for ${path}`,
            );
        }
        reporter.status(`waiting for ${slot}: ${inRow} of ${healthyAfter} healthy answers`);
        await clock.sleep(interval, signal);
    }
    return { seconds: (clock.now() - began) / 1000 };
}
