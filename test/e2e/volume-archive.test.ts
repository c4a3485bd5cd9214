import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Archiving } from "./archive.js";
import { docker } from "./stack.js";

it("a volume is saved while its writer is stopped, for as long as it is read", async () => {
    const archiving = await Archiving.begin();
    const { migration, file, folder } = archiving;
    const { source, writer, stack } = migration;
    await migration.shell(source, "mkdir d && echo a > d/a && head -c 3000000 /dev/urandom > big");
    await migration.write();
    archiving.save();
    expect(await migration.refused()).toContain(`source: volume ${source} is written by ${writer}`);
    expect(readdirSync(folder)).toEqual([]);

    archiving.save(`quiesce: { containers: ["${writer}"], how: "stop" }`);
    const preview = await stack.preview();
    for (const line of [
        `look at ${source}, and where the archive is to be`,
        `stop ${writer}`,
        `save ${source} to ${file}.partial`,
        `let ${writer} run again`,
        "read the archive back and compare every entry",
        `commit: name it ${file}`,
    ]) {
        expect(preview.output).toContain(`"${line}"`);
    }
    expect(preview.output).toContain("expected time: not measured");

    await migration.up();
    expect(await migration.status()).toBe("running");
    expect(readdirSync(folder)).toEqual(["orders.tar.zst"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const report = await migration.report();
    expect(report).toMatchObject({
        path: file,
        encrypted: false,
        verified: "read back",
        bytes: statSync(file).size,
        file: `sha256:${execFileSync("sha256sum", [file], { encoding: "utf8" }).slice(0, 64)}`,
        volumes: [{ name: source, digest: expect.stringMatching(/^sha256:/) }],
        quiesced: [writer],
        killed: [],
        freeze: { seconds: expect.any(Number) },
    });
    await migration.rests();

    // Once more under the same name: known before anything is stopped.
    const quiesce = `quiesce: { containers: ["${writer}"], how: "pause" }`;
    archiving.save(`${quiesce}, rerun: "2"`);
    expect(await migration.refused()).toContain(
        'archive.path: is where the last archive is; put {time} into it, or write onExisting: "replace"',
    );
    archiving.save(`${quiesce}, rerun: "2", onExisting: "replace"`);
    expect((await stack.preview()).output).toMatch(/expected time: the last save took .* frozen/);
    await migration.up();
    expect(await migration.report()).not.toEqual(report);
    archiving.save(`${quiesce}, rerun: "3"`, join(folder, "orders-{time}.tar.zst"));
    await migration.up();
    const { path } = await stack.outputs();
    expect(path).toMatch(/orders-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.tar\.zst$/);
    expect(readdirSync(folder).length).toBe(2);

    expect((await stack.destroy()).exitCode).toBe(0);
    expect(existsSync(file)).toBe(true);
    expect(
        await docker("ps", "--all", "--quiet", "--filter", `name=${migration.project}-test`),
    ).toBe("");
    expect(
        await docker("volume", "ls", "--quiet", "--filter", `name=${migration.project}.*journal`),
    ).toBe("");
});
