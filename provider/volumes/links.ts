import type { Manifest } from "./manifest.js";
import type { BytePath } from "./names.js";

/** Names of one inode within the volume: at least two of them. Keyed by inode. */
export type LinkGroups = Map<number | string, number[]>;

/** The hard links of one side; names outside of what was scanned do not count. */
export function linkGroups(manifest: Manifest): LinkGroups {
    const groups = severalLinks(manifest);
    for (const [inode, members] of groups) if (members.length < 2) groups.delete(inode);
    return groups;
}

/** Names by inode, of those that have several, wherever these are. */
function severalLinks(manifest: Manifest): LinkGroups {
    const groups: LinkGroups = new Map();
    for (let at = 0; at < manifest.count; at++) {
        if ((manifest.links[at] as number) < 2 || manifest.isDirectory(at)) continue;
        const inode = manifest.inode(at);
        const group = groups.get(inode);
        if (group) group.push(at);
        else groups.set(inode, [at]);
    }
    return groups;
}

/** The names of every inode of one side that has more than one, kept apart from the list they were found in. */
export class LinkedNames {
    private readonly byInode = new Map<number | string, readonly BytePath[]>();
    private readonly byName = new Map<BytePath, readonly BytePath[]>();
    /** Names of inodes that have names elsewhere too: what is written through those, nobody here is told. */
    readonly elsewhere: BytePath[] = [];

    constructor(manifest: Manifest) {
        for (const [inode, members] of severalLinks(manifest)) {
            const names = members.map((at) => manifest.path(at));
            this.byInode.set(inode, names);
            for (const name of names) this.byName.set(name, names);
            if (members.length < (manifest.links[members[0] as number] as number))
                this.elsewhere.push(...names);
        }
    }

    /** All names that this one's inode had, itself included; none where it had no other. */
    ofName(path: BytePath): readonly BytePath[] {
        return this.byName.get(path) ?? [];
    }

    /** The names that these entries' inodes had, by inode: those that an entry got meanwhile are not among them. */
    partners(now: Manifest): BytePath[] {
        const names: BytePath[] = [];
        for (let at = 0; at < now.count; at++) {
            if ((now.links[at] as number) < 2 || now.isDirectory(at)) continue;
            names.push(...(this.byInode.get(now.inode(at)) ?? []));
        }
        return names;
    }
}
