import { CutoverError } from "../engine/errors.js";
import type { Reporter } from "../engine/progress.js";
import { formatBytes } from "../engine/units.js";
import type { CommandRunner } from "../platforms/commands.js";
import type { ContentRecords } from "./content.js";
import type { Manifest } from "./manifest.js";
import type { Matcher } from "./matcher.js";
import { type BytePath, firstNames } from "./names.js";
import type { RemoteSource } from "./remote/remote-source.js";
import { scan } from "./scan.js";
import type { SideAccess } from "./side-access.js";
import { runTool, type ToolCall, type ToolResult, toolFailure } from "./tool.js";

export type SideName = "source" | "destination";

/** What the parts of one migration share. */
export interface Session {
    /** Runs the tools of this machine: the destination's. */
    runner: CommandRunner;
    sides: Record<SideName, SideAccess>;
    /** The source, where that is on another host. */
    remote?: RemoteSource;
    /** Bytes a second that may be copied on this machine. */
    limit?: number;
    /** Absolute, without a slash at the end. */
    roots: Record<SideName, string>;
    matcher: Matcher;
    /** Calls of cp side by side. */
    parallel: number;
    reporter: Reporter;
    signal: AbortSignal;
    records: Record<SideName, ContentRecords>;
}

/** PATH_MAX with its NUL: what any call can be given. */
const longestPath = 4_095;

/**
 * Scans a side and refuses what no mover can carry: other file systems mounted inside, and names that are too long to be
 * given to a tool with the root before them.
 */
export async function scanSide(session: Session, side: SideName, live: boolean): Promise<Manifest> {
    const manifest = await scan(session.sides[side], session.roots[side], session.matcher, {
        live,
        signal: session.signal,
        progress: { reporter: session.reporter, message: `listing the ${side}` },
    });
    refuseUncarriable(session, side, manifest);
    return manifest;
}

/** @throws CutoverError that names the first of what no mover can carry */
export function refuseUncarriable(session: Session, side: SideName, manifest: Manifest): void {
    if (manifest.foreign.length > 0) {
        throw new CutoverError(
            `other file systems are mounted in the ${side}: ${firstNames(manifest.foreign)}`,
            {
                next: "migrate each of them by itself, or exclude it here",
            },
        );
    }
    const room =
        longestPath -
        Math.max(...Object.values(session.roots).map((root) => Buffer.byteLength(root) + 1));
    const long: BytePath[] = [];
    for (let at = 0; at < manifest.count; at++)
        if (manifest.path(at).length > room) long.push(manifest.path(at));
    if (long.length > 0) {
        throw new CutoverError(
            `${long.length} names of the ${side} are longer than the ${room} bytes that can be copied: ${firstNames(
                long.map((path) => `${path.slice(0, 60)}...`),
                1,
            )}`,
            { next: "shorten them or exclude a folder above them" },
        );
    }
}

/** Writes a side's dirty pages to disk (the whole file system it lies on). */
export async function syncFileSystem(session: Session, side: SideName): Promise<void> {
    const call: ToolCall = { argv: ["sync", "-f", session.roots[side]] };
    const result = await runTool(session.sides[side].runner, call, { signal: session.signal });
    if (result.exitCode !== 0)
        throw toolFailure(`the ${side} could not be flushed to disk`, call, result);
}

/** The error of a copy that failed; a full disk is told with its figures. */
export async function copyFailure(
    session: Session,
    meaning: string,
    call: ToolCall,
    result: ToolResult,
): Promise<CutoverError> {
    if (!result.complaints.some((line) => line.includes("No space left on device"))) {
        return toolFailure(meaning, call, result);
    }
    const free = formatBytes(await session.sides.destination.free());
    return toolFailure(
        `the destination is full: ${free} left there; the partial copy stays`,
        call,
        result,
        "make room where the destination lies, or take a larger one, and run it again",
    );
}
