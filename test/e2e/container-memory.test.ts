import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../../provider/platforms/docker/engine.js";
import { transferImage } from "../../provider/platforms/docker/image-transfer.js";
import { execaRunner } from "../../provider/platforms/execa.js";
import { ensureCriu } from "../../tools/criu.mjs";
import { image, MovedContainer } from "./moved-container.js";
import { startOf } from "./runner-process.js";
import { SecondEngine } from "./second-engine.js";
import { docker, unique } from "./stack.js";

/** Megabytes of random bytes that the process holds. */
const megabytes = 256;

/**
 * Counts in memory, writes each number to a file that it opened once, and on SIGUSR1 the digest of its memory.
 */
const program = `
$| = 1;
open(my $random, "<", "/dev/urandom"); my $memory = "";
read($random, $memory, ${megabytes} << 20); close $random;
open(my $log, ">", "/data/log");
my $n = 0;
$SIG{USR1} = sub { open(my $out, "|-", "sha256sum | cut -c1-64 > /data/digest.tmp"); print $out $memory; close $out; rename "/data/digest.tmp", "/data/digest"; };
while (1) { $n++; syswrite($log, "$n\\n"); select(undef, undef, undef, 0.05); }
`;

let engine: SecondEngine;
beforeAll(async () => {
    const path = await ensureCriu();
    engine = await SecondEngine.start(4_000, {
        options: ["--experimental"],
        path,
        images: [image],
    });
});
afterAll(() => engine?.remove());

async function holdsMemory(moved: MovedContainer, script = program): Promise<void> {
    const mount = ["--volume", `${moved.data}:/data`, "--tmpfs", "/scratch"];
    const options = ["--restart", "always", ...mount];
    await moved.docker(
        "run",
        "--detach",
        "--name",
        moved.old,
        ...options,
        image,
        "perl",
        "-e",
        script,
    );
    await untilItCounts(moved, moved.data, 3);
}

/** How far it has counted, and that it left no number out. */
async function count(moved: MovedContainer, volume: string): Promise<number> {
    const lines = (await moved.shell(volume, "cat log 2>/dev/null || true"))
        .split("\n")
        .filter(Boolean);
    expect(lines).toEqual(lines.map((_, index) => String(index + 1)));
    return lines.length;
}

/** Not vitest's own poll: that one knows no tests side by side. */
async function untilItCounts(moved: MovedContainer, volume: string, beyond: number): Promise<void> {
    for (let look = 0; look < 300; look++) {
        if ((await count(moved, volume)) > beyond) return;
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`it does not count beyond ${beyond}`);
}

async function digest(moved: MovedContainer, container: string, volume: string): Promise<string> {
    await moved.shell(volume, "rm -f digest");
    await moved.docker("kill", "--signal", "USR1", container);
    for (let look = 0; look < 600; look++) {
        const found = await moved.shell(volume, "cat digest 2>/dev/null || true");
        if (/^[0-9a-f]{64}$/.test(found)) return found;
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error("it did not tell the digest of its memory");
}

describe('memory: "checkpoint"', () => {
    it.concurrent.for(["(none)", "checkpoint", "start"])(
        "lets a process with 256 MiB in memory and a file open go on; the runner killed in step: %s",
        async (step, test) => {
            const moved = await MovedContainer.begin(test, engine.host);
            await holdsMemory(moved);
            const before = await digest(moved, moved.old, moved.data);
            const runner = await moved.runner();
            const frozen = step === "(none)" ? undefined : runner.freezeAt(startOf(step));
            moved.declare('memory: "checkpoint"');
            const up = moved.up();
            if (frozen) {
                await frozen;
                runner.signal("SIGKILL");
            }
            await up;
            const volume = await moved.movedVolume();
            const stoppedAt = await count(moved, moved.data);
            await untilItCounts(moved, volume, stoppedAt + 5);
            expect(await digest(moved, moved.new, volume)).toBe(before);
            const report = await moved.report();
            expect(report.memory).toMatchObject({
                kept: "checkpoint",
                declined: [{ mover: "pre-dump" }],
            });
            expect(report.memory.bytes).toBeGreaterThan(megabytes << 20);
            expect(await moved.status(moved.old)).toBe("exited");
            expect(await moved.restartPolicy(moved.old)).toBe("no");
            expect(await moved.restartPolicy(moved.new)).toBe("always");
            for (const container of [moved.old, moved.new])
                expect(await moved.docker("checkpoint", "ls", container)).not.toContain("cutover");
            await moved.rests();
        },
    );

    it.concurrent("goes back where the memory cannot be written: a TCP connection is open", async (test) => {
        const moved = await MovedContainer.begin(test, engine.host);
        const connection = `
use IO::Socket;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 4000, Listen => 1) or die;
my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1:4000") or die;
my $end = $server->accept;
`;
        await holdsMemory(moved, `${connection}${program}`);
        const before = await digest(moved, moved.old, moved.data);
        moved.declare('memory: "checkpoint"');
        const preview = await moved.stack.preview();
        expect(preview.output).toContain(
            `write the memory of ${moved.old} to disk, and stop it there`,
        );
        expect(preview.output).toContain(
            "open TCP connections are not carried: with one open, the memory cannot be written and nothing moves",
        );
        expect(preview.output).toContain(
            `memory: ${moved.old} has 2 TCP connections open now, and moves only when it has none`,
        );
        const output = await moved.refused();
        expect(output).toContain(
            `checkpoint: the memory of ${moved.old} could not be written to disk`,
        );
        await moved.expectBack("always");
        // It went on all the time: no number is missing, and none comes twice.
        const seen = await count(moved, moved.data);
        await untilItCounts(moved, moved.data, seen);
        expect(await digest(moved, moved.old, moved.data)).toBe(before);
    });
});

describe("an image that another engine lacks", () => {
    it("is sent without the layers that are there, and found the next time", async ({
        onTestFinished,
    }) => {
        const name = `${unique("cutover-sent-")}:1`;
        const [maker, here] = [unique("t"), new DockerEngine(execaRunner)];
        const there = new DockerEngine(execaRunner, { host: engine.host });
        onTestFinished(async () => {
            await docker("image", "rm", name);
        });
        await docker("run", "--name", maker, image, "sh", "-c", "echo sent > /sent");
        await docker("commit", "--change", "ENV A=b", maker, name);
        await docker("rm", maker);
        expect(await transferImage(name, here, there)).toMatchObject({
            how: "sent",
            layers: 2,
            layersThere: 1,
            bytes: expect.toSatisfy((bytes: number) => bytes < 1_000_000),
        });
        expect(await there.imageId(name)).toBe(await here.imageId(name));
        expect(await docker("--host", engine.host, "run", "--rm", name, "cat", "/sent")).toBe(
            "sent",
        );
        expect(await transferImage(name, here, there)).toEqual({ how: "there" });
    });
});
