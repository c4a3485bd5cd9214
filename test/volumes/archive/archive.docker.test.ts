import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { execaRunner } from "../../../provider/platforms/execa.js";
import { checkArchive } from "../../../provider/volumes/archive/check.js";
import { ArchiveMover } from "../../../provider/volumes/archive/restore.js";
import { saveArchive } from "../../../provider/volumes/archive/save.js";
import { buildNastyTree } from "../nasty-tree.js";
import { oracle } from "../oracle.js";
import { run, verdict, Workbench } from "../workbench.js";

let bench: Workbench;
let file: string;
beforeEach(() => {
    bench = new Workbench();
    file = join(bench.base, "archive.tar.zst");
});
afterEach(() => bench.cleanUp());

const signal = new AbortController().signal;
const tools = () => ({ runner: execaRunner, reporter: bench.reporter, signal });
const save = (more = {}) =>
    saveArchive({ roots: [bench.source], file, recipients: [], ...more }, tools());

test("the nasty tree is saved, verified, restored and proven", async () => {
    buildNastyTree(bench.source);
    const original = oracle(bench.source);
    const saved = await save();
    expect(oracle(bench.source)).toBe(original);
    expect(await checkArchive(file, saved, tools())).toMatchObject({ verified: "read back" });

    const mover = new ArchiveMover({ archive: file, destination: bench.destination }, tools());
    await mover.measure("source");
    await mover.lastPass();
    const proof = await mover.prove("content");
    expect(verdict(proof)).toBe("equal");
    expect(proof.digest).toBe(saved.volumes[0]?.digest);
    await mover.close();
    expect(oracle(bench.destination)).toBe(original);
});

test("tar alone opens it", async () => {
    buildNastyTree(bench.source);
    await save();
    const by = join(bench.base, "by hand");
    mkdirSync(by);
    const options = ["--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "-p"];
    run("tar", "--zstd", "-xf", file, "-C", by, ...options);
    expect(oracle(join(by, "source"))).toBe(oracle(bench.source));
});
