import type { Weights } from "../../traffic/router.js";
import { asCutoverError } from "../errors.js";
import type { Step } from "../steps.js";
import { waitHealthy } from "./health.js";
import type { EnvironmentTools } from "./tools.js";

/** Everything that must be there before anything moves. */
export function prepareStep(tools: EnvironmentTools): Step {
    return {
        name: "prepare",
        title: "make the router ready and keep room back on the disk",
        async run() {
            await tools.platform.removeMovers();
            await tools.ensureRouter("running");
            await tools.reserve.take();
            return { longLived: await longLived(tools) };
        },
        async back() {
            await tools.reserve.giveBack();
        },
    };
}

/** Seconds after which a connection is one that a drain may have to wait for. */
const longLivedAfter = 10;

/** Upgraded connections and slow streams, by slot: what becomes of them is `drain.then`'s to say. */
async function longLived({ router, reporter }: EnvironmentTools): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { slot, seconds } of await router.openConnections()) {
        if (seconds >= longLivedAfter) counts[slot] = (counts[slot] ?? 0) + 1;
    }
    for (const [slot, count] of Object.entries(counts)) {
        reporter.info(
            `${slot}: ${count} in flight for more than ${longLivedAfter} s (WebSockets, slow streams)`,
        );
    }
    return counts;
}

export interface StartOptions {
    /** Slots that did not run before: the way back stops them. */
    fresh: readonly string[];
    /** What they wrote is dropped on the way back: no time is spent on a clean end. */
    dropped?: boolean;
    signal?: () => AbortSignal;
}

/** Starts slots and waits until they are healthy. */
export function startStep(
    slots: readonly string[],
    { fresh, dropped, signal }: StartOptions,
    tools: EnvironmentTools,
): Step {
    return {
        name: "start",
        title: `start ${slots.join(" and ")} and wait until healthy`,
        async run(jobSignal) {
            const report: Record<string, { seconds: number }> = {};
            for (const slot of slots) {
                await tools.platform.start(slot, { background: false });
                report[slot] = await waitHealthy(slot, tools, signal?.() ?? jobSignal);
            }
            return report;
        },
        async back() {
            for (const slot of fresh) await tools.platform.stop(slot, dropped ? { grace: 0 } : {});
        },
    };
}

/** The point of no return. */
export function commitStep(title: string): Step {
    return { name: "commit", title, commits: true, run: async () => undefined };
}

export function weightsStep(weights: Weights, tools: EnvironmentTools): Step {
    return {
        name: "weights",
        title: `set the weights to ${describeWeights(weights)}`,
        async run() {
            for (const slot of servingSlots(weights)) {
                await bringUp(slot, tools);
                // A server without an address would answer 503 until the next look-up of its name.
                await tools.router.setAddress(slot, await tools.platform.address(slot));
            }
            await tools.router.setWeights(weights);
        },
    };
}

/**
 * A slot that serves from now on starts again by itself. After an engine restart since its start, nothing did: healthy
 * or not, it is all there is, since its data are the newest.
 */
async function bringUp(slot: string, tools: EnvironmentTools): Promise<void> {
    if (!(await tools.platform.running(slot))) {
        await tools.platform.start(slot, { background: false });
        await waitHealthy(slot, tools).catch((error) => {
            tools.reporter.warn(
                `${slot} was started again and is not healthy: ${asCutoverError(error).message}`,
            );
        });
    }
    await tools.platform.supervise(slot, true);
}

/** Restart policies, background containers and the disk's reserve, as they are to stay. */
export function settleStep(weights: Weights, tools: EnvironmentTools): Step {
    const serving = servingSlots(weights);
    const idle = Object.keys(tools.job.slots).filter((slot) => !serving.includes(slot));
    const most = heaviest(weights);
    return {
        name: "settle",
        title: "set what starts again by itself",
        async run() {
            // Also what a runner that was removed in the middle left running.
            for (const slot of idle) {
                await tools.platform.supervise(slot, false);
                await tools.platform.stop(slot);
            }
            for (const slot of serving)
                if (slot !== most) await tools.platform.stopBackground(slot);
            if (most !== undefined) await tools.platform.startBackground(most);
            for (const slot of serving) await tools.platform.supervise(slot, true);
            await tools.reserve.giveBack();
        },
    };
}

function servingSlots(weights: Weights): string[] {
    return Object.keys(weights).filter((slot) => (weights[slot] ?? 0) > 0);
}

/** The slot with most weight; the first by name at 50/50. */
export function heaviest(weights: Weights): string | undefined {
    const [first] = Object.entries(weights).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    return first && first[1] > 0 ? first[0] : undefined;
}

export function describeWeights(weights: Weights): string {
    return Object.keys(weights)
        .sort()
        .map((slot) => `${slot} ${weights[slot]}`)
        .join(", ");
}
