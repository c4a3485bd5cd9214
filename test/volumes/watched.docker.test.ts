import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildNastyTree, editNastyTree } from "./nasty-tree.js";
import { oracle } from "./oracle.js";
import { python, run, verdict, Workbench } from "./workbench.js";

/** Every migration here goes by the watch, however small: a look at every name is never quick enough. */
const watched = { fullLook: 0 };
const basis = "what changed since every name was proven";

let bench: Workbench;
beforeEach(() => {
    bench = new Workbench();
});
afterEach(() => bench.cleanUp());

test("the nasty tree, its edits and a last pass by what the watch told", {
    timeout: 120_000,
}, async () => {
    buildNastyTree(bench.source);
    const mover = bench.mover(watched);
    await mover.livePass();
    expect(await mover.verifySettled()).toMatchObject({ watched: true });

    editNastyTree(bench.source);
    const edited = oracle(bench.source);
    await mover.lastPass();
    await mover.flush();
    const proof = await mover.prove("content");
    expect(verdict(proof)).toBe("equal");
    expect(proof).toMatchObject({ equal: true, basis });
    expect(oracle(bench.destination)).toBe(edited);
    expect(oracle(bench.source)).toBe(edited);
    expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });

    const full = await bench.mover().prove("content");
    expect(full).toMatchObject({
        basis: "every name",
        digest: proof.digest,
        entries: proof.entries,
        bytesEqual: proof.bytesEqual,
    });
});
