import { describePlace } from "../../volumes/refs.js";
import type { Clock } from "../clock.js";
import type { Journal, JournalEntry } from "../journal.js";
import type { VolumeJob } from "./job.js";
import type { QuiescedContainer, VolumePlatform, Writer } from "./volume-platform.js";

/** Something that has to be put right before anything is touched. */
export interface Obstacle {
    problem: string;
    next: string;
}

/** The containers that write to a source: those that `quiesce` names, and others. */
export class VolumeWriters {
    private readonly killedNames = new Set<string>();

    constructor(
        private readonly tools: {
            job: Pick<VolumeJob, "id" | "source" | "quiesce">;
            platform: Pick<VolumePlatform, "source">;
            journal: Journal;
            clock: Clock;
        },
    ) {}

    /** Names that have no container, containers that could not be started again, and writers that nobody named. */
    async obstacles(): Promise<Obstacle[]> {
        const { job, platform } = this.tools;
        const obstacles: Obstacle[] = [];
        const declared = new Set<string>();
        for (const name of job.quiesce?.containers ?? []) {
            const container = await platform.source.container(name);
            if (!container) obstacles.push(noSuchContainer(name));
            else if (container.removedAtEnd && job.quiesce?.how === "stop")
                obstacles.push(removedAtEnd(name));
            if (container) declared.add(container.id);
        }
        const strangers = (await platform.source.writers()).filter(({ id }) => !declared.has(id));
        if (strangers.length > 0) obstacles.push(writtenBy(job, strangers));
        return obstacles;
    }

    /** Those that could write now, although the last pass is due. */
    async atWork(): Promise<string[]> {
        const { job, platform } = this.tools;
        const ids = new Set<string>();
        for (const name of job.quiesce?.containers ?? [])
            ids.add((await platform.source.container(name))?.id ?? "");
        const writers = await platform.source.writers();
        return writers.filter(({ id, paused }) => !(paused && ids.has(id))).map(({ name }) => name);
    }

    /** What is to run again is noted before anything is stopped: a runner that dies half-way is followed by one that reads it. */
    async quiesce(): Promise<void> {
        const { job, platform, journal } = this.tools;
        const { containers, how } = job.quiesce ?? { containers: [], how: "stop" as const };
        const found = await Promise.all(containers.map((name) => platform.source.container(name)));
        const running = found.filter(
            (container) => container?.running === true,
        ) as QuiescedContainer[];
        const known = new Set(this.quiesced().map(({ id }) => id));
        const more = running.filter(({ id }) => !known.has(id));
        if (more.length > 0 || !this.frozen) {
            journal.append({ kind: "note", job: job.id, step: "quiesce", data: more });
        }
        for (const container of running) {
            const { killed } = await platform.source.quiesce(container, how);
            if (killed) this.killedNames.add(container.name);
        }
    }

    /** Lets those run again that ran before, in whichever runner's time that was. */
    async resume(): Promise<{ notUndone: string } | undefined> {
        const { job, platform, journal } = this.tools;
        const gone: string[] = [];
        for (const container of this.quiesced()) {
            if (!(await platform.source.resume(container))) gone.push(container.name);
        }
        if (this.frozen) journal.append({ kind: "note", job: job.id, step: "resume" });
        return gone.length > 0
            ? { notUndone: `${gone.join(", ")} is gone and cannot be started again` }
            : undefined;
    }

    /** In the journal's order, so that what an earlier runner stopped is let go too. */
    quiesced(): QuiescedContainer[] {
        return this.notes().flatMap(({ data }) => (data as QuiescedContainer[] | undefined) ?? []);
    }

    killed(): string[] {
        return [...this.killedNames];
    }

    /** Seconds of the last freeze; of one that did not end yet, until now. */
    frozenSeconds(): number {
        const { began, ended } = this.freeze();
        if (began === undefined) return 0;
        return (
            ((ended === undefined ? this.tools.clock.now() : Date.parse(ended)) -
                Date.parse(began)) /
            1_000
        );
    }

    private freeze(): { began?: string; ended?: string } {
        let freeze: { began?: string; ended?: string } = {};
        for (const { step, at } of this.notes()) {
            if (step === "resume") freeze = { ...freeze, ended: at };
            else if (freeze.began === undefined || freeze.ended !== undefined)
                freeze = { began: at };
        }
        return freeze;
    }

    private get frozen(): boolean {
        const { began, ended } = this.freeze();
        return began !== undefined && ended === undefined;
    }

    private notes(): JournalEntry[] {
        const { journal, job } = this.tools;
        const own = journal
            .entries()
            .filter((entry) => entry.job === job.id && entry.kind === "note");
        return own.filter(({ step }) => step === "quiesce" || step === "resume");
    }
}

function noSuchContainer(name: string): Obstacle {
    return {
        problem: `quiesce.containers: there is no container ${name}`,
        next: "check its name and its engine, or leave it out",
    };
}

function removedAtEnd(name: string): Obstacle {
    return {
        problem: `quiesce.containers: ${name} is removed when it stops (--rm), so a failure could not start it again`,
        next: 'write how: "pause", or start it without --rm',
    };
}

function writtenBy(
    { source, quiesce }: Pick<VolumeJob, "source" | "quiesce">,
    writers: readonly Writer[],
): Obstacle {
    const all = [...(quiesce?.containers ?? []), ...writers.map(({ name }) => name)];
    const list = all.map((name) => JSON.stringify(name)).join(", ");
    return {
        problem: `source: ${describePlace(source)} is written by ${writers.map(({ name }) => name).join(", ")}`,
        next: `declare quiesce: { containers: [${list}], how: "${quiesce?.how ?? "stop"}" }, or stop what writes`,
    };
}
