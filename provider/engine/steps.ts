import type { Clock } from "./clock.js";
import { asCutoverError, CutoverError } from "./errors.js";
import type { Journal, JournalEntry } from "./journal.js";
import type { Reporter } from "./progress.js";

/** One step of a job. Every step can run twice. */
export interface Step {
    /** As the journal has it. */
    name: string;
    /** For people: what it does, in the present tense. */
    title: string;
    /** Does it, and returns what the journal keeps of it. */
    run(signal: AbortSignal): Promise<unknown>;
    /** Undoes it; called also when `run` failed half-way, or was never finished. */
    back?(): Promise<unknown>;
    /** After this step the job goes forward only. */
    commits?: true;
}

export interface JobFlow {
    job: string;
    /** What the journal keeps as the canonical plan. */
    plan: unknown;
    steps: readonly Step[];
    /** Before `commit`, a job whose runner died goes back ("back") or runs again ("again": nothing was frozen). */
    afterCrash: "back" | "again";
}

export interface FlowTools {
    journal: Journal;
    reporter: Reporter;
    clock: Clock;
    /** Aborts when somebody asked to go back. */
    signal: AbortSignal;
}

/** What each step returned, by name. */
export type StepResults = Readonly<Record<string, unknown>>;

const attempts = 5;

/** How many runners, one after the other, try a way back (or on) that fails before it is given up. */
const runnersThatTry = 4;

/**
 * Runs a job by its journal: from the start, or from where a runner before this one died. Resolves with what the steps
 * returned; rejects when it went back, with the reason. When even the way back (or the way on, after `commit`) fails,
 * it rejects with `FlowStuck`: the journal stays open, and the next runner tries again.
 */
export async function runFlow(flow: JobFlow, tools: FlowTools): Promise<StepResults> {
    const past = tools.journal.entries().filter((entry) => entry.job === flow.job);
    const over = past.find((entry) => entry.kind === "done" || entry.kind === "failed");
    if (over) return outcomeOf(over, past);
    if (past.some((entry) => entry.kind === "commit")) return finish(flow, tools, resultsIn(past));
    if (past.length === 0) tools.journal.append({ kind: "open", job: flow.job, data: flow.plan });
    // A way back that began is gone to its end, whatever the runner died of.
    else if (flow.afterCrash === "back" || past.some((entry) => entry.kind === "back"))
        return goBack(flow, tools, startedSteps(flow, past), reasonOf(past));
    return goForward(flow, tools, startedSteps(flow, past));
}

/** The journal stays open: neither the way on nor the way back could be finished now. */
export class FlowStuck extends Error {
    override readonly name = "FlowStuck";
}

/**
 * Up to `commit`, and then on.
 * @param before steps that a runner before this one began: what they did is undone too when this one has to go back
 */
async function goForward(
    flow: JobFlow,
    tools: FlowTools,
    before: readonly Step[],
): Promise<StepResults> {
    const results: Record<string, unknown> = {};
    const started = new Set(before);
    for (const step of flow.steps.slice(0, afterCommit(flow))) {
        begin(flow, step, tools);
        started.add(step);
        try {
            tools.signal.throwIfAborted();
            results[step.name] = await step.run(tools.signal);
        } catch (error) {
            const undo = flow.steps.filter((one) => started.has(one));
            return goBack(flow, tools, undo, asCutoverError(error).with({ step: step.name }));
        }
        tools.journal.append({
            kind: "end",
            job: flow.job,
            step: step.name,
            data: results[step.name],
        });
        if (step.commits) tools.journal.append({ kind: "commit", job: flow.job });
    }
    return finish(flow, tools, results);
}

/**
 * From `commit` on. A runner that finds its job committed does all of it again, also what was done: the engine may have
 * been restarted since. The report keeps what a step said first.
 */
async function finish(
    flow: JobFlow,
    tools: FlowTools,
    results: Record<string, unknown>,
): Promise<StepResults> {
    const left: string[] = [];
    for (const step of flow.steps.slice(afterCommit(flow))) {
        begin(flow, step, tools);
        const data = await untilDone(
            flow,
            step.name,
            () => step.run(new AbortController().signal),
            tools,
        );
        if (isGivenUp(data)) left.push(data.givenUp);
        results[step.name] ??= data;
        tools.journal.append({
            kind: "end",
            job: flow.job,
            step: step.name,
            data: results[step.name],
        });
    }
    if (left.length === 0) {
        tools.journal.append({ kind: "done", job: flow.job, data: results });
        return results;
    }
    const failure = { problem: `it is committed, and this could not be done: ${left.join("; ")}` };
    tools.journal.append({ kind: "failed", job: flow.job, data: failure });
    throw new CutoverError(failure.problem);
}

function begin(flow: JobFlow, step: Step, tools: FlowTools): void {
    tools.reporter.status(step.title);
    tools.journal.append({ kind: "start", job: flow.job, step: step.name });
}

/** Index of the first step after the one that commits. */
function afterCommit({ steps }: JobFlow): number {
    const commit = steps.findIndex(({ commits }) => commits);
    return commit < 0 ? steps.length : commit + 1;
}

function resultsIn(past: readonly JournalEntry[]): Record<string, unknown> {
    const results: Record<string, unknown> = {};
    for (const { kind, step, data } of past) {
        if (kind === "end" && step && !isGivenUp(data)) results[step] ??= data;
    }
    return results;
}

async function goBack(
    flow: JobFlow,
    tools: FlowTools,
    started: readonly Step[],
    reason: CutoverError,
): Promise<never> {
    const failure = { problem: reason.problem, ...withoutCause(reason.details) };
    tools.journal.append({ kind: "back", job: flow.job, data: failure });
    tools.reporter.warn(`going back: ${reason.problem}`);
    const notUndone: string[] = [];
    for (const step of [...started].reverse()) {
        if (!step.back) continue;
        tools.reporter.status(`going back: ${step.title}`);
        const data = await untilDone(
            flow,
            `the way back of ${step.name}`,
            step.back.bind(step),
            tools,
        );
        tools.journal.append({ kind: "backed", job: flow.job, step: step.name, data });
        if (isGivenUp(data)) notUndone.push(data.givenUp);
    }
    const state = notUndone.length > 0 ? { state: `not undone: ${notUndone.join("; ")}` } : {};
    tools.journal.append({ kind: "failed", job: flow.job, data: { ...failure, ...state } });
    throw reason.with(state);
}

/** Tried by this runner and the next ones; at last it is given up and noted, so that nobody is locked out for ever. */
async function untilDone(
    flow: JobFlow,
    name: string,
    action: () => Promise<unknown>,
    tools: FlowTools,
): Promise<unknown> {
    const stuckBefore = tools.journal
        .entries()
        .filter(
            (entry) =>
                entry.job === flow.job && entry.kind === "note" && entry.step === `stuck:${name}`,
        ).length;
    try {
        return await persist(name, action, tools);
    } catch (error) {
        if (stuckBefore >= runnersThatTry) return { givenUp: asCutoverError(error).problem };
        tools.journal.append({ kind: "note", job: flow.job, step: `stuck:${name}` });
        throw error;
    }
}

function isGivenUp(data: unknown): data is { givenUp: string } {
    return typeof data === "object" && data !== null && "givenUp" in data;
}

/** Tries until it works, a few times; what must not be left half done is left to the next runner. */
async function persist<T>(
    what: string,
    action: () => Promise<T>,
    { reporter, clock }: FlowTools,
): Promise<T> {
    for (let attempt = 1; ; attempt++) {
        try {
            return await action();
        } catch (error) {
            const { problem } = asCutoverError(error);
            if (attempt === attempts) throw new FlowStuck(`${what}: ${problem}`, { cause: error });
            reporter.status(`${what} failed, trying again: ${problem}`);
            await clock.sleep(attempt * 500);
        }
    }
}

function startedSteps(flow: JobFlow, past: readonly JournalEntry[]): Step[] {
    const backed = new Set(
        past.filter((entry) => entry.kind === "backed").map((entry) => entry.step),
    );
    const started = new Set(
        past.filter((entry) => entry.kind === "start").map((entry) => entry.step),
    );
    return flow.steps.filter((step) => started.has(step.name) && !backed.has(step.name));
}

/** Why a job whose runner died goes back: what made it turn back already, else that. */
function reasonOf(past: readonly JournalEntry[]): CutoverError {
    const back = past.find((entry) => entry.kind === "back");
    const step = past.findLast((entry) => entry.kind === "start")?.step;
    return (
        failureFrom(back?.data) ??
        new CutoverError("the runner was ended while it worked", step ? { step } : {})
    );
}

function outcomeOf(over: JournalEntry, past: readonly JournalEntry[]): StepResults {
    if (over.kind === "done") return over.data as StepResults;
    throw failureFrom(over.data) ?? new CutoverError(`the job ${past[0]?.job} failed`);
}

/** A failure as the journal keeps it. */
export function failureFrom(data: unknown): CutoverError | undefined {
    if (typeof data !== "object" || data === null || !("problem" in data)) return undefined;
    const { problem, ...details } = data as { problem: string };
    return new CutoverError(problem, details);
}

function withoutCause(details: CutoverError["details"]): object {
    const { cause: _cause, ...rest } = details;
    return rest;
}
