import type { Measure, Mover, PassReport, Proof } from "../../volumes/mover.js";
import { describePlace, type Place, placeName, samePlace } from "../../volumes/refs.js";
import type { Clock } from "../clock.js";
import { CutoverError } from "../errors.js";
import type { Journal } from "../journal.js";
import type { Reporter } from "../progress.js";
import type { JobFlow, Step } from "../steps.js";
import type { VolumeJob } from "./job.js";
import { type LivePasses, runLivePasses } from "./live-passes.js";
import { orAbort } from "./or-abort.js";
import { copyReport, countEntries, describePass, type MigrationReport } from "./report.js";
import type { Reserve } from "./tools.js";
import { emptySource, type VolumeStepName, volumeStepNames, volumeTitles } from "./volume-plan.js";
import type { VolumePlatform } from "./volume-platform.js";
import { type Obstacle, VolumeWriters } from "./volume-writers.js";

export interface VolumeTools {
    job: VolumeJob;
    platform: VolumePlatform;
    journal: Journal;
    reserve: Reserve;
    reporter: Reporter;
    clock: Clock;
    signal: AbortSignal;
}

/** One volume into another: design.md, section 1. A runner that died starts over; what was copied already is found. */
export function volumeFlow(tools: VolumeTools): JobFlow {
    const { job } = tools;
    const titles = volumeTitles(job);
    const steps = stepsOf(new Migration(tools));
    return {
        job: job.id,
        plan: job,
        steps: volumeStepNames(job).map((name) => ({ name, title: titles[name], ...steps[name] })),
        afterCrash: "again",
    };
}

function stepsOf(migration: Migration): Record<VolumeStepName, Omit<Step, "name" | "title">> {
    return {
        look: { run: (signal) => orAbort(migration.look(), signal), back: () => migration.end() },
        copy: { run: (signal) => orAbort(migration.livePasses(), signal) },
        quiesce: { run: () => migration.quiesce(), back: () => migration.resume() },
        "last-pass": { run: (signal) => orAbort(migration.lastPass(), signal) },
        resume: { run: () => migration.resume() },
        commit: { run: () => migration.report(), commits: true },
        close: { run: () => migration.end() },
    };
}

class Migration {
    private mover: Mover | undefined;
    private readonly passes: PassReport[] = [];
    private readonly writers: VolumeWriters;
    private proof: Proof | undefined;
    private measured: Measure | undefined;
    private unsettled: string | undefined;

    constructor(private readonly tools: VolumeTools) {
        this.writers = new VolumeWriters(tools);
    }

    async look(): Promise<unknown> {
        const { job, platform, reserve } = this.tools;
        await platform.removeMovers();
        const made = await platform.source.identity();
        refuse(await this.obstacles(made !== undefined));
        await platform.createDestination();
        if (await platform.overlap()) {
            throw new CutoverError(
                `destination: ${describePlace(job.destination)} is in the same folder as ${placeName(job.source)}`,
                { next: "choose a volume that lies elsewhere" },
            );
        }
        await reserve.take();
        this.mover = await platform.openMover(job, this.tools);
        const source = await this.mover.measure("source");
        const destination = await this.mover.measure("destination");
        await this.refuseNewSource(made);
        this.measured = source;
        if (source.empty) this.tools.reporter.warn(emptySource(job.source));
        refuseEmptySource(job, source, destination);
        await this.refuseForeignData(destination);
        return { source, destination };
    }

    private async obstacles(sourceExists: boolean): Promise<Obstacle[]> {
        const { job, platform } = this.tools;
        const obstacles: Obstacle[] = [];
        if (!sourceExists) {
            obstacles.push({
                problem: `source: there is no ${describePlace(job.source)}`,
                next: "check its name and its engine",
            });
        }
        obstacles.push(...(await this.writers.obstacles()));
        const onDestination = (await platform.destinationWriters()).map(({ name }) => name);
        if (onDestination.length > 0) {
            const problem = `destination: ${describePlace(job.destination)} is written by ${onDestination.join(", ")}`;
            obstacles.push({ problem, next: "stop what writes to it, or choose a new volume" });
        }
        return obstacles;
    }

    /** Docker makes a missing volume, empty, as soon as a container mounts it: that one is no source. */
    private async refuseNewSource(made: string | undefined): Promise<void> {
        const { job, platform } = this.tools;
        if ((await platform.source.identity()) === made) return;
        throw new CutoverError(
            `source: ${describePlace(job.source)} was removed while it was looked at`,
        );
    }

    /** Ours is what an earlier job of this migration left, and nobody has written to since. */
    private async refuseForeignData({ empty }: Measure): Promise<void> {
        const { job, journal } = this.tools;
        if (empty || job.onExisting === "update") return;
        const before = lastCopyInto(job.destination, journal);
        if (before === undefined) {
            throw new CutoverError(
                `destination: ${describePlace(job.destination)} holds data, and no record says that this migration wrote them`,
                {
                    next: 'choose a new volume, or write onExisting: "update" to have it made equal to the source',
                },
            );
        }
        if (before.fingerprint === undefined) return;
        if ((await this.open.fingerprint("destination")) === before.fingerprint) return;
        throw new CutoverError(
            `destination: ${describePlace(job.destination)} was written to since its report`,
            {
                next: 'write onExisting: "update" to have what was written there replaced by the source',
            },
        );
    }

    async livePasses(): Promise<LivePasses> {
        const { job, reporter } = this.tools;
        const live = await runLivePasses(this.open, job.passes, {
            verify: job.verify === "content",
            onPass: (pass) => {
                this.passes.push(pass);
                reporter.info(`pass ${this.passes.length}: ${describePass(pass)}`);
            },
        });
        this.unsettled = live.unsettled;
        if (live.unsettled) reporter.warn(live.unsettled);
        return live;
    }

    async quiesce(): Promise<void> {
        const { reporter } = this.tools;
        await this.writers.quiesce();
        for (const name of this.writers.killed())
            reporter.warn(`${name} did not end in time: the engine killed it`);
    }

    async resume(): Promise<unknown> {
        // First of all: on a full disk nothing starts.
        await this.tools.reserve.giveBack();
        return this.writers.resume();
    }

    async lastPass(): Promise<PassReport> {
        const { job, reporter } = this.tools;
        await this.refuseWriters();
        const pass = await this.open.lastPass();
        this.passes.push(pass);
        await this.open.flush();
        await this.prove();
        const after = await this.open.unchangedSinceProof();
        if (!after.unchanged) {
            throw new CutoverError(
                `something wrote to ${describePlace(job.source)} while it was copied`,
                {
                    lastLines: [...after.changes, ...(await this.namedWriters())],
                    next: "name every writer in quiesce.containers, or stop them",
                },
            );
        }
        // One that came late and has not written yet would do so next.
        await this.refuseWriters();
        reporter.info(
            `last pass: ${describePass(pass)}${this.proof ? `, ${countEntries(this.proof.entries)} proven equal` : ""}`,
        );
        return pass;
    }

    private async refuseWriters(): Promise<void> {
        const writers = await this.writers.atWork();
        if (writers.length === 0) return;
        throw new CutoverError(
            `source: ${describePlace(this.tools.job.source)} is written by ${writers.join(", ")}`,
            {
                next: "name it in quiesce.containers, or stop it",
            },
        );
    }

    /** With `verify: "none"` too: it is what the source is compared with at the end. */
    private async prove(): Promise<void> {
        const { job } = this.tools;
        const proof = await this.open.prove(job.verify);
        if (job.verify === "none") return;
        this.proof = proof;
        if (proof.equal) return;
        const count =
            proof.differenceCount === 1 ? "1 difference" : `${proof.differenceCount} differences`;
        throw new CutoverError(`the copy is not equal to its source: ${count}`, {
            lastLines: [...proof.differences, ...(await this.namedWriters())],
            next: "find what writes to one of the two volumes, stop it, and run pulumi up again",
        });
    }

    private async namedWriters(): Promise<string[]> {
        return (await this.writers.atWork()).map((name) => `container ${name} may write to it`);
    }

    async report(): Promise<MigrationReport> {
        const { job } = this.tools;
        const freeze = { seconds: this.writers.frozenSeconds(), held: 0, cut: 0 };
        const copy = copyReport({
            source: placeName(job.source),
            destination: placeName(job.destination),
            passes: this.passes,
            unsettled: this.unsettled,
            declined: await this.open.declined(),
            verified: job.verify,
            proof: this.proof,
        });
        const report = {
            ...copy,
            sockets: this.measured?.sockets ?? 0,
            quiesced: this.writers.quiesced().map(({ name }) => name),
            killed: this.writers.killed(),
            ...(job.quiesce ? { freeze } : {}),
            ...(await this.link()),
            fingerprint: await this.open.fingerprint("destination"),
        };
        await this.keepStopped();
        return report;
    }

    /** The last word before the commit: those that stay stopped have been so all the time, and stay so whatever happens. */
    private async keepStopped(): Promise<void> {
        const { quiesce } = this.tools.job;
        if (quiesce?.then === "restart") return;
        await this.refuseWriters();
        const ids = this.writers.quiesced().map(({ id }) => id);
        await this.tools.platform.source.keep(ids);
    }

    private async link(): Promise<Pick<MigrationReport, "link">> {
        const [way, link] = [this.tools.platform.way(), await this.open.link()];
        return way && link ? { link: { ...link, way } } : {};
    }

    async end(): Promise<void> {
        await this.tools.reserve.giveBack();
        await this.mover?.close().catch(() => {});
        this.mover = undefined;
        await this.tools.platform.removeMovers();
        await this.tools.platform.end();
    }

    private get open(): Mover {
        if (!this.mover) throw new CutoverError("the mover is not open");
        return this.mover;
    }
}

/** Everything that is in the way, at once. */
export function refuse(obstacles: readonly Obstacle[]): void {
    const [first] = obstacles;
    if (!first) return;
    if (obstacles.length === 1) throw new CutoverError(first.problem, { next: first.next });
    throw new CutoverError(`${obstacles.length} things are in the way`, {
        lastLines: obstacles.map(({ problem, next }) => `${problem}; ${next}`),
    });
}

/** A source that somebody emptied, or made anew by mistake, must not take its copy with it. */
function refuseEmptySource(job: VolumeJob, source: Measure, destination: Measure): void {
    if (!source.empty || destination.empty) return;
    throw new CutoverError(
        `source: ${describePlace(job.source)} is empty, and destination ${placeName(job.destination)} holds data`,
        { next: "check the source; if it is meant to be empty, remove the destination first" },
    );
}

/**
 * What the journal says of the last job that began to copy into a volume, this one included when an earlier runner of it
 * died: its fingerprint, when it came to an end.
 */
function lastCopyInto(destination: Place, journal: Journal): { fingerprint?: string } | undefined {
    const entries = journal.entries();
    const jobs = entries.filter(
        ({ kind, data }) =>
            kind === "open" && samePlace((data as VolumeJob).destination, destination),
    );
    const began = new Set(
        entries
            .filter(({ kind, step }) => kind === "start" && isCopying(step))
            .map(({ job }) => job),
    );
    const last = jobs.findLast(({ job }) => began.has(job));
    if (!last) return undefined;
    const report = entries.find(
        ({ job, kind, step }) => job === last.job && kind === "end" && step === "commit",
    );
    return (report?.data as MigrationReport | undefined) ?? {};
}

function isCopying(step: string | undefined): boolean {
    return step === "copy" || step === "last-pass";
}
