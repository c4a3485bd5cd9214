import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Migration } from "./migration.js";
import { processTree, signalAll } from "./runner-process.js";
import { docker, TestStack } from "./stack.js";

/** The journal, as the runner's own container has it. */
async function journal(
    migration: Migration,
): Promise<{ kind: string; step?: string; job: string }[]> {
    const text = await docker("exec", migration.runner, "cat", "/journal/journal.jsonl").catch(
        () => "",
    );
    return text.split("\n").flatMap((line) => (line ? [JSON.parse(line)] : []));
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 900; tries++) {
        if (await look().catch(() => false)) return;
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`it did not come to this: ${what}`);
}

/** A container that writes all the time, and takes so many seconds to end. */
function slowWriter(
    { source, writer }: Migration,
    seconds: number,
    ...options: string[]
): Promise<string> {
    const script = `trap 'sleep ${seconds}; exit 0' TERM; while :; do echo x >> /v/log; sleep 0.05; done`;
    const mount = ["--mount", `type=volume,source=${source},target=/v`];
    const command = ["debian:trixie-slim", "bash", "-c", script];
    return docker("run", "--detach", "--name", writer, ...options, ...mount, ...command);
}

describe("a migration", () => {
    it("is ended by its runner when Pulumi is killed, refuses a second one meanwhile, and is taken up as done", async () => {
        const migration = await Migration.begin();
        const { source, destination, writer, stack } = migration;
        await migration.shell(source, "echo a > a");
        // It takes its time to end, so that there is time to look around.
        await slowWriter(migration, 30, "--stop-timeout", "60");
        migration.declare(`quiesce: { containers: ["${writer}"], how: "stop" }`);

        const cli = stack.start("up", "--yes", "--skip-preview");
        await until("the writer is being stopped", async () =>
            (await journal(migration)).some(
                ({ kind, step }) => kind === "start" && step === "quiesce",
            ),
        );
        // The same stack from another checkout, with a backend of its own: only the target knows.
        const other = new TestStack(migration.program(), { project: migration.project });
        await other.init();
        const second = await other.up();
        rmSync(other.folder, { recursive: true });
        expect(second.output).toMatch(/ \(process \d+\) is at work on this since \d{4}-\d\d-\d\dT/);
        expect(second.output).toContain(`npx pulumi-cutover status ${stack.prefix("orders")}`);

        // The provider too: it has a process group of its own.
        for (const pid of processTree(cli.pid ?? 0)) process.kill(pid, "SIGKILL");
        await until(
            "the runner is done",
            async () => (await migration.status(migration.runner)) === "exited",
        );
        await stack.must("cancel", "--yes");
        await migration.up();
        expect(await migration.tree(destination)).toBe(await migration.tree(source));
        expect(await migration.report()).toMatchObject({ quiesced: [writer], verified: "content" });
        // Nothing was copied a second time: the writer would have to be stopped again for it.
        expect(await migration.status()).toBe("exited");
        await migration.rests();
    });

    it("is taken up as done where a provider outlived its CLI and took the report", async () => {
        const migration = await Migration.begin();
        const { source, destination, stack } = migration;
        await migration.shell(source, "head -c 50000000 /dev/urandom > big");
        migration.declare();
        const cli = stack.start("up", "--yes", "--skip-preview");
        await until("the runner is at work", async () => (await journal(migration)).length > 0);
        const provider = processTree(cli.pid ?? 0);
        process.kill(cli.pid ?? 0, "SIGKILL");
        await until("its provider let it go", async () => !(await migration.hasRunner()));
        signalAll(provider, "SIGKILL");

        await migration.shell(source, "echo later > later");
        await stack.run("cancel", "--yes");
        await migration.up();
        expect(await migration.shell(destination, "ls")).toBe("big");
        expect(await migration.report()).toMatchObject({ proof: { equal: true, entries: 1 } });
        await migration.rests();
    });

    it("goes on when its runner is killed, with the writer stopped, and counts all of the freeze", async () => {
        const migration = await Migration.begin();
        const { source, destination, writer } = migration;
        await migration.shell(source, "head -c 40000000 /dev/urandom > big");
        await slowWriter(migration, 5);
        migration.declare(`quiesce: { containers: ["${writer}"], how: "stop", then: "restart" }`);
        const up = migration.up();
        await until("the writer is being stopped", async () =>
            (await journal(migration)).some(
                ({ kind, step }) => kind === "start" && step === "quiesce",
            ),
        );
        const pid = await docker("inspect", "--format", "{{.State.Pid}}", migration.runner);
        process.kill(Number(pid), "SIGKILL");
        await up;
        expect(await migration.status()).toBe("running");
        const report = await migration.report();
        expect(report).toMatchObject({ quiesced: [writer], proof: { equal: true } });
        expect((report.freeze as { seconds: number }).seconds).toBeGreaterThan(4);
        const copied = await migration.shell(destination, "sha256sum < big; wc -l < log");
        const [digest, lines] = copied.split("\n");
        expect(await migration.shell(source, "sha256sum < big")).toBe(digest);
        expect(Number(lines)).toBeGreaterThan(0);
    });
});
