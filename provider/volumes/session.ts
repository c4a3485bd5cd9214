import { statfsSync } from "node:fs";
import { CutoverError } from "../engine/errors.js";
import type { Reporter } from "../engine/progress.js";
import { formatBytes } from "../engine/units.js";
import type { CommandRunner } from "../platforms/commands.js";
import type { ContentReader, ContentRecords } from "./content.js";
import type { Manifest } from "./manifest.js";
import type { Matcher } from "./matcher.js";
import { firstNames } from "./names.js";
import { scan } from "./scan.js";
import { runTool, type ToolCall, type ToolResult, toolFailure } from "./tool.js";

export type SideName = "source" | "destination";

/** What the parts of one migration share. */
export interface Session {
    runner: CommandRunner;
    /** Absolute, without a slash at the end. */
    roots: Record<SideName, string>;
    matcher: Matcher;
    reporter: Reporter;
    signal: AbortSignal;
    reader: ContentReader;
    records: Record<SideName, ContentRecords>;
}

/** PATH_MAX with its NUL: what any call can be given. */
const longestPath = 4_095;

/**
 * Scans a side and refuses what no mover can carry: other file systems mounted inside, and names that are too long to be
 * given to a tool with the root before them.
 */
export async function scanSide(session: Session, side: SideName, live: boolean): Promise<Manifest> {
    const manifest = await scan(session.runner, session.roots[side], session.matcher, {
        live,
        signal: session.signal,
    });
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
    const long = manifest.paths.filter((path) => path.length > room);
    if (long.length > 0) {
        throw new CutoverError(
            `${long.length} names of the ${side} are longer than the ${room} bytes that can be copied: ${firstNames(
                long.map((path) => `${path.slice(0, 60)}...`),
                1,
            )}`,
            { next: "shorten them or exclude a folder above them" },
        );
    }
    return manifest;
}

/** Bytes that an unprivileged process, such as the service, can still write where a side lies. */
export function freeBytes(root: string): number {
    const { bavail, bsize } = statfsSync(root);
    return bavail * bsize;
}

/**
 * File systems whose change times tell of every write, those through mmap included: a page's first store after each
 * write-back sets them. On others (tmpfs never sees stores, NFS and FUSE cache times) no earlier reading is trusted.
 */
const trusted = new Set([0xef53, 0x58465342, 0x9123683e]);

export function changeTimesTell(root: string): boolean {
    return trusted.has(statfsSync(root).type);
}

/** Writes a side's dirty pages to disk (the whole file system it lies on). */
export async function syncFileSystem(session: Session, side: SideName): Promise<void> {
    const call: ToolCall = { argv: ["sync", "-f", session.roots[side]] };
    const result = await runTool(session.runner, call, { signal: session.signal });
    if (result.exitCode !== 0)
        throw toolFailure(`the ${side} could not be flushed to disk`, call, result);
}

/** The error of a copy that failed; a full disk is told with its figures. */
export function copyFailure(
    session: Session,
    meaning: string,
    call: ToolCall,
    result: ToolResult,
): CutoverError {
    if (!result.complaints.some((line) => line.includes("No space left on device"))) {
        return toolFailure(meaning, call, result);
    }
    const free = formatBytes(freeBytes(session.roots.destination));
    return toolFailure(
        `the destination is full: ${free} left there; the partial copy stays`,
        call,
        result,
        "make room where the destination lies, or take a larger one, and run it again",
    );
}
