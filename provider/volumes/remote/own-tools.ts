import { randomFillSync } from "node:crypto";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CommandRunner } from "../../platforms/commands.js";
import { ContentReader } from "../content.js";
import type { ContentAnswer, ContentJob } from "../content-worker.js";
import { changeTimesTell, deviceOf, freeBytes } from "../side-access.js";
import { readLines } from "../wire.js";
import type { OwnTool } from "./tool-server.js";

/** What a source's machine is asked for beside the tools of GNU. */
export const ownTools = {
    facts: "cutover:facts",
    devices: "cutover:devices",
    digest: "cutover:digest",
    noise: "cutover:noise",
    sample: "cutover:sample",
} as const;

export interface SourceFacts {
    changeTimesTell: boolean;
    free: number;
    /** Milliseconds, by its clock. */
    now: number;
}

/** Several files to digest, on one line. */
export type DigestRequest = ContentJob[];
export type DigestReply = { progress: number } | { answers: ContentAnswer[] };

/** How well a sample of the source packs. */
export interface Sample {
    /** Bytes of content, and what zstd made of them. */
    bytes: number;
    packed: number;
    seconds: number;
}

/** The tools, for the source that lies at `root`. */
export function ownToolsFor(root: string, runner: CommandRunner): Record<string, OwnTool> {
    return {
        [ownTools.facts]: async (_input, output) => {
            const facts: SourceFacts = {
                changeTimesTell: changeTimesTell(root),
                free: freeBytes(root),
                now: Date.now(),
            };
            output.write(JSON.stringify(facts));
        },
        [ownTools.devices]: async (input, output) => {
            const names = (await allOf(input)).toString("latin1").split("\0").slice(0, -1);
            output.write(JSON.stringify(names.map((name) => deviceOf(root, name))));
        },
        [ownTools.digest]: (input, output) => digest(input, output, runner),
        [ownTools.noise]: (_input, output) => noise(output),
        [ownTools.sample]: (input, output) => sample(input, output, root, runner),
    };
}

async function allOf(input: NodeJS.ReadableStream): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const chunk of input) parts.push(chunk as Buffer);
    return Buffer.concat(parts);
}

/** A line of jobs, progress, a line of answers. */
async function digest(
    input: NodeJS.ReadableStream,
    output: NodeJS.WritableStream,
    runner: CommandRunner,
): Promise<void> {
    const reader = new ContentReader(runner);
    const gone = new AbortController();
    const reply = (line: DigestReply) => output.write(`${JSON.stringify(line)}\n`);
    // Who asked is gone: nobody wants the answer.
    input.once("close", () => (input as Readable).readableEnded || gone.abort());
    let work: Promise<void> = Promise.resolve();
    const serve = (line: string) => {
        const jobs = JSON.parse(line) as DigestRequest;
        const options = {
            signal: gone.signal,
            onBytes: (progress: number) => void reply({ progress }),
        };
        work = work.then(async () => {
            reply({ answers: await reader.digest(jobs, options) });
        });
        work.catch(() => {});
    };
    try {
        await new Promise<void>((resolve) => readLines(input, serve, resolve));
        await work;
    } finally {
        gone.abort();
        await reader.close();
    }
}

/** Bytes that do not pack, to see how fast the link is. */
async function noise(output: NodeJS.WritableStream): Promise<void> {
    const block = randomFillSync(Buffer.alloc(64 << 10));
    const end = performance.now() + noiseFor;
    for (let sent = 0; sent < mostNoise && performance.now() < end; sent += block.length) {
        if (!output.write(block)) await new Promise((resolve) => output.once("drain", resolve));
    }
}

/** Milliseconds and bytes: enough to tell 10 Mbit/s from a fast link. */
const noiseFor = 400;
const mostNoise = 64 << 20;

/** Packs the first bytes of the files that are named. */
async function sample(
    input: NodeJS.ReadableStream,
    output: NodeJS.WritableStream,
    root: string,
    runner: CommandRunner,
): Promise<void> {
    const names = await allOf(input);
    const started = performance.now();
    const tar = runner.start({ argv: tarArgv(root), stdin: names });
    const zstd = runner.start({ argv: ["zstd", "--stdout", "-1", "--quiet"] });
    tar.stderr.resume();
    zstd.stderr.resume();
    let bytes = 0;
    let packed = 0;
    const feed = pipeline(async function* () {
        for await (const chunk of tar.stdout) {
            bytes += (chunk as Buffer).length;
            yield chunk as Buffer;
            if (bytes >= mostSample) break;
        }
        tar.kill("SIGKILL");
    }, zstd.stdin as NodeJS.WritableStream).catch(() => {});
    for await (const chunk of zstd.stdout) packed += (chunk as Buffer).length;
    await feed;
    const found: Sample = { bytes, packed, seconds: (performance.now() - started) / 1_000 };
    output.write(JSON.stringify(found));
}

const mostSample = 16 << 20;

function tarArgv(root: string): [string, ...string[]] {
    return [
        ...(["tar", "--create", "--sparse", "--no-recursion", "-C", root] as const),
        ...(["--null", "--verbatim-files-from", "-T", "-", "-f", "-"] as const),
    ];
}
