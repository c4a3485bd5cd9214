import { describe, expect, it } from "vitest";
import { Migration } from "./migration.js";
import { docker } from "./stack.js";

const policy = "{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}";

describe("a volume that a container writes to", () => {
    it("is copied whole; the writer stays stopped, over a restart of the engine too", async () => {
        const migration = await Migration.begin();
        const { source, destination, writer } = migration;
        await migration.shell(
            source,
            "mkdir d && echo a > d/a && head -c 3000000 /dev/urandom > big",
        );
        await migration.write(writer, undefined, "--restart", "always");
        migration.declare(`quiesce: { containers: ["${writer}"], how: "stop" }`);

        const output = await migration.up();
        expect(output).toContain(`commit: the copy is whole; ${writer} stays stopped`);
        expect(await migration.status()).toBe("exited");
        expect(await docker("inspect", "--format", policy, writer)).toBe("no:0");
        expect(await migration.tree(destination)).toBe(await migration.tree(source));
        expect(await migration.report()).toMatchObject({
            source,
            destination,
            strategy: "parallel copy",
            declined: [{ mover: "reflink", reason: expect.stringMatching(/./) }],
            verified: "content",
            digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
            proof: { equal: true, entries: 4 },
            sockets: 0,
            quiesced: [writer],
            killed: [],
            freeze: { held: 0, cut: 0 },
        });
        await migration.rests();
        expect(await migration.stack.outputs()).toMatchObject({ volume: destination });
    });

    it("lets the writer run again as it did, with one pass after the other in the report", async () => {
        const migration = await Migration.begin();
        const { source, destination, writer } = migration;
        await migration.shell(source, "head -c 20000000 /dev/urandom > big");
        const id = await migration.write(writer, undefined, "--restart", "on-failure:5");
        // By its short id, as `docker ps` prints it.
        const quiesce = `quiesce: { containers: ["${id.slice(0, 12)}"], how: "stop", then: "restart" }`;
        migration.declare(`${quiesce}, passes: { settle: "64 KiB" }`);

        const output = await migration.up();
        expect(output).toContain("run again");
        expect(await migration.status()).toBe("running");
        expect(await docker("inspect", "--format", policy, writer)).toBe("on-failure:5");
        const copied = Number(await migration.shell(destination, "wc -l < log"));
        expect(copied).toBeGreaterThan(5);

        const report = await migration.report();
        const passes = report.passes as {
            number: number;
            last: boolean;
            bytes: number;
            files: number;
        }[];
        expect(passes.map(({ last }) => last)).toEqual([false, false, true]);
        expect(passes.map(({ number }) => number)).toEqual([1, 2, 3]);
        const sum = (key: "bytes" | "files") =>
            passes.reduce((total, pass) => total + pass[key], 0);
        expect(report.totals).toMatchObject({ bytes: sum("bytes"), files: sum("files") });
        expect(report.freeze).toMatchObject({ seconds: expect.any(Number) });

        // Once more: only what changed since goes over.
        migration.declare(`${quiesce}, rerun: "2"`);
        await migration.up();
        const again = await migration.report();
        expect((again.totals as { bytes: number }).bytes).toBeLessThan(1_000_000);
        expect(Number(await migration.shell(destination, "wc -l < log"))).toBeGreaterThan(copied);
    });

    it("is copied from a paused writer too", async () => {
        const migration = await Migration.begin();
        const { source, destination, writer } = migration;
        await migration.shell(source, "echo a > a");
        await migration.write();
        const quiesce = (then: string) =>
            `quiesce: { containers: ["${writer}"], how: "pause", then: "${then}" }`;

        migration.declare(quiesce("stay"));
        expect(await migration.up()).toContain(`${writer} stays paused`);
        expect(await migration.status()).toBe("paused");
        expect(await migration.tree(destination)).toBe(await migration.tree(source));

        migration.declare(`${quiesce("restart")}, rerun: "2"`);
        await docker("unpause", writer);
        await migration.up();
        expect(await migration.status()).toBe("running");
    });
});

describe("a volume that nobody writes to", () => {
    it("is copied in one pass, and stays a copy through everything that is no sync", async () => {
        const migration = await Migration.begin();
        const { source, destination } = migration;
        await migration.shell(
            source,
            "echo a > a && mkfifo pipe && chown 1234:5678 a && touch -d @1.5 a",
        );
        migration.declare();
        const output = await migration.up();
        expect(output).toContain(`copy ${source} into ${destination} and prove the copy (content)`);
        const before = await migration.report();
        expect(before).toMatchObject({
            passes: [{ number: 1, last: true }],
            quiesced: [],
            sockets: 0,
        });
        expect(before.freeze).toBeUndefined();

        // Settings alone copy nothing, not even when the destination is in use by now.
        await migration.shell(destination, "echo mine > b");
        migration.declare(`verify: "metadata", timeout: "2 hours", strategy: "rsync"`);
        const preview = await migration.stack.preview();
        expect(preview.output).toContain("nothing is copied: only the settings change");
        await migration.up();
        expect(await migration.report()).toEqual(before);
        expect(await migration.shell(destination, "cat b")).toBe("mine");

        // What was written there since is not overwritten, unless the program says so.
        migration.declare(`rerun: "2"`);
        expect(await migration.refused()).toContain(
            `look: destination: volume ${destination} was written to since its report`,
        );
        expect(await migration.shell(destination, "cat b")).toBe("mine");
        migration.declare(`rerun: "2", onExisting: "update"`);
        const update = await migration.stack.preview();
        expect(update.output).toContain(`is made equal to ${source}; this cannot be undone`);
        expect(update.output).toContain(
            `copy ${source} into ${destination}, deleting what only it has`,
        );
        await migration.up();
        expect(await migration.tree(destination)).toBe(await migration.tree(source));

        // A source that is gone after success is no error; a destination that is gone is copied again.
        await docker("volume", "create", migration.name("spare"));
        await migration.shell(migration.name("spare"), "true");
        const kept = await migration.tree(destination);
        await docker("volume", "rm", destination);
        const refresh = await migration.stack.refresh();
        expect(refresh.output).toMatch(/1 deleted/);
        await migration.up();
        expect(await migration.tree(destination)).toBe(kept);
        await docker("volume", "rm", source);
        await migration.rests();

        expect((await migration.stack.destroy()).exitCode).toBe(0);
        expect(await migration.tree(destination)).toBe(kept);
        const left = await docker(
            "ps",
            "--all",
            "--quiet",
            "--filter",
            `name=${migration.project}`,
        );
        expect(left).toBe("");
        expect(
            await docker(
                "volume",
                "ls",
                "--quiet",
                "--filter",
                `name=${migration.project}.*journal`,
            ),
        ).toBe("");
    });

    it("takes include and exclude for copy and proof alike, and the strategy that is asked for", async () => {
        const migration = await Migration.begin();
        const { source, destination } = migration;
        await migration.shell(
            source,
            "mkdir up cache && echo 1 > up/1 && echo 2 > up/2.tmp && echo 3 > cache/3 && echo 4 > four",
        );
        migration.declare(
            `include: ["/up"], exclude: ["*.tmp"], strategy: "rsync", verify: "metadata"`,
        );
        await migration.up();
        expect(await migration.shell(destination, "find . | sort")).toBe(".\n./up\n./up/1");
        expect(await migration.report()).toMatchObject({
            strategy: "rsync",
            declined: [],
            verified: "metadata",
        });

        migration.declare(`exclude: ["*.tmp"], strategy: "reflink", verify: "none"`);
        await docker("volume", "rm", destination);
        expect(await migration.refused()).toMatch(
            /last-pass: the strategy reflink cannot copy this volume: ./,
        );
        migration.declare(`exclude: ["*.tmp"], verify: "none"`);
        await migration.up();
        expect(await migration.shell(destination, "find . | sort")).toBe(
            ".\n./cache\n./cache/3\n./four\n./up\n./up/1",
        );
        const report = await migration.report();
        expect(report).toMatchObject({ verified: "none" });
        expect(report.digest).toBeUndefined();
    });
});

describe("what Docker does to an empty volume", () => {
    it("never happens to the destination: a container that mounts it has the source's files", async () => {
        const migration = await Migration.begin();
        const { source, destination } = migration;
        await migration.shell(source, "echo ours > hostname");
        const container = `new docker.Container("app", {
            name: "${migration.name("app")}", image: "debian:trixie-slim", command: ["sleep", "600"],
            volumes: [{ volumeName: orders.volume, containerPath: "/etc/apt" }],
        });`;
        migration.declare("", container);
        await migration.up();
        expect(await docker("exec", migration.name("app"), "ls", "/etc/apt")).toBe("hostname");
        expect(await migration.tree(destination)).toBe(await migration.tree(source));
        await migration.stack.destroy();
    });

    it("is told where the source is empty, and an emptied source never takes its copy with it", async () => {
        const migration = await Migration.begin();
        const { source, destination } = migration;
        await migration.shell(source, "true");
        migration.declare();
        expect(await migration.up()).toContain(
            `source ${source} is empty: Docker fills its copy from the image of the first container that mounts it`,
        );
        expect(await migration.report()).toMatchObject({ proof: { entries: 0, equal: true } });

        await migration.shell(source, "echo a > a");
        migration.declare(`rerun: "2"`);
        await migration.up();
        await migration.shell(source, "rm a");
        migration.declare(`rerun: "3", onExisting: "update"`);
        expect(await migration.refused()).toContain(
            `look: source: volume ${source} is empty, and destination ${destination} holds data`,
        );
        expect(await migration.shell(destination, "cat a")).toBe("a");
    });
});
