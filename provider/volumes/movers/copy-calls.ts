import type { Manifest } from "../manifest.js";
import { type BytePath, nulSeparated, parentPath } from "../names.js";
import type { ToolCall } from "../tool.js";

/** Entries of one folder that one call of cp takes, whole folders below included. */
export interface CopyUnit {
    /** The folder, the same on both sides. */
    folder: BytePath;
    /** Entries of the source in it. */
    entries: number[];
    /** Bytes of content, by the scan. */
    bytes: number;
    /** Names, those below included. */
    files: number;
}

/** `always` clones or fails; `auto` clones where the file system can. Holes stay holes (`--sparse=auto`). */
export type Reflink = "always" | "auto";

/**
 * cp for the entries of one folder. Names go through xargs: an argument of a process that Node starts has to be text, and
 * names are bytes. `-x` makes xargs refuse a list that would need two calls, since only the first would have the target.
 * `--remove-destination`: a directory that is written to while it is read can show a name twice, and cp would write the
 * second through the symbolic link that it made of the first, to wherever that leads.
 */
export function copyCall(
    root: string,
    target: string,
    manifest: Manifest,
    unit: CopyUnit,
    reflink: Reflink,
): ToolCall {
    const [from, to] = [root, target].map((path) => Buffer.from(path, "utf8").toString("latin1"));
    const below = unit.folder === "" ? "" : `/${unit.folder}`;
    const names = unit.entries.map((at) => `${from}/${manifest.path(at)}`);
    return {
        argv: [
            ...(["xargs", "-0", "-x", "-s", String(xargsBytes)] as const),
            ...([
                "cp",
                "-a",
                "-v",
                "--one-file-system",
                "--remove-destination",
                `--reflink=${reflink}`,
            ] as const),
        ],
        stdin: nulSeparated([`--target-directory=${to}${below}`, "--", ...names]),
    };
}

/** Linux takes 128 KiB as one argument and far more in all; names are kept well below what xargs allows here. */
const xargsBytes = 120_000;
const mostNameBytes = 90_000;

/** Entries by folder, in calls that fit an argument list and about `weight` of work each. */
export function groupByFolder(
    manifest: Manifest,
    entries: readonly number[],
    size: (at: number) => { bytes: number; files: number },
    weight = Number.POSITIVE_INFINITY,
): CopyUnit[] {
    const open = new Map<BytePath, CopyUnit & { nameBytes: number }>();
    const units: CopyUnit[] = [];
    for (const at of entries) {
        const path = manifest.path(at);
        const folder = parentPath(path) ?? "";
        const { bytes, files } = size(at);
        let unit = open.get(folder);
        const nameBytes = path.length + 64;
        const full = unit && (unit.nameBytes + nameBytes > mostNameBytes || work(unit) >= weight);
        if (!unit || full) {
            unit = { folder, entries: [], bytes: 0, files: 0, nameBytes: 0 };
            open.set(folder, unit);
            units.push(unit);
        }
        unit.entries.push(at);
        unit.bytes += bytes;
        unit.files += files;
        unit.nameBytes += nameBytes;
    }
    return units;
}

/** What a copy costs, in bytes: a file costs about as much as writing 32 KiB. */
export function work({ bytes, files }: { bytes: number; files: number }): number {
    return bytes + files * 32_768;
}
