import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { execaRunner } from "../../provider/platforms/execa.js";
import { moverClient } from "../../provider/volumes/client.js";
import { buildNastyTree } from "./nasty-tree.js";
import { oracle } from "./oracle.js";
import { python, run, verdict, Workbench } from "./workbench.js";

let bench: Workbench;
beforeEach(() => {
    bench = new Workbench();
});
afterEach(() => bench.cleanUp());

const tree = `
import os, sys
os.chdir(sys.argv[1])
for name in ["app", "app/cache", "app/cache/deep", "app/data", "tmp", "logs"]:
    os.mkdir(name)
for name in ["app/cache/a", "app/cache/deep/b", "app/data/c", "app/data/c.tmp", "tmp/x", "logs/1.log", "root.tmp"]:
    open(name, "wb").write(name.encode())
os.link("app/data/c", "tmp/linked")
`;

const names = (root: string) =>
    run("find", root, "-mindepth", "1", "-printf", "%P\n").trim().split("\n").sort();

describe.each(["parallel copy", "rsync"])("include and exclude by %s", (strategy) => {
    test("exclude leaves out in the copy and in the proof; what is there of it is left alone", async () => {
        python(tree, bench.source);
        const exclude = ["cache/", "*.tmp", "/tmp"];
        const mover = bench.mover({ exclude, strategy });
        await mover.livePass();
        const expected = ["app", "app/data", "app/data/c", "logs", "logs/1.log"];
        expect(names(bench.destination)).toEqual(expected);

        mkdirSync(join(bench.destination, "app/cache"));
        writeFileSync(join(bench.destination, "app/cache/kept"), "the new release's own");
        writeFileSync(join(bench.source, "app/cache/more"), "more");
        rmSync(join(bench.source, "logs"), { recursive: true });
        const last = await mover.lastPass();
        expect(last.deletes).toBe(2);
        expect(verdict(await mover.prove("content"))).toBe("equal");
        expect(names(bench.destination)).toEqual([
            "app",
            "app/cache",
            "app/cache/kept",
            "app/data",
            "app/data/c",
        ]);
    });

    test("include takes what fits, with the folders above, and exclude wins", async () => {
        python(tree, bench.source);
        const mover = bench.mover({ include: ["/app/**", "*.log"], exclude: ["*.tmp"], strategy });
        await mover.lastPass();
        expect(verdict(await mover.prove("content"))).toBe("equal");
        expect(names(bench.destination)).toEqual([
            "app",
            "app/cache",
            "app/cache/a",
            "app/cache/deep",
            "app/cache/deep/b",
            "app/data",
            "app/data/c",
            "logs",
            "logs/1.log",
        ]);
    });
});

test("a folder that must go but holds something excluded stays, and the proof says so", async () => {
    mkdirSync(join(bench.destination, "old"));
    writeFileSync(join(bench.destination, "old/keep.me"), "");
    const mover = bench.mover({ exclude: ["keep.me"] });
    await mover.lastPass();
    expect((await mover.prove("content")).differences).toEqual(['"old": only in the destination']);
});

test("an unknown strategy and a bad pattern are errors", () => {
    expect(() => bench.mover({ strategy: "tar" })).toThrow(
        'there is no strategy "tar"; take "auto" or one of',
    );
    expect(() => bench.mover({ exclude: ["[a]"] })).toThrow(
        "has a character class, which is not supported",
    );
});

test("a strategy that cannot copy is an error with the reason", async () => {
    writeFileSync(join(bench.source, "file"), "x".repeat(5_000));
    const small = bench.mount("ext4", "64M");
    await expect(
        bench.mover({ strategy: "reflink", destination: small }).livePass(),
    ).rejects.toThrow(
        /^the strategy reflink cannot copy this volume: the file system does not clone .*\nnext: leave strategy out, or write strategy: "auto"$/,
    );
});

test("what is measured is what is there", async () => {
    python(
        `${tree}
os.symlink("x", "s"); os.mkfifo("f")
import socket
socket.socket(socket.AF_UNIX).bind("sock")
open("sparse", "wb").truncate(1 << 30)`,
        bench.source,
    );
    const measure = await bench.mover().measure("source");
    expect(measure).toMatchObject({
        entries: 17,
        files: 9,
        directories: 6,
        symlinks: 1,
        specials: 1,
        sockets: 1,
        empty: false,
    });
    expect(measure.bytes).toBe((1 << 30) + 11 + 16 + 10 + 14 + 5 + 10 + 8);
    expect(measure.allocated).toBeLessThan(64 << 10);
    expect(measure.free).toBeGreaterThan(1 << 20);
    expect(Date.now() - Date.parse(measure.newest as string)).toBeLessThan(60_000);
});

test("a store through a mapping, after the file was copied and read, does not get by", {
    timeout: 60_000,
}, async () => {
    writeFileSync(join(bench.source, "mapped"), Buffer.alloc(1 << 20, 1));
    const program = `
import mmap, sys
file = open(sys.argv[1], "r+b")
view = mmap.mmap(file.fileno(), 0)
view[0:1] = b"A"
print("dirty", flush=True)
for line in sys.stdin:
    view[0:1] = line[:1].encode()
    print("stored", flush=True)
`;
    const writer = spawn("python3", ["-c", program, join(bench.source, "mapped")], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    bench.onCleanUp(() => writer.kill("SIGKILL"));
    const next = () => new Promise<void>((resolve) => writer.stdout.once("data", () => resolve()));
    await next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const mover = bench.mover();
    await mover.livePass();
    await mover.verifySettled();
    // The page was dirty when it was copied: without write-back this store would not move the change time.
    writer.stdin.write("B\n");
    await next();
    expect(await mover.lastPass()).toMatchObject({ files: 1, bytes: 1 << 20 });
    expect(verdict(await mover.prove("content"))).toBe("equal");
    expect(oracle(bench.destination)).toBe(oracle(bench.source));
});

test("on tmpfs, whose change times miss mapped stores, everything is read again", {
    timeout: 60_000,
}, async () => {
    const at = join(bench.base, "tmpfs");
    mkdirSync(at);
    run("mount", "-t", "tmpfs", "none", at);
    // Lazily: the writer that was just killed may still be going.
    bench.onCleanUp(() => run("umount", "--lazy", at));
    writeFileSync(join(at, "mapped"), Buffer.alloc(4096, 1));
    const writer = spawn(
        "python3",
        [
            "-c",
            'import mmap,sys\nf=open(sys.argv[1],"r+b")\nv=mmap.mmap(f.fileno(),0)\nv[0:1]=b"A"\nprint(1,flush=True)\nsys.stdin.readline()\nv[0:1]=b"B"\nprint(2,flush=True)\nsys.stdin.readline()',
            join(at, "mapped"),
        ],
        { stdio: ["pipe", "pipe", "inherit"] },
    );
    bench.onCleanUp(() => writer.kill("SIGKILL"));
    const next = () => new Promise<void>((resolve) => writer.stdout.once("data", () => resolve()));
    await next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const mover = bench.mover({ source: at });
    await mover.livePass();
    await mover.verifySettled();
    writer.stdin.write("\n");
    await next();
    await mover.lastPass();
    const proof = await mover.prove("content");
    expect(verdict(proof)).toBe("equal");
    expect(proof.bytesCompared).toBe(4096);
    expect(proof.bytesEqual).toBe(4096);
    expect(run("cmp", join(at, "mapped"), join(bench.destination, "mapped"))).toBe("");
});

test("a large sparse file is compared without reading its holes", { timeout: 60_000 }, async () => {
    python(
        "import os,sys\nf=open(sys.argv[1]+'/sparse','wb')\nf.truncate(200<<30)\nf.seek(150<<30)\nf.write(os.urandom(8<<20))",
        bench.source,
    );
    const mover = bench.mover();
    await mover.livePass();
    const proof = await mover.prove("content");
    expect(verdict(proof)).toBe("equal");
    expect(proof.seconds).toBeLessThan(10);
    python(
        "import sys\nf=open(sys.argv[1]+'/sparse','r+b')\nf.seek(20<<30)\nf.write(b'x')",
        bench.destination,
    );
    run("touch", "-r", join(bench.source, "sparse"), join(bench.destination, "sparse"));
    expect((await mover.prove("content")).differences).toEqual(['"sparse": content differs']);
});

describe("in a process of its own, from a bundle of one file", () => {
    async function bundled() {
        const entry = join(bench.base, "entry.ts");
        const serve = join(__dirname, "../../provider/volumes/serve.ts");
        writeFileSync(
            entry,
            `import { serveMover } from ${JSON.stringify(serve)};
             serveMover(JSON.parse(process.argv[2]), process.stdin, process.stdout).then((code) => process.exit(code));`,
        );
        const outfile = join(bench.base, "bundle.cjs");
        await build({
            entryPoints: [entry],
            bundle: true,
            platform: "node",
            format: "cjs",
            target: "node20",
            outfile,
            external: ["execa"],
        });
        const options = JSON.stringify({ source: bench.source, destination: bench.destination });
        const child = execaRunner.start({ argv: [process.execPath, outfile, options] });
        const controller = new AbortController();
        return {
            child,
            controller,
            mover: moverClient(child, { reporter: bench.reporter, signal: controller.signal }),
        };
    }

    test("a whole migration", { timeout: 120_000 }, async () => {
        buildNastyTree(bench.source);
        const { mover, child } = await bundled();
        await mover.livePass();
        await mover.verifySettled();
        expect((await mover.expectLastPass()).ms).toBeGreaterThan(0);
        await mover.lastPass();
        await mover.flush();
        expect(verdict(await mover.prove("content"))).toBe("equal");
        expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
        await mover.close();
        expect(await child.ended).toEqual({ exitCode: 0 });
        expect(oracle(bench.destination)).toBe(oracle(bench.source));
    });

    test.each(["abort", "kill"])(
        "%s in the middle of a copy: it ends, and the next one goes on",
        { timeout: 120_000 },
        async (how) => {
            python(
                "import os,sys\nfor n in range(3000): open(sys.argv[1]+'/%d'%n,'wb').write(os.urandom(100000))",
                bench.source,
            );
            const { mover, child, controller } = await bundled();
            const pass = mover.livePass().catch((error: unknown) => error);
            while (names(bench.destination).length < 20)
                await new Promise((resolve) => setTimeout(resolve, 10));
            if (how === "abort") controller.abort(new Error("stop"));
            else child.kill("SIGKILL");
            expect(String(await pass)).toMatch(
                how === "abort" ? /stop/ : /the mover ended during livePass\n/,
            );
            await child.ended;
            // What it had started ends with it: nothing is added any more.
            await new Promise((resolve) => setTimeout(resolve, how === "abort" ? 100 : 1_500));
            const left = names(bench.destination).length;
            await new Promise((resolve) => setTimeout(resolve, 300));
            expect(names(bench.destination).length).toBe(left);

            const again = bench.mover();
            await again.lastPass();
            expect(verdict(await again.prove("content"))).toBe("equal");
        },
    );
});
