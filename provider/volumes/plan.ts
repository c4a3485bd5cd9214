import { type LinkGroups, linkGroups } from "./links.js";
import { kinds, type Manifest } from "./manifest.js";
import { type BytePath, parentPath } from "./names.js";
import type { Rename } from "./renames.js";

/** What one pass has to do, as exact lists: nothing is left to a tool's own idea of what changed. */
export interface PassPlan {
    /** Names to remove from the destination, what lies in a directory before the directory. */
    deletes: BytePath[];
    /** Of those, what the source does not have any more; the others are made anew. */
    gone: number;
    /** Entries of the source to create, or whose content to write. */
    write: number[];
    /** Of those, the files that are there in another version: it may serve as the base of the new one. */
    based: number[];
    /** Entries whose metadata alone may differ. */
    touch: number[];
    /** Directories that get new names in this pass, and so their times again afterwards. */
    retouch: number[];
    /** Names to link to another name of the source once that is there: [existing, new]. */
    links: [number, number][];
    /** Files that the destination has under another name. */
    renames?: readonly Rename[];
    /** Bytes of content to write. */
    bytes: number;
}

export interface PlanInput {
    source: Manifest;
    /** The source as the pass before saw it, if there was one; what it shows unchanged is left alone. */
    before?: Manifest;
    destination: Manifest;
    /** Entries of same size and time whose content is known to differ. */
    differs?: (at: number) => boolean;
    /** Names to look at whatever their change times say. */
    redo?: ReadonlySet<BytePath>;
    /** Leaves older versions of files where they are, as the base of the new ones. */
    keepBases?: boolean;
}

/** A change in the same tick of the kernel's clock as the scan may not show in the change time (it ticks every 1–10 ms). */
const tickMs = 50;

/** Entries that may differ from what the pass before copied. Change times cannot be set by anybody, unlike mtimes. */
export function entriesToExamine({ source, before, destination, redo }: PlanInput): number[] {
    const found: number[] = [];
    for (let at = 0; at < source.count; at++) {
        const path = source.path(at);
        const old = before?.find(path);
        if (before && old !== undefined && source.sameVersion(at, before, old)) {
            const settled = before.changedAt(old) < before.startedAt - tickMs;
            if (settled && !redo?.has(path) && arrived(source, at, destination)) continue;
        }
        found.push(at);
    }
    return found;
}

/**
 * True when the destination has what the scan shows. An entry can be untouched and yet not be what was copied: a folder
 * above it was renamed away and back meanwhile.
 */
function arrived(source: Manifest, at: number, destination: Manifest): boolean {
    const there = destination.find(source.path(at));
    if (there === undefined) return false;
    return (
        source.kind[at] === destination.kind[there] &&
        source.mode[at] === destination.mode[there] &&
        source.uid[at] === destination.uid[there] &&
        source.gid[at] === destination.gid[there] &&
        source.sameMtime(at, destination, there) &&
        (source.isDirectory(at) || source.size[at] === destination.size[there])
    );
}

/** Files that look the same by size and mtime: only their content can tell. */
export function suspects(input: PlanInput, examined: readonly number[]): [number, number][] {
    const found: [number, number][] = [];
    for (const at of examined) {
        const there = input.destination.find(input.source.path(at));
        if (there === undefined || !input.source.isFile(at)) continue;
        if (looksSame(input.source, at, input.destination, there)) found.push([at, there]);
    }
    return found;
}

function looksSame(source: Manifest, at: number, destination: Manifest, there: number): boolean {
    return (
        source.kind[at] === destination.kind[there] &&
        source.size[at] === destination.size[there] &&
        source.sameMtime(at, destination, there) &&
        !fillsHoles(source, at, destination, there)
    );
}

/**
 * Room that the destination may take beyond the source's before a hole counts as filled: 64 KiB, and a 64th of what is
 * allocated: file systems round to blocks and count the blocks of their own maps.
 */
export function holeTolerance(allocated: number): number {
    return 65_536 + allocated / 64;
}

/** True when a file that has holes in the source takes notably more room in the destination. */
export function fillsHoles(
    source: Manifest,
    at: number,
    destination: Manifest,
    there: number,
): boolean {
    const allocated = source.allocated(at);
    if ((source.size[at] as number) <= allocated) return false;
    return destination.allocated(there) > allocated + holeTolerance(allocated);
}

/** True for a file with at least one block of room less than its size. */
export function hasHoles(source: Manifest, at: number): boolean {
    return source.isFile(at) && (source.size[at] as number) - source.allocated(at) >= 4096;
}

/** Turns what was found into lists. */
export function planPass(input: PlanInput, examined: readonly number[]): PassPlan {
    const { source, destination } = input;
    const groups = linkGroups(source);
    const renew = new Set<number>();
    const rest = new Set<number>();
    for (const at of examined) {
        if (needsWriting(input, at)) renew.add(at);
        else rest.add(at);
    }
    breakWrongLinks(source, destination, renew);
    const links = joinGroups(source, destination, groups, renew);
    const linked = new Set(links.map(([, name]) => name));
    const write = [...renew].filter((at) => !linked.has(at)).sort(ascending);
    const based = input.keepBases ? write.filter((at) => hasBase(source, at, destination)) : [];
    const { deletes, gone } = namesToDelete(source, destination, renew, new Set(based));
    const retouch = parents(source, [...deletes, ...[...renew].map((at) => source.path(at))]);
    return {
        deletes,
        gone,
        write,
        based,
        touch: [...rest].filter((at) => !renew.has(at)).sort(ascending),
        retouch,
        links,
        bytes: write.reduce(
            (sum, at) => sum + (source.isFile(at) ? (source.size[at] as number) : 0),
            0,
        ),
    };
}

/** Large enough for a base to save anything, and a file of one name on both sides: an update reaches all names. */
const worthABase = 128 << 10;

function hasBase(source: Manifest, at: number, destination: Manifest): boolean {
    const there = destination.find(source.path(at));
    if (there === undefined || !source.isFile(at) || !destination.isFile(there)) return false;
    if ((source.links[at] as number) > 1 || (destination.links[there] as number) > 1) return false;
    // rsync would take one of the same size and time for the same, and would leave holes filled.
    if (source.size[at] === destination.size[there] && source.sameMtime(at, destination, there))
        return false;
    if (fillsHoles(source, at, destination, there)) return false;
    return (source.size[at] as number) >= worthABase;
}

const ascending = (a: number, b: number) => a - b;

function needsWriting({ source, destination, differs }: PlanInput, at: number): boolean {
    const there = destination.find(source.path(at));
    if (there === undefined || source.kind[at] !== destination.kind[there]) return true;
    if (source.isFile(at))
        return !looksSame(source, at, destination, there) || (differs?.(at) ?? false);
    if (source.kind[at] === kinds.symlink)
        return source.targets.get(at) !== destination.targets.get(there);
    return source.devices.get(at) !== destination.devices.get(there);
}

/** Names that share an inode in the destination and not in the source, or the other way round, are made anew. */
function breakWrongLinks(source: Manifest, destination: Manifest, renew: Set<number>): void {
    const thereOf = new Map<number | string, number | string>();
    const hereOf = new Map<number | string, number | string>();
    for (let at = 0; at < source.count; at++) {
        if (source.isDirectory(at) || renew.has(at)) continue;
        const there = destination.find(source.path(at));
        if (there === undefined) continue;
        if ((source.links[at] as number) < 2 && (destination.links[there] as number) < 2) continue;
        const [here, copy] = [source.inode(at), destination.inode(there)];
        if ((thereOf.get(here) ?? copy) !== copy || (hereOf.get(copy) ?? here) !== here)
            renew.add(at);
        else {
            thereOf.set(here, copy);
            hereOf.set(copy, here);
        }
    }
}

/** Of each group that needs anything one name is kept or written; the others are linked to it. */
function joinGroups(
    source: Manifest,
    destination: Manifest,
    groups: LinkGroups,
    renew: Set<number>,
): [number, number][] {
    const links: [number, number][] = [];
    for (const members of groups.values()) {
        if (!members.some((at) => renew.has(at))) continue;
        const kept = members.find(
            (at) => !renew.has(at) && destination.find(source.path(at)) !== undefined,
        );
        const leader = kept ?? (members[0] as number);
        for (const at of members) if (at !== leader && renew.has(at)) links.push([leader, at]);
    }
    return links;
}

function namesToDelete(
    source: Manifest,
    destination: Manifest,
    renew: Set<number>,
    based: Set<number>,
): { deletes: BytePath[]; gone: number } {
    const deletes: BytePath[] = [];
    let gone = 0;
    for (let there = destination.count - 1; there > 0; there--) {
        const path = destination.path(there);
        const at = source.find(path);
        if (at === undefined) gone++;
        else if (!renew.has(at) || based.has(at)) continue;
        deletes.push(path);
    }
    // Sockets are not compared, but one may be in the way.
    for (const path of destination.sockets) if (source.find(path) !== undefined) deletes.push(path);
    return { deletes, gone };
}

function parents(source: Manifest, paths: readonly BytePath[]): number[] {
    const folders = new Set<number>();
    for (const path of paths) {
        const above = parentPath(path);
        const at = above === undefined ? undefined : source.find(above);
        if (at !== undefined && source.isDirectory(at)) folders.add(at);
    }
    return [...folders].sort(ascending);
}
