import { CutoverError } from "../engine/errors.js";
import type { VolumeJob } from "../engine/handover/job.js";
import { volumeFlow } from "../engine/handover/volume-flow.js";
import type { QuiescedContainer, VolumePlatform } from "../engine/handover/volume-platform.js";
import type { JobFlow } from "../engine/steps.js";
import { formatMilliseconds } from "../engine/units.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { isAlive, volumesOverlap, writersAmong } from "../platforms/docker/facts.js";
import { ownLabels } from "../platforms/docker/names.js";
import { openDockerMover } from "../platforms/docker/slots.js";
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

type Policy = Parameters<DockerEngine["setRestartPolicy"]>[1];

class DockerVolumes implements VolumePlatform {
    constructor(
        private readonly job: VolumeJob,
        private readonly engine: DockerEngine,
    ) {}

    async createdAt(volume: string): Promise<string | undefined> {
        return (await this.engine.volume(volume))?.createdAt;
    }

    create(volume: string): Promise<void> {
        const { labels, prefix } = this.job;
        return this.engine.createVolume(volume, { ...labels, ...ownLabels(prefix, "data") });
    }

    async overlap(one: string, other: string): Promise<boolean> {
        const [a, b] = [await this.engine.volume(one), await this.engine.volume(other)];
        return a !== undefined && b !== undefined && volumesOverlap(a, b);
    }

    async writers(volume: string) {
        const facts = await this.engine.volume(volume);
        if (!facts) return [];
        return writersAmong(await this.engine.running(), facts).map(({ id, name, status }) => ({
            id,
            name,
            paused: status === "paused",
        }));
    }

    async container(name: string): Promise<QuiescedContainer | undefined> {
        const facts = await this.engine.container(name);
        if (!facts) return undefined;
        const { id, removedAtEnd, restartPolicy } = facts;
        const running = isAlive(facts) && facts.status !== "paused";
        return { id, name: facts.name, running, removedAtEnd, restartPolicy };
    }

    async quiesce(
        { id, restartPolicy }: QuiescedContainer,
        how: "stop" | "pause",
    ): Promise<{ killed: boolean }> {
        // With it, a restart of the engine would bring the writer back in the middle, or after "stay".
        if (restartPolicy !== "no") await this.engine.setRestartPolicy(id, "no");
        if (how === "stop") return this.engine.stop(id);
        await this.engine.pause(id);
        return { killed: false };
    }

    async resume({ id, restartPolicy }: QuiescedContainer): Promise<boolean> {
        const facts = await this.engine.container(id);
        if (!facts) return false;
        if (facts.status === "paused") await this.engine.unpause(id);
        else if (!isAlive(facts)) await this.engine.start(id);
        if (facts.restartPolicy !== restartPolicy)
            await this.engine.setRestartPolicy(id, restartPolicy as Policy);
        return true;
    }

    openMover(job: VolumeJob, { reporter, signal }: Parameters<VolumePlatform["openMover"]>[1]) {
        const { source, destination, include, exclude, strategy } = job;
        const options = {
            ...(include ? { include } : {}),
            ...(exclude ? { exclude } : {}),
            strategy,
        };
        return openDockerMover(
            this.engine,
            job,
            { source, destination, reporter, signal },
            options,
        );
    }

    async removeMovers(): Promise<void> {
        const movers = await this.engine.containers(ownLabels(this.job.prefix, "mover"));
        for (const { id } of movers) await this.engine.remove(id);
    }
}
