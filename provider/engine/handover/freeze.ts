import { CutoverError } from "../errors.js";
import { formatMilliseconds } from "../units.js";
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
    private readonly controller = new AbortController();
    private alarm: NodeJS.Timeout | undefined;
    cut = 0;

    constructor(
        private readonly tools: EnvironmentTools,
        /** Milliseconds, all in all. */
        private readonly limit: number,
        /** Milliseconds that the way back is expected to take. */
        private readonly wayBack: number,
    ) {}

    /** Aborts when there is just enough time left for the way back, or when the job is aborted. */
    get signal(): AbortSignal {
        return AbortSignal.any([this.controller.signal, this.tools.signal]);
    }

    /** Wall time by which everything must be over. */
    get deadline(): number {
        return (this.began ?? this.tools.clock.now()) + this.limit;
    }

    /** Starts the clock; returns the deadline. */
    begin(): number {
        this.began = this.tools.clock.now();
        const turnBack = Math.max(0, this.limit - Math.min(this.wayBack, this.limit / 2));
        this.alarm = setTimeout(() => this.controller.abort(this.tooLong()), turnBack);
        return this.deadline;
    }

    end(): number {
        clearTimeout(this.alarm);
        const frozen = this.began === undefined ? 0 : this.tools.clock.now() - this.began;
        return frozen / 1000;
    }

    private tooLong(): CutoverError {
        return new CutoverError(
            `it did not fit into ${formatMilliseconds(this.limit)} (${formatMilliseconds(Math.min(this.wayBack, this.limit / 2))} of them kept for the way back)`,
            { next: "raise the limit, or make the last pass smaller (passes.max, passes.settle, a quieter hour)" },
        );
    }
}
