import { CutoverError } from "../errors.js";
import { type FreezeReport } from "./freeze.js";
import type { Mover, PassReport } from "../../volumes/mover.js";
import type { Clock } from "../clock.js";
import type { Journal } from "../journal.js";
import type { Reporter } from "../progress.js";
import type { JobFlow, Step } from "../steps.js";
import { formatBytes, formatMilliseconds } from "../units.js";
import { orAbort } from "./or-abort.js";
import type { VolumeJob } from "./job.js";
import type { Reserve } from "./tools.js";

/** What a migration needs of the place where its volumes are. */
export interface VolumePlatform {
    exists(volume: string): Promise<boolean>;
    /** Made where it is missing; never filled from an image. */
    create(volume: string): Promise<void>;
    /** Containers that may write to a volume now, by name. */
    writers(volume: string): Promise<string[]>;
    isRunning(container: string): Promise<boolean>;
    quiesce(container: string, how: "stop" | "pause"): Promise<void>;
    resume(container: string, how: "stop" | "pause"): Promise<void>;
    openMover(job: VolumeJob, tools: { reporter: Reporter; signal: AbortSignal }): Promise<Mover>;
    removeMovers(): Promise<void>;
}

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
    return { job: tools.job.id, plan: tools.job, steps: volumeSteps(tools), afterCrash: "again" };
}

export function volumeSteps(tools: VolumeTools): Step[] {
    const { job } = tools;
    const migration = new Migration(tools);
    return [
        { name: "look", title: "look at both volumes", run: () => migration.look(), back: () => migration.close() },
        { name: "copy", title: copyTitle(job), run: (signal) => orAbort(migration.livePasses(), signal) },
        ...(job.quiesce ? [quiesceStep(job.quiesce, migration)] : []),
        {
            name: "last-pass",
            title: job.verify === "none" ? "copy what is left" : `copy what is left and prove the copy (${job.verify})`,
            run: (signal) => orAbort(migration.lastPass(), signal),
        },
        { name: "commit", title: "commit: the copy is whole", commits: true, run: () => migration.report() },
        { name: "close", title: "end the mover", run: () => migration.end() },
    ];
}

function copyTitle({ source, destination, quiesce }: VolumeJob): string {
    const meanwhile = quiesce ? `, while ${quiesce.containers.join(", ")} ${quiesce.containers.length > 1 ? "run" : "runs"}` : "";
    return `copy ${source} into ${destination}${meanwhile}`;
}

function quiesceStep(quiesce: NonNullable<VolumeJob["quiesce"]>, migration: Migration): Step {
    return {
        name: "quiesce",
        title: `${quiesce.how} ${quiesce.containers.join(", ")}`,
        run: () => migration.quiesce(),
        back: () => migration.resume(),
    };
}

class Migration {
    private mover: Mover | undefined;
    private readonly passes: PassReport[] = [];
    private frozenAt: number | undefined;
    private frozen = 0;
    private proof: Awaited<ReturnType<Mover["prove"]>> | undefined;

    constructor(private readonly tools: VolumeTools) {}

    async look(): Promise<unknown> {
        const { job, platform, reserve } = this.tools;
        await platform.removeMovers();
        if (!(await platform.exists(job.source))) {
            throw new CutoverError(`source: there is no volume ${job.source}`, { next: "check its name and its engine" });
        }
        await this.refuseWriters();
        await platform.create(job.destination);
        await reserve.take();
        this.mover = await platform.openMover(job, this.tools);
        const [source, destination] = [await this.mover.measure("source"), await this.mover.measure("destination")];
        await this.refuseForeignData(destination.empty);
        return { source, destination };
    }

    private async refuseWriters(): Promise<void> {
        const { job, platform } = this.tools;
        const declared = new Set(job.quiesce?.containers ?? []);
        const writers = (await platform.writers(job.source)).filter((name) => !declared.has(name));
        if (writers.length > 0) {
            throw new CutoverError(`source: volume ${job.source} is written by ${writers.join(", ")}`, {
                next: `declare quiesce: { containers: [${writers.map((name) => JSON.stringify(name)).join(", ")}], how: "stop" }`,
            });
        }
        const onDestination = await platform.writers(job.destination).catch(() => []);
        if (onDestination.length > 0) {
            throw new CutoverError(`destination: volume ${job.destination} is written by ${onDestination.join(", ")}`, {
                next: "stop them first",
            });
        }
    }

    /** Ours is what an earlier job of this migration left, and nobody has written to since. */
    private async refuseForeignData(empty: boolean): Promise<void> {
        const { job, journal } = this.tools;
        if (empty || job.onExisting === "update") return;
        const before = lastJobTo(job.destination, journal, job.id);
        if (before === undefined) {
            throw new CutoverError(`destination: volume ${job.destination} holds data of others`, {
                next: 'choose a new volume, or write onExisting: "update" to have it made equal to the source',
            });
        }
        if (before.fingerprint === undefined) return;
        if ((await this.open.fingerprint("destination")) === before.fingerprint) return;
        throw new CutoverError(`destination: volume ${job.destination} was written to since its report`, {
            next: 'write onExisting: "update" to have what was written there replaced by the source',
        });
    }

    async livePasses(): Promise<PassReport[]> {
        const { job, reporter } = this.tools;
        if (!job.quiesce) return this.passes;
        for (let number = 1; number <= job.passes.max; number++) {
            const pass = await this.open.livePass();
            this.passes.push(pass);
            reporter.info(`pass ${number}: ${describe(pass)}`);
            if (pass.bytes <= job.passes.settleBytes) break;
        }
        if (job.verify === "content") await this.open.verifySettled();
        return this.passes;
    }

    async quiesce(): Promise<void> {
        const { job, platform, journal, clock } = this.tools;
        const { containers, how } = job.quiesce ?? { containers: [], how: "stop" as const };
        if (this.wereRunning() === undefined) {
            const running: string[] = [];
            for (const name of containers) if (await platform.isRunning(name)) running.push(name);
            journal.append({ kind: "note", job: job.id, step: "quiesce", data: running });
        }
        this.frozenAt = clock.now();
        for (const name of containers) if (await platform.isRunning(name)) await platform.quiesce(name, how);
    }

    /** Only those that ran before, in whichever runner's time that was. */
    async resume(): Promise<void> {
        const { job, platform, reserve } = this.tools;
        await reserve.giveBack();
        for (const name of this.wereRunning() ?? []) await platform.resume(name, job.quiesce?.how ?? "stop");
        this.thaw();
    }

    private wereRunning(): string[] | undefined {
        const { journal, job } = this.tools;
        const note = journal.entries().find((entry) => entry.job === job.id && entry.kind === "note" && entry.step === "quiesce");
        return note?.data as string[] | undefined;
    }

    async lastPass(): Promise<PassReport> {
        const { job, platform, reporter } = this.tools;
        await this.refuseWritersNow();
        const pass = await this.open.lastPass();
        this.passes.push(pass);
        await this.open.flush();
        if (job.verify !== "none") await this.prove(job.verify);
        const after = await this.open.unchangedSinceProof();
        if (!after.unchanged) {
            const writers = await platform.writers(job.source);
            throw new CutoverError(`something wrote to volume ${job.source} while it was copied`, {
                lastLines: [...after.changes, ...writers.map((name) => `container ${name} may write to it`)],
                next: "name every writer in quiesce.containers, or stop them",
            });
        }
        reporter.info(`last pass: ${describe(pass)}`);
        if (job.quiesce?.then === "restart") await this.resume();
        return pass;
    }

    private async refuseWritersNow(): Promise<void> {
        const { job, platform } = this.tools;
        if (job.quiesce?.how === "pause") return;
        const writers = await platform.writers(job.source);
        if (writers.length > 0) {
            throw new CutoverError(`volume ${job.source} is written by ${writers.join(", ")}`, {
                next: "name it in quiesce.containers, or stop it",
            });
        }
    }

    private async prove(level: "content" | "metadata"): Promise<void> {
        this.proof = await this.open.prove(level);
        if (this.proof.equal) return;
        throw new CutoverError(`the copy is not equal to its source: ${this.proof.differenceCount} differences`, {
            lastLines: this.proof.differences,
        });
    }

    async report(): Promise<object> {
        const { job } = this.tools;
        this.thaw();
        const freeze: FreezeReport = { seconds: this.frozen / 1000, held: 0, cut: 0 };
        return {
            source: job.source,
            destination: job.destination,
            passes: this.passes,
            declined: await this.open.declined(),
            ...(this.proof ? { proof: this.proof } : {}),
            ...(job.quiesce ? { freeze } : {}),
            fingerprint: await this.open.fingerprint("destination"),
        };
    }

    private thaw(): void {
        if (this.frozenAt === undefined) return;
        this.frozen = this.tools.clock.now() - this.frozenAt;
        this.frozenAt = undefined;
    }

    async end(): Promise<void> {
        await this.tools.reserve.giveBack();
        await this.close();
    }

    async close(): Promise<void> {
        await this.mover?.close().catch(() => {});
        await this.tools.platform.removeMovers();
        this.mover = undefined;
    }

    private get open(): Mover {
        if (!this.mover) throw new CutoverError("the mover is not open");
        return this.mover;
    }
}

/** What the journal says of the job before this one with the same destination. */
function lastJobTo(destination: string, journal: Journal, but: string): { fingerprint?: string } | undefined {
    const entries = journal.entries();
    const opened = entries.findLast(
        (entry) =>
            entry.kind === "open" &&
            entry.job !== but &&
            (entry.data as VolumeJob).destination === destination &&
            entries.some((other) => other.job === entry.job && other.kind === "start" && other.step === "copy"),
    );
    if (!opened) {
        // This very job, whose runner died after it began to copy.
        const copying = entries.some((entry) => entry.job === but && entry.kind === "start" && entry.step === "copy");
        return copying ? {} : undefined;
    }
    const report = entries.find((entry) => entry.job === opened.job && entry.kind === "end" && entry.step === "commit");
    return (report?.data as { fingerprint?: string } | undefined) ?? {};
}

function describe(pass: PassReport): string {
    const deleted = pass.deletes ? `, ${pass.deletes} deleted` : "";
    return `${formatBytes(pass.bytes)} in ${pass.files} files${deleted}, ${formatMilliseconds(pass.seconds * 1000)}`;
}
