import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oracle } from "../volumes/oracle.js";
import { Migration } from "./migration.js";
import { docker } from "./stack.js";

let folder: string;
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cutover-directory, "x" '));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function declare(migration: Migration, source: object, destination: object, more = ""): void {
    migration.stack.program(`
import * as cutover from "pulumi-cutover";
const orders = new cutover.VolumeMigration("orders", {
    source: ${JSON.stringify(source)},
    destination: ${JSON.stringify(destination)},
    ${more}
});
export const volume = orders.volume;
export const report = orders.report;
`);
}

test("a folder into a folder that is made, and that into a volume", async () => {
    const from = join(folder, "from");
    const to = join(folder, "to");
    mkdirSync(join(from, "below"), { recursive: true });
    writeFileSync(join(from, "below", "file"), "words");
    const migration = await Migration.begin();
    declare(migration, { directory: { path: from } }, { directory: { path: to } });
    const preview = await migration.stack.preview();
    expect(preview.output).toMatch(/copy .*from into .*to and prove the copy \(content\)/);
    expect(preview.output).toMatch(/source .*from: (5 B in 1 file|not measured)/);
    await migration.up();
    expect(oracle(to)).toBe(oracle(from));
    expect(await migration.report()).toMatchObject({ source: from, destination: to });
    await migration.rests();

    declare(migration, { directory: { path: to } }, { docker: { volume: migration.destination } });
    await migration.up();
    const mountpoint = await docker(
        ...["volume", "inspect", "--format", "{{.Mountpoint}}", migration.destination],
    );
    expect(oracle(mountpoint)).toBe(oracle(from));
});

test("a folder that is not there, one whose parent is not, and a file", async () => {
    const migration = await Migration.begin();
    const gone = join(folder, "gone");
    const there = join(folder, "there");
    mkdirSync(there, { recursive: true });
    writeFileSync(join(folder, "file"), "");
    declare(migration, { directory: { path: gone } }, { directory: { path: there } });
    expect(await migration.refused()).toContain(`source: there is no folder ${gone}`);
    declare(migration, { directory: { path: there } }, { directory: { path: join(gone, "to") } });
    expect(await migration.refused()).toContain(`there is no folder ${gone} to make to in`);
    declare(
        migration,
        { directory: { path: join(folder, "file") } },
        { directory: { path: gone } },
    );
    expect(await migration.refused()).toContain("file is a regular empty file, and no folder");
});

test("a container that writes to a folder below it is named", async () => {
    const migration = await Migration.begin();
    const busy = join(folder, "busy");
    mkdirSync(join(busy, "below"), { recursive: true });
    const mount = `type=bind,"source=${join(busy, "below").replaceAll('"', '""')}",target=/v`;
    await migration.write(migration.writer, mount);
    declare(
        migration,
        { directory: { path: busy } },
        { docker: { volume: migration.destination } },
    );
    expect(await migration.refused()).toContain(
        `source: folder ${busy} is written by ${migration.writer}`,
    );
    declare(
        migration,
        { directory: { path: busy } },
        { docker: { volume: migration.destination } },
        `quiesce: { containers: ["${migration.writer}"], how: "pause", then: "restart" },`,
    );
    await migration.up();
    expect(await migration.status()).toBe("running");
});
