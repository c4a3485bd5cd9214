import { type BytePath, parentPath } from "./names.js";

/** Entries that there is room for at first. */
const firstLength = 16_384;

/**
 * Paths by number and numbers by path, for millions of them: each is the number of its folder and its last name, all names
 * in one buffer. A million of about 20 bytes take 27 MB, where strings in an array and a Map took 69.
 */
export class PathTable {
    count = 0;
    /** -1 where the folder is not in the table: then the name is the whole path. */
    private folder = new Int32Array(firstLength);
    private start = new Uint32Array(firstLength + 1);
    private names = Buffer.alloc(firstLength * 16);
    /** Open addressing: numbers of entries, one more than they are; 0 is free. */
    private slots = new Uint32Array(firstLength * 2);
    private known = 0;
    private lastFolder: { at: number; path: BytePath } = { at: -1, path: "" };

    add(path: BytePath): number {
        if (this.count === this.folder.length) this.grow();
        const above = parentPath(path);
        const folder = above === undefined ? -1 : this.folderAt(above);
        const name = folder < 0 ? path : path.slice(above ? above.length + 1 : 0);
        const from = this.start[this.count] as number;
        if (from + name.length > this.names.length) this.growNames(name.length);
        this.names.write(name, from, "latin1");
        const at = this.count++;
        this.folder[at] = folder;
        this.start[at + 1] = from + name.length;
        this.register(path, at);
        return at;
    }

    path(at: number): BytePath {
        const name = this.names.toString(
            "latin1",
            this.start[at] as number,
            this.start[at + 1] as number,
        );
        const folder = this.folder[at] as number;
        if (folder < 0) return name;
        if (this.lastFolder.at !== folder)
            this.lastFolder = { at: folder, path: this.path(folder) };
        const { path } = this.lastFolder;
        return path === "" ? name : `${path}/${name}`;
    }

    /** The newest entry with this path, or undefined. */
    find(path: BytePath): number | undefined {
        const found = this.slots[this.slotOf(path)] as number;
        return found === 0 ? undefined : found - 1;
    }

    /** True when no path is in it twice. */
    distinct(): boolean {
        return this.known === this.count;
    }

    /** Gives back the room that was kept for more. */
    trim(): void {
        this.folder = this.folder.slice(0, this.count);
        this.start = this.start.slice(0, this.count + 1);
        this.names = Buffer.from(this.names.subarray(0, this.start[this.count]));
    }

    /** Neighbours lie in the same folder. */
    private folderAt(above: BytePath): number {
        if (this.lastFolder.at >= 0 && this.lastFolder.path === above) return this.lastFolder.at;
        const at = this.find(above) ?? -1;
        if (at >= 0) this.lastFolder = { at, path: above };
        return at;
    }

    private register(path: BytePath, at: number): void {
        const slot = this.slotOf(path);
        if (this.slots[slot] === 0) this.known++;
        this.slots[slot] = at + 1;
    }

    /** Where the path is, or would be. */
    private slotOf(path: BytePath): number {
        const mask = this.slots.length - 1;
        let slot = hashOf(path) & mask;
        for (;;) {
            const found = this.slots[slot] as number;
            if (found === 0 || this.is(found - 1, path)) return slot;
            slot = (slot + 1) & mask;
        }
    }

    private is(at: number, path: BytePath): boolean {
        const length = (this.start[at + 1] as number) - (this.start[at] as number);
        // Most others are told by their last letter.
        if (
            length > 0 &&
            this.names[(this.start[at + 1] as number) - 1] !== path.charCodeAt(path.length - 1)
        )
            return false;
        return this.path(at) === path;
    }

    private grow(): void {
        const length = Math.ceil(this.folder.length * 1.5);
        const folder = new Int32Array(length);
        folder.set(this.folder);
        this.folder = folder;
        const start = new Uint32Array(length + 1);
        start.set(this.start);
        this.start = start;
        if (length * 1.4 <= this.slots.length) return;
        this.slots = new Uint32Array(this.slots.length * 2);
        this.known = 0;
        for (let at = 0; at < this.count; at++) this.register(this.path(at), at);
    }

    private growNames(more: number): void {
        const names = Buffer.alloc(Math.ceil(this.names.length * 1.5) + more);
        this.names.copy(names);
        this.names = names;
    }
}

/** FNV-1a with the high bits mixed in: names that differ in their last digit alone must not lie side by side. */
function hashOf(path: BytePath): number {
    let hash = 0x811c9dc5;
    for (let at = 0; at < path.length; at++)
        hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) >>> 0;
}
