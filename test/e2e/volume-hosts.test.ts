import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { oracle } from "../volumes/oracle.js";
import { Migration } from "./migration.js";
import { processTree, signalAll } from "./runner-process.js";
import { SecondEngine } from "./second-engine.js";
import { SshHost } from "./ssh-host.js";
import { docker } from "./stack.js";

let engine: SecondEngine;
let ssh: SshHost;
beforeAll(async () => {
    engine = await SecondEngine.startAsHost();
    await engine.connect();
    ssh = await SshHost.start(engine.host.slice("unix://".length));
});
afterAll(async () => {
    await ssh?.remove();
    await engine.remove();
});
afterEach(() => {
    ip("link", "set", engine.cable, "up");
    shape();
});

function ip(...args: string[]): void {
    execFileSync("ip", args);
}

/** Limits what the other machine sends and is sent; nothing to end that. */
function shape(rate?: string): void {
    const root = ["qdisc", rate ? "replace" : "del", "dev", engine.cable, "root"];
    const limit = rate ? ["tbf", "rate", rate, "burst", "64kb", "latency", "50ms"] : [];
    try {
        execFileSync("tc", [...root, ...limit], { stdio: "ignore" });
    } catch (error) {
        if (rate) throw error;
    }
}

/** A migration from this machine's engine to the other one. */
async function between(host: string, script: string): Promise<Migration> {
    const migration = await Migration.begin();
    migration.there = `, host: "${host}"`;
    Object.assign(migration.stack.env, ssh.environment);
    await migration.shell(migration.source, script);
    return migration;
}

async function expectEqual(migration: Migration): Promise<void> {
    const from = await docker("volume", "inspect", "--format", "{{.Mountpoint}}", migration.source);
    expect(oracle(await engine.folderOf(migration.destination))).toBe(oracle(from));
}

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

const several =
    "mkdir -p d/e; for i in $(seq 300); do echo $i > d/$i; done; truncate -s 40M d/e/sparse; echo x >> d/e/sparse; ln d/1 d/e/link; head -c 9M /dev/urandom > big";

test("a volume that is written to goes to an engine behind ssh, straight and encrypted", async () => {
    const migration = await between(ssh.host, several);
    await migration.write();
    migration.declare(
        `quiesce: { containers: ["${migration.writer}"], how: "stop", then: "stay" },`,
    );
    const output = await migration.up();
    expect(output).toMatch(/data go straight (to|from) the source's host, encrypted/);
    await expectEqual(migration);
    expect(await migration.status()).toBe("exited");
    expect(await migration.report()).toMatchObject({
        strategy: "stream",
        declined: [
            { mover: "reflink", reason: "the source is on another host" },
            { mover: "parallel copy", reason: "the source is on another host" },
        ],
        link: {
            way: expect.stringMatching(/^straight (to|from) the source's host$/),
            compressed: expect.any(Boolean),
            rate: expect.any(Number),
            reason: expect.stringMatching(/^the link carries /),
        },
        quiesced: [migration.writer],
        proof: { equal: true },
    });
    await migration.rests();
    expect(await leftOvers(migration)).toEqual([expect.stringMatching(/-journal$/)]);
});

test("where the two do not reach each other, it goes through the machine that runs Pulumi", async () => {
    const migration = await between(ssh.host, several);
    ip("link", "set", engine.cable, "down");
    migration.declare();
    const output = await migration.up();
    const way = "through the machine that runs Pulumi: the two hosts do not reach each other";
    expect(output).toContain(`data go ${way}, encrypted`);
    await expectEqual(migration);
    expect(await migration.report()).toMatchObject({ link: { way } });
});

test("over a slow link it is compressed, and a mover that is killed in the middle sends only what is missing", async () => {
    const migration = await between(
        engine.host,
        "seq 9000000 > text; head -c 24M /dev/urandom > noise; for i in $(seq 50); do seq $i > $i; done",
    );
    shape("100mbit");
    migration.declare();
    const killed = killTools(migration);
    const output = await migration.up();
    expect(await killed).toBe(true);
    expect(output).toMatch(/compressed: the link carries \d.* zstd packs/);
    expect(output).toContain("attempt 2 of 8");
    await expectEqual(migration);
    const { passes, link } = (await migration.report()) as {
        passes: { bytes: number }[];
        link: { compressed: boolean };
    };
    expect(link.compressed).toBe(true);
    // What was there already is not counted again, and not sent.
    expect(passes[0]?.bytes).toBeLessThan(60_000_000 + 24_000_000);
});

/** Kills what reads the source as soon as a large file has begun to arrive. */
async function killTools(migration: Migration): Promise<boolean> {
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
        await new Promise((done) => setTimeout(done, 100));
        const folder = await engine.folderOf(migration.destination).catch(() => undefined);
        if (!folder || sizeOf(`${folder}/noise`) < 4_000_000) continue;
        const filter = `label=cutover.prefix=${migration.stack.prefix("orders")}`;
        const tools = ["ps", "--quiet", "--filter", filter];
        const id = await docker(...tools, "--filter", "label=cutover.role=source-tools");
        const pid = await docker("inspect", "--format", "{{.State.Pid}}", id);
        process.kill(Number(pid), "SIGKILL");
        return true;
    }
    return false;
}

function sizeOf(path: string): number {
    try {
        return statSync(path).size;
    } catch {
        return 0;
    }
}

test("a source that is busy: Pulumi and the source's runner are killed, the rest goes on, and the next up takes it", async () => {
    const migration = await between(engine.host, "head -c 30M /dev/urandom > noise; mkdir d");
    const { writer, source, stack } = migration;
    // Names that come and go while they are read.
    const churn =
        "trap 'exit 0' TERM; while :; do n=$RANDOM; echo $n > d/$n; seq $n > d/x$n; rm -f d/[1-9]*; echo $n >> log; done";
    await docker(
        ...["run", "--detach", "--name", writer, "--workdir", "/v"],
        ...["--mount", `type=volume,source=${source},target=/v`, "debian:trixie-slim"],
        ...["bash", "-c", churn],
    );
    shape("100mbit");
    migration.declare(`quiesce: { containers: ["${writer}"], how: "stop" },`);
    const cli = stack.start("up", "--yes", "--skip-preview");
    const arrived = async (bytes: number) => {
        const folder = await engine.folderOf(migration.destination).catch(() => undefined);
        return folder !== undefined && sizeOf(`${folder}/noise`) >= bytes;
    };
    await vi.waitUntil(() => arrived(2_000_000), { timeout: 60_000, interval: 100 });
    signalAll(processTree(cli.pid ?? 0), "SIGKILL");
    const format = ["inspect", "--format", "{{.State.Pid}}"];
    const runner = await docker(...format, `${stack.prefix("orders")}-source`);
    process.kill(Number(runner), "SIGKILL");
    const there = ["--host", engine.host, "inspect", "--format", "{{.State.Status}}"];
    const ended = async () => (await docker(...there, migration.runner)) === "exited";
    await vi.waitUntil(ended, { timeout: 120_000, interval: 500 });
    await stack.must("cancel", "--yes");
    await migration.up();
    await expectEqual(migration);
    expect(await migration.status()).toBe("exited");
    expect(await migration.report()).toMatchObject({ quiesced: [writer], proof: { equal: true } });
    expect(await leftOvers(migration)).toEqual([expect.stringMatching(/-journal$/)]);
});

test("from a folder of an engine behind tcp with TLS, back to this one", async () => {
    const migration = await Migration.begin();
    const { host, environment } = engine.tcp;
    Object.assign(migration.stack.env, environment);
    const there = mkdtempSync(join(tmpdir(), "cutover-there-"));
    try {
        mkdirSync(join(there, "d"));
        writeFileSync(join(there, "d", "file"), "words");
        chmodSync(join(there, "d"), 0o2711);
        migration.stack.program(`
import * as cutover from "pulumi-cutover";
const orders = new cutover.VolumeMigration("orders", {
    source: { directory: { path: ${JSON.stringify(there)}, host: "${host}" } },
    destination: { docker: { volume: "${migration.destination}", host: "unix:///var/run/docker.sock" } },
    bandwidthLimit: "64 KiB",
});
export const report = orders.report;
`);
        const preview = await migration.stack.preview();
        expect(preview.output).toContain(
            `copy ${there} of ${host} into ${migration.destination} of unix:///var/run/docker.sock`,
        );
        await migration.up();
        const format = ["volume", "inspect", "--format", "{{.Mountpoint}}", migration.destination];
        expect(oracle(await docker(...format))).toBe(oracle(there));
    } finally {
        rmSync(there, { recursive: true, force: true });
    }
});

test("a host whose key is not the one that is known is not spoken to", async () => {
    const migration = await between(ssh.host, "echo x > x");
    migration.declare();
    ssh.forgetHostKey();
    const output = await migration.refused();
    expect(output).toMatch(/destination\.docker\.host: .*cannot be reached/);
    expect(output).toMatch(/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/);
});
