import { afterAll, beforeAll, expect, test } from "vitest";
import { oracle } from "../volumes/oracle.js";
import { Migration } from "./migration.js";
import { SecondEngine } from "./second-engine.js";
import { docker } from "./stack.js";

let engine: SecondEngine;
beforeAll(async () => {
    engine = await SecondEngine.start();
    await engine.connect();
});
afterAll(() => engine.remove());

/** What a migration left on either engine beside its volumes. */
async function leftOvers(migration: Migration): Promise<string[]> {
    const mine = ["--filter", `label=cutover.project=${migration.project}`];
    const hosts = [[], ["--host", engine.host]];
    const found = hosts.map(async (host) => [
        await docker(...host, "ps", "--all", "--format", "{{.Names}}", ...mine),
        await docker(...host, "volume", "ls", "--format", "{{.Name}}", ...mine),
    ]);
    const names = (await Promise.all(found)).flat().join("\n").split("\n");
    return names.filter((name) => name !== "" && !name.includes("-v2")).sort();
}

test("a volume that is written to goes to another engine, straight and encrypted", async () => {
    const migration = await Migration.begin();
    migration.there = `, host: "${engine.host}"`;
    await migration.shell(
        migration.source,
        "mkdir -p d/e; for i in $(seq 300); do echo $i > d/$i; done; truncate -s 40M d/e/sparse; echo x >> d/e/sparse; ln d/1 d/e/link; head -c 9M /dev/urandom > big",
    );
    await migration.write();
    migration.declare(
        `quiesce: { containers: ["${migration.writer}"], how: "stop", then: "stay" },`,
    );
    const output = await migration.up();
    expect(output).toMatch(/data go straight (to|from) the source's host, encrypted/);
    const from = await docker("volume", "inspect", "--format", "{{.Mountpoint}}", migration.source);
    expect(oracle(await engine.folderOf(migration.destination))).toBe(oracle(from));
    expect(await migration.status()).toBe("exited");
    const report = await migration.report();
    expect(report).toMatchObject({
        strategy: "stream",
        link: { compressed: expect.any(Boolean), rate: expect.any(Number) },
        quiesced: [migration.writer],
        proof: { equal: true },
    });
    await migration.rests();
    expect(await leftOvers(migration)).toEqual([expect.stringMatching(/-journal$/)]);
});
