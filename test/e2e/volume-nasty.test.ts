import { expect, it } from "vitest";
import { buildNastyTree, editNastyTree } from "../volumes/nasty-tree.js";
import { oracle } from "../volumes/oracle.js";
import { Migration } from "./migration.js";
import { docker } from "./stack.js";

/** Where a volume's files are on the engine's machine, which is this one. */
const folderOf = (volume: string) =>
    docker("volume", "inspect", "--format", "{{.Mountpoint}}", volume);

it("the nasty tree, through the mover's container with the capabilities that it has there", async () => {
    const migration = await Migration.begin();
    const { source, destination } = migration;
    await docker("volume", "create", source);
    const from = await folderOf(source);
    buildNastyTree(from);
    const original = oracle(from);
    migration.declare();
    expect(await migration.up()).toContain("2 sockets are not carried");
    const to = await folderOf(destination);
    expect(oracle(to)).toBe(original);
    expect(await migration.report()).toMatchObject({
        strategy: "parallel copy",
        verified: "content",
        proof: { equal: true },
        sockets: 2,
    });

    editNastyTree(from);
    const edited = oracle(from);
    migration.declare(`rerun: "2", onExisting: "update"`);
    await migration.up();
    expect(oracle(to)).toBe(edited);
    expect(oracle(from)).toBe(edited);
    expect(await migration.report()).toMatchObject({ strategy: "rsync", proof: { equal: true } });
});
