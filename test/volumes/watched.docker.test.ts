import { spawn } from "node:child_process";
import { once } from "node:events";
import { linkSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { execaRunner } from "../../provider/platforms/execa.js";
import { LocalMover } from "../../provider/volumes/local-mover.js";
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

/** A few files, copied and proven while the source was not frozen yet. */
async function proven(options: object = {}): Promise<LocalMover> {
    mkdirSync(join(bench.source, "d/e"), { recursive: true });
    for (const name of ["a", "b", "d/c", "d/e/f"])
        writeFileSync(join(bench.source, name), `content of ${name}`);
    const mover = bench.mover({ ...watched, ...options });
    await mover.livePass();
    await mover.verifySettled();
    return mover;
}

/** The freeze, and that what it says is true. */
async function freeze(mover: LocalMover, expected = basis): Promise<void> {
    await mover.lastPass();
    await mover.flush();
    const proof = await mover.prove("content");
    expect(verdict(proof)).toBe("equal");
    expect(proof.basis).toBe(expected);
    expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
    expect(oracle(bench.destination)).toBe(oracle(bench.source));
    const full = await bench.mover().prove("content");
    expect(full).toMatchObject({
        basis: "every name",
        digest: proof.digest,
        entries: proof.entries,
        bytesEqual: proof.bytesEqual,
    });
}

const declinedWatch = async (mover: LocalMover) =>
    (await mover.declined()).filter(({ mover }) => mover === "watch");

test("the nasty tree, its edits and a last pass by what the watch told", {
    timeout: 120_000,
}, async () => {
    buildNastyTree(bench.source);
    const mover = bench.mover(watched);
    await mover.livePass();
    expect(await mover.verifySettled()).toMatchObject({ watched: true });
    editNastyTree(bench.source);
    await freeze(mover);
});

test("a pass by the watch copies what changed, and looks at nothing else", async () => {
    const mover = await proven();
    writeFileSync(join(bench.source, "d/e/new"), "new");
    expect(await mover.lastPass()).toMatchObject({ bytes: 3, deletes: 0 });
    const proof = await mover.prove("content");
    expect(proof).toMatchObject({ equal: true, basis, entries: 7, bytesCompared: 3 });
});

test("a folder renamed after the watch was set, filled afterwards, and renamed once more", async () => {
    const mover = await proven();
    renameSync(join(bench.source, "d"), join(bench.source, "moved"));
    writeFileSync(join(bench.source, "moved/e/late"), "late");
    mkdirSync(join(bench.source, "moved/e/deeper/still"), { recursive: true });
    await mover.livePass();
    writeFileSync(join(bench.source, "moved/e/deeper/still/later"), "later");
    renameSync(join(bench.source, "moved/e"), join(bench.source, "up"));
    await freeze(mover);
});

test("a second name for a file that had one, and a write through it", async () => {
    const mover = await proven();
    linkSync(join(bench.source, "a"), join(bench.source, "d/linked"));
    await mover.livePass();
    writeFileSync(join(bench.source, "d/linked"), "written through the second name");
    await freeze(mover);
});

test("a write through a name outside of the source", async () => {
    mkdirSync(join(bench.source, "in"));
    writeFileSync(join(bench.source, "in/file"), "before");
    linkSync(join(bench.source, "in/file"), join(bench.base, "outside"));
    const mover = await proven();
    writeFileSync(join(bench.base, "outside"), "BEFORE");
    await mover.lastPass();
    expect(await mover.prove("content")).toMatchObject({ equal: true, basis });
    expect(run("cat", join(bench.destination, "in/file"))).toBe("BEFORE");
    writeFileSync(join(bench.base, "outside"), "after!");
    expect(await mover.unchangedSinceProof()).toEqual({
        unchanged: false,
        changes: ['"in/file": was changed'],
    });
});

test("a store through a mapping by a writer that ends", { timeout: 60_000 }, async () => {
    writeFileSync(join(bench.source, "mapped"), Buffer.alloc(100_000, "x"));
    const writer = spawn("python3", [
        "-c",
        `import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
view = mmap.mmap(fd, 0)
os.close(fd)
view[5:6] = b"0"
print("mapped", flush=True)
sys.stdin.readline()
view[50000:50001] = b"1"
print("stored", flush=True)
sys.stdin.readline()`,
        join(bench.source, "mapped"),
    ]);
    bench.onCleanUp(() => writer.kill("SIGKILL"));
    await once(writer.stdout, "data");
    const mover = await proven();
    writer.stdin.write("\n");
    await once(writer.stdout, "data");
    const ended = once(writer, "exit");
    writer.kill("SIGKILL");
    await ended;
    await freeze(mover);
});

test("a writer to the source between proof and last look is named, on a new name and in a new folder", async () => {
    const mover = await proven();
    mkdirSync(join(bench.source, "fresh"));
    writeFileSync(join(bench.source, "fresh/file"), "1");
    await mover.lastPass();
    await mover.prove("content");
    writeFileSync(join(bench.source, "fresh/file"), "2");
    writeFileSync(join(bench.source, "a"), "changed");
    const { unchanged, changes } = await mover.unchangedSinceProof();
    expect(unchanged).toBe(false);
    expect(changes.sort()).toEqual(['"a": was changed', '"fresh/file": was changed']);
});

test("whatever a running service does, a last pass by the watch makes both sides equal", {
    timeout: 180_000,
}, async () => {
    const service = spawn(
        "python3",
        [
            "-c",
            `import os, random, sys
os.chdir(sys.argv[1])
random.seed(7)
some = lambda: "/".join("d%d" % random.randrange(12) for _ in range(random.randint(1, 3)))
def act(what):
    if what == 0: os.makedirs(some(), exist_ok=True)
    elif what < 4: open(some(), "wb").write(os.urandom(random.choice([0, 10, 5000])))
    elif what == 4: os.rename(some(), some())
    elif what == 5: os.remove(some())
    elif what == 6: os.system("rm -rf " + some())
    elif what == 7: os.link(some(), some())
    elif what == 8: os.symlink(some(), some())
    else: os.chmod(some(), random.randrange(0o10000))
print("ready", flush=True)
while True:
    try: act(random.randrange(10))
    except OSError: pass`,
            bench.source,
        ],
        { stdio: ["ignore", "pipe", "ignore"] },
    );
    bench.onCleanUp(() => service.kill("SIGKILL"));
    await once(service.stdout, "data");
    const mover = bench.mover(watched);
    await mover.livePass();
    await mover.verifySettled();
    for (let pass = 0; pass < 3; pass++) {
        await sleep(200);
        await mover.livePass();
        await mover.verifySettled();
    }
    const ended = once(service, "exit");
    service.kill("SIGKILL");
    await ended;
    await mover.lastPass();
    expect(verdict(await mover.prove("content"))).toBe("equal");
    expect(oracle(bench.destination)).toBe(oracle(bench.source));
    expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
});

describe("every name is looked at, and the report says why,", () => {
    test("when more happens at once than the kernel keeps in mind", {
        timeout: 60_000,
    }, async () => {
        const mover = await proven();
        const watches = run("pgrep", "-P", String(process.pid), "perl").trim().split("\n");
        for (const pid of watches) process.kill(Number(pid), "SIGSTOP");
        const most = Number(run("cat", "/proc/sys/fs/inotify/max_queued_events"));
        python(
            `import os, sys
for n in range(int(sys.argv[2])): os.close(os.open(sys.argv[1] + "/%d" % n, os.O_CREAT | os.O_WRONLY))
for n in range(int(sys.argv[2]) - 3): os.remove(sys.argv[1] + "/%d" % n)`,
            bench.source,
            String(most),
        );
        for (const pid of watches) process.kill(Number(pid), "SIGCONT");
        await freeze(mover, "every name");
        expect(await declinedWatch(mover)).toEqual([
            {
                mover: "watch",
                reason: "more happened at once than the kernel keeps in mind (source)",
            },
        ]);
    });

    test("when the watch is killed", async () => {
        const mover = await proven();
        for (const pid of run("pgrep", "-P", String(process.pid), "perl").trim().split("\n"))
            process.kill(Number(pid), "SIGKILL");
        writeFileSync(join(bench.source, "a"), "after");
        await sleep(100);
        await freeze(mover, "every name");
        expect(await declinedWatch(mover)).toEqual([
            { mover: "watch", reason: "the watch ended (exit code 137) (source)" },
        ]);
    });

    test("when the watch is killed between the proof and the last look", async () => {
        const mover = await proven();
        await mover.lastPass();
        expect(await mover.prove("content")).toMatchObject({ basis });
        for (const pid of run("pgrep", "-P", String(process.pid), "perl").trim().split("\n"))
            process.kill(Number(pid), "SIGKILL");
        await sleep(100);
        expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
        writeFileSync(join(bench.source, "d/e/f"), "after");
        expect(await mover.unchangedSinceProof()).toEqual({
            unchanged: false,
            changes: ['"d/e/f": was changed'],
        });
    });

    test("when the writers are paused, not stopped", async () => {
        const mover = await proven({ paused: true });
        await freeze(mover, "every name");
        expect(await declinedWatch(mover)).toEqual([
            {
                mover: "watch",
                reason: "the writers are paused, not stopped: what they store through mappings is told by no watch",
            },
        ]);
    });

    test("on a file system that does not tell of every write", async () => {
        const root = join(bench.base, "tmpfs");
        mkdirSync(root);
        run("mount", "-t", "tmpfs", "tmpfs", root);
        bench.onCleanUp(() => run("umount", root));
        const mover = bench.mover({ ...watched, destination: root });
        writeFileSync(join(bench.source, "file"), "1");
        // The source's scan is what a watch would be set by; the destination's file system declines it.
        await mover.livePass();
        expect(await mover.verifySettled()).toMatchObject({ watched: false });
        expect(await declinedWatch(mover)).toEqual([
            {
                mover: "watch",
                reason: "the file system of the destination does not tell of every write",
            },
        ]);
    });

    test.each([
        ["perl", "perl could not be started: spawn /nowhere/perl ENOENT (source)"],
        [
            "limit",
            "a folder could not be watched (No space left on device), after 3 others (source)",
        ],
    ])("where a watch cannot be had (%s)", async (what, reason) => {
        const runner: typeof execaRunner = {
            ...execaRunner,
            start(command, signal) {
                if (command.argv[0] !== "perl") return execaRunner.start(command, signal);
                const says = String.raw`F a folder could not be watched (No space left on device), after 3 others\0`;
                const argv: [string, ...string[]] =
                    what === "perl" ? ["/nowhere/perl"] : ["printf", says];
                return execaRunner.start({ ...command, argv }, signal);
            },
        };
        writeFileSync(join(bench.source, "file"), "1");
        const options = { reporter: bench.reporter, signal: new AbortController().signal };
        const { source, destination } = bench;
        const mover = new LocalMover({ ...options, ...watched, source, destination }, runner);
        await mover.livePass();
        await mover.verifySettled();
        await freeze(mover, "every name");
        const found = await declinedWatch(mover);
        await mover.close();
        expect(found).toEqual([
            { mover: "watch", reason: reason.replace("perl could", "/nowhere/perl could") },
        ]);
    });
});

test("a small tree is looked at whole, and nothing is declined", async () => {
    const mover = await proven({ fullLook: 60_000 });
    await freeze(mover, "every name");
    expect(await declinedWatch(mover)).toEqual([]);
});
