import { describe, expect, it } from "vitest";
import { Migration } from "./migration.js";

describe("a preview of a migration", () => {
    it("shows the steps and the figures, the same twice, and what is not known yet as such", async () => {
        const migration = await Migration.begin();
        const { source, destination, writer, stack } = migration;
        await migration.shell(source, "head -c 2000000 /dev/urandom > big && echo a > a");
        await migration.write();
        migration.declare();
        // Preview builds no image, so one `up` goes first, which makes it: refused, the writer is not named.
        expect(await migration.refused()).toContain(`is written by ${writer}`);

        migration.declare(`quiesce: { containers: ["${writer}"], how: "stop" }`);
        const preview = await stack.preview();
        for (const line of [
            "look at both volumes",
            `copy ${source} into ${destination}, while ${writer} runs`,
            `stop ${writer}`,
            "copy what is left and prove the copy (content)",
            `commit: the copy is whole; ${writer} stays stopped`,
        ]) {
            expect(preview.output).toContain(`"${line}"`);
        }
        expect(preview.output).toMatch(
            new RegExp(`source ${source}: (1\\.9 MiB in 3 files|not measured)`),
        );
        expect(preview.output).toContain(`volume: "${destination}"`);
        const plan = (output: string) => output.slice(0, output.indexOf("Resources:"));
        expect(plan((await stack.preview()).output)).toBe(plan(preview.output));

        stack.program(`
import * as cutover from "pulumi-cutover";
import * as docker from "@pulumi/docker";
const made = new docker.Volume("made");
export const volume = new cutover.VolumeMigration("orders", {
    source: { docker: { volume: made.mountpoint } },
    destination: { docker: { volume: "${destination}" } },
    quiesce: { containers: [made.driver], how: "stop" },
}).volume;
`);
        const unknown = await stack.preview();
        expect(unknown.exitCode, unknown.output).toBe(0);
        expect(unknown.output).toContain(
            `copy (known after apply) into ${destination}, while (known after apply) runs`,
        );
        expect(unknown.output).toMatch(new RegExp(`volume *: "${destination}"`));
    });

    it("names every bad input by its path, without a value, and works without the target", async () => {
        const migration = await Migration.begin();
        const { stack } = migration;
        await stack.secret("password", "hunter2-volume");
        stack.program(`
import * as cutover from "pulumi-cutover";
import * as pulumi from "@pulumi/pulumi";
const password = new pulumi.Config().requireSecret("password");
new cutover.VolumeMigration("orders", {
    source: { docker: { volume: "same", host: "tcp://me:hunter2-host@10.0.0.1:2376" } },
    destination: { docker: { volume: "same" } },
    quiesce: { containers: [], how: "kill" as "stop" },
    exclude: [password],
    timeout: "30" as "30 seconds",
    verfy: "content",
} as cutover.VolumeMigrationArgs);
`);
        const bad = await stack.preview();
        expect(bad.exitCode).not.toBe(0);
        for (const path of [
            "source.docker.host",
            "quiesce.containers",
            "quiesce.how",
            "exclude[0]",
            "timeout",
            "verfy",
        ]) {
            expect(bad.output).toContain(`${path}: `);
        }
        expect(bad.output).toContain("verfy: is not a property; did you mean verify?");
        expect(bad.output).not.toContain("hunter2");

        stack.program(`
import * as cutover from "pulumi-cutover";
const host = "unix:///nowhere.sock";
new cutover.VolumeMigration("orders", {
    source: { docker: { volume: "a1", host } }, destination: { docker: { volume: "a2", host } },
});
`);
        const unreachable = await stack.preview();
        expect(unreachable.exitCode, unreachable.output).toBe(0);
        expect(unreachable.output).toContain(
            "the target was not looked at: the Docker engine (unix:///nowhere.sock) cannot be reached",
        );
        expect(unreachable.output).toContain("copy a1 into a2 and prove the copy (content)");
        const up = await migration.refused();
        expect(up).toContain(
            "source.docker.host: the Docker engine (unix:///nowhere.sock) cannot be reached",
        );
    });
});
