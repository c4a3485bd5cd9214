import type { Manifest } from "./manifest.js";

/** Names of one inode within the volume: at least two of them. Keyed by inode. */
export type LinkGroups = Map<number | string, number[]>;

/** The hard links of one side; names outside of what was scanned do not count. */
export function linkGroups(manifest: Manifest): LinkGroups {
    const groups: LinkGroups = new Map();
    for (let at = 0; at < manifest.count; at++) {
        if ((manifest.links[at] as number) < 2 || manifest.isDirectory(at)) continue;
        const inode = manifest.inode(at);
        const group = groups.get(inode);
        if (group) group.push(at);
        else groups.set(inode, [at]);
    }
    for (const [inode, members] of groups) if (members.length < 2) groups.delete(inode);
    return groups;
}
