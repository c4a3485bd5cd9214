import { archiveExists, partialOf } from "../../volumes/archive/publish.js";
import type { ArchivePlaceFacts, ArchiveResults } from "../../volumes/archive/task.js";
import { describePlace } from "../../volumes/refs.js";
import type { Clock } from "../clock.js";
import { asCutoverError, CutoverError } from "../errors.js";
import type { Journal } from "../journal.js";
import type { Reporter } from "../progress.js";
import type { JobFlow, Step } from "../steps.js";
import { formatBytes, formatMilliseconds } from "../units.js";
import { type ArchiveStepName, archiveStepNames, archiveTitles } from "./archive-plan.js";
import type { ArchivePlatform, ArchiveVolume } from "./archive-platform.js";
import type { ArchiveReport } from "./archive-report.js";
import type { ArchiveJob } from "./job.js";
import { orAbort } from "./or-abort.js";
import type { Reserve } from "./tools.js";
import { refuse } from "./volume-flow.js";
import { type Obstacle, VolumeWriters } from "./volume-writers.js";

export interface ArchiveTools {
    job: ArchiveJob;
    platform: ArchivePlatform;
    journal: Journal;
    reserve: Reserve;
    reporter: Reporter;
    clock: Clock;
    signal: AbortSignal;
}

/** Volumes into a file. A runner that died starts over, unless the archive has its name already. */
export function archiveFlow(tools: ArchiveTools): JobFlow {
    const { job } = tools;
    const outline = { ...job, from: describeFrom(job), encrypted: job.recipients.length > 0 };
    const titles = archiveTitles(outline);
    const steps = stepsOf(new Archiving(tools));
    return {
        job: job.id,
        plan: job,
        steps: archiveStepNames(job).map((name) => ({ name, title: titles[name], ...steps[name] })),
        afterCrash: "again",
    };
}

/** For people: `volume orders-v1`, `the volumes of orders`. */
export function describeFrom({ from }: Pick<ArchiveJob, "from">): string {
    return "source" in from ? describePlace(from.source) : `the volumes of ${from.container}`;
}

function stepsOf(archiving: Archiving): Record<ArchiveStepName, Omit<Step, "name" | "title">> {
    return {
        look: { run: (signal) => orAbort(archiving.look(), signal), back: () => archiving.end() },
        quiesce: { run: () => archiving.quiesce(), back: () => archiving.resume() },
        save: {
            run: (signal) => orAbort(archiving.save(), signal),
            back: () => archiving.discard(),
        },
        resume: { run: () => archiving.resume() },
        check: { run: (signal) => orAbort(archiving.check(), signal) },
        commit: { run: () => archiving.publish(), commits: true },
        close: { run: () => archiving.end() },
    };
}

class Archiving {
    private volumes: ArchiveVolume[] = [];
    private identities: (string | undefined)[] = [];
    private writers: VolumeWriters[] = [];
    private saved: ArchiveResults["save"] | undefined;
    private checked: ArchiveResults["check"] | undefined;
    /** Of a runner before this one, that died right after it had given the archive its name. */
    private done: ArchiveReport | undefined;

    constructor(private readonly tools: ArchiveTools) {}

    async look(): Promise<unknown> {
        const { job, platform, reserve } = this.tools;
        await platform.removeMovers();
        const place = await platform.run({ task: "look" }, [], this.tools);
        this.done = this.publishedBefore(place);
        if (this.done) return { published: true };
        this.volumes = await platform.volumes();
        this.writers = this.volumes.map(({ place: source }) => {
            const one = { id: job.id, source, ...(job.quiesce ? { quiesce: job.quiesce } : {}) };
            return new VolumeWriters({
                ...this.tools,
                job: one,
                platform: { source: platform.source(source) },
            });
        });
        this.identities = await this.identify();
        refuse(await this.obstacles(place));
        if (place.partial) await platform.run({ task: "discard" }, [], this.tools);
        await reserve.take();
        return { volumes: this.volumes.map(({ name }) => name), free: place.free };
    }

    private identify(): Promise<(string | undefined)[]> {
        const { platform } = this.tools;
        return Promise.all(this.volumes.map(({ place }) => platform.source(place).identity()));
    }

    private async obstacles(place: ArchivePlaceFacts): Promise<Obstacle[]> {
        const { job, platform } = this.tools;
        const found: Obstacle[] = [];
        for (const [index, { place: source }] of this.volumes.entries()) {
            if (this.identities[index] === undefined) {
                const problem = `source: there is no ${describePlace(source)}`;
                found.push({ problem, next: "check its name and its engine" });
            } else if (await platform.lieWithin(source)) {
                const problem = `archive.path: it lies in ${describePlace(source)} itself`;
                found.push({ problem, next: "write the archive elsewhere" });
            }
            found.push(...((await this.writers[index]?.obstacles()) ?? []));
        }
        if (place.existing && job.onExisting === "refuse") {
            const { problem, details } = archiveExists();
            found.push({ problem, next: details.next ?? "" });
        }
        if (place.partial && !this.beganBefore()) {
            found.push({
                problem: `archive: there is ${partialOf(job.path)} already, and no record says that this resource began it`,
                next: "remove it, unless somebody is writing it now",
            });
        }
        // A container that `quiesce` names wrongly is one obstacle, however many volumes there are.
        const problems = new Map(found.map((obstacle) => [obstacle.problem, obstacle]));
        return [...problems.values()];
    }

    async quiesce(): Promise<void> {
        if (this.done) return;
        await this.first.quiesce();
        for (const name of this.first.killed())
            this.tools.reporter.warn(`${name} did not end in time: the engine killed it`);
    }

    async save(): Promise<unknown> {
        if (this.done) return undefined;
        const { job, platform, journal, reporter } = this.tools;
        await this.refuseWriters();
        journal.append({ kind: "note", job: job.id, step: "save", data: { path: job.path } });
        this.saved = await platform.run({ task: "save" }, this.volumes, this.tools);
        await this.refuseNewSources();
        // One that came late and has not written yet could have.
        await this.refuseWriters();
        const { bytes, seconds, volumes } = this.saved;
        const entries = volumes.reduce((sum, volume) => sum + volume.entries, 0);
        reporter.info(
            `saved ${entries} entries in ${formatBytes(bytes)}, ${formatMilliseconds(seconds * 1_000)}`,
        );
        return { bytes, seconds };
    }

    /** Docker makes a missing volume, empty, as soon as a container mounts it: that one is no source. */
    private async refuseNewSources(): Promise<void> {
        const now = await this.identify();
        this.volumes.forEach(({ place }, index) => {
            if (now[index] === this.identities[index]) return;
            throw new CutoverError(
                `source: ${describePlace(place)} was removed while it was saved`,
            );
        });
    }

    private async refuseWriters(): Promise<void> {
        for (const [index, writers] of this.writers.entries()) {
            const names = await writers.atWork();
            if (names.length === 0) continue;
            const { place } = this.volumes[index] as ArchiveVolume;
            throw new CutoverError(
                `source: ${describePlace(place)} is written by ${names.join(", ")}`,
                { next: "name it in quiesce.containers, or stop it" },
            );
        }
    }

    async resume(): Promise<unknown> {
        // First of all: on a full disk nothing starts.
        await this.tools.reserve.giveBack();
        return this.done ? undefined : this.writers[0]?.resume();
    }

    async check(): Promise<unknown> {
        if (this.done) return undefined;
        const { platform } = this.tools;
        this.checked = await platform.run({ task: "check", saved: this.wasSaved }, [], this.tools);
        return this.checked;
    }

    /** What is about to get the name is noted first: whoever finds it there knows that it is whole. */
    async publish(): Promise<ArchiveReport> {
        if (this.done) return this.done;
        const { job, platform, journal } = this.tools;
        const report = this.report();
        const { version } = this.wasSaved;
        journal.append({
            kind: "note",
            job: job.id,
            step: "publish",
            data: { version, report },
        });
        const replace = job.onExisting === "replace";
        await platform.run({ task: "publish", replace }, [], this.tools);
        return report;
    }

    private report(): ArchiveReport {
        const { job } = this.tools;
        const { version: _version, file, seconds, ...saved } = this.wasSaved;
        const { verified, seconds: checked } = this.checked as ArchiveResults["check"];
        return {
            path: job.path,
            ...saved,
            file: `sha256:${file}`,
            encrypted: job.recipients.length > 0,
            verified,
            seconds: { save: seconds, check: checked },
            quiesced: this.first.quiesced().map(({ name }) => name),
            killed: this.first.killed(),
            ...(job.quiesce ? { freeze: { seconds: this.first.frozenSeconds() } } : {}),
        };
    }

    /** What was begun goes; where it cannot, the failure says so. */
    async discard(): Promise<unknown> {
        const { job, platform, reporter } = this.tools;
        const partial = partialOf(job.path);
        if (!this.beganBefore()) return undefined;
        try {
            await platform.removeMovers();
            const signal = new AbortController().signal;
            await platform.run({ task: "discard" }, [], { reporter, signal });
            return undefined;
        } catch (error) {
            return { givenUp: `${partial} is still there: ${asCutoverError(error).problem}` };
        }
    }

    async end(): Promise<void> {
        await this.tools.reserve.giveBack();
        await this.tools.platform.removeMovers();
    }

    private publishedBefore({ existing }: ArchivePlaceFacts): ArchiveReport | undefined {
        const note = this.notes("publish").at(-1) as
            | { version: string; report: ArchiveReport }
            | undefined;
        return note && note.version === existing ? note.report : undefined;
    }

    /** Whether this job, or one that never came to an end, began an archive of this name. */
    private beganBefore(): boolean {
        const { job, journal } = this.tools;
        const over = new Set(
            journal
                .entries()
                .filter(({ kind }) => kind === "done" || kind === "failed")
                .map((entry) => entry.job),
        );
        return journal
            .entries()
            .some(
                (entry) =>
                    entry.kind === "note" &&
                    entry.step === "save" &&
                    !over.has(entry.job) &&
                    (entry.data as { path: string }).path === job.path,
            );
    }

    private notes(step: string): unknown[] {
        const { job, journal } = this.tools;
        const own = journal
            .entries()
            .filter((entry) => entry.job === job.id && entry.kind === "note");
        return own.filter((entry) => entry.step === step).map(({ data }) => data);
    }

    /** Containers are stopped and started once, whatever volume they write to. */
    private get first(): VolumeWriters {
        const [writers] = this.writers;
        if (!writers) throw new CutoverError("nothing was looked at yet");
        return writers;
    }

    private get wasSaved(): ArchiveResults["save"] {
        if (!this.saved) throw new CutoverError("nothing was saved yet");
        return this.saved;
    }
}
