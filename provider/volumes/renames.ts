import { linkSync, mkdirSync, rmSync } from "node:fs";
import { comparePairs } from "./content-pairs.js";
import type { Manifest } from "./manifest.js";
import { type BytePath, parentPath, pathBytes } from "./names.js";
import type { PassPlan } from "./plan.js";
import type { Session } from "./session.js";

/** From this size on a renamed file is looked for: below, copying it costs hardly more than comparing it. */
export const worthRenaming = 1 << 20;

/** A file of the source, and the name under which the destination has it. */
export type Rename = [at: number, old: BytePath];

/**
 * Files to write that are there already under another name: the same inode, size and time in the source's list of the pass
 * before, and content that is compared now. Names of hard links are the plan's own business.
 */
export async function findRenames(
    session: Session,
    plan: PassPlan,
    sides: { source: Manifest; destination: Manifest; before: Manifest },
): Promise<Rename[]> {
    const { source, destination, before } = sides;
    const wanted = new Map<number | string, number>();
    for (const at of plan.write) {
        const large = source.isFile(at) && (source.size[at] as number) >= worthRenaming;
        if (large && source.links[at] === 1) wanted.set(source.inode(at), at);
    }
    if (wanted.size === 0) return [];
    const deleted = new Set(plan.deletes);
    const pairs: [number, number][] = [];
    for (let old = 0; old < before.count; old++) {
        const at = before.isFile(old) ? wanted.get(before.inode(old)) : undefined;
        if (at === undefined || !deleted.has(before.path(old))) continue;
        const there = destination.find(before.path(old));
        if (there !== undefined && sameFile(source, at, before, old, destination, there))
            pairs.push([at, there]);
    }
    const { verdicts } = await comparePairs(session, sides, pairs, "comparing what was renamed");
    return pairs
        .filter((_, index) => verdicts[index] === "same")
        .map(([at, there]) => [at, destination.path(there)]);
}

function sameFile(
    source: Manifest,
    at: number,
    before: Manifest,
    old: number,
    destination: Manifest,
    there: number,
): boolean {
    return (
        source.size[at] === before.size[old] &&
        source.sameMtime(at, before, old) &&
        destination.isFile(there) &&
        destination.links[there] === 1 &&
        destination.size[there] === source.size[at] &&
        destination.sameMtime(there, source, at)
    );
}

/**
 * Gives each a name of ours in the destination, before the old one is deleted with all the others that go. A mover that
 * dies leaves such names, and the next pass removes them like any other extra.
 */
export function setAside({ roots }: Session, renames: readonly Rename[]): void {
    const root = roots.destination;
    renames.forEach(([, old], index) => {
        rmSync(asidePath(root, index), { force: true });
        linkSync(pathBytes(root, old), asidePath(root, index));
    });
}

/** Gives each its new name, once the way is free. Folders on the way get their metadata from the pass. */
export function putBack({ roots }: Session, renames: readonly Rename[], source: Manifest): void {
    const root = roots.destination;
    renames.forEach(([at], index) => {
        const path = source.path(at);
        const folder = parentPath(path);
        if (folder) mkdirSync(pathBytes(root, folder), { recursive: true, mode: 0o700 });
        linkSync(asidePath(root, index), pathBytes(root, path));
        rmSync(asidePath(root, index));
    });
}

function asidePath(root: string, index: number): Buffer {
    return pathBytes(root, `.pulumi-cutover-renamed-${index}`);
}

/** The plan in which these files are not written: what else is to be set of them is. */
export function withRenames(plan: PassPlan, renames: readonly Rename[]): PassPlan {
    if (renames.length === 0) return plan;
    const moved = new Set(renames.map(([at]) => at));
    return {
        ...plan,
        renames,
        write: plan.write.filter((at) => !moved.has(at)),
        touch: [...plan.touch, ...moved].sort((a, b) => a - b),
    };
}

/** How many of these names of the pass before only moved: their inodes have other names now. */
export function countMoved(
    gone: readonly BytePath[],
    source: Manifest,
    before: Manifest | undefined,
): number {
    if (!before) return 0;
    const inodes = new Set<number | string>();
    for (const path of gone) {
        const old = before.find(path);
        if (old !== undefined) inodes.add(before.inode(old));
    }
    let moved = 0;
    for (let at = 0; at < source.count; at++)
        if (inodes.has(source.inode(at)) && before.find(source.path(at)) === undefined) moved++;
    return moved;
}
