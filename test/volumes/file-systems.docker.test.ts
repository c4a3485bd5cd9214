import { spawn } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildNastyTree, editNastyTree } from "./nasty-tree.js";
import { oracle } from "./oracle.js";
import { python, run, verdict, Workbench } from "./workbench.js";

let bench: Workbench;
beforeEach(() => {
    bench = new Workbench();
});
afterEach(() => bench.cleanUp());

function foldersOn(at: string): { source: string; destination: string } {
    const folders = { source: join(at, "source"), destination: join(at, "destination") };
    mkdirSync(folders.source);
    mkdirSync(folders.destination);
    return folders;
}

function freeOn(at: string): number {
    return Number(run("stat", "-f", "-c", "%a", at)) * Number(run("stat", "-f", "-c", "%S", at));
}

describe.each(["xfs", "btrfs"] as const)("on %s", (kind) => {
    test("the nasty tree is cloned, and equal", { timeout: 120_000 }, async () => {
        const folders = foldersOn(bench.mount(kind, "1G"));
        buildNastyTree(folders.source);
        const mover = bench.mover(folders);
        const report = await mover.livePass();
        expect(report.mover).toBe("reflink");
        expect(await mover.declined()).toEqual([]);
        expect(verdict(await mover.prove("content"))).toBe("equal");
        editNastyTree(folders.source);
        await mover.lastPass();
        expect(verdict(await mover.prove("content"))).toBe("equal");
        const by = { holes: kind !== "xfs" };
        expect(oracle(folders.destination, by)).toBe(oracle(folders.source, by));
    });

    test("a clone takes no room, and more than the free room can be cloned", {
        timeout: 120_000,
    }, async () => {
        const at = bench.mount(kind, "1G");
        const folders = foldersOn(at);
        python(
            "import os,sys\nfor n in range(6): open(sys.argv[1] + '/%d' % n, 'wb').write(os.urandom(100 << 20))",
            folders.source,
        );
        run("sync", "-f", at);
        const before = freeOn(at);
        expect(before).toBeLessThan(500 << 20);
        const mover = bench.mover(folders);
        expect(await mover.livePass()).toMatchObject({
            mover: "reflink",
            bytes: 600 << 20,
            files: 7,
        });
        await mover.flush();
        expect(before - freeOn(at)).toBeLessThan(40 << 20);
        expect(verdict(await mover.prove("content"))).toBe("equal");
    });

    test("cloning from another file system declines with the reason", {
        timeout: 120_000,
    }, async () => {
        const at = bench.mount(kind, "512M");
        writeFileSync(join(bench.source, "file"), "x".repeat(10_000));
        const mover = bench.mover({ destination: at });
        expect(await mover.livePass()).toMatchObject({ mover: "parallel copy" });
        expect(await mover.declined()).toEqual([
            {
                mover: "reflink",
                reason: expect.stringMatching(
                    /^the file system does not clone from the source to the destination \(.+\)$/,
                ),
            },
        ]);
        expect(run("ls", "-A", at)).toBe("file\n");
    });
});

test("lost+found of either file system is left alone", async () => {
    const [from, to] = [bench.mount("ext4", "64M"), bench.mount("ext4", "64M")];
    writeFileSync(join(from, "file"), "content");
    writeFileSync(join(from, "lost+found", "found"), "by fsck");
    const mover = bench.mover({ source: from, destination: to });
    expect(await mover.measure("destination")).toMatchObject({ empty: true, entries: 0 });
    await mover.lastPass();
    expect(verdict(await mover.prove("content"))).toBe("equal");
    expect(run("ls", "-A", to)).toBe("file\nlost+found\n");
    expect(run("ls", "-A", join(to, "lost+found"))).toBe("");
});

test("a file system mounted inside the source is refused by name, and can be excluded", async () => {
    const inside = join(bench.source, "data\n");
    mkdirSync(inside);
    run("mount", "-t", "tmpfs", "none", inside);
    bench.onCleanUp(() => run("umount", inside));
    await expect(bench.mover().livePass()).rejects.toThrow(
        'other file systems are mounted in the source: "data\\x0a"\nnext: migrate each of them by itself, or exclude it here',
    );
    await bench.mover({ exclude: ["/data?"] }).lastPass();
    expect(run("ls", "-A", bench.destination)).toBe("");
});

test("what cannot fit is refused before the first byte, with the figures", async () => {
    const small = bench.mount("ext4", "32M");
    writeFileSync(join(bench.source, "big"), Buffer.alloc(48 << 20, 1));
    await expect(bench.mover({ destination: small }).livePass()).rejects.toThrow(
        /^the destination has [\d.]+ MiB free, and 48 MiB are to be written\nnext: make room where the destination lies/,
    );
    expect(run("ls", "-A", small)).toBe("lost+found\n");
});

test.each(["parallel copy", "rsync"])(
    "a disk that fills up in the middle of a %s is told with what is left; the copy goes on once there is room",
    { timeout: 60_000 },
    async (strategy) => {
        const small = bench.mount("ext4", "64M");
        for (let n = 0; n < 40; n++)
            writeFileSync(join(bench.source, `file ${n}`), Buffer.alloc(1 << 20, n));
        const mover = bench.mover({ destination: small, strategy });
        // Fits when it is measured, and not any more when it is written: room is taken once the copy has begun.
        bench.reporter.status = () => {};
        const filler = join(small, "lost+found", "filler");
        const scanned = mover.livePass();
        const fill =
            'until [ "$(ls -A "$1" | wc -l)" -gt 3 ]; do :; done; fallocate -l 25M "$2" || true';
        const filling = spawn("sh", ["-c", fill, "sh", small, filler]);
        bench.onCleanUp(() => filling.kill("SIGKILL"));
        await expect(scanned).rejects.toThrow(
            /^the destination is full: [\d.]+ \w+ left there; the partial copy stays/,
        );
        expect(Number(run("sh", "-c", 'ls "$1" | wc -l', "sh", small))).toBeGreaterThan(2);

        rmSync(filler);
        await mover.lastPass();
        expect(verdict(await mover.prove("content"))).toBe("equal");
    },
);

test("a fingerprint outlives unmounting, and tells of any write", async () => {
    const image = join(bench.base, "disk.img");
    const at = join(bench.base, "disk");
    mkdirSync(at);
    run("truncate", "-s", "64M", image);
    run("mkfs.ext4", "-q", "-F", image);
    run("mount", "-o", "loop", image, at);
    bench.onCleanUp(() => run("umount", at));
    writeFileSync(join(at, "file"), "content");
    const first = await bench.mover({ destination: at }).fingerprint("destination");
    run("umount", at);
    run("mount", "-o", "loop", image, at);
    const mover = bench.mover({ destination: at });
    expect(await mover.fingerprint("destination")).toBe(first);
    statSync(join(at, "file"));
    expect(await mover.fingerprint("destination")).toBe(first);
    python(
        "import os,sys\ni=os.stat(sys.argv[1])\nopen(sys.argv[1],'w').write('CONTENT')\nos.utime(sys.argv[1],ns=(i.st_atime_ns,i.st_mtime_ns))",
        join(at, "file"),
    );
    expect(await mover.fingerprint("destination")).not.toBe(first);
});
