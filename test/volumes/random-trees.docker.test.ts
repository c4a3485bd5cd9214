import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentReporter } from "../../provider/engine/progress.js";
import { execaRunner } from "../../provider/platforms/execa.js";
import { LocalMover } from "../../provider/volumes/local-mover.js";
import { oracleProgram } from "./oracle.js";
import { PythonServer } from "./python-server.js";
import { verdict } from "./workbench.js";

/** More than the usual 500, to look for trouble: CUTOVER_TREE_RUNS=20000. One seed again: CUTOVER_TREE_SEED. */
const runs = Number(process.env.CUTOVER_TREE_RUNS ?? 500);
const seed = Number(process.env.CUTOVER_TREE_SEED ?? Date.now() % 1_000_000_000);
const shards = 4;

/** Few names, so that edits meet what is there; bytes that are no text among them. */
const names = ["a", "b", "c d", "-e", "new\nline", "\xff\\", "#", "A"];

const path = fc
    .array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("/"));

const edit = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("mkdir"), path }) },
    {
        weight: 6,
        arbitrary: fc.record({
            do: fc.constant("write"),
            path,
            size: fc.constantFrom(0, 1, 5, 4096, 70_000),
            fill: fc.nat(3),
        }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("append"), path }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("rewrite quietly"), path }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("remove"), path }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("rename"), path, to: path }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("link"), path, to: path }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("symlink"), path, to: path }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fifo"), path }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("device"), path, minor: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("socket"), path }) },
    {
        weight: 2,
        arbitrary: fc.record({
            do: fc.constant("mode"),
            path,
            mode: fc.constantFrom(0, 0o644, 0o755, 0o4755, 0o2750, 0o1777, 0o7777),
        }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("owner"), path, owner: fc.nat(3) }) },
    {
        weight: 2,
        arbitrary: fc.record({
            do: fc.constant("attribute"),
            path,
            name: fc.constantFrom("user.a", "trusted.b", "user.=\n"),
            value: fc.nat(2),
        }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("capability"), path }) },
    {
        weight: 2,
        arbitrary: fc.record({
            do: fc.constant("time"),
            path,
            time: fc.constantFrom(-1.5, 0, 1_000_000_000.25, 4_000_000_000),
        }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("sparse"), path, at: fc.nat(3) }) },
);

const history = fc.record({
    tree: fc.array(edit, { maxLength: 25 }),
    /** What happens before each pass but the first. */
    edits: fc.array(fc.array(edit, { maxLength: 10 }), { minLength: 1, maxLength: 3 }),
    strategy: fc.constantFrom("auto", "rsync"),
    watched: fc.boolean(),
});

/** An edit that cannot be made (no such file, not empty) is none. */
const edits = `
import json, os, shutil, socket, stat, sys
os.chdir(sys.argv[1])
os.umask(0)
raw = lambda text: os.fsencode(text.encode("latin1"))
def flat(path):
    return not stat.S_ISDIR(os.lstat(path).st_mode)
def regular(path):
    if not stat.S_ISREG(os.lstat(path).st_mode): raise OSError()
def act(edit):
    what, path = edit["do"], raw(edit["path"])
    if what == "mkdir": os.makedirs(path)
    elif what == "write":
        if os.path.lexists(path): regular(path)
        with open(path, "wb") as file: file.write(bytes([65 + edit["fill"]]) * edit["size"])
    elif what == "append":
        regular(path)
        with open(path, "ab") as file: file.write(b"more")
    elif what == "rewrite quietly":
        regular(path)
        info = os.stat(path)
        if info.st_size > 1 << 20: return
        with open(path, "r+b") as file:
            data = file.read()
            file.seek(0)
            file.write(bytes(byte ^ 1 for byte in data))
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    elif what == "remove": os.remove(path) if flat(path) else shutil.rmtree(path)
    elif what == "rename": os.rename(path, raw(edit["to"]))
    elif what == "link": os.link(path, raw(edit["to"]), follow_symlinks=False)
    elif what == "symlink": os.symlink(raw(edit["to"]), path)
    elif what == "fifo": os.mkfifo(path)
    elif what == "device": os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3 + edit["minor"]))
    elif what == "socket":
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(path)
        sock.close()
    elif what == "mode":
        if not stat.S_ISLNK(os.lstat(path).st_mode): os.chmod(path, edit["mode"])
    elif what == "owner": os.lchown(path, edit["owner"], edit["owner"] + 1)
    elif what == "attribute":
        if edit["value"]: os.setxattr(path, raw(edit["name"]), bytes([edit["value"]]), follow_symlinks=False)
        else: os.removexattr(path, raw(edit["name"]), follow_symlinks=False)
    elif what == "capability":
        regular(path)
        os.setxattr(path, "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
    elif what == "time": os.utime(path, ns=(0, int(edit["time"] * 1e9)), follow_symlinks=False)
    elif what == "sparse":
        if os.path.lexists(path): regular(path)
        with open(path, "r+b" if os.path.lexists(path) else "w+b") as file:
            file.truncate(2 << 20)
            file.seek(edit["at"] << 19)
            file.write(b"in the hole")
for edit in json.loads(sys.argv[2]):
    try: act(edit)
    except (OSError, shutil.Error): pass
`;

let base = "";
beforeAll(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), "cutover-trees-")));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test.concurrent.each(Array.from({ length: shards }, (_, at) => at + 1))(
    `random trees and random edits between passes: what is proven equal is equal (part %i, seed ${seed})`,
    { timeout: 1_800_000 },
    async (shard) => {
        const server = new PythonServer();
        let count = 0;
        const holds = fc.asyncProperty(
            history,
            async ({ tree, edits: later, strategy, watched }) => {
                const folder = join(base, `${shard}-${count++}`);
                const [source, destination] = [join(folder, "source"), join(folder, "destination")];
                mkdirSync(source, { recursive: true });
                mkdirSync(destination);
                const mover = new LocalMover(
                    {
                        ...{ source, destination, strategy, parallel: 1 },
                        fullLook: watched ? 0 : Number.POSITIVE_INFINITY,
                        ...{ reporter: silentReporter, signal: new AbortController().signal },
                    },
                    execaRunner,
                );
                const change = (what: unknown) => server.run(edits, source, JSON.stringify(what));
                try {
                    await change(tree);
                    for (const [at, what] of later.entries()) {
                        await mover.livePass();
                        if (at === 0 || !watched) await mover.verifySettled();
                        await change(what);
                    }
                    await mover.lastPass();
                    expect(verdict(await mover.prove("content"))).toBe("equal");
                    expect(await mover.unchangedSinceProof()).toEqual({
                        unchanged: true,
                        changes: [],
                    });
                    expect(await server.run(oracleProgram, destination, "holes")).toBe(
                        await server.run(oracleProgram, source, "holes"),
                    );
                } finally {
                    await mover.close();
                    rmSync(folder, { recursive: true, force: true });
                }
            },
        );
        try {
            await fc.assert(holds, { numRuns: Math.ceil(runs / shards), seed: seed + shard });
        } finally {
            server.close();
        }
    },
);
