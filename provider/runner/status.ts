import { describeFrom } from "../engine/handover/archive-flow.js";
import type { Job } from "../engine/handover/job.js";
import { describeWeights } from "../engine/handover/slot-steps.js";
import type { JournalEntry } from "../engine/journal.js";
import { failureFrom } from "../engine/steps.js";
import { formatMilliseconds } from "../engine/units.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { isAlive } from "../platforms/docker/facts.js";
import { labelKeys, names } from "../platforms/docker/names.js";
import type { TrafficObserved } from "../traffic/router.js";
import { placeName } from "../volumes/refs.js";
import { imageTags } from "./image.js";
import { observedTraffic } from "./observed-traffic.js";
import { readJournal } from "./record.js";

export interface Status {
    prefix: string;
    /** The last job, or the one at work. */
    job?: {
        kind: string;
        routed: boolean;
        working: boolean;
        by?: string;
        since: string;
        step?: string;
        stepSince?: string;
        ended?: string;
        failure?: string;
    };
    traffic?: TrafficObserved;
    now: number;
}

/** What an environment or a migration is doing, from anywhere that reaches its engine. */
export async function statusOf(engine: DockerEngine, prefix: string): Promise<Status> {
    const [runner, traffic, entries] = await Promise.all([
        engine.container(names.runner(prefix)),
        observedTraffic(engine, prefix),
        readJournal(engine, prefix, imageTags().runner),
    ]);
    const opened = entries?.findLast((entry) => entry.kind === "open");
    const job = opened && jobStatus(opened, entries ?? []);
    const by = runner?.labels[labelKeys.by];
    return {
        prefix,
        ...(job
            ? {
                  job: {
                      ...job,
                      working: runner !== undefined && isAlive(runner),
                      ...(by ? { by } : {}),
                  },
              }
            : {}),
        ...(traffic ? { traffic } : {}),
        now: Date.now(),
    };
}

function jobStatus(
    opened: JournalEntry,
    entries: readonly JournalEntry[],
): Omit<NonNullable<Status["job"]>, "working"> {
    const own = entries.filter((entry) => entry.job === opened.job);
    const last = own.findLast((entry) => entry.kind === "start");
    const over = own.find((entry) => entry.kind === "done" || entry.kind === "failed");
    const failure = over?.kind === "failed" ? failureFrom(over.data)?.message : undefined;
    return {
        kind: describeJob(opened.data as Job),
        routed: (opened.data as Job).kind === "environment",
        since: opened.at,
        ...(last?.step ? { step: last.step, stepSince: last.at } : {}),
        ...(over ? { ended: over.at } : {}),
        ...(failure ? { failure } : {}),
    };
}

function describeJob(job: Job): string {
    if (job.kind === "volume")
        return `${"archive" in job.source ? "restore" : "copy"} of ${placeName(job.source)} into ${placeName(job.destination)}`;
    if (job.kind === "archive") return `save of ${describeFrom(job)} to ${job.path}`;
    if (job.kind === "container") return `move of ${job.source.name} to ${job.name}`;
    const { transition } = job;
    if (transition.kind === "handover")
        return `hand-over from ${transition.from} to ${transition.to}`;
    return `${transition.kind} to ${describeWeights(job.weights)}`;
}

export function describeStatus({ prefix, job, traffic, now }: Status): string {
    const ago = (at: string) => `${formatMilliseconds(now - Date.parse(at))} ago`;
    const text = [prefix];
    if (!job) text.push("  nothing was done here yet");
    else if (job.working) {
        text.push(
            `  at work: ${job.kind}, started ${ago(job.since)}${job.by ? ` by ${job.by}` : ""}`,
        );
        if (job.step && job.stepSince)
            text.push(`  step: ${job.step}, since ${ago(job.stepSince)}`);
    } else {
        text.push(
            `  at rest; last: ${job.kind}, ${job.failure ? "went back" : job.ended ? "done" : "not finished"} ${ago(job.ended ?? job.since)}`,
        );
        if (job.failure) text.push(...job.failure.split("\n").map((line) => `  | ${line}`));
    }
    if (!traffic) {
        // A migration has no router.
        const routed = job === undefined || job.routed;
        return [...text, ...(routed ? ["  the router does not run"] : [])].join("\n");
    }
    const weights = Object.fromEntries(
        Object.entries(traffic.slots).map(([slot, { weight }]) => [slot, weight]),
    );
    text.push(`  weights: ${describeWeights(weights)}`);
    text.push(
        `  requests: ${traffic.inFlight} in flight, ${traffic.held} held${traffic.holding ? " (the hold is set)" : ""}`,
    );
    return text.join("\n");
}
