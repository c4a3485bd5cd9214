import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asCutoverError } from "../../provider/engine/errors.js";
import type { Command, CommandRunner } from "../../provider/platforms/commands.js";
import { execaRunner } from "../../provider/platforms/execa.js";
import { LocalMover } from "../../provider/volumes/local-mover.js";
import { oracle } from "./oracle.js";
import { run, verdict, Workbench } from "./workbench.js";

/**
 * What is known to go wrong when a volume is copied, by the names of the list that these were collected in, and the tests
 * that try each: by file and by a part of the title.
 */
const traps: Record<string, [file: string, title: string][]> = {
    Sparse: [
        ["volumes/nasty.docker.test.ts", "is equal after one pass, and after edits"],
        ["volumes/choices.docker.test.ts", "a large sparse file is compared without reading"],
        ["volumes/faults.docker.test.ts", "a filled hole"],
    ],
    Hardlinks: [
        ["volumes/commands.test.ts", "every entry is carried exactly once, whatever is linked"],
        ["volumes/faults.docker.test.ts", "a hard link that is a copy"],
        ["volumes/watched.docker.test.ts", "a second name for a file that had one"],
    ],
    "xattr, caps, ACL": [
        ["volumes/faults.docker.test.ts", "a lost capability"],
        ["volumes/faults.docker.test.ts", "a lost default ACL"],
        ["volumes/faults.docker.test.ts", "one lost trusted attribute"],
    ],
    "uid mapping": [
        ["volumes/nasty.docker.test.ts", "is equal after one pass, and after edits"],
        ["e2e/volume-nasty.test.ts", "through the mover's container with the capabilities"],
    ],
    Setuid: [["volumes/nasty.docker.test.ts", "default ACL are not handed down"]],
    Timestamps: [["volumes/faults.docker.test.ts", "a time wrong by a nanosecond"]],
    "Same size+mtime, different bytes": [
        ["volumes/faults.docker.test.ts", "same size, same time, other bytes"],
        ["volumes/choices.docker.test.ts", "a store through a mapping, after the file was copied"],
        ["volumes/updates.docker.test.ts", "renamed and quietly rewritten"],
    ],
    "Open / growing files": [
        ["volumes/live-writer.docker.test.ts", "whatever a running service does"],
        ["volumes/watched.docker.test.ts", "a store through a mapping by a writer that ends"],
    ],
    "Deletes between passes": [
        ["volumes/parsers.test.ts", "an empty or cut list is refused"],
        ["volumes/traps.docker.test.ts", "nothing is deleted by a list that is not complete"],
        ["volumes/updates.docker.test.ts", "deletes no more than maxDelete"],
    ],
    "Dir → file (type change) between passes": [
        ["volumes/nasty.docker.test.ts", "is equal after one pass, and after edits"],
        ["volumes/random-trees.docker.test.ts", "random trees and random edits"],
    ],
    Renames: [["volumes/updates.docker.test.ts", "a renamed large file is not copied again"]],
    "Symlink escape": [
        [
            "volumes/traps.docker.test.ts",
            "a folder of the destination that became a link to elsewhere",
        ],
    ],
    "Special files": [
        ["volumes/nasty.docker.test.ts", "sockets are not carried"],
        ["volumes/faults.docker.test.ts", "another device"],
    ],
    "File names": [
        ["volumes/names.test.ts", "no name reaches the screen raw"],
        ["volumes/parsers.test.ts", "keeps every byte of a name"],
    ],
    "lost+found, .snapshot, .velero, nested mounts": [
        ["volumes/file-systems.docker.test.ts", "lost+found of either file system is left alone"],
        ["volumes/file-systems.docker.test.ts", "a file system mounted inside the source"],
    ],
    "Docker copy-up": [["e2e/volume-copy.test.ts", "never happens to the destination"]],
    "Quiesce leak": [["e2e/volume-refused.test.ts", "starts the stopped writer again"]],
    "Source deleted too early": [
        ["volumes/nasty.docker.test.ts", "expect(oracle(bench.source)).toBe(edited)"],
        ["e2e/volume-nasty.test.ts", "expect(oracle(from)).toBe(edited)"],
    ],
    Durability: [["volumes/traps.docker.test.ts", "what is proven was flushed"]],
    "Pulumi specifics": [
        ["e2e/volume-dies.test.ts", "is ended by its runner when Pulumi is killed"],
        ["e2e/volume-copy.test.ts", "is copied in one pass, and stays a copy through everything"],
    ],
};

describe("a trap that is known has a test:", () => {
    test.each(Object.entries(traps))("%s", (_, tests) => {
        const missing = tests.filter(
            ([file, title]) => !readFileSync(join(__dirname, "..", file), "utf8").includes(title),
        );
        expect(missing).toEqual([]);
    });

    test("those of Kubernetes wait until it is a platform", () => {
        // fsGroup / kubelet, RWO / RWOP, CSI clone limits, Populator race
        expect(existsSync(join(__dirname, "../../provider/platforms/kubernetes"))).toBe(false);
    });
});

let bench: Workbench;
beforeEach(() => {
    bench = new Workbench();
});
afterEach(() => bench.cleanUp());

/** A mover with a runner of its own, which sees every command that is started. */
function moverWith(start: (command: Command) => Command, fullLook: number): LocalMover {
    const runner: CommandRunner = {
        ...execaRunner,
        start: (command, signal) => execaRunner.start(start(command), signal),
    };
    const { source, destination, reporter } = bench;
    const options = { source, destination, reporter, signal: new AbortController().signal };
    const mover = new LocalMover({ ...options, fullLook }, runner);
    bench.onCleanUp(() => void mover.close());
    return mover;
}

describe.each([
    ["every name is looked at", Number.POSITIVE_INFINITY],
    ["the watch tells what changed", 0],
])("where %s,", (_, fullLook) => {
    test("nothing is deleted by a list that is not complete", async () => {
        mkdirSync(join(bench.source, "d"));
        for (const name of ["a", "b", "d/c"]) writeFileSync(join(bench.source, name), name);
        let broken = false;
        const mover = moverWith((command) => {
            if (!broken || command.argv[0] !== "find") return command;
            // As find does at a disk's error: it goes on with the rest.
            const script = '"$@" | head -z -n 4; echo "find: ‘d’: Input/output error" >&2; exit 1';
            return { ...command, argv: ["sh", "-c", script, "sh", ...command.argv] };
        }, fullLook);
        await mover.livePass();
        await mover.verifySettled();
        const before = oracle(bench.destination);
        rmSync(join(bench.source, "a"));
        broken = true;
        const { problem, details } = asCutoverError(await mover.lastPass().catch((error) => error));
        expect(problem).toMatch(/ could not be (listed completely|looked at)$/);
        expect(details.lastLines?.join("\n")).toContain("Input/output error");
        expect(oracle(bench.destination)).toBe(before);
        broken = false;
        await mover.lastPass();
        expect(verdict(await mover.prove("content"))).toBe("equal");
    });

    test("a folder of the destination that became a link to elsewhere is not written through", async () => {
        const elsewhere = join(bench.base, "elsewhere");
        mkdirSync(elsewhere);
        writeFileSync(join(elsewhere, "kept"), "of others");
        mkdirSync(join(bench.source, "d/e"), { recursive: true });
        for (const name of ["d/c", "d/e/f", "d/kept"])
            writeFileSync(join(bench.source, name), name);
        symlinkSync("../../../../etc/passwd", join(bench.source, "d/escaping"));
        const mover = moverWith((command) => command, fullLook);
        await mover.livePass();
        await mover.verifySettled();
        rmSync(join(bench.destination, "d"), { recursive: true });
        symlinkSync(elsewhere, join(bench.destination, "d"));
        writeFileSync(join(bench.source, "d/new"), "new");
        await mover.lastPass();
        expect(verdict(await mover.prove("content"))).toBe("equal");
        expect(oracle(bench.destination)).toBe(oracle(bench.source));
        expect(run("ls", elsewhere)).toBe("kept\n");
        expect(readFileSync(join(elsewhere, "kept"), "utf8")).toBe("of others");
    });
});

test("what is proven was flushed: the whole file system that the destination lies on", async () => {
    const commands: string[] = [];
    const mover = moverWith((command) => {
        commands.push(command.argv.join(" "));
        return command;
    }, Number.POSITIVE_INFINITY);
    await mover.lastPass();
    commands.length = 0;
    await mover.flush();
    expect(commands).toEqual([`sync -f ${bench.destination}`]);
});
