import { linkGroups } from "../links.js";
import { kinds, type Manifest } from "../manifest.js";
import { type BytePath, parentPath } from "../names.js";
import { type CopyUnit, groupByFolder, work } from "./copy-calls.js";

/** A whole volume cut into calls of cp that can run side by side. */
export interface CopyLayout {
    units: CopyUnit[];
    /** Directories that are made before the calls run, and get their metadata afterwards: the others cp carries whole. */
    folders: number[];
    /** Hard links to set afterwards: [existing, new]. */
    links: [number, number][];
}

/** More calls than this cost more than rsync's one. */
const mostCalls = 2_000;

/**
 * Cuts a volume into whole subtrees, as few as keep all shards busy. A subtree goes to cp as it is, which is what makes
 * `cp -a` fast; it may hold nothing that is left out, and all names of a hard link or none: what is linked across subtrees
 * is copied once and linked afterwards. Declines with a reason when that would cut the volume to crumbs.
 */
export function layOutCopy(source: Manifest, shards: number): CopyLayout | { declined: string } {
    const sizes = new SubtreeSizes(source);
    const torn = foldersToOpen(source);
    const share = work(sizes.of(0)) / (shards * 4);
    const folders: number[] = [];
    const whole: number[] = [];
    const openFolders = new Set<BytePath>();
    for (let at = 0; at < source.count; at++) {
        const above = parentPath(source.path(at));
        if (above !== undefined && !openFolders.has(above)) continue;
        if (
            at > 0 &&
            !opens(source, at, torn, work(sizes.of(at)) > share && shallow(source.path(at)))
        )
            whole.push(at);
        else {
            openFolders.add(source.path(at));
            folders.push(at);
        }
    }
    const { leaders, links } = acrossUnits(source, whole);
    const units = groupByFolder(source, leaders, (at) => sizes.of(at), share);
    if (units.length > mostCalls) {
        return {
            declined: `hard links or exclusions would cut the volume into ${units.length} calls of cp`,
        };
    }
    return { units: units.sort((a, b) => work(b) - work(a)), folders, links };
}

/** Opening a folder for its size alone ends here: a long chain of folders has nothing to share out. */
const mostLevels = 12;

function shallow(path: BytePath): boolean {
    return path.split("/", mostLevels + 1).length <= mostLevels;
}

function opens(source: Manifest, at: number, torn: Set<BytePath>, large: boolean): boolean {
    return source.isDirectory(at) && (torn.has(source.path(at)) || large);
}

/** What lies below each directory, itself included. */
class SubtreeSizes {
    private readonly bytes: Float64Array;
    private readonly files: Float64Array;

    constructor(source: Manifest) {
        this.bytes = new Float64Array(source.count);
        this.files = new Float64Array(source.count);
        for (let at = source.count - 1; at >= 0; at--) {
            this.bytes[at] =
                (this.bytes[at] as number) + (source.isFile(at) ? source.allocated(at) : 0);
            this.files[at] = (this.files[at] as number) + 1;
            const above = parentPath(source.path(at));
            const parent = above === undefined ? undefined : source.find(above);
            if (parent === undefined) continue;
            this.bytes[parent] = (this.bytes[parent] as number) + (this.bytes[at] as number);
            this.files[parent] = (this.files[parent] as number) + (this.files[at] as number);
        }
    }

    of(at: number): { bytes: number; files: number } {
        return { bytes: this.bytes[at] as number, files: this.files[at] as number };
    }
}

/** Directories that cannot go to cp whole: those above something left out, and those that hold a part of a link group. */
function foldersToOpen(source: Manifest): Set<BytePath> {
    const torn = new Set<BytePath>();
    for (const path of source.excluded) openUpTo(torn, path, undefined);
    for (const members of linkGroups(source).values()) {
        const paths = members.map((at) => source.path(at));
        const common = commonFolder(paths);
        for (const path of paths) openUpTo(torn, path, common);
    }
    return torn;
}

function openUpTo(torn: Set<BytePath>, path: BytePath, stop: BytePath | undefined): void {
    for (
        let above = parentPath(path);
        above !== undefined && above !== stop;
        above = parentPath(above)
    )
        torn.add(above);
}

/** The deepest folder that holds all of these. */
export function commonFolder(paths: readonly BytePath[]): BytePath {
    let common = parentPath(paths[0] as BytePath) ?? "";
    for (const path of paths) {
        while (common !== "" && !path.startsWith(`${common}/`)) common = parentPath(common) ?? "";
    }
    return common;
}

/** Single files that are names of one inode: the first is copied, the others are linked to it. */
function acrossUnits(
    source: Manifest,
    whole: readonly number[],
): { leaders: number[]; links: [number, number][] } {
    const groups = linkGroups(source);
    const leaderOf = new Map<number | string, number>();
    const leaders: number[] = [];
    const links: [number, number][] = [];
    for (const at of whole) {
        const inode = source.inode(at);
        if (source.kind[at] === kinds.directory || !groups.has(inode)) leaders.push(at);
        else if (leaderOf.has(inode)) links.push([leaderOf.get(inode) as number, at]);
        else {
            leaderOf.set(inode, at);
            leaders.push(at);
        }
    }
    return { leaders, links };
}
