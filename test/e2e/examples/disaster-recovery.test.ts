import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ageKeys } from "../archive.js";
import { SecondEngine } from "../second-engine.js";
import { docker, type TestStack, unique } from "../stack.js";
import { buildImage, exampleStack, leftBehind } from "./example-stack.js";

const container = unique("orders");
const folder = mkdtempSync(join(tmpdir(), "cutover-backups-"));
let engine: SecondEngine;
let save: TestStack;
let restore: TestStack;
beforeAll(async () => {
    await buildImage("docker-volume/orders", "orders:1");
    await docker(
        "run",
        "--detach",
        "--name",
        container,
        "--volume",
        `${container}:/data`,
        "orders:1",
    );
    // The machine that is empty; its disk is this one's, so that the archive is there.
    engine = await SecondEngine.start();
    const load = `docker save orders:1 | docker --host ${engine.host} load`;
    execFileSync("sh", ["-c", load], { stdio: "ignore" });
});
afterAll(async () => {
    await save?.cleanUp();
    await restore?.cleanUp();
    await engine?.remove();
    await docker("rm", "--force", container);
    await docker("volume", "rm", "--force", container);
    rmSync(folder, { recursive: true, force: true });
});

const redis = (...args: string[]) => docker("exec", container, "redis-cli", ...args);
const onNew = (...args: string[]) =>
    docker("--host", engine.host, ...args).catch((error: Error) => error.message);

it("saves once an hour, and restores the last archive on an empty machine", async () => {
    const { identity, recipient } = await ageKeys();
    await expect.poll(() => redis("set", "order-1", "one cup")).toBe("OK");
    save = await exampleStack("disaster-recovery/save", {
        container,
        folder,
        recipient,
        hour: "2026-01-31T22",
    });
    await save.must("up", "--yes");
    expect((await save.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await save.refresh("--expect-no-changes")).exitCode).toBe(0);
    await expect.poll(() => redis("set", "order-2", "two cups")).toBe("OK");
    await save.config({ hour: "2026-01-31T23" });
    await save.must("up", "--yes", "--skip-preview");
    const { archive, report } = await save.outputs();
    expect(report).toMatchObject({ encrypted: true, quiesced: [container] });
    expect(readdirSync(folder).length).toBe(2);
    expect((await save.destroy()).exitCode).toBe(0);
    expect(readdirSync(folder).length).toBe(2);
    expect(await leftBehind(save)).toEqual({ running: [], data: [] });

    restore = await exampleStack("disaster-recovery/restore", {
        "docker:host": engine.host,
        archive: String(archive),
    });
    await restore.secret("identity", identity);
    const preview = await restore.preview();
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).toContain(`restore ${archive} into orders and prove the copy (content)`);
    await restore.must("up", "--yes", "--skip-preview");
    await expect
        .poll(() => onNew("exec", "orders", "redis-cli", "get", "order-2"))
        .toBe("two cups");
    expect((await restore.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await restore.refresh("--expect-no-changes")).exitCode).toBe(0);
    expect((await restore.destroy()).exitCode).toBe(0);
    expect(await onNew("volume", "inspect", "--format", "{{.Name}}", "orders")).toBe("orders");
});
