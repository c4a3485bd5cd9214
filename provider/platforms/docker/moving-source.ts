import type { Clock } from "../../engine/clock.js";
import { asCutoverError, CutoverError } from "../../engine/errors.js";
import type { ContainerState, SourceEngine } from "../../engine/handover/container-platform.js";
import type { ContainerJob } from "../../engine/handover/job.js";
import { containerState } from "./container-state.js";
import type { DockerEngine } from "./engine.js";
import { writersAmong } from "./facts.js";
import type { Inspection } from "./inspection.js";
import { ownPaths } from "./layer.js";
import { names, ownLabels } from "./names.js";

type Policy = Parameters<DockerEngine["setRestartPolicy"]>[1];

/** How often a checkpoint is tried: a health check that runs at that moment makes it fail. */
const attempts = 3;

/** Milliseconds that the engine may take to say that a container ended whose memory is on disk. */
const endsWithin = 30_000;

/** The Docker engine that a container leaves. */
export class MovingSource implements SourceEngine {
    private readonly checkpointName: string;

    constructor(
        private readonly engine: DockerEngine,
        private readonly job: Pick<ContainerJob, "id" | "prefix" | "source">,
        private readonly clock: Clock,
    ) {
        this.checkpointName = names.checkpoint(job.id);
    }

    container(): Promise<ContainerState | undefined> {
        return containerState(this.engine, this.job.source.name);
    }

    async settings(): Promise<Inspection> {
        const found = await this.engine.inspection(this.job.source.id);
        if (!found) throw new CutoverError(`container ${this.job.source.name} is gone`);
        return found;
    }

    async changedPaths(): Promise<string[]> {
        const { mounts } = await this.settings();
        return ownPaths(await this.engine.changedPaths(this.job.source.id), mounts);
    }

    async volumeCreatedAt(volume: string): Promise<string | undefined> {
        return (await this.engine.volume(volume))?.createdAt;
    }

    async otherWriters(volume: string): Promise<string[]> {
        const facts = await this.engine.volume(volume);
        if (!facts) return [];
        return writersAmong(await this.engine.running(), facts)
            .filter(({ id }) => id !== this.job.source.id)
            .map(({ name }) => name);
    }

    setRestartPolicy(policy: string): Promise<void> {
        return this.engine.setRestartPolicy(this.job.source.id, policy as Policy);
    }

    async stop(grace: number | undefined): Promise<{ killed: boolean }> {
        const { id } = this.job.source;
        // A frozen one would not hear that it is to end.
        if ((await this.engine.container(id))?.status === "paused") await this.engine.unpause(id);
        return this.engine.stop(id, grace);
    }

    start(): Promise<void> {
        return this.engine.start(this.job.source.id);
    }

    /** By the name that it was made from, as long as that still means the same image. */
    async image(layer: "image" | "commit"): Promise<string> {
        if (layer === "commit") return this.layerImage();
        const { config, imageId } = await this.settings();
        const named = await this.engine.image(config.Image);
        return named?.id === imageId ? config.Image : imageId;
    }

    private async layerImage(): Promise<string> {
        const { id, prefix, source } = this.job;
        const tag = names.layerImage(id);
        if (!(await this.engine.imageExists(tag)))
            await this.engine.commit(source.id, tag, ownLabels(prefix, "moved"));
        return tag;
    }

    removeLayerImage(): Promise<void> {
        return this.engine.removeImage(names.layerImage(this.job.id));
    }

    async checkpoint(): Promise<void> {
        const { id, name } = this.job.source;
        for (let attempt = 1; ; attempt++) {
            // What a runner before this one asked for goes on in the engine.
            if (await this.endsByCheckpoint()) return;
            await this.engine.removeCheckpoint(id, this.checkpointName);
            try {
                await this.engine.createCheckpoint(id, this.checkpointName);
            } catch (error) {
                if (attempt < attempts) {
                    await this.clock.sleep(500);
                    continue;
                }
                throw new CutoverError(`the memory of ${name} could not be written to disk`, {
                    lastLines: asCutoverError(error).details.lastLines ?? [],
                    next: 'see in docs/containers.md what CRIU cannot carry (open TCP connections are the first thing to look at), or write memory: "none"',
                    cause: error,
                });
            }
        }
    }

    /** Whether it is over because its memory is on disk; waits while the engine is at that. */
    private async endsByCheckpoint(): Promise<boolean> {
        const deadline = this.clock.now() + endsWithin;
        while (await this.hasCheckpoint()) {
            const found = await this.engine.container(this.job.source.id);
            if (found?.status === "exited") return true;
            if (found?.status !== "paused" || this.clock.now() > deadline) return false;
            await this.clock.sleep(50);
        }
        return false;
    }

    async hasCheckpoint(): Promise<boolean> {
        const all = await this.engine.checkpointNames(this.job.source.id);
        return all.includes(this.checkpointName);
    }

    startFromCheckpoint(): Promise<void> {
        return this.engine.startFrom(this.job.source.id, this.checkpointName, this.clock);
    }

    removeCheckpoint(): Promise<void> {
        return this.engine.removeCheckpoint(this.job.source.id, this.checkpointName);
    }
}
