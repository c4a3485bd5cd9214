import { expect, test } from "vitest";
import { decide, tokenOf } from "../../../provider/handlers/environment/decide.js";
import { type Observed, slotDigest } from "../../../provider/handlers/environment/observe.js";
import { lines } from "../changed.js";
import { observed } from "./observed.js";
import { read } from "./shop.js";

const blueServes = observed({ blue: 100, green: 0 });
const toGreen = { "traffic.weights": { blue: 0, green: 100 } };
const clone = {
    "volumes.data.mode": "clone",
    "volumes.data.acknowledge": "canary writes are discarded",
};

function decided(changes: Record<string, unknown>, seen: Observed) {
    const decision = decide(read(changes), seen);
    return decision.kind === "transition" ? decision.transition : decision;
}

function refused(changes: Record<string, unknown>, seen: Observed): string[] {
    const decision = decide(read(changes), seen);
    return decision.kind === "refused" ? lines(decision.problems) : [decision.kind];
}

test("nothing, where what is declared is there", () => {
    expect(decided({}, blueServes)).toEqual({ kind: "nothing" });
});

test("a start, where nothing ever served, and where what should serve is down", () => {
    const none = observed(
        {},
        { router: "absent", record: { served: {}, left: {}, lastStart: {} } },
    );
    expect(decided({}, none)).toEqual({ kind: "start", slot: "blue", seed: true });
    const adopt = { adopt: { container: "old-shop", maxGap: "20 seconds" } };
    expect(decided(adopt, none)).toEqual({ kind: "adopt", slot: "blue" });
    expect(decided(adopt, blueServes)).toEqual({ kind: "nothing" });
    const down = observed({ blue: 100, green: 0 }, { alive: {} });
    expect(decided({}, down)).toEqual({ kind: "start", slot: "blue", seed: false });
});

test("a hand-over, where the weights go to a slot with another release", () => {
    const handover = { kind: "handover", from: "blue", to: "green", data: "copy", canary: false };
    expect(decided(toGreen, blueServes)).toEqual(handover);
    expect(decided(toGreen, withGreenBefore("3f1c of before"))).toEqual(handover);
});

function withGreenBefore(digest: string): Observed {
    const served = { green: { digest, release: "shop:2.0", at: "2026-01-01T00:00:00.000Z" } };
    const left = { green: "2026-01-02T00:00:00.000Z" };
    return { ...blueServes, record: { ...blueServes.record, served, left, lastCommit: "job-1" } };
}

test("a rollback, where its spec did not change since it served: refused, carried, or dropped by the token", () => {
    const before = withGreenBefore(slotDigest(read().slots.green?.containers ?? {}));
    const token = tokenOf("job-1", "green");
    const ways = `write handover.onRollback: "reverseSync" to carry them along, or { discard: "${token}" } to drop what blue wrote, for good`;
    expect(refused(toGreen, before)).toEqual([
        `handover.onRollback: is "block", and going back to green leaves behind what blue wrote since; ${ways}`,
    ]);
    expect(refused({ ...toGreen, "handover.onRollback": { discard: "00000000" } }, before)).toEqual(
        [`handover.onRollback.discard: is not the token of this rollback; ${ways}`],
    );
    expect(
        decided({ ...toGreen, "handover.onRollback": { discard: token } }, before),
    ).toMatchObject({ data: "discard" });
    expect(decided({ ...toGreen, "handover.onRollback": "reverseSync" }, before)).toMatchObject({
        data: "copy",
    });
    expect(tokenOf("job-2", "green")).not.toBe(token);
});

test("a rollback that drops goes back to what the slot left, not to what was copied over it since", () => {
    const before = withGreenBefore(slotDigest(read().slots.green?.containers ?? {}));
    const copiedOver = { ...before, record: { ...before.record, left: {} } };
    const discard = { ...toGreen, "handover.onRollback": { discard: tokenOf("job-1", "green") } };
    expect(refused(discard, copiedOver)).toEqual([
        'handover.onRollback.discard: goes back to what green left in its volumes, and a later copy took its place; write handover.onRollback: "reverseSync"',
    ]);
    expect(refused(toGreen, copiedOver)).toEqual([
        'handover.onRollback: is "block", and going back to green leaves behind what blue wrote since; write handover.onRollback: "reverseSync" to carry them along',
    ]);
});

test("a canary on a copy, its other weights, its promotion and its end", () => {
    const split = { ...clone, "traffic.weights": { blue: 90, green: 10 } };
    expect(decided(split, blueServes)).toEqual({
        kind: "shift",
        from: { blue: 100, green: 0 },
        moved: true,
        clone: { from: "blue", to: "green" },
    });
    const canary = observed({ blue: 80, green: 20 });
    expect(decided(split, canary)).toEqual({
        kind: "shift",
        from: { blue: 80, green: 20 },
        moved: true,
    });
    expect(decided({ ...clone, ...toGreen }, canary)).toMatchObject({
        kind: "handover",
        canary: true,
        data: "copy",
    });
    expect(decided(clone, canary)).toEqual({
        kind: "shift",
        from: { blue: 80, green: 20 },
        moved: true,
    });
});

test("older data are never served in the place of newer ones", () => {
    const gone = observed(
        {},
        {
            router: "absent",
            alive: {},
            record: { active: "blue", served: {}, left: {}, lastStart: {} },
        },
    );
    expect(refused(toGreen, gone)).toEqual([
        "traffic.weights: give traffic to green, and the newest data are in blue's volumes, which serves nothing now; begin with blue at 100, and move the weights in the next change",
    ]);
    expect(decided({}, gone)).toEqual({ kind: "start", slot: "blue", seed: false });
});
