import type { Measure } from "../../volumes/mover.js";
import { CutoverError } from "../errors.js";
import type { JournalEntry } from "../journal.js";
import type { ContainerTools } from "./container-flow.js";
import { startToHealth } from "./container-health.js";
import { obstaclesToMove, refuseObstacles } from "./container-obstacles.js";
import type { ContainerSettings, ContainerState } from "./container-platform.js";
import { Copies, type CopyPair } from "./copies.js";
import type { ContainerJob } from "./job.js";
import type { ContainerReport } from "./report.js";

/** Paths of a layer that a report names; the others are counted. */
const mostPaths = 200;

/** What a checkpoint by Docker does without, and why. */
const noPreDump = {
    mover: "pre-dump",
    reason: "Docker's API has none: all of the memory is written while the container stands still",
};

/** What was true of the old container before it was stopped. */
interface Before {
    id: string;
    restartPolicy: string;
}

/** The steps of one container's move. */
export class ContainerMove {
    private readonly copies: Copies;

    constructor(private readonly tools: ContainerTools) {
        this.copies = new Copies(tools);
    }

    async look(): Promise<unknown> {
        const { job, platform, reserve } = this.tools;
        await platform.removeMovers();
        await this.removeLeftOver();
        refuseObstacles(await obstaclesToMove(this.tools, this.stopped() !== undefined));
        for (const { destination } of [...job.volumes, ...job.fresh])
            await platform.target.createVolume(destination);
        await this.refuseOverlap();
        await reserve.take();
        await this.copies.begin(pairsOf(job));
        const measured = await this.copies.measure();
        for (const one of measured) this.refuseBadPair(one);
        return Object.fromEntries(
            measured.map(({ pair, source }) => [pair.source, { source }] as const),
        );
    }

    /** What a runner before this one made and had not committed. */
    private async removeLeftOver(): Promise<void> {
        const { platform } = this.tools;
        const found = await platform.target.container();
        if (found && isOwnAttempt(found, this.tools)) await platform.target.remove();
    }

    private async refuseOverlap(): Promise<void> {
        const { job, platform } = this.tools;
        for (const { source, destination } of job.volumes) {
            if (!(await platform.overlap(source, destination))) continue;
            throw new CutoverError(`volume ${destination} is in the same folder as ${source}`, {
                next: `remove volume ${destination}, or choose another to.name`,
            });
        }
    }

    /** Data that this move did not write, and a source that somebody emptied. */
    private refuseBadPair({
        pair: { source, destination },
        ...measured
    }: {
        pair: CopyPair;
        source: Measure;
        destination: Measure;
    }): void {
        if (measured.destination.empty) return;
        if (measured.source.empty) {
            throw new CutoverError(
                `volume ${source} is empty, and its copy ${destination} holds data`,
                { next: "check the source; if it is meant to be empty, remove the copy first" },
            );
        }
        if (this.tools.job.onExisting === "update" || this.beganToCopyInto(destination)) return;
        throw new CutoverError(
            `volume ${destination} holds data, and no record says that this move wrote them`,
            {
                next: 'remove it, or write onExisting: "update" to have it made equal to its source',
            },
        );
    }

    /** Whether this resource's journal has an attempt that copied into a volume and did not commit. */
    private beganToCopyInto(destination: string): boolean {
        const entries = this.tools.journal.entries();
        const last = entries.findLast(
            ({ kind, data }) =>
                kind === "open" &&
                (data as ContainerJob).volumes?.some((one) => one.destination === destination) &&
                began(entries, data as ContainerJob),
        );
        return (
            last !== undefined &&
            !entries.some(({ job, kind }) => job === last.job && kind === "commit")
        );
    }

    async create(): Promise<{ id: string }> {
        const { platform, job } = this.tools;
        const { source, target } = platform;
        await this.removeLeftOver();
        const image = await source.image(job.layer);
        const settings: ContainerSettings = await source.settings();
        await target.takeImage(source, image);
        return target.create(settings, image);
    }

    async removeNew(): Promise<void> {
        const { platform, job } = this.tools;
        await this.removeLeftOver();
        if (job.layer === "commit") await platform.source.removeLayerImage();
    }

    async livePasses(): Promise<unknown> {
        const { job, reporter } = this.tools;
        const done = await this.copies.livePasses();
        if (job.volumes.length > 0)
            reporter.info(`the last pass is expected to take ${Math.ceil(done.expectedFreeze)} ms`);
        return done;
    }

    /** What is to be true again on the way back is noted before anything is stopped. */
    private async holdBack(): Promise<void> {
        const { job, platform, journal } = this.tools;
        const found = await platform.source.container();
        if (!found) throw new CutoverError(`container ${job.source.name} is gone`);
        if (!this.stopped()) {
            const data: Before = { id: found.id, restartPolicy: found.restartPolicy };
            journal.append({ kind: "note", job: job.id, step: "stop", data });
        }
        // With it, a restart of the engine would bring it back in the middle, or after the commit.
        if (found.restartPolicy !== "no") await platform.source.setRestartPolicy("no");
    }

    async stop(): Promise<{ killed: string[] }> {
        const { job, platform, reporter } = this.tools;
        await this.holdBack();
        if (!(await platform.source.container())?.running) return { killed: [] };
        const { killed } = await platform.source.stop(job.grace);
        if (killed) reporter.warn(`${job.source.name} did not end in time: the engine killed it`);
        return { killed: killed ? [job.source.name] : [] };
    }

    async checkpoint(): Promise<void> {
        await this.holdBack();
        await this.tools.platform.source.checkpoint();
    }

    async lastPass(): Promise<unknown> {
        return this.copies.lastPassAndProof();
    }

    keepLayer(): Promise<{ id: string }> {
        return this.create();
    }

    async start(): Promise<{ seconds: number; bytes?: number }> {
        const { job, platform, reserve } = this.tools;
        await this.refuseRestarted();
        // First of all: on a full disk nothing starts.
        await reserve.giveBack();
        if (job.memory === "none") {
            await platform.target.start();
            return startToHealth(this.tools);
        }
        const { bytes } = await platform.target.takeCheckpoint(platform.source);
        await platform.target.startFromCheckpoint();
        return { ...(await startToHealth(this.tools)), bytes };
    }

    /** Two of them would work at once, and what the old one writes would be lost. */
    private async refuseRestarted(): Promise<void> {
        const { job, platform } = this.tools;
        if (!(await platform.source.container())?.running) return;
        throw new CutoverError(`somebody started ${job.source.name} again while it was moved`);
    }

    /** The old container as it was before: from its memory, where that was written to disk. */
    async startAgain(): Promise<{ notUndone: string } | undefined> {
        const { job, platform, reserve } = this.tools;
        const { source } = platform;
        // First of all: on a full disk nothing starts.
        await reserve.giveBack();
        const before = this.stopped();
        const found = await source.container();
        if (!before) return undefined;
        if (!found) return { notUndone: `${job.source.name} is gone and cannot be started again` };
        const lost = found.running ? undefined : await this.run();
        await source.setRestartPolicy(before.restartPolicy);
        if (job.memory === "checkpoint") await source.removeCheckpoint();
        return lost;
    }

    private async run(): Promise<{ notUndone: string } | undefined> {
        const { job, platform, reporter } = this.tools;
        const { source } = platform;
        if (job.memory === "none" || !(await source.hasCheckpoint())) {
            await source.start();
            return undefined;
        }
        try {
            await source.startFromCheckpoint();
            return undefined;
        } catch (error) {
            await source.start();
            const notUndone = `${job.source.name} was started anew: its memory could not be restored`;
            reporter.warn(`${notUndone}: ${error instanceof Error ? error.message : error}`);
            return { notUndone };
        }
    }

    async report(): Promise<ContainerReport> {
        const { job, platform, clock } = this.tools;
        await this.refuseRestarted();
        const created = await platform.target.container();
        if (!created) throw new CutoverError(`container ${job.name} is gone`);
        const changed = await platform.source.changedPaths();
        const stopped = this.notes().at(0);
        const started = this.ended("start") as { seconds: number; bytes?: number };
        const { bytes } = started;
        return {
            container: job.source.name,
            name: job.name,
            id: created.id,
            image: await platform.source.image(job.layer),
            volumes: await this.copies.reports(),
            layer: { kept: job.layer, changed: changed.length, paths: changed.slice(0, mostPaths) },
            memory: {
                kept: job.memory,
                ...(bytes === undefined ? {} : { bytes }),
                declined: job.memory === "checkpoint" ? [noPreDump] : [],
            },
            killed: (this.ended("stop") as { killed?: string[] } | undefined)?.killed ?? [],
            gap: { seconds: stopped ? (clock.now() - Date.parse(stopped.at)) / 1_000 : 0 },
            started: { seconds: started.seconds },
        };
    }

    /** From here on the new one is the one that starts by itself. */
    async settle(): Promise<void> {
        const { platform } = this.tools;
        const { source, target } = platform;
        const found = await target.container();
        // Removed by somebody since the commit: nothing to set.
        if (!found) return;
        if (!found.running) await target.start();
        await target.setRestartPolicy(this.stopped()?.restartPolicy ?? "no");
        if (await source.container()) await source.setRestartPolicy("no");
    }

    async close(): Promise<void> {
        const { job, platform } = this.tools;
        if (job.memory === "checkpoint") {
            await platform.source.removeCheckpoint();
            await platform.target.removeCheckpoint();
        }
        await this.end();
    }

    async end(): Promise<void> {
        await this.tools.reserve.giveBack();
        await this.copies.close();
    }

    /** What was true before the old container was stopped, in whichever runner's time; undefined before that. */
    private stopped(): Before | undefined {
        return this.notes().at(0)?.data as Before | undefined;
    }

    /** Also those of a job before this one that never came to an end: somebody removed its runner. */
    private notes(): JournalEntry[] {
        const entries = this.tools.journal.entries();
        const over = new Set(
            entries
                .filter(({ kind }) => kind === "done" || kind === "failed")
                .map(({ job }) => job),
        );
        return entries.filter(
            ({ kind, step, job, data }) =>
                kind === "note" &&
                step === "stop" &&
                !over.has(job) &&
                (data as Before).id === this.tools.job.source.id,
        );
    }

    private ended(step: string): unknown {
        const { journal, job } = this.tools;
        const own = journal
            .entries()
            .filter(({ job: id, kind }) => id === job.id && kind === "end");
        return own.findLast((entry) => entry.step === step)?.data;
    }
}

function pairsOf({ volumes }: ContainerJob): CopyPair[] {
    return volumes.map(({ source, destination }) => ({
        part: { name: source },
        source,
        destination,
    }));
}

function began(entries: readonly JournalEntry[], { id }: ContainerJob): boolean {
    return entries.some(
        ({ job, kind, step }) =>
            job === id && kind === "start" && (step === "copy" || step === "last-pass"),
    );
}

/** A container that this resource made and never committed: an older job's, or this one's after a crash. */
export function isOwnAttempt(
    { labels }: ContainerState,
    { job, journal }: Pick<ContainerTools, "job" | "journal">,
): boolean {
    if (labels["cutover.prefix"] !== job.prefix || labels["cutover.role"] !== "moved") return false;
    const id = labels["cutover.job"];
    return !journal.entries().some((entry) => entry.job === id && entry.kind === "commit");
}
