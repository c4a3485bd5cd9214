import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { CutoverError } from "../engine/errors.js";
import { formatBytes } from "../engine/units.js";
import { deleteNames } from "./delete-names.js";
import { linkGroups } from "./links.js";
import type { Manifest } from "./manifest.js";
import type { Declined } from "./mover.js";
import type { Reflink } from "./movers/copy-calls.js";
import { type CopyLayout, layOutCopy } from "./movers/parallel-copy.js";
import { probeCall, probeCandidate, probeName } from "./movers/reflink.js";
import { type BytePath, parentPath, pathBytes } from "./names.js";
import type { RemoteSource } from "./remote/remote-source.js";
import { copyUnits, linkNames, type PassContext, rsync } from "./run-plan.js";
import { type Session, scanSide } from "./session.js";
import { streamEntries } from "./stream-copy.js";
import { runTool } from "./tool.js";

/** The rungs, cheapest first. */
export const strategies = ["reflink", "parallel copy", "stream", "rsync"] as const;
export type Strategy = (typeof strategies)[number];

/** Why a strategy is none; undefined when it is one, or "auto". */
export function strategyProblem(strategy: string): string | undefined {
    if (strategy === "auto" || (strategies as readonly string[]).includes(strategy))
        return undefined;
    return `there is no strategy ${JSON.stringify(strategy)}; take "auto" or one of ${strategies.map((name) => `"${name}"`).join(", ")}`;
}

export interface FirstCopy {
    mover: Strategy;
    bytes: number;
}

/**
 * Fills an empty destination by the first rung that does not decline; returns undefined when only rsync is left, which the
 * caller runs by its plan.
 */
export async function firstCopy(
    context: PassContext,
    destination: Manifest,
    strategy: string,
    declined: Declined[],
): Promise<FirstCopy | undefined> {
    const { remote } = context.session;
    const offered = strategies.filter((name) => remote || name !== "stream" || strategy === name);
    for (const mover of offered.filter((name) => strategy === "auto" || strategy === name)) {
        if (mover === "rsync") return undefined;
        const aside = noFirstCopy(context, destination);
        const found = aside ? { declined: aside } : await tryRung(context, destination, mover);
        if ("bytes" in found) return found;
        declined.push({ mover, reason: found.declined });
        // What is no first copy at all goes by rsync, whatever was asked for: only what differs.
        if (strategy !== "auto" && !aside) {
            throw new CutoverError(
                `the strategy ${strategy} cannot copy this volume: ${found.declined}`,
                {
                    next: 'leave strategy out, or write strategy: "auto"',
                },
            );
        }
    }
    return undefined;
}

async function tryRung(
    context: PassContext,
    destination: Manifest,
    mover: Exclude<Strategy, "rsync">,
): Promise<FirstCopy | { declined: string }> {
    const { remote } = context.session;
    if (mover === "stream") {
        if (!remote) return { declined: "both are on one machine" };
        await refuseWithoutRoom(context.session, undefined, context.source, destination);
        return { mover, bytes: await firstStream(context, remote) };
    }
    if (remote) return { declined: "the source is on another host" };
    if (mover === "reflink") {
        const refused = await probeReflink(context);
        if (refused) return { declined: refused };
    }
    if (mover === "parallel copy" && context.session.limit)
        return { declined: "bandwidthLimit: cp has no limit" };
    const shards = context.session.parallel;
    const layout = layOutCopy(context.source, shards);
    if ("declined" in layout) return layout;
    if (mover === "parallel copy")
        await refuseWithoutRoom(context.session, undefined, context.source, destination);
    return {
        mover,
        ...(await copyByLayout(context, layout, mover === "reflink" ? "always" : "auto", shards)),
    };
}

function noFirstCopy({ session, source }: PassContext, destination: Manifest): string | undefined {
    if (
        destination.count > 1 ||
        destination.excluded.length > 0 ||
        destination.sockets.length > 0
    ) {
        return "the destination holds data already: only what differs is copied";
    }
    if (session.matcher.limited) return "include limits the copy to single entries";
    return source.count === 1 ? "the source is empty" : undefined;
}

async function copyByLayout(
    context: PassContext,
    layout: CopyLayout,
    reflink: Reflink,
    shards: number,
) {
    const { session, source, live } = context;
    makeBareFolders(context, layout.folders);
    const bytes = await copyUnits(context, layout.units, reflink, shards);
    linkNames(session, source, layout.links, live);
    await deleteStrays(context);
    const socketFolders = source.sockets.map((path) => source.find(parentPath(path) as BytePath));
    const folders = new Set([...layout.folders, ...socketFolders.filter((at) => at !== undefined)]);
    await rsync(
        context,
        [...folders].sort((a, b) => a - b),
        { foldersOnly: true },
    );
    return { bytes };
}

/** Streams side by side: more than one keeps both ends at work where files are small. */
const streams = 2;

/** Everything but folders, which are made before and get their metadata afterwards, and the further names of files. */
async function firstStream(context: PassContext, remote: RemoteSource): Promise<number> {
    const { session, source, live } = context;
    const folders: number[] = [];
    const entries: number[] = [];
    const links: [number, number][] = [];
    const further = furtherNames(source);
    for (let at = 0; at < source.count; at++) {
        const first = further.get(at);
        if (source.isDirectory(at)) folders.push(at);
        else if (first === undefined) entries.push(at);
        else links.push([first, at]);
    }
    makeBareFolders(context, folders);
    const bytes = await streamEntries(context, remote, entries, streams);
    linkNames(session, source, links, live);
    await rsync(context, folders, { foldersOnly: true });
    return bytes;
}

/** The names of each file but its first one, with that. */
function furtherNames(source: Manifest): Map<number, number> {
    const further = new Map<number, number>();
    for (const [first, ...others] of linkGroups(source).values())
        for (const at of others) further.set(at, first as number);
    return further;
}

/**
 * Folders without any metadata yet: cp -a leaves a new folder the set-group-id bit that it inherits from the one above,
 * and an early default ACL would be handed down too. They get theirs when everything in them is there.
 */
function makeBareFolders({ session, source }: PassContext, folders: readonly number[]): void {
    const root = session.roots.destination;
    chmodSync(root, 0o700);
    for (const at of folders) if (at > 0) mkdirSync(pathBytes(root, source.path(at)), 0o700);
}

/** cp takes whole subtrees: sockets come along, and in a live pass what was made meanwhile and is to be left out. */
async function deleteStrays({ session, source, live }: PassContext): Promise<void> {
    const root = session.roots.destination;
    await deleteNames(root, source.sockets, session.signal);
    if (!live) return;
    const copied = await scanSide(session, "destination", false);
    await deleteNames(root, copied.sockets, session.signal);
    for (const path of copied.excluded)
        rmSync(pathBytes(root, path), { recursive: true, force: true });
}

async function probeReflink({ session, source }: PassContext): Promise<string | undefined> {
    const at = probeCandidate(source);
    if (at === undefined) return "the source holds no file large enough to try it on";
    const { source: from, destination: to } = session.roots;
    const call = probeCall(from, to, source, at);
    try {
        const result = await runTool(session.runner, call, { signal: session.signal });
        if (result.exitCode === 0) return undefined;
        const why =
            result.complaints.find((line) => line.startsWith("cp: ")) ?? result.complaints[0] ?? "";
        return `the file system does not clone from the source to the destination (${why.replace(/^.*: /, "")})`;
    } finally {
        rmSync(pathBytes(to, probeName), { force: true });
    }
}

/** Refuses, with figures, what cannot fit: before the first byte and not in the middle. */
export async function refuseWithoutRoom(
    session: Session,
    write: readonly number[] | undefined,
    source: Manifest,
    destination: Manifest,
): Promise<void> {
    const needed = write
        ? write.reduce((sum, at) => sum + fileRoom(source, at), 0)
        : allocatedBytes(source);
    const replaced = (write ?? []).reduce((sum, at) => {
        const there = destination.find(source.path(at));
        return sum + (there === undefined ? 0 : fileRoom(destination, there));
    }, 0);
    const free = await session.sides.destination.free();
    if (needed <= free + replaced) return;
    throw new CutoverError(
        `the destination has ${formatBytes(free)} free, and ${formatBytes(needed - replaced)} are to be written`,
        { next: "make room where the destination lies, or take a larger one" },
    );
}

function fileRoom(manifest: Manifest, at: number): number {
    return manifest.isFile(at) ? manifest.allocated(at) : 0;
}

/** Room that the files take, each inode once. */
export function allocatedBytes(manifest: Manifest): number {
    let total = 0;
    const seen = new Set<number | string>();
    for (let at = 0; at < manifest.count; at++) {
        if (!manifest.isFile(at)) continue;
        if ((manifest.links[at] as number) > 1) {
            const inode = manifest.inode(at);
            if (seen.has(inode)) continue;
            seen.add(inode);
        }
        total += manifest.allocated(at);
    }
    return total;
}
