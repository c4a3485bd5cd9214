import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { createInterface } from "node:readline";
import type { Clock } from "../engine/clock.js";
import { CutoverError } from "../engine/errors.js";
import type { Job } from "../engine/handover/job.js";
import type { Reporter } from "../engine/progress.js";
import { failureFrom, type StepResults } from "../engine/steps.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { type ContainerFacts, isAlive } from "../platforms/docker/facts.js";
import { labelKeys, names, ownLabels } from "../platforms/docker/names.js";
import { parseEvent, passOn } from "./events.js";
import { readJournal } from "./record.js";

export interface StartTools {
    engine: DockerEngine;
    reporter: Reporter;
    clock: Clock;
}

/** Where the engine's socket lies on the engine's own machine. */
const socketPath = "/var/run/docker.sock";

/** Who starts a runner, for whoever finds it at work: user, machine and process. */
export function startedBy(): string {
    return `${userInfo().username}@${hostname()} (process ${process.pid})`;
}

/** What a job is to reach, without what differs from one start to the next. */
export function aimOf(job: Job): string {
    const { id: _id, by: _by, labels: _labels, ...aim } = job;
    return createHash("sha256").update(JSON.stringify(aim)).digest("hex").slice(0, 16);
}

/**
 * Starts the runner for a job, or finds the one that works on the same already, and follows it to its end. Everything
 * happens in the runner: when this process dies, it does not notice.
 */
export async function runToItsEnd(job: Job, tools: StartTools): Promise<StepResults> {
    const { engine } = tools;
    const name = names.runner(job.prefix);
    const found = await engine.container(name);
    if (found && isAlive(found)) {
        refuseUnlessSame(found, job);
        tools.reporter.info(`a runner is at work on this since ${found.startedAt}: following it`);
        return follow(job.prefix, tools);
    }
    if (found) await engine.remove(found.id);
    await engine.createVolume(names.journal(job.prefix), { ...job.labels, ...ownLabels(job.prefix, "journal") });
    await startRunner(job, tools);
    return follow(job.prefix, tools);
}

async function startRunner(job: Job, { engine }: StartTools): Promise<void> {
    const control = job.kind === "environment" ? [{ volume: job.router.control, path: "/cutover" }] : [];
    if (job.kind === "environment") {
        await engine.createVolume(job.router.control, { ...job.labels, ...ownLabels(job.prefix, "control") });
    }
    try {
        await engine.runDetached({
            name: names.runner(job.prefix),
            image: job.image,
            command: ["run"],
            env: { CUTOVER_JOB: JSON.stringify(job) },
            labels: {
                ...job.labels,
                ...ownLabels(job.prefix, "runner", {
                    [labelKeys.job]: job.id,
                    [labelKeys.by]: job.by,
                    [labelKeys.digest]: aimOf(job),
                }),
            },
            // It exits with 0 when the job is over; anything else has the engine start it again.
            restart: "on-failure",
            network: "none",
            capabilities: [],
            readOnlyRoot: true,
            binds: [{ source: socketPath, path: socketPath }],
            volumes: [{ volume: names.journal(job.prefix), path: "/journal" }, ...control],
        });
    } catch (error) {
        // Two that start at the same moment: the name is the lock, and one has it.
        const found = await engine.container(names.runner(job.prefix));
        if (found && isAlive(found)) throw held(found);
        throw error;
    }
}

/** A job with the same aim, whose starter is gone, is followed; anything else has the lock. */
function refuseUnlessSame(found: ContainerFacts, job: Job): void {
    const same = found.labels[labelKeys.digest] === aimOf(job);
    if (same && !starterLives(found.labels[labelKeys.by] ?? "")) return;
    throw held(found);
}

function starterLives(by: string): boolean {
    const [, machine, pid] = /@(.*) \(process (\d+)\)$/.exec(by) ?? [];
    if (machine !== hostname() || pid === undefined) return false;
    if (Number(pid) === process.pid) return false;
    try {
        process.kill(Number(pid), 0);
        return true;
    } catch {
        return false;
    }
}

function held(found: ContainerFacts): CutoverError {
    const prefix = found.labels[labelKeys.prefix];
    return new CutoverError(`${found.labels[labelKeys.by]} is at work on this since ${found.startedAt}`, {
        next: `wait for it, or see npx pulumi-cutover status ${prefix} and npx pulumi-cutover follow ${prefix}`,
    });
}

/** Follows a runner to its end, over its restarts, and takes its report. */
export async function follow(prefix: string, tools: StartTools): Promise<StepResults> {
    const { engine, clock } = tools;
    const name = names.runner(prefix);
    let since: string | undefined;
    for (;;) {
        const facts = await engine.container(name);
        if (!facts) throw new CutoverError("the runner's container is gone", { next: "run pulumi up again: it finds how far it came" });
        if (!isAlive(facts) && facts.exitCode === 0) return collect(facts, tools);
        if (!isAlive(facts) && facts.restartPolicy === "no") return collect(facts, tools);
        if (!isAlive(facts) && stoppedForGood(facts, clock)) await engine.start(name);
        await readLog(name, since, tools);
        since = new Date(clock.now()).toISOString();
        await clock.sleep(200);
    }
}

/** One that somebody stopped or killed is not started again by the engine (seen on 20.10): the next one to look does. */
function stoppedForGood(facts: ContainerFacts, clock: Clock): boolean {
    return facts.status === "exited" && clock.now() - Date.parse(facts.finishedAt) > 15_000;
}

async function readLog(name: string, since: string | undefined, { engine, reporter }: StartTools): Promise<void> {
    const log = engine.logs(name, { follow: true, ...(since ? { since } : {}) });
    log.stderr.resume();
    for await (const line of createInterface({ input: log.stdout })) passOn(parseEvent(line), reporter);
    await log.ended;
}

async function collect(facts: ContainerFacts, { engine }: StartTools): Promise<StepResults> {
    const prefix = facts.labels[labelKeys.prefix] ?? "";
    const entries = (await readJournal(engine, prefix)) ?? [];
    const job = facts.labels[labelKeys.job];
    const over = entries.findLast((entry) => entry.job === job && (entry.kind === "done" || entry.kind === "failed"));
    if (!over) throw await endedWithoutReport(facts, engine);
    await engine.remove(facts.id);
    if (over.kind === "done") return over.data as StepResults;
    throw failureFrom(over.data) ?? new CutoverError("the job failed");
}

async function endedWithoutReport(facts: ContainerFacts, engine: DockerEngine): Promise<CutoverError> {
    return new CutoverError("the runner ended without a report", {
        exitCode: facts.exitCode,
        lastLines: await engine.lastLines(facts.id),
        next: "run pulumi up again",
    });
}

