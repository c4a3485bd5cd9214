import { type Clock, systemClock } from "../engine/clock.js";
import { CutoverError } from "../engine/errors.js";
import { formatMilliseconds } from "../engine/units.js";
import type { Router, TrafficObserved } from "./router.js";

export interface DrainOptions {
    /** Milliseconds to wait for requests in flight. */
    timeout: number;
    /**
     * What becomes of those left at the time-out: `abort` cuts them and goes on, `rollback` fails, so that the hand-over
     * goes back and they go on.
     */
    then: "abort" | "rollback";
    /** Only this slot's requests. All by default. */
    slot?: string;
    clock?: Clock;
    signal?: AbortSignal;
}

export interface Drained {
    /** Requests and upgraded connections that were cut. */
    cut: number;
    /** Milliseconds. */
    waited: number;
}

const cutTakesAtMost = 2_000;

/**
 * Waits until nothing is in flight. Call it under a hold, or on a slot without weight: else it may never end.
 * An answer that does not come is no answer: it counts as in flight.
 */
export async function drain(router: Router, options: DrainOptions): Promise<Drained> {
    const clock = options.clock ?? systemClock;
    const start = clock.now();
    const left = await untilNone(router, options, start + options.timeout);
    if (left === 0) return { cut: 0, waited: clock.now() - start };
    if (options.then === "rollback") throw stillInFlight(left, options.timeout);

    let cut = 0;
    for (const slot of options.slot === undefined
        ? Object.keys((await router.observe()).slots)
        : [options.slot]) {
        cut += await router.abort(slot);
    }
    const after = await untilNone(router, options, clock.now() + cutTakesAtMost);
    if (after !== 0) throw stillInFlight(after, clock.now() - start);
    return { cut, waited: clock.now() - start };
}

/** Resolves with what is in flight when it is 0 or at the deadline. */
async function untilNone(router: Router, options: DrainOptions, deadline: number): Promise<number> {
    const clock = options.clock ?? systemClock;
    for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
        let left = Number.NaN;
        let failure: unknown;
        try {
            left = inFlight(await router.observe(), options.slot);
        } catch (error) {
            failure = error;
        }
        if (left === 0) return 0;
        const now = clock.now();
        if (now >= deadline) {
            if (failure !== undefined) throw failure;
            return left;
        }
        await clock.sleep(Math.max(1, Math.min(pause, deadline - now)), options.signal);
    }
}

function inFlight(seen: TrafficObserved, slot: string | undefined): number {
    if (slot === undefined) return seen.inFlight;
    const traffic = seen.slots[slot];
    if (traffic === undefined) throw new CutoverError(`the router has no slot ${slot}`);
    return traffic.inFlight;
}

function stillInFlight(count: number, after: number): CutoverError {
    const what = count === 1 ? "1 request was" : `${count} requests were`;
    return new CutoverError(`${what} still in flight after ${formatMilliseconds(after)}`, {
        next: 'give handover.drain.timeout more time, or set handover.drain.then to "abort"',
    });
}
