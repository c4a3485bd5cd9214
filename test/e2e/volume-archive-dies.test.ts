import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Archiving, ageKeys } from "./archive.js";
import { docker } from "./stack.js";

const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Kills the process of a container of the stack as soon as something is there: the engine is not asked. */
async function killWhen(project: string, role: string, there: () => boolean): Promise<void> {
    const labels = [`label=cutover.project=${project}`, `label=cutover.role=${role}`];
    const filter = labels.flatMap((label) => ["--filter", label]);
    for (let tries = 0; tries < 3_000; tries++) {
        if (there() && (await killFirst(filter).catch(() => false))) return;
        await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error("there was nothing to kill");
}

async function killFirst(filter: string[]): Promise<boolean> {
    const [id] = (await docker("ps", "--quiet", ...filter)).split("\n");
    if (!id) return false;
    const pid = Number(await docker("inspect", "--format", "{{.State.Pid}}", id));
    return pid > 0 && process.kill(pid, "SIGKILL");
}

describe("a save that fails", () => {
    it("names everything in its way at once, and touches nothing", async () => {
        const archiving = await Archiving.begin();
        const { migration, folder, file } = archiving;
        await migration.shell(migration.source, "echo a > a");
        const quiesce = `quiesce: { containers: ["${migration.name("nobody")}"], how: "stop" }`;
        archiving.save(quiesce, join(folder, "missing", "a.tar.zst"));
        expect(await migration.refused()).toContain(
            `look: archive.path: there is no folder ${folder}/missing`,
        );

        writeFileSync(file, "mine");
        writeFileSync(`${file}.partial`, "somebody's");
        archiving.save(quiesce);
        const output = await migration.refused();
        expect(output).toContain("look: 3 things are in the way");
        expect(output).toContain("archive: there is a file of this name already");
        expect(output).toContain(
            `archive: there is ${file}.partial already, and no record says that this resource began it`,
        );
        expect(output).toContain("quiesce.containers: there is no container");
        expect(run("cat", file, `${file}.partial`)).toBe("minesomebody's");

        const link = join(folder, "link.tar.zst");
        symlinkSync(file, link);
        archiving.save(`onExisting: "replace"`, link);
        expect(await migration.refused()).toContain("look: the archive's path is a symbolic link");
    });

    it("on a full disk, or by a kill of what saves, lets its writer run again and leaves no part", async () => {
        const archiving = await Archiving.begin();
        const { migration, folder, file } = archiving;
        const { source, writer, project } = migration;
        await migration.shell(source, "head -c 200000000 /dev/urandom > large");
        await migration.write();
        const disk = join(folder, "disk");
        mkdirSync(disk);
        run("truncate", "--size", "8M", `${disk}.img`);
        run("mkfs.ext4", "-q", "-F", `${disk}.img`);
        run("mount", "-o", "loop", `${disk}.img`, disk);
        const quiesce = `quiesce: { containers: ["${writer}"], how: "pause" }`;
        archiving.save(quiesce, join(disk, "a.tar.zst"));
        let left: string[] = [];
        const full = await migration.refused().finally(() => {
            left = readdirSync(disk);
            run("umount", disk);
        });
        expect(full).toMatch(
            /save: the disk of the archive is full after [\d.]+ MiB of the archive/,
        );
        expect(full).toContain(`now: ${writer} is running, no archive was written`);
        expect(left).toEqual(["lost+found"]);

        archiving.save(quiesce);
        const killed = killWhen(project, "mover", () => sizeOf(`${file}.partial`) > 1_000_000);
        expect(await migration.refused()).toContain("save: what was to save the archive ended");
        await killed;
        expect(await migration.status()).toBe("running");
        expect(existsSync(`${file}.partial`)).toBe(false);

        // A runner that dies starts over: the part that it began is its own.
        const runner = killWhen(project, "runner", () => sizeOf(`${file}.partial`) > 1_000_000);
        await migration.up();
        await runner;
        expect(readdirSync(folder).filter((name) => name.startsWith("orders"))).toEqual([
            "orders.tar.zst",
        ]);
        expect(await migration.status()).toBe("running");
    });
});

it("a restore with a wrong key, or whose mover is killed, is no copy; the next one is whole", async () => {
    const [mine, wrong] = [await ageKeys(), await ageKeys()];
    const archiving = await Archiving.begin();
    const { migration } = archiving;
    const { source, destination, stack, project } = migration;
    await migration.shell(source, "head -c 200000000 /dev/urandom > large; echo a > a");
    archiving.save(`recipients: ["${mine.recipient}"]`);
    await migration.up();
    await stack.destroy();

    await stack.secret("identity", wrong.identity);
    const identity = `identity: config.requireSecret("identity")`;
    archiving.restore(identity);
    const refused = await migration.refused();
    expect(refused).toContain("look: archive.identity does not open the archive");
    expect(refused).toContain(`volume ${destination} is no proven copy`);
    expect(refused).not.toContain(wrong.identity);
    expect(await stack.exported()).not.toContain(wrong.identity);

    await stack.secret("identity", mine.identity);
    const at = await docker("volume", "inspect", "--format", "{{.Mountpoint}}", destination);
    const killed = killWhen(project, "mover", () => sizeOf(join(at, "large")) > 1_000_000);
    expect(await migration.refused()).toMatch(/last-pass: the mover ended during lastPass/);
    await killed;
    expect((await stack.preview()).output).toMatch(
        /encrypted: what it holds is not known before it is restored|not measured/,
    );
    await migration.up();
    expect(await migration.tree(destination)).toBe(await migration.tree(source));
});

function sizeOf(path: string): number {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
