import type { BytePath } from "./names.js";
import { PathTable } from "./path-table.js";

/** Entries that there is room for at first; half as many again each time that it is used up. */
const firstLength = 16_384;

/** What an entry is, as `find` writes it. */
export const kinds = {
    file: 0x66,
    directory: 0x64,
    symlink: 0x6c,
    fifo: 0x70,
    block: 0x62,
    char: 0x63,
    socket: 0x73,
};

/** The numbers of one entry as `lstat` has them. */
export interface EntryStat {
    kind: number;
    /** All twelve bits: set-user-id, set-group-id and sticky included. */
    mode: number;
    uid: number;
    gid: number;
    size: number;
    /** Units of 512 bytes that take room. */
    blocks: number;
    links: number;
    /** An inode number may need 64 bits: its last nine digits, and those before. */
    inodeLow: number;
    inodeHigh: number;
    /** Whole seconds since 1970; before 1970 half a second less than `find` writes, so that -0.5 is no 0.5. */
    mtimeSeconds: number;
    mtimeNanos: number;
    ctimeSeconds: number;
    ctimeNanos: number;
}

type NumberColumn = Float64Array | Uint32Array | Uint16Array | Uint8Array;

/**
 * Every entry of one side, from one scan, in columns: an object per entry would take five times the memory.
 * Entries are in the order of the scan: a directory comes before what is in it; the root is entry 0, its path `""`.
 */
export class Manifest {
    count = 0;
    private readonly table = new PathTable();
    kind = new Uint8Array(firstLength);
    mode = new Uint16Array(firstLength);
    uid = new Uint32Array(firstLength);
    gid = new Uint32Array(firstLength);
    size = new Float64Array(firstLength);
    blocks = new Float64Array(firstLength);
    links = new Uint32Array(firstLength);
    inodeLow = new Uint32Array(firstLength);
    inodeHigh = new Float64Array(firstLength);
    mtimeSeconds = new Float64Array(firstLength);
    mtimeNanos = new Uint32Array(firstLength);
    ctimeSeconds = new Float64Array(firstLength);
    ctimeNanos = new Uint32Array(firstLength);
    /** Link texts, verbatim, by entry. */
    readonly targets = new Map<number, string>();
    /** `major:minor` of device nodes, by entry. */
    readonly devices = new Map<number, string>();
    /** Never carried; not among the entries. */
    readonly sockets: BytePath[] = [];
    /** Where other file systems are mounted; not among the entries. */
    readonly foreign: BytePath[] = [];
    /** What the matcher left out: the topmost names of it. */
    readonly excluded: BytePath[] = [];
    /** Wall clock when the scan began, in milliseconds: what changed later may not be in it. */
    startedAt = 0;
    /** How long the scan took. */
    seconds = 0;

    add(path: BytePath, stat: EntryStat): number {
        if (this.count === this.kind.length) this.resize(Math.ceil(this.count * 1.5));
        const at = this.count++;
        this.table.add(path);
        this.kind[at] = stat.kind;
        this.mode[at] = stat.mode;
        this.uid[at] = stat.uid;
        this.gid[at] = stat.gid;
        this.size[at] = stat.size;
        this.blocks[at] = stat.blocks;
        this.links[at] = stat.links;
        this.inodeLow[at] = stat.inodeLow;
        this.inodeHigh[at] = stat.inodeHigh;
        this.mtimeSeconds[at] = stat.mtimeSeconds;
        this.mtimeNanos[at] = stat.mtimeNanos;
        this.ctimeSeconds[at] = stat.ctimeSeconds;
        this.ctimeNanos[at] = stat.ctimeNanos;
        return at;
    }

    /** The entry with this path, or undefined. */
    find(path: BytePath): number | undefined {
        return this.table.find(path);
    }

    /** True when no path is in it twice. */
    distinct(): boolean {
        return this.table.distinct();
    }

    path(at: number): BytePath {
        return this.table.path(at);
    }

    /** All paths, in order: for few. */
    get paths(): BytePath[] {
        return Array.from({ length: this.count }, (_, at) => this.path(at));
    }

    /** Gives back the room that was kept for more entries. */
    trim(): void {
        this.table.trim();
        this.resize(Math.max(this.count, 1));
    }

    isFile(at: number): boolean {
        return this.kind[at] === kinds.file;
    }

    isDirectory(at: number): boolean {
        return this.kind[at] === kinds.directory;
    }

    /** Bytes that an entry takes on the disk. */
    allocated(at: number): number {
        return (this.blocks[at] as number) * 512;
    }

    /** A key for the inode: a number while it is exact, else text. */
    inode(at: number): number | string {
        const high = this.inodeHigh[at] as number;
        const low = this.inodeLow[at] as number;
        return high < 9_000_000 ? high * 1e9 + low : `${high}:${low}`;
    }

    /** True when both entries have the same change time and inode: nothing about the entry was touched in between. */
    sameVersion(at: number, other: Manifest, otherAt: number): boolean {
        return (
            this.ctimeNanos[at] === other.ctimeNanos[otherAt] &&
            this.ctimeSeconds[at] === other.ctimeSeconds[otherAt] &&
            this.inodeLow[at] === other.inodeLow[otherAt] &&
            this.inodeHigh[at] === other.inodeHigh[otherAt] &&
            this.kind[at] === other.kind[otherAt] &&
            this.size[at] === other.size[otherAt] &&
            this.sameMtime(at, other, otherAt)
        );
    }

    sameMtime(at: number, other: Manifest, otherAt: number): boolean {
        return (
            this.mtimeNanos[at] === other.mtimeNanos[otherAt] &&
            this.mtimeSeconds[at] === other.mtimeSeconds[otherAt]
        );
    }

    /** Milliseconds since 1970 of the last change of an entry. */
    changedAt(at: number): number {
        return (this.ctimeSeconds[at] as number) * 1_000 + (this.ctimeNanos[at] as number) / 1e6;
    }

    /** The entries that `keep` says, and of the names kept apart those that `wanted` says. */
    filter(keep: (at: number) => boolean, wanted: (path: BytePath) => boolean): Manifest {
        const part = new Manifest();
        part.startedAt = this.startedAt;
        for (let at = 0; at < this.count; at++) {
            if (!keep(at)) continue;
            const entry = part.add(this.path(at), this.stat(at));
            const target = this.targets.get(at);
            if (target !== undefined) part.targets.set(entry, target);
            const device = this.devices.get(at);
            if (device !== undefined) part.devices.set(entry, device);
        }
        part.sockets.push(...new Set(this.sockets.filter(wanted)));
        part.foreign.push(...new Set(this.foreign.filter(wanted)));
        part.excluded.push(...this.excluded);
        return part;
    }

    stat(at: number): EntryStat {
        return {
            kind: this.kind[at] as number,
            mode: this.mode[at] as number,
            uid: this.uid[at] as number,
            gid: this.gid[at] as number,
            size: this.size[at] as number,
            blocks: this.blocks[at] as number,
            links: this.links[at] as number,
            inodeLow: this.inodeLow[at] as number,
            inodeHigh: this.inodeHigh[at] as number,
            mtimeSeconds: this.mtimeSeconds[at] as number,
            mtimeNanos: this.mtimeNanos[at] as number,
            ctimeSeconds: this.ctimeSeconds[at] as number,
            ctimeNanos: this.ctimeNanos[at] as number,
        };
    }

    private resize(length: number): void {
        const columns = this as unknown as Record<string, NumberColumn>;
        for (const name of columnNames) {
            const old = columns[name] as NumberColumn;
            const next = new (old.constructor as new (length: number) => NumberColumn)(length);
            next.set(old.subarray(0, this.count));
            columns[name] = next;
        }
    }
}

const columnNames = [
    "kind",
    "mode",
    "uid",
    "gid",
    "size",
    "blocks",
    "links",
    "inodeLow",
    "inodeHigh",
    "mtimeSeconds",
    "mtimeNanos",
    "ctimeSeconds",
    "ctimeNanos",
] as const;
