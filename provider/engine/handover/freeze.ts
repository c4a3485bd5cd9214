import { CutoverError } from "../errors.js";
import type { Step } from "../steps.js";
import { formatMilliseconds } from "../units.js";
import { orAbort } from "./or-abort.js";
import type { EnvironmentTools } from "./tools.js";

/** What the report says of the time in which nothing was served. */
export interface FreezeReport {
    /** Seconds from the hold (or the stop of an adopted container) to the release. */
    seconds: number;
    /** Requests that waited when they were released. */
    held: number;
    /** Requests and connections cut by `drain.then: "abort"`. */
    cut: number;
}

/** The time in which requests wait, and the limit by which the hand-over turns back by itself. */
export class Freeze {
    private began: number | undefined;
    private readonly tooLate = new AbortController();
    private readonly over = new AbortController();

    constructor(
        private readonly tools: EnvironmentTools,
        /** Milliseconds, all in all. */
        private readonly limit: number,
        /** Milliseconds that the way back is expected to take. */
        private readonly wayBack: number,
        /** The step that begins it. */
        private readonly step = "hold",
    ) {}

    /** Aborts when there is just enough time left for the way back, or when the job is aborted. */
    get signal(): AbortSignal {
        return AbortSignal.any([this.tooLate.signal, this.tools.signal]);
    }

    /** Wall time by which everything must be over. */
    get deadline(): number {
        return (this.began ?? this.tools.clock.now()) + this.limit;
    }

    /** Starts the clock; returns the deadline. */
    begin(): number {
        this.began = this.tools.clock.now();
        const turnBack = () => this.tooLate.abort(this.tooLong());
        this.tools.clock
            .sleep(this.limit - this.reserved, this.over.signal)
            .then(turnBack, () => {});
        return this.deadline;
    }

    /** Fails when it is too late to go on, also where no alarm told: a process that was stopped (SIGSTOP) had none. */
    check(): void {
        this.signal.throwIfAborted();
        if (this.began !== undefined && this.tools.clock.now() >= this.deadline - this.reserved)
            throw this.tooLong();
    }

    /** Seconds since it began, in whichever runner's time that was. */
    end(): number {
        this.over.abort();
        const began = this.began ?? this.tools.startedAt(this.step);
        return began === undefined ? 0 : (this.tools.clock.now() - began) / 1000;
    }

    private get reserved(): number {
        return Math.min(this.wayBack, this.limit / 2);
    }

    private tooLong(): CutoverError {
        return new CutoverError(
            `it did not fit into ${formatMilliseconds(this.limit)} (${formatMilliseconds(this.reserved)} of them kept for the way back)`,
            {
                next: "raise the limit, or make the last pass smaller (passes.max, passes.settle, a quieter hour)",
            },
        );
    }
}

const interruptible = new Set(["drain", "stop", "last-pass"]);
const checked = new Set(["take-port", "pause", "start", "commit"]);

/** A step under the hold ends when the time left is needed for the way back; what starts containers ends by itself. */
export function withinFreeze(step: Step, freeze: Freeze): Step {
    if (!interruptible.has(step.name) && !checked.has(step.name)) return step;
    return {
        ...step,
        async run(signal) {
            freeze.check();
            const work = step.run(signal);
            return interruptible.has(step.name) ? orAbort(work, freeze.signal) : work;
        },
    };
}
