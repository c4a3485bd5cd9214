import type { Peer, VolumeJob } from "../engine/handover/job.js";
import { volumeFlow } from "../engine/handover/volume-flow.js";
import type { SourcePlatform, VolumePlatform, Writer } from "../engine/handover/volume-platform.js";
import type { JobFlow } from "../engine/steps.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { volumesOverlap } from "../platforms/docker/facts.js";
import { names, ownLabels } from "../platforms/docker/names.js";
import { createPlace, folderAndFile, placeFacts } from "../platforms/docker/places.js";
import { openDockerMover } from "../platforms/docker/slots.js";
import type { Mover } from "../volumes/mover.js";
import type { ArchivePlace } from "../volumes/refs.js";
import { handedIdentity } from "./archive-identity.js";
import { DockerSource, writersOf } from "./docker-source.js";
import type { RunnerTools } from "./environment.js";
import { RemoteSourcePlatform } from "./link/engine-calls.js";
import { readIdentity } from "./link/secure.js";
import { SourceLink, ways } from "./link/source-link.js";
import { fileReserve, reservePath } from "./reserve.js";
import { timeLimit } from "./time-limit.js";

/** A migration's job with the real parts. */
export async function dockerVolumeFlow(job: VolumeJob, tools: RunnerTools): Promise<JobFlow> {
    const platform = job.peer
        ? await VolumesApart.open(job, job.peer, tools)
        : new DockerVolumes(job, tools.engine);
    return volumeFlow({
        job,
        platform,
        journal: tools.journal,
        reserve: fileReserve(reservePath),
        reporter: tools.reporter,
        clock: tools.clock,
        signal: AbortSignal.any([tools.signal, timeLimit(job, tools)]),
    });
}

/** A mover that restores; an identity goes to its standard input, and nowhere else. */
async function openRestore(
    engine: DockerEngine,
    job: VolumeJob,
    source: ArchivePlace,
    tools: Parameters<VolumePlatform["openMover"]>[1],
): Promise<Mover> {
    const identity = source.locked ? await handedIdentity(tools.signal) : undefined;
    const { file } = folderAndFile(source.archive);
    const archive = { file, ...(source.member === undefined ? {} : { volume: source.member }) };
    const places = { source, destination: job.destination, ...tools };
    const mover = await openDockerMover(engine, job, places, { archive });
    if (identity !== undefined) await mover.unlock?.(identity);
    return mover;
}

/** Source and destination on one engine. */
class DockerVolumes implements VolumePlatform {
    constructor(
        protected readonly job: VolumeJob,
        protected readonly engine: DockerEngine,
        readonly source: SourcePlatform = new DockerSource(job, engine),
    ) {}

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
        const { source, destination } = job;
        if ("archive" in source) return openRestore(this.engine, job, source, tools);
        const places = { source, destination, ...tools };
        return openDockerMover(this.engine, job, places, moverOptions(job));
    }

    /** How data come from the source's host; undefined on one host. */
    way(): string | undefined {
        return undefined;
    }

    async end(): Promise<void> {}

    removeMovers(): Promise<void> {
        return this.engine.removeLabelled(ownLabels(this.job.prefix, "mover"));
    }
}

/** The destination's end of a copy whose source is on another engine. */
class VolumesApart extends DockerVolumes {
    static async open(job: VolumeJob, peer: Peer, tools: RunnerTools): Promise<VolumesApart> {
        const link = new SourceLink(peer, readIdentity(), tools.reporter);
        await link.listen();
        const source = new RemoteSourcePlatform(tools);
        void source.hold();
        return new VolumesApart(job, tools.engine, source, link);
    }

    private constructor(
        job: VolumeJob,
        engine: DockerEngine,
        private readonly remote: RemoteSourcePlatform,
        private readonly link: SourceLink,
    ) {
        super(job, engine, remote);
    }

    /** Two engines have no folder in common, as far as can be told. */
    override async overlap(): Promise<boolean> {
        return false;
    }

    override async openMover(job: VolumeJob, tools: Parameters<VolumePlatform["openMover"]>[1]) {
        await this.remote.openTools(job.bandwidthLimit);
        return openDockerMover(
            this.engine,
            job,
            { destination: job.destination, link: names.link(job.prefix), ...tools },
            moverOptions(job),
        );
    }

    override way(): string | undefined {
        return this.link.way && ways[this.link.way];
    }

    override async end(): Promise<void> {
        await this.remote.end().catch(() => {});
        this.link.close();
    }
}

function moverOptions(job: VolumeJob) {
    const { include, exclude, strategy, bandwidthLimit, quiesce } = job;
    return {
        ...(bandwidthLimit ? { limit: bandwidthLimit } : {}),
        ...(include ? { include } : {}),
        ...(exclude ? { exclude } : {}),
        strategy,
        paused: quiesce?.how === "pause",
        ...(job.maxDelete === undefined ? {} : { maxDelete: job.maxDelete }),
        ...(job.parallel === undefined ? {} : { parallel: job.parallel }),
        ...(job.priority === undefined ? {} : { priority: job.priority }),
    };
}
