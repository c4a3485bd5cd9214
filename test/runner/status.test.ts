import { describe, expect, test } from "vitest";
import { describeStatus, type Status } from "../../provider/runner/status.js";

const now = Date.parse("2026-11-21T12:00:30Z");
const at = (time: string) => `2026-11-21T12:00:${time}Z`;

const job: NonNullable<Status["job"]> = {
    kind: "hand-over from blue to green",
    routed: true,
    working: true,
    by: "ada@ci (process 7)",
    since: at("10"),
    step: "drain",
    stepSince: at("28"),
};
const traffic = (holding: boolean): NonNullable<Status["traffic"]> => ({
    slots: {
        green: { weight: 0, inFlight: 0, usable: true },
        blue: { weight: 100, inFlight: 2, usable: true },
    },
    holding,
    held: holding ? 31 : 0,
    inFlight: 2,
});

describe("what an operator reads", () => {
    test("at work: the job, who began it, the step and since when, weights and requests", () => {
        const text = describeStatus({ prefix: "web-prod-shop", job, traffic: traffic(true), now });
        expect(text).toBe(`web-prod-shop
  at work: hand-over from blue to green, started 20 s ago by ada@ci (process 7)
  step: drain, since 2 s ago
  weights: blue 100, green 0
  requests: 2 in flight, 31 held (the hold is set)`);
    });

    test("at rest after one that went back: why, line by line", () => {
        const failed = {
            ...job,
            working: false,
            ended: at("20"),
            failure: "start: green is not healthy\nnow: blue serves",
        };
        const text = describeStatus({ prefix: "shop", job: failed, traffic: traffic(false), now });
        expect(text).toBe(`shop
  at rest; last: hand-over from blue to green, went back 10 s ago
  | start: green is not healthy
  | now: blue serves
  weights: blue 100, green 0
  requests: 2 in flight, 0 held`);
    });

    test("one that its runner never ended says so, and so does a router that does not run", () => {
        const left = { ...job, working: false };
        expect(describeStatus({ prefix: "shop", job: left, now })).toBe(`shop
  at rest; last: hand-over from blue to green, not finished 20 s ago
  the router does not run`);
    });

    test("a migration has no router", () => {
        const copy = { ...job, kind: "copy of a into b", routed: false, step: "copy" };
        expect(describeStatus({ prefix: "orders", job: copy, now })).toBe(`orders
  at work: copy of a into b, started 20 s ago by ada@ci (process 7)
  step: copy, since 2 s ago`);
    });

    test("nothing yet", () => {
        expect(describeStatus({ prefix: "shop", now })).toBe(
            "shop\n  nothing was done here yet\n  the router does not run",
        );
    });
});
