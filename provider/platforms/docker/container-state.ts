import type { ContainerState } from "../../engine/handover/container-platform.js";
import type { DockerEngine } from "./engine.js";
import { isAlive } from "./facts.js";

/** A container by name or id, less its settings. */
export async function containerState(
    engine: DockerEngine,
    name: string,
): Promise<ContainerState | undefined> {
    const facts = await engine.container(name);
    // One call more: the facts that all of this package shares have no health.
    const seen = facts && (await engine.inspection(facts.id));
    if (!facts || !seen) return undefined;
    return {
        id: facts.id,
        name: facts.name,
        status: facts.status,
        running: isAlive(facts),
        exitCode: facts.exitCode,
        restarts: facts.restartCount,
        ...(seen.state.health === undefined ? {} : { health: seen.state.health }),
        removedAtEnd: facts.removedAtEnd,
        restartPolicy: facts.restartPolicy,
        labels: facts.labels,
    };
}
