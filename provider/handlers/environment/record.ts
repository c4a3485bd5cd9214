import type { EnvironmentJob } from "../../engine/handover/job.js";
import { type EnvironmentReport, environmentReport } from "../../engine/handover/report.js";
import { heaviest } from "../../engine/handover/slot-steps.js";
import type { JournalEntry } from "../../engine/journal.js";
import type { StepResults } from "../../engine/steps.js";

/** What an environment's journal says of its past. */
export interface EnvironmentRecord {
    /** The slot whose volumes hold the newest data; absent until something served. */
    active?: string;
    /** The real volume of each volume that holds the newest data. */
    newest?: Record<string, string>;
    /** As the last committed job wanted them. */
    weights?: Record<string, number>;
    /** When each slot last began to serve the newest data, and with which release. */
    served: Record<string, { digest: string; release: string; at: string }>;
    /** Since when the volumes of the other slot are as it left them; absent once a copy into them began. */
    left: Record<string, string>;
    /** Milliseconds that each slot needed to be healthy, the last time that it was started. */
    lastStart: Record<string, number>;
    /** The instance of the hand-over resource that wrote last. */
    instance?: string;
    /** The last job that was committed: part of a `discard` token. */
    lastCommit?: string;
    /** Seconds frozen, the last time that the data were handed over. */
    lastFreeze?: number;
    /** Of the last job that was done. */
    report?: EnvironmentReport;
}

export function recordOf(entries: readonly JournalEntry[]): EnvironmentRecord {
    const record: EnvironmentRecord = { served: {}, left: {}, lastStart: {} };
    const jobs = new Map<string, EnvironmentJob>();
    for (const entry of entries) {
        if (entry.kind === "open") jobs.set(entry.job, entry.data as EnvironmentJob);
        const job = jobs.get(entry.job);
        if (!job) continue;
        if (entry.kind === "start" && entry.step === "copy") applyCopy(record, job);
        if (entry.kind === "commit") applyCommit(record, job, entry.at);
        if (entry.kind === "end" && entry.step === "start") applyStart(record, entry.data);
        if (entry.kind === "end" && entry.step === "release") applyRelease(record, entry.data);
        if (entry.kind === "done") record.report = environmentReport(entry.data as StepResults);
    }
    return record;
}

function applyCommit(record: EnvironmentRecord, job: EnvironmentJob, at: string): void {
    record.weights = job.weights;
    record.instance = job.instance;
    record.lastCommit = job.id;
    const before = record.active;
    record.active = activeAfter(job, before);
    if (before !== undefined && before !== record.active) record.left[before] = at;
    record.newest = newestVolumes(job, record.active);
    for (const [slot, weight] of Object.entries(job.weights)) {
        const known = job.slots[slot];
        if (weight > 0 && known && (slot === record.active || !isCanary(job)))
            record.served[slot] = { digest: known.digest, release: known.release, at };
    }
}

function applyCopy(record: EnvironmentRecord, { transition }: EnvironmentJob): void {
    if (transition.kind === "handover") delete record.left[transition.to];
    if (transition.kind === "shift" && transition.clone) delete record.left[transition.clone.to];
}

/** What else has some weight works on a throw-away copy. */
function isCanary({ transition }: EnvironmentJob): boolean {
    return transition.kind === "shift" && transition.moved;
}

/** While a canary runs on a throw-away copy, the real data stay where they were. */
function activeAfter(
    { transition, weights }: EnvironmentJob,
    before: string | undefined,
): string | undefined {
    if (transition.kind === "handover") return transition.to;
    if (transition.kind === "start" || transition.kind === "adopt") return transition.slot;
    return transition.moved ? before : heaviest(weights);
}

function newestVolumes(
    { volumes }: EnvironmentJob,
    active: string | undefined,
): Record<string, string> {
    return Object.fromEntries(
        volumes.flatMap(({ name, physical }) => {
            const volume = physical[active ?? ""];
            return volume === undefined ? [] : [[name, volume]];
        }),
    );
}

function applyStart(record: EnvironmentRecord, data: unknown): void {
    for (const [slot, { seconds }] of Object.entries(
        (data ?? {}) as Record<string, { seconds: number }>,
    )) {
        record.lastStart[slot] = seconds * 1000;
    }
}

function applyRelease(record: EnvironmentRecord, data: unknown): void {
    const { seconds } = (data ?? {}) as { seconds?: number };
    if (seconds) record.lastFreeze = seconds;
}
