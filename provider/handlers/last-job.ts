import { asCutoverError } from "../engine/errors.js";
import type { Job } from "../engine/handover/job.js";
import type { StepResults } from "../engine/steps.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { isAlive } from "../platforms/docker/facts.js";
import { names, ownLabels } from "../platforms/docker/names.js";
import { askToGoBack } from "../runner/abort.js";
import { imageTags } from "../runner/image.js";
import { readJournal } from "../runner/record.js";
import { follow } from "../runner/start.js";
import type { HandlerContext } from "./handler.js";

/** What the last job was to reach, and what it returned where it was done. */
export interface LastJob {
    aim?: string;
    /** It came to an end, well or not. */
    over: boolean;
    results?: StepResults;
}

/** Of the journal of one resource; undefined where nothing can be known of it now. */
export async function lastJob(
    engine: DockerEngine,
    prefix: string,
    image: string,
): Promise<LastJob | undefined> {
    const entries = await readJournal(engine, prefix, image);
    if (!entries) return undefined;
    const open = entries.findLast(({ kind }) => kind === "open");
    const own = entries.filter(({ job }) => job === open?.job);
    const done = own.find(({ kind }) => kind === "done");
    return {
        ...(open ? { aim: (open.data as Job).aim } : {}),
        over: own.some(({ kind }) => kind === "done" || kind === "failed"),
        ...(done ? { results: done.data as StepResults } : {}),
    };
}

/** What failed is tried again, whatever else changes: Pulumi hands the outcome to everybody but `check`. */
export async function lastSucceeded(
    engine: DockerEngine,
    { prefix, runnerImage }: { prefix: string; runnerImage?: string },
): Promise<boolean> {
    const last = await lastJob(engine, prefix, runnerImage ?? imageTags().runner);
    return last === undefined || last.results !== undefined;
}

/** The last job's results, where it did the same work: whoever followed it died before Pulumi's state had them. */
export async function doneBefore(
    engine: DockerEngine,
    { prefix, aim, image }: Pick<Job, "prefix" | "aim" | "image">,
): Promise<StepResults | undefined> {
    const last = await lastJob(engine, prefix, image);
    return last?.aim === aim ? last.results : undefined;
}

/** What is under way goes back, or comes to its end where it has committed. */
export async function goBack(
    engine: DockerEngine,
    prefix: string,
    context: HandlerContext,
): Promise<void> {
    const runner = await engine.container(names.runner(prefix));
    if (!runner) return;
    if (isAlive(runner)) await askToGoBack(engine, prefix).catch(() => {});
    await follow(prefix, { engine, ...context }).catch((error) => {
        context.reporter.info(`what was under way ended with: ${asCutoverError(error).message}`);
    });
}

/** What a resource's jobs left on their engine: the runner, its movers and the journal. */
export async function removeJobParts(engine: DockerEngine, prefix: string): Promise<void> {
    await engine.remove(names.runner(prefix));
    await engine.removeLabelled(ownLabels(prefix, "mover"));
    await engine.removeVolume(names.journal(prefix));
}
