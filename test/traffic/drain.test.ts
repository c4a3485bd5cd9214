import { describe, expect, test } from "vitest";
import type { Clock } from "../../provider/engine/clock.js";
import { drain } from "../../provider/traffic/drain.js";
import type { Router, TrafficObserved } from "../../provider/traffic/router.js";

/** Time that passes only while somebody sleeps. */
class TestClock implements Clock {
    time = 0;
    now = () => this.time;
    sleep = async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        this.time += ms;
    };
}

/** In flight by slot, at a time. */
type InFlight = (time: number) => Record<string, number>;

function routerOf(clock: TestClock, inFlight: InFlight) {
    const aborted: string[] = [];
    const observe = async (): Promise<TrafficObserved> => {
        const now = inFlight(clock.time);
        const left = Object.entries(now).filter(([slot]) => !aborted.includes(slot));
        const slots = Object.keys(now).map((slot) => {
            const count = aborted.includes(slot) ? 0 : (now[slot] ?? 0);
            return [slot, { weight: 0, inFlight: count, usable: true }];
        });
        return {
            slots: Object.fromEntries(slots),
            holding: true,
            held: 0,
            inFlight: left.reduce((sum, [, count]) => sum + count, 0),
        };
    };
    const unused = async () => {
        throw new Error("not used");
    };
    const router: Router = {
        observe,
        setWeights: unused,
        hold: unused,
        release: unused,
        setAddress: unused,
        openConnections: async () => [],
        abort: async (slot) => {
            aborted.push(slot);
            return inFlight(clock.time)[slot] ?? 0;
        },
    };
    return { router, aborted };
}

describe("drain", () => {
    test("ends as soon as nothing is in flight", async () => {
        const clock = new TestClock();
        const { router, aborted } = routerOf(clock, (time) => ({ blue: time < 1_000 ? 3 : 0 }));
        const drained = await drain(router, { timeout: 5_000, then: "abort", clock });
        expect(drained.cut).toBe(0);
        expect(drained.waited).toBeGreaterThanOrEqual(1_000);
        expect(drained.waited).toBeLessThan(1_150);
        expect(aborted).toEqual([]);
    });

    test("then: abort cuts what is left on every slot", async () => {
        const clock = new TestClock();
        const { router, aborted } = routerOf(clock, () => ({ blue: 2, green: 1 }));
        const drained = await drain(router, { timeout: 5_000, then: "abort", clock });
        expect(drained).toEqual({ cut: 3, waited: 5_000 });
        expect(aborted).toEqual(["blue", "green"]);
    });

    test("of one slot only: the other's requests are neither waited for nor cut", async () => {
        const clock = new TestClock();
        const { router, aborted } = routerOf(clock, () => ({ blue: 100, green: 1 }));
        const options = { timeout: 500, then: "abort", slot: "green", clock } as const;
        expect(await drain(router, options)).toEqual({ cut: 1, waited: 500 });
        expect(aborted).toEqual(["green"]);
    });

    test.each([
        [1, "1 request was still in flight after 5 s"],
        [2, "2 requests were still in flight after 5 s"],
    ])("then: rollback fails with the number left: %i", async (count, message) => {
        const clock = new TestClock();
        const { router, aborted } = routerOf(clock, () => ({ blue: count }));
        const drained = drain(router, { timeout: 5_000, then: "rollback", clock });
        await expect(drained).rejects.toThrow(message);
        expect(aborted).toEqual([]);
    });

    test("what cannot be cut is an error", async () => {
        const clock = new TestClock();
        const { router } = routerOf(clock, () => ({ blue: 1 }));
        const deaf: Router = { ...router, abort: async () => 1 };
        await expect(drain(deaf, { timeout: 1_000, then: "abort", clock })).rejects.toThrow(
            "1 request was still in flight after 3 s",
        );
    });

    test("no answer is not zero: it waits on, and fails with the reason at the time-out", async () => {
        const clock = new TestClock();
        const { router } = routerOf(clock, () => ({ blue: 0 }));
        const flaky: Router = {
            ...router,
            observe: async () => {
                if (clock.time < 300) throw new Error("the router does not run");
                return router.observe();
            },
        };
        const drained = await drain(flaky, { timeout: 5_000, then: "abort", clock });
        expect(drained.waited).toBeGreaterThanOrEqual(300);

        const dead: Router = {
            ...router,
            observe: async () => {
                throw new Error("the router does not run");
            },
        };
        await expect(drain(dead, { timeout: 500, then: "abort", clock })).rejects.toThrow(
            "the router does not run",
        );
    });

    test("a slot that the router does not have is never drained by not being seen", async () => {
        const clock = new TestClock();
        const { router } = routerOf(clock, () => ({ blue: 0 }));
        const options = { timeout: 100, then: "rollback", slot: "red", clock } as const;
        await expect(drain(router, options)).rejects.toThrow("the router has no slot red");
    });

    test("ends when it is told to", async () => {
        const clock = new TestClock();
        const { router } = routerOf(clock, () => ({ blue: 1 }));
        const signal = AbortSignal.abort(new Error("going back"));
        const drained = drain(router, { timeout: 5_000, then: "abort", clock, signal });
        await expect(drained).rejects.toThrow("going back");
    });
});
