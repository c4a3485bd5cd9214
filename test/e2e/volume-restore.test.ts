import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { buildNastyTree } from "../volumes/nasty-tree.js";
import { oracle } from "../volumes/oracle.js";
import { Archiving, ageKeys } from "./archive.js";
import { docker } from "./stack.js";

/** Where a volume's files are on the engine's machine, which is this one. */
const folderOf = (volume: string) =>
    docker("volume", "inspect", "--format", "{{.Mountpoint}}", volume);

it("the nasty tree is saved, encrypted and restored, and nobody sees the key", async () => {
    const { identity, recipient } = await ageKeys();
    const { migration, file } = await Archiving.begin();
    const { source, destination, stack } = migration;
    await docker("volume", "create", source);
    buildNastyTree(await folderOf(source));
    const original = oracle(await folderOf(source));
    await stack.secret("identity", identity);
    stack.program(`
import * as cutover from "pulumi-cutover";
import * as pulumi from "@pulumi/pulumi";
const saved = new cutover.VolumeArchive("saved", {
    source: { docker: { volume: "${source}" } },
    archive: { path: "${file}" },
    recipients: ["${recipient}"],
});
const orders = new cutover.VolumeMigration("orders", {
    source: { archive: { path: saved.path, identity: new pulumi.Config().requireSecret("identity") } },
    destination: { docker: { volume: "${destination}" } },
});
export const saving = saved.report;
export const report = orders.report;
`);
    const preview = await stack.preview();
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).toContain("restore (known after apply) into");
    expect(preview.output).not.toContain(identity);

    const seen = lookFor(identity, migration.project);
    const output = await migration.up();
    expect(await seen.stop()).toEqual([]);
    expect(output).not.toContain(identity);
    expect(output).toContain("2 sockets are not saved");
    expect(await stack.exported()).not.toContain(identity);
    for (const name of ["saved", "orders"]) {
        const journal = `${await folderOf(`${stack.prefix(name)}-journal`)}`;
        for (const entry of readdirSync(journal))
            expect(readFileSync(`${journal}/${entry}`, "utf8")).not.toContain(identity);
    }

    expect(oracle(await folderOf(destination))).toBe(original);
    expect(oracle(await folderOf(source))).toBe(original);
    const { saving, report } = (await stack.outputs()) as Record<
        string,
        { volumes: { digest: string }[] }
    >;
    expect(saving).toMatchObject({ encrypted: true, verified: "digest of the file" });
    expect(report).toMatchObject({
        source: file,
        strategy: "archive",
        proof: { equal: true, digest: saving?.volumes[0]?.digest },
    });
    await migration.rests();
    expect((await stack.destroy()).exitCode).toBe(0);
});

it("a container's volumes go into one archive, and one of them is restored", async () => {
    const archiving = await Archiving.begin();
    const { migration, file } = archiving;
    const { source, destination, writer, stack } = migration;
    const second = migration.name("second");
    await migration.shell(source, "echo one > one");
    await migration.shell(second, "mkdir d && echo two > d/two");
    const mount = `type=volume,source=${second},target=/w`;
    await migration.write(writer, undefined, "--mount", mount);
    archiving.save(
        `container: { docker: { name: "${writer}" } }, quiesce: { containers: ["${writer}"], how: "pause" }`,
    );
    await migration.up();
    expect(await migration.status()).toBe("running");
    const { volumes } = (await migration.report()) as { volumes: { name: string }[] };
    expect(volumes.map(({ name }) => name)).toEqual([second, source].sort());
    await stack.destroy();

    archiving.restore();
    expect((await stack.preview()).output).toMatch(
        new RegExp(
            `source archive ${file}: (.* saved .* ago: .*${second}, 4 B in 2 entries|not measured)`,
        ),
    );
    expect(await migration.refused()).toContain("look: the archive holds 2 volumes");
    archiving.restore(`volume: "${second}"`);
    await migration.up();
    expect(await migration.tree(destination)).toBe(await migration.tree(second));
    await migration.rests();

    // Restored again over what was written since: only when the program says so.
    await migration.shell(destination, "echo mine > mine");
    archiving.restore(`volume: "${second}"`, `rerun: "2"`);
    expect(await migration.refused()).toContain("was written to since its report");
    expect(await migration.shell(destination, "cat mine")).toBe("mine");
    archiving.restore(`volume: "${second}"`, `rerun: "2", onExisting: "update"`);
    await migration.up();
    expect(await migration.tree(destination)).toBe(await migration.tree(second));
});

/** Looks for a text in everything that containers and processes show of themselves, until it is stopped. */
function lookFor(text: string, project: string): { stop(): Promise<string[]> } {
    const found = new Set<string>();
    let over = false;
    const filter = ["--all", "--quiet", "--filter", `label=cutover.project=${project}`];
    const look = async () => {
        while (!over) {
            const ids = (await docker("ps", ...filter)).split("\n").filter(Boolean);
            for (const id of ids) {
                if ((await docker("inspect", id).catch(() => "")).includes(text))
                    found.add("inspect");
                if ((await docker("logs", id).catch(() => "")).includes(text)) found.add("logs");
            }
            for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
                if (shows(`/proc/${pid}/cmdline`, text)) found.add("argv");
            }
            await new Promise((done) => setTimeout(done, 50));
        }
    };
    const looking = look();
    return {
        async stop() {
            over = true;
            await looking;
            return [...found];
        },
    };
}

function shows(path: string, text: string): boolean {
    try {
        return readFileSync(path, "utf8").includes(text);
    } catch {
        return false;
    }
}
