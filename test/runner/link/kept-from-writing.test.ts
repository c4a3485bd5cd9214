import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { QuiescedContainer } from "../../../provider/engine/handover/volume-platform.js";
import { KeptFromWriting, parseKept } from "../../../provider/runner/link/kept-from-writing.js";

let folder: string;
let path: string;
let ran: string[];
let broken: Set<string>;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cutover-kept-"));
    path = join(folder, "frozen.json");
    ran = [];
    broken = new Set();
});
afterEach(() => rmSync(folder, { recursive: true }));

function container(id: string, restartPolicy = "always"): QuiescedContainer {
    return { id, name: `name-${id}`, running: true, removedAtEnd: false, restartPolicy };
}

/** As a runner that was started again would have it. */
function list(): KeptFromWriting {
    return new KeptFromWriting(path, async ({ id, restartPolicy }) => {
        if (broken.has(id)) throw new Error("its port is taken");
        ran.push(`${id} ${restartPolicy}`);
        return true;
    });
}

const stop = async () => ({ killed: false });
const due = () => true;

test("who is kept from writing is on disk before it is stopped, and found again", async () => {
    let noted = false;
    await list().add(container("a"), async () => {
        noted = existsSync(path);
        return stop();
    });
    expect(noted).toBe(true);
    expect(list().frozen.map(({ id }) => id)).toEqual(["a"]);
    await list().resume(container("a"));
    expect(list().frozen).toEqual([]);
});

test("the first note of a restart policy counts: later it is ours", async () => {
    await list().add(container("a"), stop);
    await list().add(container("a", "no"), stop);
    await list().resume(container("a", "no"));
    expect(ran).toEqual(["a always"]);
});

test("what is kept stays, also when the answer was lost and it is asked for again", async () => {
    await list().add(container("a"), stop);
    await list().keep(["a"]);
    await list().keep(["a"]);
    expect(await list().resumeAll(due)).toEqual({ ran: [], problems: [] });
    expect(ran).toEqual([]);
});

test("once it was let run in the silence, it cannot be kept: the proof is of another time", async () => {
    await list().add(container("a"), stop);
    expect(await list().resumeAll(due)).toEqual({ ran: ["name-a"], problems: [] });
    await expect(list().keep(["a"])).rejects.toThrow(
        "the source's writers were let run again meanwhile",
    );
    await list().add(container("a"), stop);
    await list().keep(["a"]);
});

test("nobody that was never stopped can be kept", async () => {
    await expect(list().keep(["a"])).rejects.toThrow("let run again meanwhile");
    await list().keep([]);
});

test("one that cannot be started does not keep the others stopped", async () => {
    await list().add(container("a"), stop);
    await list().add(container("b"), stop);
    broken.add("a");
    expect(await list().resumeAll(due)).toEqual({
        ran: ["name-b"],
        problems: ["name-a: Error: its port is taken"],
    });
    expect(list().frozen.map(({ id }) => id)).toEqual(["a"]);
});

test("one thing at a time: who comes back before its turn is not let run", async () => {
    const kept = list();
    let silent = true;
    const stopping = kept.add(container("a"), async () => {
        await new Promise((done) => setTimeout(done, 20));
        silent = false;
        return stop();
    });
    const letRun = kept.resumeAll(() => silent);
    await stopping;
    expect(await letRun).toEqual({ ran: [], problems: [] });
    expect(kept.frozen.map(({ id }) => id)).toEqual(["a"]);
});

test("nothing on disk is nobody", () => {
    expect(parseKept(undefined).frozen).toEqual([]);
    expect(parseKept("").frozen).toEqual([]);
});
