import { CutoverError } from "../errors.js";
import { formatMilliseconds } from "../units.js";
import type { ContainerTools } from "./container-flow.js";

/** Milliseconds between two looks. */
const interval = 200;

/** Milliseconds that a container without a health check has to run. */
const settled = 3_000;

/**
 * Waits until the new container's own health check says that it is healthy, or without one until it has run for three
 * seconds. One that ended, or that the engine had to start again, is not waited for.
 */
export async function startToHealth(
    tools: Pick<ContainerTools, "job" | "platform" | "clock" | "reporter" | "signal">,
): Promise<{ seconds: number }> {
    const { job, platform, clock, reporter, signal } = tools;
    const began = clock.now();
    for (;;) {
        signal.throwIfAborted();
        const seen = await platform.target.container();
        if (!seen) throw new CutoverError(`container ${job.name} is gone`);
        if (!seen.running || seen.restarts > 0) throw await ended(seen.exitCode, tools);
        const { health } = seen;
        const spent = clock.now() - began;
        if (health === "unhealthy") throw await unhealthy(`is unhealthy`, tools);
        const healthy = health === undefined ? spent >= settled : health === "healthy";
        if (healthy) return { seconds: spent / 1_000 };
        if (spent >= job.healthTimeout) {
            throw await unhealthy(
                `was not healthy within ${formatMilliseconds(job.healthTimeout)}`,
                tools,
            );
        }
        reporter.status(`waiting for ${job.name}: ${health ?? "it runs"}`);
        await clock.sleep(interval, signal);
    }
}

async function ended(
    exitCode: number,
    { job, platform }: Pick<ContainerTools, "job" | "platform">,
): Promise<CutoverError> {
    return new CutoverError(`${job.name} ended with exit code ${exitCode}`, {
        lastLines: await platform.target.lastLines(),
        next: "mend what its last lines say, and run pulumi up again",
    });
}

async function unhealthy(
    problem: string,
    { job, platform }: Pick<ContainerTools, "job" | "platform">,
): Promise<CutoverError> {
    return new CutoverError(`${job.name} ${problem}`, {
        lastLines: await platform.target.lastLines(),
        next: "mend what its last lines say, or raise health.timeout",
    });
}
