import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asCutoverError } from "../../provider/engine/errors.js";
import { oracle } from "./oracle.js";
import { python, verdict, Workbench } from "./workbench.js";

const MiB = 1024 ** 2;

let bench: Workbench;
beforeEach(() => {
    bench = new Workbench();
});
afterEach(() => bench.cleanUp());

function fill(root: string, files: number): void {
    mkdirSync(join(root, "d"));
    for (let file = 0; file < files; file++) writeFileSync(join(root, "d", `${file}`), "content");
}

async function problemOf(work: Promise<unknown>): Promise<string> {
    return work.then(
        () => "done",
        (error) => asCutoverError(error).problem,
    );
}

describe.each([
    ["a look at every name", Number.POSITIVE_INFINITY],
    ["the watch", 0],
])("a pass by %s", (_, fullLook) => {
    test("deletes no more than maxDelete, and nothing when it would have to", async () => {
        fill(bench.source, 400);
        const mover = bench.mover({ fullLook, maxDelete: "50%" });
        await mover.livePass();
        await mover.verifySettled();
        for (let file = 0; file < 300; file++) rmSync(join(bench.source, "d", `${file}`));
        const before = oracle(bench.destination);
        expect(await problemOf(mover.lastPass())).toBe(
            "300 of the destination's 401 names (75%) would be deleted, since the source does not have them any more: more than maxDelete (50%)",
        );
        expect(oracle(bench.destination)).toBe(before);
        const allowed = bench.mover({ fullLook, maxDelete: "80%" });
        expect(await allowed.lastPass()).toMatchObject({ deletes: 300 });
    });

    test("a renamed folder is not taken for deleted names", async () => {
        fill(bench.source, 400);
        const mover = bench.mover({ fullLook, maxDelete: "50%" });
        await mover.livePass();
        await mover.verifySettled();
        renameSync(join(bench.source, "d"), join(bench.source, "e"));
        await mover.lastPass();
        expect(verdict(await mover.prove("content"))).toBe("equal");
    });

    test("a renamed large file is not copied again, wherever it went", async () => {
        writeFileSync(join(bench.source, "large"), Buffer.alloc(4 * MiB, "x"));
        writeFileSync(join(bench.source, "other"), Buffer.alloc(2 * MiB, "y"));
        writeFileSync(join(bench.source, "small"), "small");
        const mover = bench.mover({ fullLook });
        await mover.livePass();
        await mover.verifySettled();
        const inode = statSync(join(bench.destination, "large")).ino;
        mkdirSync(join(bench.source, "new/folder"), { recursive: true });
        renameSync(join(bench.source, "large"), join(bench.source, "new/folder/moved"));
        python(
            "import os, sys; os.chmod(sys.argv[1], 0o600)",
            join(bench.source, "new/folder/moved"),
        );
        // One takes the other's name.
        renameSync(join(bench.source, "other"), join(bench.source, "large"));
        expect(await mover.lastPass()).toMatchObject({ bytes: 0 });
        expect(statSync(join(bench.destination, "new/folder/moved")).ino).toBe(inode);
        expect(verdict(await mover.prove("content"))).toBe("equal");
        expect(oracle(bench.destination)).toBe(oracle(bench.source));
    });

    test("a file that was renamed and quietly rewritten is copied", async () => {
        writeFileSync(join(bench.source, "large"), Buffer.alloc(4 * MiB, "x"));
        const mover = bench.mover({ fullLook });
        await mover.livePass();
        await mover.verifySettled();
        python(
            `import os, sys
os.chdir(sys.argv[1])
info = os.stat("large")
with open("large", "r+b") as file: file.write(b"X")
os.utime("large", ns=(info.st_atime_ns, info.st_mtime_ns))
os.rename("large", "moved")`,
            bench.source,
        );
        expect(await mover.lastPass()).toMatchObject({ bytes: 4 * MiB });
        expect(verdict(await mover.prove("content"))).toBe("equal");
    });
});
