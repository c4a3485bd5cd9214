import {
    appendFileSync,
    existsSync,
    mkdirSync,
    readFileSync,
    rmSync,
    statSync,
    symlinkSync,
    truncateSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CommandRunner } from "../../../provider/platforms/commands.js";
import { execaRunner } from "../../../provider/platforms/execa.js";
import { readArchive } from "../../../provider/volumes/archive/check.js";
import {
    fileVersion,
    partialOf,
    publishArchive,
} from "../../../provider/volumes/archive/publish.js";
import { findArchive, readHeader } from "../../../provider/volumes/archive/read.js";
import { ArchiveMover } from "../../../provider/volumes/archive/restore.js";
import { saveArchive } from "../../../provider/volumes/archive/save.js";
import { ageKeys, runnerImage } from "../../e2e/archive.js";
import { run, Workbench } from "../workbench.js";

let bench: Workbench;
let file: string;
beforeEach(() => {
    bench = new Workbench();
    file = join(bench.base, "archive.tar.zst");
    mkdirSync(join(bench.source, "d"));
    writeFileSync(join(bench.source, "d", "text"), "some text\n".repeat(10_000));
    run(
        "dd",
        "if=/dev/urandom",
        `of=${join(bench.source, "random")}`,
        "bs=64k",
        "count=20",
        "status=none",
    );
});
afterEach(() => bench.cleanUp());

const signal = new AbortController().signal;
const tools = (runner: CommandRunner = execaRunner) => ({
    runner,
    reporter: bench.reporter,
    signal,
});
const save = (more = {}, runner?: CommandRunner) =>
    saveArchive({ roots: [bench.source], file, recipients: [], ...more }, tools(runner));
const readAll = async (identity?: string, runner?: CommandRunner) =>
    readArchive(findArchive(file), identity, tools(runner));

async function restore(identity?: string, runner?: CommandRunner): Promise<void> {
    const mover = new ArchiveMover(
        { archive: file, destination: bench.destination },
        tools(runner),
    );
    if (identity) await mover.unlock(identity);
    try {
        await mover.lastPass();
    } finally {
        await mover.close();
    }
}

/** The same commands, something done before one of them begins. */
function whenStarted(name: string, times: number, act: () => void): CommandRunner {
    let left = times;
    return {
        ...execaRunner,
        start(command, abort) {
            if (command.argv[0] === name && --left === 0) act();
            return execaRunner.start(command, abort);
        },
    };
}

describe("a damaged archive is refused, and the destination is no copy", () => {
    test("cut off anywhere, right after its header too", async () => {
        const { bytes, volumes } = await save();
        const whole = readFileSync(file);
        const headerEnd = whole.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 4);
        expect((await readAll()).get("source")?.digest).toBe(volumes[0]?.digest);
        for (const length of [bytes - 1, bytes >> 1, headerEnd + 100, headerEnd]) {
            writeFileSync(file, whole);
            truncateSync(file, length);
            await expect(readAll()).rejects.toThrow(
                "the archive is damaged: it ends in the middle",
            );
        }
        await expect(restore()).rejects.toThrow("the archive is damaged: it ends in the middle");
        truncateSync(file, 0);
        await expect(readAll()).rejects.toThrow("the file is no archive of pulumi-cutover");
    });

    test("with one bit flipped, wherever it is", async () => {
        const { bytes, volumes } = await save();
        const whole = readFileSync(file);
        for (let n = 0; n < 24; n++) {
            const flipped = Buffer.from(whole);
            const at = Math.floor((bytes * (n + 0.5)) / 24);
            flipped[at] = (flipped[at] as number) ^ (1 << (n & 7));
            writeFileSync(file, flipped);
            // A bit without a meaning may be another one: then it is the same archive.
            const read = await readAll().then(
                (found) => found.get("source")?.digest,
                (error: Error) => error.message,
            );
            if (read !== volumes[0]?.digest) expect(read).toMatch(/^the archive is damaged: /);
        }
    });

    test("that others wrote, or that is none", async () => {
        run("tar", "-C", bench.source, "--zstd", "-cf", file, ".");
        await expect(readAll()).rejects.toThrow("the file is no archive of pulumi-cutover");
        writeFileSync(file, "PK\x03\x04 something else, and longer than a mark");
        await expect(readAll()).rejects.toThrow("the file is no archive of pulumi-cutover");
        rmSync(file);
        await expect(readAll()).rejects.toThrow("there is no archive");
    });

    test("nothing is deleted for an archive that cannot be restored", async () => {
        await save();
        truncateSync(file, statSync(file).size - 10);
        writeFileSync(join(bench.destination, "mine"), "mine");
        await expect(restore()).rejects.toThrow("the archive is damaged: it ends in the middle");
        expect(readFileSync(join(bench.destination, "mine"), "utf8")).toBe("mine");
    });
});

describe("a source that is written to is not saved as if it were not", () => {
    test("a file that grows after it was listed", async () => {
        const runner = whenStarted("tar", 1, () =>
            appendFileSync(join(bench.source, "d", "text"), "more"),
        );
        await expect(save({}, runner)).rejects.toThrow(
            /^volume source could not be saved as it was: something wrote to it meanwhile\n.*"d\/text": /,
        );
    });

    test("a file that is gone", async () => {
        const runner = whenStarted("tar", 1, () => rmSync(join(bench.source, "random")));
        await expect(save({}, runner)).rejects.toThrow(
            /^volume source could not be saved as it was: [^\n]*\n.*random/,
        );
    });

    test("a file that changes after it was read", async () => {
        const runner = whenStarted("find", 2, () =>
            appendFileSync(join(bench.source, "random"), "x"),
        );
        await expect(save({}, runner)).rejects.toThrow(/"random": was changed/);
    });
});

test("a full disk is told with its figures, and ends the save", async () => {
    const disk = bench.mount("ext4", "4M");
    run(
        "dd",
        "if=/dev/urandom",
        `of=${join(bench.source, "large")}`,
        "bs=1M",
        "count=8",
        "status=none",
    );
    await expect(save({ file: join(disk, "a.tar.zst") })).rejects.toThrow(
        /^the disk of the archive is full after [\d.]+ MiB of the archive: [\d.]+ [KMi]*B left there\n/,
    );
});

test("a mover that is killed says so, and a save is never whole without its end", async () => {
    const runner: CommandRunner = {
        ...execaRunner,
        start(command, abort) {
            const child = execaRunner.start(command, abort);
            if (command.argv[0] === "tar") child.stdout.once("data", () => child.kill("SIGKILL"));
            return child;
        },
    };
    await expect(save({}, runner)).rejects.toThrow("volume source could not be saved as it was");
    await expect(readAll()).rejects.toThrow("the archive is damaged: it ends in the middle");
});

describe("the archive's name", () => {
    test("is given at once, to nothing that has it already", async () => {
        writeFileSync(partialOf(file), "new");
        writeFileSync(file, "old");
        expect(() => publishArchive(file, false)).toThrow(
            'archive: there is a file of this name already\nnext: choose another name, put {time} into it, or write onExisting: "replace"',
        );
        expect(readFileSync(file, "utf8")).toBe("old");
        const version = fileVersion(partialOf(file));
        publishArchive(file, true);
        expect(fileVersion(file)).toBe(version);
        expect(existsSync(partialOf(file))).toBe(false);
    });

    test("is no link, no folder and no device", async () => {
        symlinkSync("/etc/passwd", file);
        writeFileSync(partialOf(file), "new");
        const odd =
            "the archive's path is a symbolic link\nnext: name the file itself in archive.path";
        expect(() => fileVersion(file)).toThrow(odd);
        expect(() => findArchive(file)).toThrow(odd);
        expect(() => publishArchive(file, true)).toThrow(odd);
        rmSync(file);
        mkdirSync(file);
        expect(() => fileVersion(file)).toThrow("the archive's path is a folder");
        rmSync(file, { recursive: true });
        run("mkfifo", file);
        expect(() => findArchive(file)).toThrow("the archive's path is no regular file");
        await expect(save({ file: partialOf(file) })).rejects.toThrow("EEXIST");
    });
});

describe("an encrypted archive", () => {
    test("opens by one of its keys alone, and tells a wrong key from damage", async () => {
        const [mine, other, wrong] = [await ageKeys(), await ageKeys(), await ageKeys()];
        const age = await ageInContainer(bench.base);
        const saved = await save({ recipients: [mine.recipient, other.recipient] }, age);
        const digest = saved.volumes[0]?.digest;
        expect(findArchive(file)).toMatchObject({ encrypted: true, bytes: saved.bytes });
        for (const { identity } of [mine, other])
            expect((await readAll(identity, age)).get("source")?.digest).toBe(digest);
        const header = await readHeader(findArchive(file), mine.identity, tools(age));
        expect(header.volumes[0]).toMatchObject({ name: "source", files: 2 });

        await expect(readAll(undefined, age)).rejects.toThrow("the archive is encrypted");
        const refused = await readAll(wrong.identity, age).catch((error: Error) => error.message);
        expect(refused).toMatch(/^archive\.identity does not open the archive\n/);
        expect(refused).not.toContain(wrong.identity);

        const whole = readFileSync(file);
        truncateSync(file, saved.bytes - 70_000);
        await expect(readAll(mine.identity, age)).rejects.toThrow("the archive is damaged: ");
        whole[saved.bytes >> 1] = (whole[saved.bytes >> 1] as number) ^ 1;
        writeFileSync(file, whole);
        await expect(restore(mine.identity, age)).rejects.toThrow("the archive is damaged: ");
    });
});

/** The age of the runner's image: this machine may have none. */
async function ageInContainer(base: string): Promise<CommandRunner> {
    const image = await runnerImage();
    const docker = [
        "docker",
        "run",
        "--rm",
        "--interactive",
        "--volume",
        `${base}:${base}`,
    ] as const;
    return {
        ...execaRunner,
        start(command, abort) {
            const [program, ...args] = command.argv;
            if (program !== "age") return execaRunner.start(command, abort);
            const argv = [...docker, "--entrypoint", "age", image, ...args] as const;
            return execaRunner.start({ ...command, argv }, abort);
        },
    };
}
