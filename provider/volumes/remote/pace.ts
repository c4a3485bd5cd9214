import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds of sending that may be made up for at once: more would be a burst. */
const burst = 100;

/** Holds back whoever sends, so that all of them together stay below a limit. */
export class Pace {
    /** When what was allowed so far will have been sent at the limit. */
    private paidUntil = 0;

    /** @param limit bytes a second; without one nothing is held back */
    constructor(private readonly limit?: number) {}

    /** Resolves when so many bytes may be sent. */
    async take(bytes: number): Promise<void> {
        if (this.limit === undefined) return;
        const now = performance.now();
        const from = Math.max(this.paidUntil, now - burst);
        this.paidUntil = from + (bytes / this.limit) * 1_000;
        if (this.paidUntil > now) await sleep(this.paidUntil - now);
    }
}
