import { CutoverError } from "../engine/errors.js";
import { archiveFlow } from "../engine/handover/archive-flow.js";
import type {
    ArchivePlatform,
    ArchiveVolume,
    ArchiveWork,
} from "../engine/handover/archive-platform.js";
import type { ArchiveJob } from "../engine/handover/job.js";
import type { SourcePlatform } from "../engine/handover/volume-platform.js";
import type { JobFlow } from "../engine/steps.js";
import { runArchiveContainer } from "../platforms/docker/archive-container.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { liesWithin } from "../platforms/docker/facts.js";
import { ownLabels } from "../platforms/docker/names.js";
import { placeFacts } from "../platforms/docker/places.js";
import type { ArchiveResults } from "../volumes/archive/task.js";
import type { Place } from "../volumes/refs.js";
import { DockerSource } from "./docker-source.js";
import type { RunnerTools } from "./environment.js";
import { fileReserve, reservePath } from "./reserve.js";
import { timeLimit } from "./time-limit.js";

/** A save with the real parts. */
export function dockerArchiveFlow(job: ArchiveJob, tools: RunnerTools): JobFlow {
    return archiveFlow({
        job,
        platform: new DockerArchives(job, tools.engine),
        journal: tools.journal,
        reserve: fileReserve(reservePath),
        reporter: tools.reporter,
        clock: tools.clock,
        signal: AbortSignal.any([tools.signal, timeLimit(job, tools)]),
    });
}

class DockerArchives implements ArchivePlatform {
    constructor(
        private readonly job: ArchiveJob,
        private readonly engine: DockerEngine,
    ) {}

    async volumes(): Promise<ArchiveVolume[]> {
        const { from } = this.job;
        if ("container" in from) return volumesOf(this.engine, from.container);
        const { source } = from;
        return [{ name: "volume" in source ? source.volume : "data", place: source }];
    }

    source(place: Place): SourcePlatform {
        return new DockerSource({ source: place, image: this.job.image }, this.engine);
    }

    async lieWithin(place: Place): Promise<boolean> {
        const facts = await placeFacts(this.engine, place, this.job.image);
        return facts !== undefined && liesWithin(this.job.path, facts);
    }

    run<Work extends ArchiveWork>(
        work: Work,
        volumes: readonly ArchiveVolume[],
        tools: Parameters<ArchivePlatform["run"]>[2],
    ): Promise<ArchiveResults[Work["task"]]> {
        const { recipients, include, exclude, from } = this.job;
        const options = {
            recipients,
            ...(include ? { include } : {}),
            ...(exclude ? { exclude } : {}),
            ...("container" in from ? { container: from.container } : {}),
        };
        return runArchiveContainer(this.engine, this.job, { work, volumes, options }, tools);
    }

    removeMovers(): Promise<void> {
        return this.engine.removeLabelled(ownLabels(this.job.prefix, "mover"));
    }
}

/** All volumes that a container mounts, each once, in the order of their names. */
export async function volumesOf(engine: DockerEngine, container: string): Promise<ArchiveVolume[]> {
    const facts = await engine.container(container);
    if (!facts) {
        throw new CutoverError(`container: there is no container ${container}`, {
            next: "check its name and its engine",
        });
    }
    const names = new Set(facts.mounts.flatMap(({ volume }) => (volume ? [volume] : [])));
    if (names.size === 0) {
        throw new CutoverError(`container: ${container} has no volumes`, {
            next: "name what is to be saved in source",
        });
    }
    return [...names].sort().map((name) => ({ name, place: { volume: name } }));
}
