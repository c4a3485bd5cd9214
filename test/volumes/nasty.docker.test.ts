import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildNastyTree, editNastyTree } from "./nasty-tree.js";
import { oracle } from "./oracle.js";
import { run, verdict, Workbench } from "./workbench.js";

let bench: Workbench;
beforeEach(() => {
    bench = new Workbench();
});
afterEach(() => bench.cleanUp());

describe.each(["auto", "parallel copy", "rsync"])("the nasty tree by %s", (strategy) => {
    test("is equal after one pass, and after edits and a last one", {
        timeout: 120_000,
    }, async () => {
        buildNastyTree(bench.source);
        const original = oracle(bench.source);
        const mover = bench.mover({ strategy });

        const first = await mover.livePass();
        expect(oracle(bench.destination)).toBe(original);
        expect(first.mover).toBe(strategy === "auto" ? "parallel copy" : strategy);
        await mover.verifySettled();

        editNastyTree(bench.source);
        const edited = oracle(bench.source);
        const last = await mover.lastPass();
        await mover.flush();
        const proof = await mover.prove("content");
        expect(verdict(proof)).toBe("equal");
        expect(oracle(bench.destination)).toBe(edited);
        expect(oracle(bench.source)).toBe(edited);
        expect(last).toMatchObject({ number: 2, last: true, mover: "rsync" });
        expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
        expect(bench.reporter.warnings).toEqual([
            expect.stringMatching(
                /^2 sockets are not carried: "types\/(other )?socket", "types\/(other )?socket"$/,
            ),
        ]);
    });
});

test("a new session finds a copied tree, and changes only what differs", {
    timeout: 120_000,
}, async () => {
    buildNastyTree(bench.source);
    await bench.mover().livePass();
    editNastyTree(bench.source);

    const later = bench.mover();
    const report = await later.lastPass();
    expect(await later.declined()).toEqual([
        {
            mover: "reflink",
            reason: "the destination holds data already: only what differs is copied",
        },
        {
            mover: "parallel copy",
            reason: "the destination holds data already: only what differs is copied",
        },
    ]);
    expect(report.files).toBeLessThan(80);
    expect(verdict(await later.prove("content"))).toBe("equal");
    expect(oracle(bench.destination)).toBe(oracle(bench.source));
});

test("the same tree has the same digest, wherever it lies; another has another", {
    timeout: 120_000,
}, async () => {
    buildNastyTree(bench.source);
    const there = bench.mover();
    await there.livePass();
    const first = await there.prove("content");
    const back = bench.mover({ source: bench.destination, destination: bench.source });
    const second = await back.prove("content");
    expect(second.digest).toBe(first.digest);
    editNastyTree(bench.source);
    await there.lastPass();
    expect((await there.prove("content")).digest).not.toBe(first.digest);
});

test("an empty destination's own mode and default ACL are not handed down", {
    timeout: 120_000,
}, async () => {
    buildNastyTree(bench.source);
    run("chmod", "7777", bench.destination);
    run("setfacl", "-d", "-m", "u:1234:rwx", bench.destination);
    run("setfattr", "-n", "user.old", "-v", "1", bench.destination);
    await bench.mover().lastPass();
    expect(oracle(bench.destination)).toBe(oracle(bench.source));
});

test("an empty volume stays empty, with its root's own metadata", async () => {
    const mover = bench.mover();
    expect(await mover.measure("source")).toMatchObject({ empty: true, entries: 0, bytes: 0 });
    await mover.livePass();
    await mover.lastPass();
    expect(verdict(await mover.prove("content"))).toBe("equal");
    expect(oracle(bench.destination)).toBe(oracle(bench.source));
});
