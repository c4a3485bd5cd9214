import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { CutoverError } from "../../provider/engine/errors.js";
import type { RunningCommand } from "../../provider/platforms/commands.js";
import { moverClient } from "../../provider/volumes/client.js";
import type { Mover, MoverOptions } from "../../provider/volumes/mover.js";
import { serveMover } from "../../provider/volumes/serve.js";
import { readLines } from "../../provider/volumes/wire.js";
import { RecordingReporter } from "./workbench.js";

const measure = { entries: 3, files: 2, bytes: 10 } as unknown as Awaited<
    ReturnType<Mover["measure"]>
>;

/** A server and a client of it in one process, as if one were in a container. */
function pair(fake: (options: MoverOptions) => Partial<Mover>) {
    const [toMover, fromMover, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const served: { options?: MoverOptions; closed: number } = { closed: 0 };
    const exit = serveMover(
        { source: "/source", destination: "/destination", exclude: ["x"] },
        toMover,
        fromMover,
        (options) => {
            served.options = options;
            return { close: async () => void served.closed++, ...fake(options) } as Mover;
        },
    );
    let die: (exitCode: number) => void = () => {};
    const killed = new Promise<number>((resolve) => {
        die = resolve;
    });
    const child: RunningCommand = {
        stdin: toMover,
        stdout: fromMover,
        stderr,
        ended: Promise.race([exit, killed]).then((exitCode) => ({ exitCode })),
        kill: () => die(137),
    };
    const reporter = new RecordingReporter();
    const controller = new AbortController();
    const client = moverClient(child, { reporter, signal: controller.signal });
    return { client, served, reporter, controller, child, stderr, fromMover, exit, die };
}

describe("a mover over a pair of streams", () => {
    test("answers each call with its own result, in order", async () => {
        const calls: unknown[] = [];
        const { client } = pair(() => ({
            measure: async (side) => {
                calls.push(side);
                return measure;
            },
            flush: async () => void calls.push("flush"),
            fingerprint: async (side) => `of ${side}`,
        }));
        const answers = await Promise.all([
            client.measure("source"),
            client.flush(),
            client.fingerprint("destination"),
        ]);
        expect(answers).toEqual([measure, undefined, "of destination"]);
        expect(calls).toEqual(["source", "flush"]);
    });

    test("one request at a time", async () => {
        let running = 0;
        let most = 0;
        const { client } = pair(() => ({
            flush: async () => {
                most = Math.max(most, ++running);
                await new Promise((resolve) => setTimeout(resolve, 5));
                running--;
            },
        }));
        await Promise.all([client.flush(), client.flush(), client.flush()]);
        expect(most).toBe(1);
    });

    test("tells progress, notes and warnings before the answer", async () => {
        const { client, reporter } = pair(({ reporter }) => ({
            flush: async () => {
                reporter.status("copying", { bytes: 5, totalBytes: 10 });
                reporter.info("by the way");
                reporter.warn('1 socket is not carried: "a\\x0a"');
            },
        }));
        await client.flush();
        expect(reporter.statuses).toEqual([
            { message: "copying", progress: { bytes: 5, totalBytes: 10 } },
        ]);
        expect(reporter.infos).toEqual(["by the way"]);
        expect(reporter.warnings).toEqual(['1 socket is not carried: "a\\x0a"']);
    });

    test("errors arrive with their details", async () => {
        const details = {
            command: ["rsync", "-a"],
            exitCode: 23,
            lastLines: ["one", "two"],
            next: "make room",
        };
        const { client } = pair(() => ({
            lastPass: async () => {
                throw new CutoverError("rsync failed", {
                    ...details,
                    cause: new Error("deep down"),
                });
            },
        }));
        const error = await client.lastPass().catch((error: unknown) => error);
        expect(error).toBeInstanceOf(CutoverError);
        expect(error).toMatchObject({
            problem: "rsync failed",
            details: { ...details, cause: "Error: deep down" },
        });
    });

    test("a mover that cannot be made says why at the first call", async () => {
        const { client } = pair(() => {
            throw new CutoverError('there is no strategy "tar"');
        });
        await expect(client.measure("source")).rejects.toThrow('there is no strategy "tar"');
    });

    test("a mover that dies in the middle of a call rejects it with exit code and last lines", async () => {
        const { client, stderr, die } = pair(() => ({ livePass: () => new Promise(() => {}) }));
        const call = client.livePass();
        stderr.write("first\nsegmentation \u001b[31mfault\n");
        await new Promise((resolve) => setImmediate(resolve));
        die(139);
        const error = (await call.catch((error: unknown) => error)) as CutoverError;
        expect(error.message).toBe(
            "the mover ended during livePass\n  | first\n  | segmentation \\x1b[31mfault\nnext: run it again: what is copied already is not copied again",
        );
        expect(error.details.exitCode).toBe(139);
        await expect(client.measure("source")).rejects.toThrow("the mover ended");
    });

    test("an abort rejects the call at once and closes the input, which aborts and closes the mover", async () => {
        const { client, served, controller, exit } = pair((options) => ({
            livePass: () =>
                new Promise((_, reject) => {
                    options.signal.addEventListener("abort", () => reject(options.signal.reason));
                }),
        }));
        const call = client.livePass();
        await new Promise((resolve) => setImmediate(resolve));
        controller.abort(new CutoverError("somebody asked to go back"));
        await expect(call).rejects.toThrow("somebody asked to go back");
        expect(await exit).toBe(0);
        expect(served.closed).toBe(1);
        await expect(client.flush()).rejects.toThrow("somebody asked to go back");
    });

    test("close ends the other side, and does not hang when that died already", async () => {
        const { client, served, exit } = pair(() => ({ measure: async () => measure }));
        await client.measure("source");
        await client.close();
        expect(await exit).toBe(0);
        expect(served.closed).toBe(1);
        expect(served.options).toMatchObject({
            source: "/source",
            destination: "/destination",
            exclude: ["x"],
        });
        await client.close();
    });

    test("lines that are no reply are kept for the error, never answered", async () => {
        const { client, fromMover, die } = pair(() => ({ flush: () => new Promise(() => {}) }));
        const call = client.flush();
        fromMover.write("docker: something else\n");
        await new Promise((resolve) => setImmediate(resolve));
        die(125);
        await expect(call).rejects.toThrow(
            "the mover ended during flush\n  | docker: something else\n",
        );
    });

    test("a request that is none is refused without harm", async () => {
        const { client, child, reporter } = pair(() => ({ fingerprint: async () => "still here" }));
        child.stdin.write('not json\n{"id":77,"method":"constructor","args":[]}\n');
        expect(await client.fingerprint("source")).toBe("still here");
        expect(reporter.warnings).toEqual([
            expect.stringMatching(/^the mover was sent a line that is no request: /),
        ]);
    });
});

test("lines survive any cut between chunks, in the middle of a character too", async () => {
    const text = 'first\n{"a":"é → 🎉"}\n\nlast without end';
    const bytes = Buffer.from(text);
    for (let size = 1; size < 8; size++) {
        const stream = new PassThrough();
        const lines: string[] = [];
        const ended = new Promise<void>((resolve) =>
            readLines(stream, (line) => lines.push(line), resolve),
        );
        for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
        stream.end();
        await ended;
        expect(lines).toEqual(["first", '{"a":"é → 🎉"}']);
    }
});
