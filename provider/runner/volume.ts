import { CutoverError } from "../engine/errors.js";
import type { VolumeJob } from "../engine/handover/job.js";
import { volumeFlow } from "../engine/handover/volume-flow.js";
import type { SourcePlatform, VolumePlatform, Writer } from "../engine/handover/volume-platform.js";
import type { JobFlow } from "../engine/steps.js";
import { formatMilliseconds } from "../engine/units.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { volumesOverlap } from "../platforms/docker/facts.js";
import { ownLabels } from "../platforms/docker/names.js";
import { createPlace, placeFacts } from "../platforms/docker/places.js";
import { openDockerMover } from "../platforms/docker/slots.js";
import { DockerSource, writersOf } from "./docker-source.js";
import type { RunnerTools } from "./environment.js";
import { fileReserve, reservePath } from "./reserve.js";

/** A migration's job with the real parts. */
export function dockerVolumeFlow(job: VolumeJob, tools: RunnerTools): JobFlow {
    return volumeFlow({
        job,
        platform: new DockerVolumes(job, tools.engine),
        journal: tools.journal,
        reserve: fileReserve(reservePath),
        reporter: tools.reporter,
        clock: tools.clock,
        signal: AbortSignal.any([tools.signal, timeLimit(job, tools)]),
    });
}

/** Counts from the job's first moment: a runner that was started again has what is left. */
function timeLimit({ id, timeout }: VolumeJob, { journal, clock }: RunnerTools): AbortSignal {
    const opened = journal.entries().find((entry) => entry.job === id && entry.kind === "open");
    const spent = opened ? clock.now() - Date.parse(opened.at) : 0;
    const controller = new AbortController();
    const expire = () => {
        const problem = `it did not end within its timeout of ${formatMilliseconds(timeout)}`;
        controller.abort(new CutoverError(problem, { next: "raise timeout" }));
    };
    setTimeout(expire, Math.max(0, timeout - spent)).unref();
    return controller.signal;
}

class DockerVolumes implements VolumePlatform {
    readonly source: SourcePlatform;

    constructor(
        private readonly job: VolumeJob,
        private readonly engine: DockerEngine,
    ) {
        this.source = new DockerSource(job, engine);
    }

    createDestination(): Promise<void> {
        const { labels, prefix, destination, image } = this.job;
        const own = { ...labels, ...ownLabels(prefix, "data") };
        return createPlace(this.engine, destination, image, own);
    }

    async destinationWriters(): Promise<Writer[]> {
        return writersOf(this.engine, this.job.destination, this.job.image);
    }

    async overlap(): Promise<boolean> {
        const { source, destination, image } = this.job;
        const [a, b] = [
            await placeFacts(this.engine, source, image),
            await placeFacts(this.engine, destination, image),
        ];
        return a !== undefined && b !== undefined && volumesOverlap(a, b);
    }

    async openMover(job: VolumeJob, tools: Parameters<VolumePlatform["openMover"]>[1]) {
        const { source, destination, include, exclude, strategy } = job;
        const options = {
            ...(include ? { include } : {}),
            ...(exclude ? { exclude } : {}),
            strategy,
        };
        return openDockerMover(this.engine, job, { source, destination, ...tools }, options);
    }

    async removeMovers(): Promise<void> {
        const movers = await this.engine.containers(ownLabels(this.job.prefix, "mover"));
        for (const { id } of movers) await this.engine.remove(id);
    }
}
