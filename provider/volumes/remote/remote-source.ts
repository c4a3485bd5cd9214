import { CutoverError } from "../../engine/errors.js";
import type { ContentAnswer, ContentJob } from "../content-worker.js";
import { type BytePath, nulSeparated } from "../names.js";
import type { SideAccess } from "../side-access.js";
import { runTool } from "../tool.js";
import { readLines } from "../wire.js";
import type { LinkReport } from "./link-speed.js";
import { type DigestReply, ownTools, type SourceFacts } from "./own-tools.js";
import { type Connect, RemoteTools } from "./tool-client.js";

/** A source that lies on another host. */
export interface RemoteSource {
    side: SideAccess;
    /** Its tools with their output as it is: for data. */
    tools: RemoteTools;
    /** What rsync is to reach it by: `--rsh`. */
    shell: string;
    /** What was measured of the link; absent before the first pass. */
    link?: LinkReport;
}

/** @throws LinkLost when the other host cannot be reached. */
export async function openRemoteSource(
    connect: Connect,
    shell: string,
    signal: AbortSignal,
): Promise<RemoteSource> {
    const tools = new RemoteTools(connect);
    const asked = Date.now();
    const facts = JSON.parse(await textOf(tools, ownTools.facts, undefined, signal)) as SourceFacts;
    // The earlier its clock is taken to be, the more counts as just changed: that costs a second look, and no byte.
    const behind = Math.min(facts.now - Date.now(), facts.now - asked);
    const side: SideAccess = {
        runner: new RemoteTools(connect, true),
        reader: new RemoteReader(tools),
        changeTimesTell: facts.changeTimesTell,
        free: async () =>
            (JSON.parse(await textOf(tools, ownTools.facts, undefined, signal)) as SourceFacts)
                .free,
        devices: async (paths) => devicesOf(tools, paths, signal),
        now: () => Date.now() + behind,
    };
    return { side, tools, shell };
}

async function devicesOf(
    tools: RemoteTools,
    paths: readonly BytePath[],
    signal: AbortSignal,
): Promise<string[]> {
    const names = nulSeparated([...paths]);
    return JSON.parse(await textOf(tools, ownTools.devices, names, signal)) as string[];
}

/** What one of our own tools prints. */
export async function textOf(
    tools: RemoteTools,
    tool: string,
    stdin: Buffer | undefined,
    signal: AbortSignal,
): Promise<string> {
    const parts: Buffer[] = [];
    const call = { argv: [tool] as const, ...(stdin ? { stdin } : {}) };
    const result = await runTool(tools, call, { signal, onOutput: (chunk) => parts.push(chunk) });
    if (result.exitCode !== 0)
        throw new CutoverError(`${tool} failed on the source's host`, {
            lastLines: result.complaints.slice(-8),
        });
    return Buffer.concat(parts).toString();
}

/** Jobs that one line carries: progress comes in between, and no line grows too long. */
const jobsInLine = 1_000;

/** Digests files where they are: content is compared without being sent. */
class RemoteReader {
    constructor(private readonly tools: RemoteTools) {}

    async digest(
        jobs: readonly ContentJob[],
        options: { signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
    ): Promise<ContentAnswer[]> {
        if (jobs.length === 0) return [];
        const lines: string[] = [];
        for (let from = 0; from < jobs.length; from += jobsInLine)
            lines.push(`${JSON.stringify(jobs.slice(from, from + jobsInLine))}\n`);
        const child = this.tools.start(
            { argv: [ownTools.digest], stdin: lines.join("") },
            options.signal,
        );
        const answers: ContentAnswer[] = [];
        child.stderr.resume();
        readLines(
            child.stdout,
            (line) => {
                const reply = JSON.parse(line) as DigestReply;
                if ("progress" in reply) options.onBytes?.(reply.progress);
                else for (const answer of reply.answers) answers.push(answer);
            },
            () => {},
        );
        await child.ended.catch((error: unknown) => {
            options.signal?.throwIfAborted();
            throw error;
        });
        if (answers.length !== jobs.length)
            throw new CutoverError("the source's host did not answer for every file");
        return answers;
    }

    async close(): Promise<void> {}
}
