import { linkSync, mkdirSync, rmSync } from "node:fs";
import { CutoverError } from "../engine/errors.js";
import { CopyProgress } from "./copy-progress.js";
import { deleteNames } from "./delete-names.js";
import { cutDeep } from "./depth.js";
import type { Manifest } from "./manifest.js";
import { type CopyUnit, copyCall, groupByFolder, type Reflink } from "./movers/copy-calls.js";
import { RsyncOutput, rsyncCall, rsyncMeaning, rsyncRootCall } from "./movers/rsync.js";
import { onlyMoved, onlyMovedCode } from "./moving-source.js";
import { type BytePath, escapeName, parentPath, pathBytes } from "./names.js";
import { hasHoles, type PassPlan } from "./plan.js";
import { ProgressTicker } from "./progress.js";
import { LinkLost } from "./remote/frames.js";
import type { RemoteSource } from "./remote/remote-source.js";
import { putBack, setAside } from "./renames.js";
import { copyFailure, type Session } from "./session.js";
import { streamEntries } from "./stream-copy.js";
import { runTool, type ToolCall } from "./tool.js";

export interface PassContext {
    session: Session;
    source: Manifest;
    live: boolean;
}

/** More folders with sparse files than this: rsync's `-S` costs less than so many calls of cp. */
const mostSparseCalls = 200;

/** Makes the destination what the plan says, by rsync; files with holes go by cp, which finds holes without reading them. */
export async function runPlan(
    context: PassContext,
    plan: PassPlan,
): Promise<{ bytes: number; deletes: number }> {
    const { session, source, live } = context;
    const renames = plan.renames ?? [];
    setAside(session, renames);
    await deleteNames(session.roots.destination, plan.deletes, session.signal);
    putBack(session, renames, source);
    if (session.remote) return runRemotePlan(context, session.remote, plan);
    const holed = plan.write.filter((at) => hasHoles(source, at));
    const units = groupByFolder(source, holed, (at) => ({ bytes: source.allocated(at), files: 1 }));
    const byCp = units.length <= mostSparseCalls && session.limit === undefined;
    const late = new Set(holed);
    const listed = union([plan.touch, plan.retouch, plan.write.filter((at) => !late.has(at))]);
    let bytes = await rsync(context, listed);
    if (holed.length > 0 && byCp) bytes += await copyUnits(context, units, "auto", 1);
    else if (holed.length > 0) bytes += await rsync(context, holed, { sparse: true });
    linkNames(session, source, plan.links, live);
    // What came after rsync has moved the times of the folders that it had just set.
    if ((holed.length > 0 && byCp) || plan.links.length > 0)
        await rsync(context, plan.retouch, { foldersOnly: true });
    return { bytes, deletes: plan.gone };
}

/**
 * The same from another host: files that are there in another version are updated by rsync, which sends what changed in
 * them; what is new, or lies too deep for rsync, comes as a stream.
 */
async function runRemotePlan(
    context: PassContext,
    remote: RemoteSource,
    plan: PassPlan,
): Promise<{ bytes: number; deletes: number }> {
    const { session, source, live } = context;
    const { shallow } = cutDeep(source, plan.write, session.matcher);
    const byRsync = new Set(shallow);
    const folders = plan.write.filter((at) => source.isDirectory(at));
    for (const at of folders)
        mkdirSync(pathBytes(session.roots.destination, source.path(at)), {
            recursive: true,
            mode: 0o700,
        });
    const based = new Set(plan.based);
    const fresh = plan.write.filter(
        (at) => !source.isDirectory(at) && !(based.has(at) && byRsync.has(at)),
    );
    let bytes = 0;
    if (fresh.length > 0) bytes += await streamEntries(context, remote, fresh, 1);
    const listed = union([plan.touch, plan.retouch, folders, plan.based]);
    const sparse = plan.based.some((at) => hasHoles(source, at));
    bytes += await rsync(context, listed, { sparse });
    linkNames(session, source, plan.links, live);
    if (plan.links.length > 0) await rsync(context, plan.retouch, { foldersOnly: true });
    return { bytes, deletes: plan.gone };
}

function union(lists: readonly (readonly number[])[]): number[] {
    return [...new Set(lists.flat())].sort((a, b) => a - b);
}

interface How {
    sparse?: boolean;
    foldersOnly?: boolean;
}

/** Carries exactly these entries; what lies too deep for rsync goes by cp. Returns the bytes of content written. */
export async function rsync(
    context: PassContext,
    entries: readonly number[],
    how: How = {},
): Promise<number> {
    const { session, source } = context;
    const { shallow, tops } = cutDeep(source, entries, session.matcher);
    const bytes = await rsyncList(context, shallow, how);
    if (tops.length === 0) return bytes;
    if (session.remote)
        return bytes + (await streamDeep(context, session.remote, entries, shallow));
    const units = groupByFolder(source, tops, (at) => ({ bytes: source.allocated(at), files: 1 }));
    await copyUnits(context, units, "auto", 1);
    const above = tops.map((at) => source.find(parentPath(source.path(at)) as BytePath) as number);
    return bytes + (await rsyncList(context, above, how));
}

/** What lies too deep for rsync, folders too; these get their times at the end of the stream. */
function streamDeep(
    context: PassContext,
    remote: RemoteSource,
    entries: readonly number[],
    shallow: readonly number[],
): Promise<number> {
    const reached = new Set(shallow);
    const deep = entries.filter((at) => !reached.has(at));
    return streamEntries(context, remote, deep, 1);
}

async function rsyncList(
    context: PassContext,
    entries: readonly number[],
    how: How,
): Promise<number> {
    const { session, source, live } = context;
    const { source: root, destination: to } = session.roots;
    const { remote } = session;
    const over = remote && { shell: remote.shell, compress: remote.link?.compressed ?? false };
    const slow = session.limit ? { limit: session.limit } : {};
    const from = { root, ...slow, ...(over ? { remote: over } : {}) };
    let bytes = 0;
    if (entries.some((at) => at > 0)) {
        const options = {
            live,
            sparse: how.sparse ?? false,
            foldersOnly: how.foldersOnly ?? false,
        };
        const total = entries.reduce((sum, at) => sum + fileBytes(source, at), 0);
        bytes = await runRsync(context, rsyncCall(from, to, source, entries, options), total);
    }
    // The root last: what is made in it moves its time.
    if (entries.includes(0)) await runRsync(context, rsyncRootCall(from, to), 0);
    return bytes;
}

function fileBytes(source: Manifest, at: number): number {
    return source.isFile(at) ? (source.size[at] as number) : 0;
}

/** rsync's own codes for a broken connection, its remote shell's among them (`connectStreams`). */
const lostOnTheWay = new Set([10, 12, 30, 35, 255]);

async function runRsync(
    { session, live }: PassContext,
    call: ToolCall,
    totalBytes: number,
): Promise<number> {
    const output = new RsyncOutput(totalBytes);
    const progress = () => ({ bytes: output.bytes, totalBytes });
    const ticker = new ProgressTicker(session.reporter, "copying by rsync", progress);
    const result = await runTool(session.runner, call, {
        signal: session.signal,
        onOutput: (chunk) => output.push(chunk),
    }).finally(() => ticker.stop());
    const partial = result.exitCode === 23 || result.exitCode === 24;
    const forgiven = live && partial && onlyMoved(result);
    if (session.remote && lostOnTheWay.has(result.exitCode))
        throw new LinkLost("rsync lost the other host", { lastLines: result.complaints.slice(-8) });
    if (result.exitCode !== 0 && !forgiven) {
        throw await copyFailure(
            session,
            `rsync failed: ${rsyncMeaning(result.exitCode)}`,
            call,
            result,
        );
    }
    return output.end()?.bytes ?? output.bytes;
}

/** Runs calls of cp side by side, the largest first. Returns the bytes of the files in them, by the scan. */
export async function copyUnits(
    context: PassContext,
    units: readonly CopyUnit[],
    reflink: Reflink,
    shards: number,
): Promise<number> {
    const { session, source, live } = context;
    const { source: from, destination: to } = session.roots;
    const queue = [...units];
    const copied = new CopyProgress(to, source, units);
    const message = reflink === "always" ? "cloning" : "copying";
    const ticker = new ProgressTicker(session.reporter, message, () => copied.progress());
    const stop = new AbortController();
    const signal = AbortSignal.any([session.signal, stop.signal]);
    const work = async () => {
        for (let unit = queue.shift(); unit; unit = queue.shift()) {
            const call = copyCall(from, to, source, unit, reflink);
            copied.begin(unit);
            const onOutput = (chunk: Buffer) => copied.output(chunk);
            const result = await runTool(session.runner, call, { signal, onOutput });
            if (result.exitCode !== 0 && !(live && onlyMoved(result))) {
                throw await copyFailure(session, "cp failed", call, result);
            }
            copied.end(unit);
        }
    };
    try {
        await Promise.all(Array.from({ length: Math.min(shards, units.length) }, work));
        return copied.bytes;
    } catch (error) {
        stop.abort(error);
        throw error;
    } finally {
        ticker.stop();
    }
}

/** Gives a file its other names. In a live pass the first name may have vanished: the next pass sees to it. */
export function linkNames(
    session: Session,
    source: Manifest,
    links: readonly [number, number][],
    live: boolean,
): void {
    for (const [existing, name] of links) {
        const [from, to] = [existing, name].map((at) =>
            pathBytes(session.roots.destination, source.path(at)),
        );
        try {
            // cp of a deep subtree may have made it a file of its own.
            rmSync(to as Buffer, { force: true });
            linkSync(from as Buffer, to as Buffer);
        } catch (error) {
            if (live && onlyMovedCode(error)) continue;
            const { code } = error as NodeJS.ErrnoException;
            throw new CutoverError(
                `${escapeName(source.path(name))} could not be linked in the destination: ${code}`,
                { cause: error },
            );
        }
    }
}
