import { expect, test } from "vitest";
import {
    copyReport,
    describePass,
    environmentReport,
} from "../../../provider/engine/handover/report.js";
import type { PassReport, Proof } from "../../../provider/volumes/mover.js";

const pass = (number: number, bytes: number): PassReport => ({
    number,
    last: number > 1,
    mover: number > 1 ? "rsync" : "parallel copy",
    files: 2,
    bytes,
    deletes: 1,
    seconds: 0.5,
});

const proof: Proof = {
    level: "content",
    basis: "every name",
    equal: true,
    entries: 3,
    bytesEqual: 300,
    bytesCompared: 0,
    digest: "sha256:ab",
    seconds: 0.1,
    differences: [],
    differenceCount: 0,
};

const copy = copyReport({
    source: "a",
    destination: "b",
    passes: [pass(1, 300), pass(2, 10)],
    declined: [{ mover: "reflink", reason: "another file system" }],
    verified: "content",
    proof,
});

test("a copy: the way that made it, all passes and their sum, the proof and its digest", () => {
    expect(copy).toMatchObject({
        strategy: "parallel copy",
        totals: { files: 4, bytes: 310, deletes: 2, seconds: 1 },
        digest: "sha256:ab",
        proof,
    });
});

test("a hand-over: copies as they were after the last pass, the freeze, who was killed", () => {
    const before = { ...copy, volume: "data", passes: [] };
    const after = { ...copy, volume: "data" };
    const report = environmentReport({
        prepare: { longLived: {} },
        copy: { volumes: [before], expectedFreeze: 100 },
        drain: { waited: 20, cut: 2 },
        stop: { killed: ["shop-web"] },
        "last-pass": { volumes: [after] },
        start: { green: { seconds: 1.5 } },
        // As a runner that took over after the commit says it.
        release: { seconds: 2, held: 7, cut: 0 },
        close: null,
    });
    expect(report).toEqual({
        volumes: [after],
        freeze: { seconds: 2, held: 7, cut: 2 },
        started: { green: { seconds: 1.5 } },
        killed: ["shop-web"],
    });
});

test("weights alone: nothing was copied, nobody waited", () => {
    const report = environmentReport({
        start: {},
        weights: undefined,
        release: { seconds: 0, held: 0, cut: 0 },
        "leave-blue": { waited: 3, cut: 1, killed: [] },
    });
    expect(report).toEqual({ started: {}, killed: [] });
});

test("a pass in one line", () => {
    expect(describePass(pass(1, 300))).toBe("300 B in 2 entries, 1 deleted, 500 ms");
    expect(describePass({ ...pass(1, 0), files: 1, deletes: 0 })).toBe("0 B in 1 entry, 500 ms");
});
