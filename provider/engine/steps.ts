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

/** How many runners, one after the other, try a way back that fails. */
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
    if (past.length === 0) tools.journal.append({ kind: "open", job: flow.job, data: flow.plan });

    const committed = past.some((entry) => entry.kind === "commit");
    const died = past.length > 0 && !committed && flow.afterCrash === "back";
    if (died) {
        const step = lastStarted(past);
        const reason = failureRecorded(past) ?? new CutoverError("the runner was ended while it worked", step ? { step } : {});
        return goBack(flow, tools, startedSteps(flow, past), reason);
    }
    return goForward(flow, tools, committed ? past : []);
}

/** The journal stays open: neither the way on nor the way back could be finished now. */
export class FlowStuck extends Error {
    override readonly name = "FlowStuck";
}

async function goForward(flow: JobFlow, tools: FlowTools, past: readonly JournalEntry[]): Promise<StepResults> {
    const results: Record<string, unknown> = {};
    for (const entry of past) if (entry.kind === "end" && entry.step) results[entry.step] = entry.data;
    let committed = past.some((entry) => entry.kind === "commit");
    const started: Step[] = [];
    for (const step of flow.steps) {
        if (past.some((entry) => entry.kind === "end" && entry.step === step.name)) continue;
        if (committed && step.commits) continue;
        tools.reporter.status(step.title);
        tools.journal.append({ kind: "start", job: flow.job, step: step.name });
        started.push(step);
        try {
            results[step.name] = await (committed
                ? persist(step.name, () => step.run(new AbortController().signal), tools)
                : step.run(tools.signal));
        } catch (error) {
            if (error instanceof FlowStuck) throw error;
            return goBack(flow, tools, started, asCutoverError(error).with({ step: step.name }));
        }
        tools.journal.append({ kind: "end", job: flow.job, step: step.name, data: results[step.name] });
        if (step.commits) {
            tools.journal.append({ kind: "commit", job: flow.job });
            committed = true;
        }
    }
    tools.journal.append({ kind: "done", job: flow.job, data: results });
    return results;
}

async function goBack(flow: JobFlow, tools: FlowTools, started: readonly Step[], reason: CutoverError): Promise<never> {
    const failure = { problem: reason.problem, ...withoutCause(reason.details) };
    tools.journal.append({ kind: "back", job: flow.job, data: failure });
    tools.reporter.warn(`going back: ${reason.problem}`);
    const notUndone: string[] = [];
    for (const step of [...started].reverse()) {
        if (!step.back) continue;
        tools.reporter.status(`going back: ${step.title}`);
        const data = await wayBack(flow, step.name, step.back.bind(step), tools);
        tools.journal.append({ kind: "backed", job: flow.job, step: step.name, data });
        if (isNotUndone(data)) notUndone.push(data.notUndone);
    }
    const state = notUndone.length > 0 ? { state: `not undone: ${notUndone.join("; ")}` } : {};
    tools.journal.append({ kind: "failed", job: flow.job, data: { ...failure, ...state } });
    throw reason.with(state);
}

/** Tried by this runner and the next ones; at last it is noted, so that nobody is locked out for ever. */
async function wayBack(flow: JobFlow, name: string, back: () => Promise<unknown>, tools: FlowTools): Promise<unknown> {
    const stuckBefore = tools.journal
        .entries()
        .filter((entry) => entry.job === flow.job && entry.kind === "note" && entry.step === `stuck:${name}`).length;
    try {
        return await persist(`the way back of ${name}`, back, tools);
    } catch (error) {
        if (stuckBefore >= runnersThatTry) return { notUndone: asCutoverError(error).problem };
        tools.journal.append({ kind: "note", job: flow.job, step: `stuck:${name}` });
        throw error;
    }
}

function isNotUndone(data: unknown): data is { notUndone: string } {
    return typeof data === "object" && data !== null && "notUndone" in data;
}

/** Tries until it works, a few times; what must not be left half done is left to the next runner. */
async function persist<T>(what: string, action: () => Promise<T>, { reporter, clock }: FlowTools): Promise<T> {
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
    const backed = new Set(past.filter((entry) => entry.kind === "backed").map((entry) => entry.step));
    const started = new Set(past.filter((entry) => entry.kind === "start").map((entry) => entry.step));
    return flow.steps.filter((step) => started.has(step.name) && !backed.has(step.name));
}

function lastStarted(past: readonly JournalEntry[]): string | undefined {
    return past.findLast((entry) => entry.kind === "start")?.step;
}

function failureRecorded(past: readonly JournalEntry[]): CutoverError | undefined {
    const back = past.find((entry) => entry.kind === "back");
    return back && failureFrom(back.data);
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
