import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Assessment } from "../../provider/assess/assessment.js";
import { docker, unique } from "./stack.js";

const name = unique("assess");
const [service, other, volume] = [`${name}-service`, `${name}-other`, `${name}-data`];

afterAll(async () => {
    await docker("rm", "--force", service, other);
    await docker("volume", "rm", "--force", volume);
});

interface Said {
    code: number;
    stdout: string;
    stderr: string;
}

function assess(...args: string[]): Promise<Said> {
    const command = join(__dirname, "../../dist/cli.js");
    return new Promise((done) => {
        execFile(process.execPath, [command, "assess", ...args], (error, stdout, stderr) =>
            done({ code: Number(error?.code ?? 0), stdout, stderr }),
        );
    });
}

const script = `
mkdir /data/d; ln -s x /data/l; mkfifo /data/f; truncate -s 10M /data/sparse; echo x > /data/a; ln /data/a /data/d/b
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "/data/s", Listen => 1)'
echo mine > /own; while :; do echo x >> /data/log; sleep 0.1; done`;

async function runService(): Promise<void> {
    const mounts = ["--volume", `${volume}:/data`, "--volume", "/tmp:/host:ro", "--tmpfs", "/t"];
    const image = "debian:trixie-slim";
    await docker("run", "--detach", "--name", service, ...mounts, image, "bash", "-c", script);
    const second = ["--volume", `${volume}:/d`, image, "sleep", "600"];
    await docker("run", "--detach", "--name", other, ...second);
    await expect.poll(() => docker("exec", service, "ls", "/data")).toContain("log");
}

test("what would move, what is written, who else writes, what stays behind; nothing is touched", async () => {
    await runService();
    const said = await assess("--json", "--watch", "1", service);
    expect(said.code, said.stderr).toBe(0);
    const [seen, ...more] = JSON.parse(said.stdout) as Assessment[];
    expect(more).toEqual([]);
    expect(seen).toMatchObject({
        container: service,
        status: "running",
        volumes: [
            {
                volume,
                path: "/data",
                measured: { files: 4, directories: 1, symlinks: 1, specials: 1, sockets: 1 },
                watched: { files: 1 },
                writers: [other],
            },
        ],
        binds: [{ source: "/tmp", path: "/host", writable: false }],
        layer: { changed: 1, paths: ["/own"] },
    });
    const { measured, watched } = seen?.volumes[0] ?? {};
    expect(measured?.bytes).toBeGreaterThan(10 * 1024 ** 2);
    expect(measured?.allocated).toBeLessThan(1024 ** 2);
    expect(watched?.seconds).toBeGreaterThanOrEqual(1);
    expect(seen?.freeze?.seconds).toBeGreaterThan(0);
    expect(seen?.risks.map(({ grade }) => grade)).toEqual(["high", "medium", "low", "low"]);

    const text = await assess(service, other);
    expect(text.stdout).toContain(`${volume} at /data: 10 MiB (`);
    expect(text.stdout).toContain(`    high    ${volume} could be written by ${other} too\n`);
    expect(text.stdout).toContain(`\n\n${other} (debian:trixie-slim, running)\n  would move\n`);
    expect(await docker("ps", "--quiet", "--filter", `name=${name}`)).toMatch(/^\w+\n\w+$/);
});

test("a container that is not there, and a time that is none, are refused", async () => {
    const missing = await assess(`${name}-gone`, `${name}-too`);
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toBe(
        `there is no container ${name}-gone, ${name}-too\nnext: docker ps --all shows those that there are; --host names another engine\n`,
    );
    const never = await assess("--watch", "forever", service);
    expect(never.stderr).toBe("--watch: forever is no number of seconds up to 50\n");
});
