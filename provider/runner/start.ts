import { hostname, userInfo } from "node:os";
import { createInterface } from "node:readline";
import type { Clock } from "../engine/clock.js";
import { asCutoverError, CutoverError } from "../engine/errors.js";
import type { Job } from "../engine/handover/job.js";
import type { Reporter } from "../engine/progress.js";
import { failureFrom, type StepResults } from "../engine/steps.js";
import type { BindMount, CreateContainer } from "../platforms/docker/argv.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { type ContainerFacts, isAlive } from "../platforms/docker/facts.js";
import { labelKeys, names, ownLabels } from "../platforms/docker/names.js";
import { handOverIdentity } from "./archive-identity.js";
import { parseEvent, passOn } from "./events.js";
import { readJournal } from "./record.js";

export interface StartTools {
    engine: DockerEngine;
    reporter: Reporter;
    clock: Clock;
    /** A private key for the runner: handed over while it runs, again after each of its restarts, and kept nowhere. */
    identity?: string;
}

/** Where the runner finds the engine's socket. */
const socketPath = "/var/run/docker.sock";

/** Where the engine's socket lies on the engine's own machine. */
function engineSocket(host = process.env.DOCKER_HOST): string {
    return host?.startsWith("unix://") ? host.slice("unix://".length) : socketPath;
}

/** By which a runner acts on its engine. */
export function engineSocketMount({ target }: DockerEngine): BindMount {
    return { source: engineSocket(target.host), path: socketPath };
}

/** Who starts a runner, for whoever finds it at work: user, machine and process. */
export function startedBy(): string {
    return `${userInfo().username}@${hostname()} (process ${process.pid})`;
}

/**
 * Deals with the runner that is there already, before another one is started. One whose starter is gone (a closed
 * laptop, an ended CI job) is followed to its end; its results are ours when it has the same aim. One that somebody is
 * at, or that has another aim, has the lock.
 * @returns the results of a runner with the same aim that did its job; undefined when a new one has to be started
 */
export async function takeOver(
    prefix: string,
    aim: string,
    tools: StartTools,
): Promise<StepResults | undefined> {
    const found = await foundRunner(names.runner(prefix), tools);
    if (!found) return undefined;
    const same = found.labels[labelKeys.digest] === aim;
    if (isAlive(found)) {
        const starter = starterOf(found);
        if (starter === "alive" || (starter === "unknown" && !same)) throw held(found);
        tools.reporter.info(`a runner is at work on this since ${found.startedAt}: following it`);
    }
    try {
        const results = await follow(prefix, tools);
        return same ? results : undefined;
    } catch (error) {
        tools.reporter.warn(
            `what was under way before ended with: ${asCutoverError(error).message}`,
        );
        return undefined;
    }
}

/** One that was made and never started has done nothing, and has the name: whoever made it was killed in between. */
async function foundRunner(
    name: string,
    { engine, clock }: StartTools,
): Promise<ContainerFacts | undefined> {
    const found = await engine.container(name);
    if (found?.status !== "created") return found;
    await clock.sleep(2_000);
    const later = await engine.container(name);
    if (later?.status !== "created") return later;
    await engine.remove(later.id);
    return undefined;
}

/** Starts the runner for a job and follows it to its end. Everything happens in the runner: it outlives this process. */
export async function runToItsEnd(
    job: Job,
    tools: StartTools,
    more: RunnerMore = {},
): Promise<StepResults> {
    const { engine } = tools;
    await engine.createVolume(names.journal(job.prefix), {
        ...job.labels,
        ...ownLabels(job.prefix, "journal"),
    });
    await startRunner(job, tools, more);
    tools.reporter.info(
        `at work on the target, whatever happens here: npx pulumi-cutover status | follow | abort ${job.prefix}`,
    );
    return follow(job.prefix, tools);
}

/** What a runner has beside its engine's socket and its journal. */
export type RunnerMore = Pick<CreateContainer, "network" | "publish" | "volumes">;

async function startRunner(job: Job, { engine }: StartTools, more: RunnerMore): Promise<void> {
    const control =
        job.kind === "environment" ? [{ volume: job.router.control, path: "/cutover" }] : [];
    if (job.kind === "environment") {
        await engine.createVolume(job.router.control, {
            ...job.labels,
            ...ownLabels(job.prefix, "control"),
        });
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
                    [labelKeys.digest]: job.aim,
                }),
            },
            // It exits with 0 when the job is over; anything else has the engine start it again.
            restart: "on-failure",
            network: "none",
            capabilities: [],
            readOnlyRoot: true,
            binds: [engineSocketMount(engine)],
            ...more,
            volumes: [
                { volume: names.journal(job.prefix), path: "/journal" },
                ...control,
                ...(more.volumes ?? []),
            ],
        });
    } catch (error) {
        // Two that start at the same moment: the name is the lock, and one has it.
        const found = await engine.container(names.runner(job.prefix));
        if (found && isAlive(found)) throw held(found);
        throw error;
    }
}

/** Whether the process that started a runner still lives; of another machine's nothing is known. */
function starterOf(found: ContainerFacts): "alive" | "gone" | "unknown" {
    const [, machine, pid] =
        /@(.*) \(process (\d+)\)$/.exec(found.labels[labelKeys.by] ?? "") ?? [];
    if (machine !== hostname() || pid === undefined) return "unknown";
    try {
        process.kill(Number(pid), 0);
        return Number(pid) === process.pid ? "gone" : "alive";
    } catch {
        return "gone";
    }
}

/** Somebody else is at work: who, and since when. */
export function held(found: ContainerFacts): CutoverError {
    const prefix = found.labels[labelKeys.prefix];
    return new CutoverError(
        `${found.labels[labelKeys.by]} is at work on this since ${found.startedAt}`,
        {
            next: `wait for it, or see npx pulumi-cutover status ${prefix} and npx pulumi-cutover follow ${prefix}`,
        },
    );
}

/** So many ends without a word are no accident. */
const silentEnds = 8;

/** Follows a runner to its end, over its restarts, and takes its report. */
export async function follow(prefix: string, tools: StartTools): Promise<StepResults> {
    const { engine, clock } = tools;
    const name = names.runner(prefix);
    let since: string | undefined;
    let silent = 0;
    for (;;) {
        const facts = await engine.container(name);
        if (!facts)
            throw new CutoverError("the runner's container is gone", {
                next: "run pulumi up again: it finds how far it came",
            });
        if (!isAlive(facts) && facts.exitCode === 0) return collect(facts, tools);
        if (!isAlive(facts) && facts.restartPolicy === "no") return collect(facts, tools);
        if (!isAlive(facts) && stoppedForGood(facts, clock)) await engine.start(name);
        if (tools.identity !== undefined) await handOverIdentity(engine, name, tools.identity);
        // One that dies before it says a word will not do better the next time.
        silent = (await readLog(name, since, tools)) ? 0 : silent + 1;
        if (silent > silentEnds) throw await givenUp(facts, engine);
        since = new Date(clock.now()).toISOString();
        await clock.sleep(200);
    }
}

/** One that somebody stopped or killed is not started again by the engine (seen on 20.10): the next one to look does. */
function stoppedForGood(facts: ContainerFacts, clock: Clock): boolean {
    return facts.status === "exited" && clock.now() - Date.parse(facts.finishedAt) > 15_000;
}

/** Passes a runner's events on until it ends; tells whether there was any. */
async function readLog(
    name: string,
    since: string | undefined,
    { engine, reporter }: StartTools,
): Promise<boolean> {
    const log = engine.logs(name, { follow: true, ...(since ? { since } : {}) });
    log.stderr.resume();
    let heard = false;
    for await (const line of createInterface({ input: log.stdout })) {
        heard = true;
        passOn(parseEvent(line), reporter);
    }
    await log.ended;
    return heard;
}

async function collect(facts: ContainerFacts, { engine }: StartTools): Promise<StepResults> {
    const prefix = facts.labels[labelKeys.prefix] ?? "";
    const entries = (await readJournal(engine, prefix)) ?? [];
    const job = facts.labels[labelKeys.job];
    const over = entries.findLast(
        (entry) => entry.job === job && (entry.kind === "done" || entry.kind === "failed"),
    );
    if (!over) throw await givenUp(facts, engine);
    await engine.remove(facts.id);
    if (over.kind === "done") return over.data as StepResults;
    throw failureFrom(over.data) ?? new CutoverError("the job failed");
}

/** A runner that ends without a report is removed: its name is the lock, and the next one finds what is there. */
async function givenUp(facts: ContainerFacts, engine: DockerEngine): Promise<CutoverError> {
    const lastLines = await engine.lastLines(facts.id);
    await engine.remove(facts.id);
    return new CutoverError("the runner ended without a report", {
        exitCode: facts.exitCode,
        lastLines,
        next: "run pulumi up again",
    });
}
