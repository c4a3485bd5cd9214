import { CutoverError } from "../engine/errors.js";
import { formatMilliseconds } from "../engine/units.js";
import type { RunnerTools } from "./environment.js";

/** More milliseconds than this and Node fires at once; it is 24 days. */
const longestTimer = 2 ** 31 - 1;

/** Counts from the job's first moment: a runner that was started again has what is left. */
export function timeLimit(
    { id, timeout }: { id: string; timeout: number },
    { journal, clock }: RunnerTools,
): AbortSignal {
    const opened = journal.entries().find((entry) => entry.job === id && entry.kind === "open");
    const spent = opened ? clock.now() - Date.parse(opened.at) : 0;
    const controller = new AbortController();
    const expire = () => {
        const problem = `it did not end within its timeout of ${formatMilliseconds(timeout)}`;
        controller.abort(new CutoverError(problem, { next: "raise timeout" }));
    };
    setTimeout(expire, Math.min(Math.max(0, timeout - spent), longestTimer)).unref();
    return controller.signal;
}
