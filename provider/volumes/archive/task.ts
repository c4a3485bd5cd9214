import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { CutoverError } from "../../engine/errors.js";
import type { Reporter } from "../../engine/progress.js";
import type { CommandRunner, RunningCommand } from "../../platforms/commands.js";
import { freeBytes } from "../side-access.js";
import { LineCollector } from "../tool.js";
import { fromWireError, type Reply, readLines, toWireError } from "../wire.js";
import { checkArchive } from "./check.js";
import type { ArchiveHeader } from "./format.js";
import { fileVersion, partialOf, publishArchive } from "./publish.js";
import { findArchive, readHeader } from "./read.js";
import { type Saved, type SaveOptions, saveArchive } from "./save.js";

/** What a container does for an archive: one of these, and then it ends. */
export type ArchiveTask =
    | { task: "look"; path: string }
    | { task: "save"; path: string; options: Omit<SaveOptions, "file"> }
    | { task: "check"; path: string; saved: Saved }
    | { task: "publish"; path: string; replace: boolean }
    | { task: "discard"; path: string }
    | { task: "describe"; path: string };

/** What is where an archive is to be. */
export interface ArchivePlaceFacts {
    /** Of the file of that name; absent where there is none. */
    existing?: string;
    /** Of what was begun and not finished under that name. */
    partial?: string;
    /** Bytes left there. */
    free: number;
}

/** What can be said of an archive without a key. */
export interface ArchiveDescription {
    bytes: number;
    /** ISO 8601. */
    written: string;
    encrypted: boolean;
    /** Absent for an encrypted one. */
    header?: ArchiveHeader;
}

export interface ArchiveResults {
    look: ArchivePlaceFacts;
    save: Saved & { version: string };
    check: Awaited<ReturnType<typeof checkArchive>>;
    publish: null;
    discard: null;
    describe: ArchiveDescription;
}

interface TaskTools {
    runner: CommandRunner;
    reporter: Reporter;
    signal: AbortSignal;
}

/** Does one task in this process. */
export async function runArchiveTask(task: ArchiveTask, tools: TaskTools): Promise<unknown> {
    switch (task.task) {
        case "look":
            return lookAt(task.path);
        case "save":
            return save(task.path, task.options, tools);
        case "check":
            return checkArchive(partialOf(task.path), task.saved, tools);
        case "publish":
            publishArchive(task.path, task.replace);
            return null;
        case "discard":
            rmSync(partialOf(task.path), { force: true });
            return null;
        case "describe":
            return describe(task.path, tools);
    }
}

function lookAt(path: string): ArchivePlaceFacts {
    const [existing, partial] = [fileVersion(path), fileVersion(partialOf(path))];
    return {
        ...(existing ? { existing } : {}),
        ...(partial ? { partial } : {}),
        free: freeBytes(dirname(path)),
    };
}

async function save(
    path: string,
    options: Omit<SaveOptions, "file">,
    tools: TaskTools,
): Promise<ArchiveResults["save"]> {
    const saved = await saveArchive({ ...options, file: partialOf(path) }, tools);
    return { ...saved, version: fileVersion(partialOf(path)) as string };
}

async function describe(path: string, tools: TaskTools): Promise<ArchiveDescription> {
    const found = findArchive(path);
    const { bytes, written, encrypted } = found;
    if (encrypted) return { bytes, written, encrypted };
    return { bytes, written, encrypted, header: await readHeader(found, undefined, tools) };
}

/** Serves one task over a pair of streams: progress, and at last its result. It ends when the input does. */
export async function serveArchiveTask(
    task: ArchiveTask,
    runner: CommandRunner,
    input: NodeJS.ReadableStream,
    output: NodeJS.WritableStream,
): Promise<number> {
    const gone = new AbortController();
    const send = (reply: Reply) => {
        output.write(`${JSON.stringify(reply)}\n`);
    };
    output.on("error", () => {});
    // A look is short, and has no input.
    const left = () => {
        if (task.task !== "describe") gone.abort(new CutoverError("the runner went away"));
    };
    readLines(input, () => {}, left);
    const reporter: Reporter = {
        status: (status, progress) => send(progress ? { status, progress } : { status }),
        info: (info) => send({ info }),
        warn: (warn) => send({ warn }),
    };
    try {
        const result = await runArchiveTask(task, { runner, reporter, signal: gone.signal });
        send({ id: 1, result });
    } catch (error) {
        send({ id: 1, error: toWireError(error) });
    }
    return 0;
}

/** The result of a task that a process at the other end serves. */
export async function archiveTaskResult<Name extends ArchiveTask["task"]>(
    name: Name,
    child: RunningCommand,
    { reporter, signal }: Pick<TaskTools, "reporter" | "signal">,
): Promise<ArchiveResults[Name]> {
    const complaints = new LineCollector(200);
    let answer: Extract<Reply, { id: number }> | undefined;
    child.stderr.on("data", (chunk: Buffer) => complaints.push(Buffer.from(chunk)));
    readLines(
        child.stdout,
        (line) => {
            const reply = JSON.parse(line) as Reply;
            if ("status" in reply) reporter.status(reply.status, reply.progress);
            else if ("info" in reply) reporter.info(reply.info);
            else if ("warn" in reply) reporter.warn(reply.warn);
            else answer = reply;
        },
        () => {},
    );
    const abort = () => child.stdin.end();
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    const { exitCode } = await child.ended;
    signal.removeEventListener("abort", abort);
    signal.throwIfAborted();
    if (answer && "error" in answer) throw fromWireError(answer.error);
    if (answer) return answer.result as ArchiveResults[Name];
    throw new CutoverError(`what was to ${name} the archive ended`, {
        exitCode,
        lastLines: complaints.end().slice(-8),
        next: "run pulumi up again",
    });
}
