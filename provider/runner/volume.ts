import type { VolumeJob } from "../engine/handover/job.js";
import { type VolumePlatform, volumeFlow } from "../engine/handover/volume-flow.js";
import { CutoverError } from "../engine/errors.js";
import type { JobFlow } from "../engine/steps.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { isAlive, writersAmong } from "../platforms/docker/facts.js";
import { ownLabels } from "../platforms/docker/names.js";
import { openDockerMover } from "../platforms/docker/slots.js";
import type { RunnerTools } from "./environment.js";
import { fileReserve, reservePath } from "./reserve.js";

/** A migration's job with the real parts. */
export function dockerVolumeFlow(job: VolumeJob, tools: RunnerTools): JobFlow {
    const signal = AbortSignal.any([tools.signal, timeLimit(job.timeout)]);
    return volumeFlow({
        job,
        platform: dockerVolumes(job, tools.engine),
        journal: tools.journal,
        reserve: fileReserve(reservePath),
        reporter: tools.reporter,
        clock: tools.clock,
        signal,
    });
}

function timeLimit(milliseconds: number): AbortSignal {
    const controller = new AbortController();
    const expire = () => controller.abort(new CutoverError(`it did not end within its timeout`, { next: "raise timeout" }));
    setTimeout(expire, milliseconds).unref();
    return controller.signal;
}

function dockerVolumes(job: VolumeJob, engine: DockerEngine): VolumePlatform {
    return {
        exists: async (volume) => (await engine.volume(volume)) !== undefined,
        create: (volume) => engine.createVolume(volume, { ...job.labels, ...ownLabels(job.prefix, "data") }),
        async writers(volume) {
            const facts = await engine.volume(volume);
            if (!facts) return [];
            return writersAmong(await engine.running(), facts).map(({ name }) => name);
        },
        async isRunning(container) {
            const facts = await engine.container(container);
            if (!facts) throw new CutoverError(`quiesce.containers: there is no container ${container}`);
            return isAlive(facts) && facts.status !== "paused";
        },
        quiesce: async (container, how) => {
            if (how === "pause") await engine.pause(container);
            else await engine.stop(container);
        },
        resume: async (container, how) => {
            const facts = await engine.container(container);
            if (facts?.status === "paused") await engine.unpause(container);
            else if (how === "stop" && facts && !isAlive(facts)) await engine.start(container);
        },
        openMover: async (of, { reporter, signal }) =>
            openDockerMover(engine, of, { source: of.source, destination: of.destination, reporter, signal }, options(of)),
        async removeMovers() {
            for (const { id } of await engine.containers(ownLabels(job.prefix, "mover"))) await engine.remove(id);
        },
    };
}

function options({ include, exclude, strategy }: VolumeJob) {
    return { ...(include ? { include } : {}), ...(exclude ? { exclude } : {}), strategy };
}
