import type { JournalEntry } from "../engine/journal.js";
import type { Progress, Reporter } from "../engine/progress.js";

/** What a runner prints, a JSON line each, for whoever follows its log. */
export type RunnerEvent =
    | { type: "status"; message: string; progress?: Progress }
    | { type: "info" | "warn"; message: string }
    | { type: "step"; kind: JournalEntry["kind"]; step?: string };

/** A reporter that prints events. */
export function eventReporter(
    out: NodeJS.WritableStream,
): Reporter & { step(entry: Omit<JournalEntry, "at">): void } {
    const print = (event: RunnerEvent) => {
        out.write(`${JSON.stringify(event)}\n`);
    };
    return {
        status: (message, progress) =>
            print({ type: "status", message, ...(progress ? { progress } : {}) }),
        info: (message) => print({ type: "info", message }),
        warn: (message) => print({ type: "warn", message }),
        step: ({ kind, step }) => print({ type: "step", kind, ...(step ? { step } : {}) }),
    };
}

/** Reads one line of a runner's log; a line that is none of its events is passed on as it is. */
export function parseEvent(line: string): RunnerEvent {
    try {
        const event = JSON.parse(line) as RunnerEvent;
        if (typeof event === "object" && event !== null && typeof event.type === "string")
            return event;
    } catch {
        // Node's own last words, when a runner crashed.
    }
    return { type: "warn", message: line };
}

/** Hands an event to a reporter. */
export function passOn(event: RunnerEvent, reporter: Reporter): void {
    if (event.type === "status") reporter.status(event.message, event.progress);
    else if (event.type === "info") reporter.info(event.message);
    else if (event.type === "warn") reporter.warn(event.message);
}
