import { describe, expect, it } from "vitest";
import { Migration } from "./migration.js";
import { docker } from "./stack.js";

const plain = (volume: string) => `type=volume,source=${volume},target=/v`;

describe("what is in the way of a migration", () => {
    it("is refused before anything is touched, all at once and by name", async () => {
        const migration = await Migration.begin();
        const { source, destination, writer } = migration;
        migration.declare(`quiesce: { containers: ["${migration.name("nobody")}"], how: "stop" }`);
        const missing = await migration.refused();
        expect(missing).toContain("look: 2 things are in the way");
        expect(missing).toContain(
            `| source: there is no volume ${source}; check its name and its engine`,
        );
        expect(missing).toContain(
            `| quiesce.containers: there is no container ${migration.name("nobody")}; check its name and its engine, or leave it out`,
        );
        expect(await docker("volume", "ls", "--quiet", "--filter", `name=${destination}`)).toBe("");

        await migration.shell(source, "echo a > a");
        await migration.write();
        const folder = await docker("volume", "inspect", "--format", "{{.Mountpoint}}", source);
        const bound = migration.name("bound");
        await migration.write(bound, `type=bind,source=${folder},target=/v`);
        migration.declare();
        const written = await migration.refused();
        expect(written).toMatch(
            new RegExp(
                `look: source: volume ${source} is written by (${writer}, ${bound}|${bound}, ${writer})`,
            ),
        );
        expect(written).toMatch(
            /next: declare quiesce: \{ containers: \[".*", ".*"\], how: "stop" \}, or stop what writes/,
        );
        expect(written).toContain(`now: there is no volume ${destination}`);
        await docker("rm", "--force", bound, writer);

        await migration.shell(destination, "echo others > file");
        expect(await migration.refused()).toContain(
            `look: destination: volume ${destination} holds data, and no record says that this migration wrote them`,
        );
        await docker(
            "run",
            "--detach",
            "--rm",
            "--name",
            writer,
            "--mount",
            plain(source),
            "debian:trixie-slim",
            "sleep",
            "600",
        );
        const user = migration.name("user");
        await docker(
            "run",
            "--detach",
            "--name",
            user,
            "--mount",
            plain(destination),
            "debian:trixie-slim",
            "sleep",
            "600",
        );
        migration.declare(
            `onExisting: "update", quiesce: { containers: ["${writer}"], how: "stop" }`,
        );
        const refused = await migration.refused();
        expect(refused).toContain(`quiesce.containers: ${writer} is removed when it stops (--rm)`);
        expect(refused).toContain(`destination: volume ${destination} is written by ${user}`);
        expect(await migration.shell(destination, "cat file")).toBe("others");
        expect(await migration.status()).toBe("running");
    });
});

describe("a migration that fails in the middle", () => {
    it("starts the stopped writer again: the destination is full", async () => {
        const migration = await Migration.begin();
        const { source, destination, writer } = migration;
        await migration.shell(source, "head -c 4000000 /dev/urandom > big");
        await migration.write(writer, undefined, "--restart", "unless-stopped");
        const tiny = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1m"];
        await docker("volume", "create", "--driver", "local", ...tiny, destination);
        migration.declare(`quiesce: { containers: ["${writer}"], how: "stop" }`);
        expect(await migration.refused()).toMatch(
            /copy: the destination has .* free, and .* are to be written/,
        );
        expect(await migration.status()).toBe("running");
    });

    it("starts the stopped writer again: another one came, and is named", async () => {
        const migration = await Migration.begin();
        const { source, writer } = migration;
        await migration.shell(source, "echo a > a");
        // It takes its time to end: meanwhile the other one comes.
        const slow = "trap 'sleep 6; exit 0' TERM; while :; do echo x >> /v/log; sleep 0.05; done";
        await docker(
            "run",
            "--detach",
            "--name",
            writer,
            "--restart",
            "always",
            "--mount",
            plain(source),
            "debian:trixie-slim",
            "bash",
            "-c",
            slow,
        );
        migration.declare(`quiesce: { containers: ["${writer}"], how: "stop" }`);
        const up = migration.refused();
        const late = migration.name("late");
        await until(
            () => docker("inspect", "--format", "{{.HostConfig.RestartPolicy.Name}}", writer),
            "no",
        );
        await migration.write(late);
        expect(await up).toContain(`last-pass: source: volume ${source} is written by ${late}`);
        expect(await migration.status()).toBe("running");
        expect(
            await docker("inspect", "--format", "{{.HostConfig.RestartPolicy.Name}}", writer),
        ).toBe("always");

        // Settings are no sync, but what failed is tried again, and the preview says so.
        migration.declare(
            `quiesce: { containers: ["${writer}", "${late}"], how: "pause", then: "restart" }`,
        );
        const preview = await migration.stack.preview();
        expect(preview.output).toContain("copy what is left and prove the copy (content)");
        await migration.up();
        expect(await migration.status()).toBe("running");
    });

    it("starts the stopped writer again when its timeout is reached", async () => {
        const migration = await Migration.begin();
        const { source, writer } = migration;
        await migration.shell(source, "head -c 300000000 /dev/zero > big");
        await migration.write();
        migration.declare(
            `quiesce: { containers: ["${writer}"], how: "stop" }, timeout: "100 milliseconds"`,
        );
        expect(await migration.refused()).toContain("it did not end within its timeout of 100 ms");
        expect(await migration.status()).toBe("running");
        expect(
            await docker(
                "ps",
                "--all",
                "--quiet",
                "--filter",
                `label=cutover.prefix=${migration.stack.prefix("orders")}`,
            ),
        ).toBe("");
    });
});

async function until(look: () => Promise<string>, wanted: string): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
        if ((await look()) === wanted) return;
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`${wanted} did not come`);
}
