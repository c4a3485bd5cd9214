import { CutoverError } from "../errors.js";
import type { ContainerTools } from "./container-flow.js";
import type { ContainerState } from "./container-platform.js";
import type { Obstacle } from "./volume-writers.js";

/**
 * Everything that has to be put right before anything is touched.
 * @param stopped whether this job has stopped the old container already
 */
export async function obstaclesToMove(
    tools: Pick<ContainerTools, "job" | "platform">,
    stopped: boolean,
): Promise<Obstacle[]> {
    const { job, platform } = tools;
    const container = await platform.source.container();
    const memory =
        job.memory === "checkpoint" ? await platform.target.checkpointProblem() : undefined;
    return [
        ...containerObstacles(container, tools.job, stopped),
        ...(await nameObstacles(tools)),
        ...(await volumeObstacles(tools)),
        ...(memory ? [{ problem: `memory: ${memory.problem}`, next: memory.next }] : []),
    ];
}

function containerObstacles(
    container: ContainerState | undefined,
    { source }: ContainerTools["job"],
    stopped: boolean,
): Obstacle[] {
    const at = "container.docker.name";
    if (!container) {
        const problem = `${at}: there is no container ${source.name}`;
        return [{ problem, next: "check its name and its engine" }];
    }
    if (container.id !== source.id) {
        const problem = `${at}: ${source.name} is another container than the one that was looked at`;
        return [{ problem, next: "run pulumi up again" }];
    }
    if (container.removedAtEnd) {
        const problem = `${at}: ${source.name} is removed when it stops (--rm), so a failure could not start it again`;
        return [{ problem, next: "start it without --rm" }];
    }
    if (container.running || stopped) return [];
    const problem = `${at}: ${source.name} is ${container.status}, not running`;
    return [{ problem, next: "start it, and run pulumi up again" }];
}

async function nameObstacles({ job, platform }: Pick<ContainerTools, "job" | "platform">) {
    const taken = await platform.target.container();
    if (!taken) return [];
    const problem = `to.name: there is a container ${job.name} already`;
    return [{ problem, next: "write another name, or remove that container" }];
}

async function volumeObstacles({
    job,
    platform,
}: Pick<ContainerTools, "job" | "platform">): Promise<Obstacle[]> {
    const obstacles: Obstacle[] = [];
    for (const { source, destination } of job.volumes) {
        if ((await platform.source.volumeCreatedAt(source)) === undefined) {
            obstacles.push({
                problem: `there is no volume ${source}`,
                next: "run pulumi up again",
            });
            continue;
        }
        const others = await platform.source.otherWriters(source);
        if (others.length > 0) {
            const problem = `volume ${source} is written by ${others.join(", ")} too`;
            obstacles.push({ problem, next: "stop what else writes to it" });
        }
        const onCopy = await platform.writers(destination);
        if (onCopy.length > 0) {
            const problem = `volume ${destination} is written by ${onCopy.join(", ")}`;
            obstacles.push({ problem, next: "stop what writes to it" });
        }
    }
    return obstacles;
}

/** Everything that is in the way, at once. */
export function refuseObstacles(obstacles: readonly Obstacle[]): void {
    const [first] = obstacles;
    if (!first) return;
    if (obstacles.length === 1) throw new CutoverError(first.problem, { next: first.next });
    throw new CutoverError(`${obstacles.length} things are in the way`, {
        lastLines: obstacles.map(({ problem, next }) => `${problem}; ${next}`),
    });
}
