import { containerFlow } from "../engine/handover/container-flow.js";
import type { ContainerPlatform } from "../engine/handover/container-platform.js";
import type { ContainerJob } from "../engine/handover/job.js";
import type { JobFlow } from "../engine/steps.js";
import { socketApi } from "../platforms/docker/api.js";
import { volumesOverlap, writersAmong } from "../platforms/docker/facts.js";
import { MovingSource } from "../platforms/docker/moving-source.js";
import { MovingTarget } from "../platforms/docker/moving-target.js";
import { labelKeys, ownLabels } from "../platforms/docker/names.js";
import { openDockerMover } from "../platforms/docker/slots.js";
import type { RunnerTools } from "./environment.js";
import { fileReserve, reservePath } from "./reserve.js";
import { timeLimit } from "./time-limit.js";

/** Where the runner has the engine's socket. */
const socketPath = "/var/run/docker.sock";

/** A container's move with the real parts. Both sides are one engine in this version. */
export function dockerContainerFlow(job: ContainerJob, tools: RunnerTools): JobFlow {
    return containerFlow({
        job,
        platform: dockerPlatform(job, tools),
        journal: tools.journal,
        reserve: fileReserve(reservePath),
        reporter: tools.reporter,
        clock: tools.clock,
        signal: AbortSignal.any([tools.signal, timeLimit(job, tools)]),
    });
}

function dockerPlatform(job: ContainerJob, { engine, clock }: RunnerTools): ContainerPlatform {
    const source = new MovingSource(engine, job, clock);
    const target = new MovingTarget({ engine, api: socketApi(socketPath), job, source, clock });
    return {
        source,
        target,
        openMover: ({ source, destination, ...tools }, options) => {
            const places = { source: { volume: source }, destination: { volume: destination } };
            return openDockerMover(engine, job, { ...places, ...tools }, options);
        },
        removeMovers: () => engine.removeLabelled(ownLabels(job.prefix, "mover")),
        async writers(volume) {
            const facts = await engine.volume(volume);
            if (!facts) return [];
            const strangers = writersAmong(await engine.running(), facts).filter(
                ({ labels }) =>
                    labels[labelKeys.prefix] !== job.prefix || labels[labelKeys.role] !== "mover",
            );
            return strangers.map(({ name }) => name);
        },
        async overlap(one, other) {
            const [a, b] = [await engine.volume(one), await engine.volume(other)];
            return a !== undefined && b !== undefined && volumesOverlap(a, b);
        },
    };
}
