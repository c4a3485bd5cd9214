import { expect, test } from "vitest";
import type { JournalEntry } from "../../../provider/engine/journal.js";
import { recordOf } from "../../../provider/handlers/environment/record.js";

let seconds = 0;
function entry(kind: JournalEntry["kind"], job: string, more: Partial<JournalEntry> = {}) {
    return { at: new Date(1_000 * seconds++).toISOString(), kind, job, ...more };
}

/** A journal of jobs: transition, weights, and how each ended. */
function journal(
    ...jobs: { transition: object; blue: number; ends?: "done" | "failed" }[]
): JournalEntry[] {
    seconds = 0;
    return jobs.flatMap(({ transition, blue, ends = "done" }, index) => {
        const id = `job-${index}`;
        const slot = (name: string) => ({ digest: name, release: `shop:${name}`, containers: {} });
        const slots = { blue: slot("blue"), green: slot("green") };
        const physical = { blue: "p-data-blue", green: "p-data-green" };
        const volumes = [{ name: "data", mode: "handover", physical }];
        const weights = { blue, green: 100 - blue };
        const data = { id, transition, slots, volumes, weights, instance: "one" };
        const copies = "data" in transition || "clone" in transition;
        return [
            entry("open", id, { data }),
            ...(copies ? [entry("start", id, { step: "copy" })] : []),
            ...(ends === "done" ? [entry("commit", id)] : []),
            entry(ends, id, { data: {} }),
        ];
    });
}

const start = { transition: { kind: "start", slot: "blue", seed: true }, blue: 100 };
const over = (from: string, to: string) => ({
    transition: { kind: "handover", from, to, data: "copy", canary: false },
    blue: to === "blue" ? 100 : 0,
});
const canary = {
    transition: {
        kind: "shift",
        from: { blue: 100, green: 0 },
        moved: true,
        clone: { from: "blue", to: "green" },
    },
    blue: 90,
};
const end = {
    transition: { kind: "shift", from: { blue: 90, green: 10 }, moved: true },
    blue: 100,
};

test("nothing served yet", () => {
    expect(recordOf([])).toEqual({ served: {}, left: {}, lastStart: {} });
});

test("the newest data, and what the other slot left, follow the hand-overs", () => {
    const first = recordOf(journal(start));
    expect(first).toMatchObject({ active: "blue", newest: { data: "p-data-blue" }, left: {} });
    const second = recordOf(journal(start, over("blue", "green")));
    expect(second).toMatchObject({
        active: "green",
        newest: { data: "p-data-green" },
        left: { blue: "1970-01-01T00:00:05.000Z" },
    });
    expect(Object.keys(second.served)).toEqual(["blue", "green"]);
});

test("a copy takes the place of what a slot left, also when it goes back", () => {
    const back = { ...over("green", "blue"), ends: "failed" as const };
    const record = recordOf(journal(start, over("blue", "green"), back));
    expect(record).toMatchObject({ active: "green", newest: { data: "p-data-green" }, left: {} });
});

test("a canary never served: what it wrote is thrown away", () => {
    const record = recordOf(journal(start, canary, end));
    expect(record).toMatchObject({ active: "blue", left: {} });
    expect(Object.keys(record.served)).toEqual(["blue"]);
});
