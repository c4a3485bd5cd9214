import type { Clock } from "../../provider/engine/clock.js";

interface Sleeper {
    at: number;
    wake: () => void;
}

/** A clock that a test moves: sleeps end when their time has come. */
export class FakeClock implements Clock {
    private sleepers: Sleeper[] = [];

    constructor(private time = 1_000_000) {}

    now(): number {
        return this.time;
    }

    sleep(ms: number, signal?: AbortSignal): Promise<void> {
        return new Promise((resolve, reject) => {
            if (signal?.aborted) return reject(signal.reason);
            const sleeper = { at: this.time + ms, wake: resolve };
            this.sleepers.push(sleeper);
            signal?.addEventListener("abort", () => {
                this.sleepers = this.sleepers.filter((one) => one !== sleeper);
                reject(signal.reason);
            });
        });
    }

    /** As a process that is stopped sees it: the time is another, and nothing woke it. */
    jump(ms: number): void {
        this.time += ms;
    }

    /** Passes time, and lets what waits for it go on. */
    async pass(ms: number): Promise<void> {
        const end = this.time + ms;
        for (;;) {
            await settled();
            const next = this.sleepers.sort((a, b) => a.at - b.at)[0];
            if (!next || next.at > end) break;
            this.sleepers.shift();
            this.time = Math.max(this.time, next.at);
            next.wake();
        }
        this.time = end;
        await settled();
    }
}

/** A clock whose sleeps end at once, and take their time all the same. */
export function quickClock(): Clock {
    let time = 1_000_000;
    return {
        now: () => time,
        async sleep(ms, signal) {
            signal?.throwIfAborted();
            time += ms;
        },
    };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
