import type { Progress, Reporter } from "../engine/progress.js";

/** Tells the reporter once a second how far a long step is. Only what was measured; the rate over the last five seconds. */
export class ProgressTicker {
    private readonly samples: { at: number; bytes: number }[] = [];
    private readonly timer: NodeJS.Timeout;

    constructor(
        private readonly reporter: Reporter,
        private readonly message: string,
        private readonly measure: () => Progress,
        private readonly now: () => number = () => performance.now(),
        every = 1_000,
    ) {
        this.timer = setInterval(() => this.tick(), every);
        this.timer.unref();
    }

    tick(): void {
        const progress = this.measure();
        if (progress.bytes !== undefined) {
            this.samples.push({ at: this.now(), bytes: progress.bytes });
            while (this.samples.length > 6) this.samples.shift();
            const rate = this.rate();
            if (rate !== undefined) progress.rate = rate;
            if (
                rate &&
                progress.totalBytes !== undefined &&
                progress.totalBytes >= progress.bytes
            ) {
                progress.left = Math.round(((progress.totalBytes - progress.bytes) / rate) * 1_000);
            }
        }
        this.reporter.status(this.message, progress);
    }

    stop(): void {
        clearInterval(this.timer);
    }

    private rate(): number | undefined {
        const first = this.samples[0];
        const last = this.samples.at(-1);
        if (!first || !last || last.at <= first.at) return undefined;
        return Math.max(0, ((last.bytes - first.bytes) / (last.at - first.at)) * 1_000);
    }
}
