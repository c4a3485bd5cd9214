import { CutoverError } from "../engine/errors.js";
import type { Reporter } from "../engine/progress.js";
import { kinds, Manifest } from "./manifest.js";
import type { Matcher } from "./matcher.js";
import { onlyMoved } from "./moving-source.js";
import { type BytePath, parentPath } from "./names.js";
import { ProgressTicker } from "./progress.js";
import type { SideAccess } from "./side-access.js";
import { runTool, type ToolCall, toolFailure } from "./tool.js";

/**
 * One line per entry, its name and link text ended by NUL. GNU find walks by file descriptors, so that depth is no
 * limit, prints every name as it is, and does in a process of its own what would block Node for seconds.
 */
const numbers = "%y %m %U %G %s %b %n %i %D %T@ %C@";
const format = `${numbers} %P\\0%l\\0`;
/** The same with whole paths: below a starting point that is not the root, `%P` would leave out the way there. */
export const wholePathFormat = `${numbers} %p\\0%l\\0`;

/** The scan of one side. `live`: what vanishes meanwhile is no failure. */
export function findCall(root: string, live: boolean): ToolCall {
    return {
        argv: [
            "find",
            "-P",
            root,
            ...(live ? ["-ignore_readdir_race"] : []),
            "-xdev",
            "-printf",
            format,
        ],
    };
}

/**
 * Reads every name and its metadata of one side. Left out, on both sides alike: `lost+found` at the root, sockets (listed
 * apart), and what the matcher leaves out. Fails on anything that it could not read: an incomplete list is no list.
 */
export async function scan(
    side: SideAccess,
    root: string,
    matcher: Matcher,
    options: {
        live?: boolean;
        signal?: AbortSignal;
        /** Where a long scan is told, and as what. */
        progress?: { reporter: Reporter; message: string };
    } = {},
): Promise<Manifest> {
    const parser = new FindParser(matcher);
    parser.manifest.startedAt = side.now();
    const started = performance.now();
    const call = findCall(root, options.live ?? false);
    const { progress } = options;
    const counted = () => ({ files: parser.manifest.count });
    const ticker = progress && new ProgressTicker(progress.reporter, progress.message, counted);
    const result = await runTool(side.runner, call, {
        ...(options.signal ? { signal: options.signal } : {}),
        onOutput: (chunk) => parser.push(chunk),
    }).finally(() => ticker?.stop());
    if (result.exitCode !== 0 && !(options.live && onlyMoved(result))) {
        throw toolFailure(`${root} could not be listed completely`, call, result);
    }
    const manifest = parser.end();
    await readDevices(side, manifest);
    manifest.seconds = (performance.now() - started) / 1_000;
    return manifest;
}

export async function readDevices(side: SideAccess, manifest: Manifest): Promise<void> {
    const found: number[] = [];
    for (let at = 0; at < manifest.count; at++) {
        const kind = manifest.kind[at];
        if (kind === kinds.block || kind === kinds.char) found.push(at);
    }
    if (found.length === 0) return;
    const numbers = await side.devices(found.map((at) => manifest.path(at)));
    found.forEach((at, index) => {
        manifest.devices.set(at, numbers[index] ?? "vanished");
    });
}

const space = 0x20;
const dot = 0x2e;
const minus = 0x2d;

/** Reads `find`'s output piece by piece. Refuses whatever has another form: a number misread is a byte lost. */
export class FindParser {
    readonly manifest = new Manifest();
    private rest: Buffer = Buffer.alloc(0);
    private buffer: Buffer = this.rest;
    private at = 0;
    private rootDevice = -1;
    private readonly left = new Set<BytePath>();

    /** @param start what stands before every path but the root's own, which is this without the slash at its end */
    constructor(
        private readonly matcher: Matcher,
        private readonly start: string = "",
    ) {}

    push(chunk: Buffer): void {
        this.buffer = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
        let start = 0;
        for (;;) {
            const nameEnd = this.buffer.indexOf(0, start);
            const end = nameEnd < 0 ? -1 : this.buffer.indexOf(0, nameEnd + 1);
            if (end < 0) break;
            this.record(start, nameEnd, end);
            start = end + 1;
        }
        // A copy: a slice would keep the whole chunk in memory.
        this.rest = Buffer.from(this.buffer.subarray(start));
    }

    end(): Manifest {
        if (this.rest.length > 0) throw malformed(this.rest);
        if (this.manifest.count === 0)
            throw new CutoverError("the list of entries is empty: not even the root is in it");
        // A directory that is written to while it is read can show a name twice: the later look counts.
        const { manifest } = this;
        const once = manifest.distinct()
            ? manifest
            : manifest.filter(
                  (at) => manifest.find(manifest.path(at)) === at,
                  () => true,
              );
        const wanted = this.matcher.limited ? limitTo(once, this.matcher) : once;
        wanted.trim();
        return wanted;
    }

    private record(start: number, nameEnd: number, end: number): void {
        this.at = start + 2;
        const kind = this.buffer[start] as number;
        const mode = this.octal();
        const uid = this.integer();
        const gid = this.integer();
        const size = this.integer();
        const blocks = this.integer();
        const links = this.integer();
        const inode = this.longInteger();
        const device = this.integer();
        const mtime = this.time();
        const ctime = this.time();
        if (this.at > nameEnd) throw malformed(this.buffer.subarray(start, end));
        const path = this.below(this.buffer.toString("latin1", this.at, nameEnd));
        if (this.rootDevice < 0) this.rootDevice = device;
        if (this.leftOut(path, kind === kinds.directory)) return;
        if (device !== this.rootDevice) this.manifest.foreign.push(path);
        else if (kind === kinds.socket) this.manifest.sockets.push(path);
        else {
            const entry = this.manifest.add(path, {
                kind,
                mode,
                uid,
                gid,
                size,
                blocks,
                links,
                inodeHigh: inode.high,
                inodeLow: inode.low,
                mtimeSeconds: mtime.seconds,
                mtimeNanos: mtime.nanos,
                ctimeSeconds: ctime.seconds,
                ctimeNanos: ctime.nanos,
            });
            if (kind === kinds.symlink)
                this.manifest.targets.set(entry, this.buffer.toString("latin1", nameEnd + 1, end));
        }
    }

    private below(path: string): BytePath {
        const { start } = this;
        if (path.startsWith(start)) return path.slice(start.length);
        if (path.length === start.length - 1 && start.startsWith(path)) return "";
        throw malformed(Buffer.from(path, "latin1"));
    }

    /** `lost+found` belongs to the file system, not to the data: every ext4 has its own. */
    private leftOut(path: BytePath, directory: boolean): boolean {
        if (path === "lost+found" || path.startsWith("lost+found/")) return true;
        if (!this.matcher.active || path === "") return false;
        const above = parentPath(path) as BytePath;
        const below = this.left.has(above);
        if (!below && !this.matcher.excluded(path, directory)) return false;
        if (directory) this.left.add(path);
        if (!below) this.manifest.excluded.push(path);
        return true;
    }

    private integer(): number {
        const from = this.at;
        const value = this.digits(space);
        if (value > Number.MAX_SAFE_INTEGER) throw malformed(this.buffer.subarray(from, this.at));
        return value;
    }

    /** An inode number: 64 bits, as two exact numbers. */
    private longInteger(): { high: number; low: number } {
        const from = this.at;
        const value = this.digits(space);
        const length = this.at - 1 - from;
        if (length > 20) throw malformed(this.buffer.subarray(from, this.at));
        if (length <= 15) return { high: Math.floor(value / 1e9), low: value % 1e9 };
        const digits = this.buffer.toString("latin1", from, from + length);
        return { high: Number(digits.slice(0, -9)), low: Number(digits.slice(-9)) };
    }

    private octal(): number {
        const from = this.at;
        const value = this.digits(space, 8);
        if (value > 0o7777) throw malformed(this.buffer.subarray(from, this.at));
        return value;
    }

    /** `-12.3456789010`: seconds, a dot, nanoseconds and one digit more, which is always 0. */
    private time(): { seconds: number; nanos: number } {
        const from = this.at;
        const negative = this.buffer[this.at] === minus;
        if (negative) this.at++;
        const seconds = this.digits(dot);
        const fraction = this.at;
        const tenths = this.digits(space);
        if (this.at - 1 - fraction !== 10 || tenths % 10 !== 0) {
            throw malformed(this.buffer.subarray(from, this.at));
        }
        return { seconds: negative ? -seconds - 0.5 : seconds, nanos: tenths / 10 };
    }

    /** At least one digit, up to an ending, which is passed. */
    private digits(ending: number, base = 10): number {
        const { buffer } = this;
        const from = this.at;
        let at = from;
        let value = 0;
        let digit = (buffer[at] as number) - 0x30;
        while (digit >= 0 && digit < base) {
            value = value * base + digit;
            digit = (buffer[++at] as number) - 0x30;
        }
        if (at === from || buffer[at] !== ending) throw malformed(buffer.subarray(from, from + 40));
        this.at = at + 1;
        return value;
    }
}

function malformed(bytes: Buffer): CutoverError {
    return new CutoverError("the list of entries has a line of another form", {
        lastLines: [JSON.stringify(bytes.subarray(0, 200).toString("latin1"))],
    });
}

/** Keeps what an include pattern fits, everything below such an entry, and the directories above one. */
function limitTo(all: Manifest, matcher: Matcher): Manifest {
    const keep = new Uint8Array(all.count);
    const whole = new Set<BytePath>();
    keep[0] = 1;
    for (let at = 1; at < all.count; at++) {
        const path = all.path(at);
        const directory = all.isDirectory(at);
        const inside = whole.has(parentPath(path) as BytePath);
        if (!inside && !matcher.included(path, directory)) continue;
        if (directory) whole.add(path);
        keep[at] = 1;
        if (inside) continue;
        for (let above = parentPath(path); above !== undefined; above = parentPath(above)) {
            const parent = all.find(above);
            if (parent === undefined || keep[parent]) break;
            keep[parent] = 1;
        }
    }
    const wanted = (path: BytePath) => matcher.included(path, false) || insideAny(path, whole);
    return all.filter((at) => keep[at] === 1, wanted);
}

function insideAny(path: BytePath, folders: Set<BytePath>): boolean {
    for (let above = parentPath(path); above !== undefined; above = parentPath(above)) {
        if (folders.has(above)) return true;
    }
    return false;
}
