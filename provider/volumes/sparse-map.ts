import type { CommandRunner } from "../platforms/commands.js";
import { nulSeparated } from "./names.js";

/**
 * Where a file has data. Node cannot ask (SEEK_DATA), GNU tar can: its sparse archive of one file begins with the map,
 * and is cut off right after it. Undefined when the map cannot be had: then all is read, which is slower and as right.
 */
export async function dataExtents(
    runner: CommandRunner,
    path: string,
    size: number,
    signal?: AbortSignal,
): Promise<number[] | undefined> {
    const child = runner.start({ argv: tarMapArgv, stdin: nulSeparated([path.slice(1)]) }, signal);
    const parser = new SparseMapParser(size);
    child.stderr.resume();
    child.stdout.on("data", (chunk: Buffer) => {
        if (parser.push(chunk)) child.kill("SIGKILL");
    });
    await child.ended;
    return parser.extents;
}

/** The archive of one named file, its holes found by seeking. `-C /` and a relative name: tar would strip the slash. */
const tarMapArgv = [
    ...(["tar", "--create", "--sparse", "--hole-detection=seek", "--format=posix"] as const),
    ...(["--sparse-version=1.0", "--no-recursion", "-C", "/"] as const),
    ...(["--null", "--verbatim-files-from", "-T", "-", "-f", "-"] as const),
] as const;

/** Maps longer than this are not worth it. */
const mostBytes = 4 << 20;
const record = 512;

/** Reads the map at the start of a sparse archive (GNU tar manual, "PAX format, version 1.0"). */
export class SparseMapParser {
    /** Pairs of offset and length, ascending. */
    extents: number[] | undefined;
    private buffer = Buffer.alloc(0);
    private finished = false;

    constructor(private readonly size: number) {}

    /** True when nothing more is needed. */
    push(chunk: Buffer): boolean {
        if (this.finished) return true;
        this.buffer = Buffer.concat([this.buffer, chunk]);
        const parsed = this.parse();
        if (parsed === "more" && this.buffer.length < mostBytes) return false;
        if (Array.isArray(parsed)) this.extents = parsed;
        this.finished = true;
        this.buffer = Buffer.alloc(0);
        return true;
    }

    private parse(): number[] | "more" | "other" {
        let at = 0;
        let sparse = false;
        // Extended headers come first; the file's own header is followed by the map.
        for (;;) {
            if (this.buffer.length < at + record) return "more";
            const kind = String.fromCharCode(this.buffer[at + 156] as number);
            const length = Number.parseInt(this.buffer.toString("latin1", at + 124, at + 136), 8);
            at += record;
            if (kind !== "x") break;
            if (!(length >= 0) || length > mostBytes) return "other";
            if (this.buffer.length < at + length) return "more";
            const text = this.buffer.toString("latin1", at, at + length);
            sparse ||=
                text.includes(" GNU.sparse.major=1\n") &&
                text.includes(` GNU.sparse.realsize=${this.size}\n`);
            at += Math.ceil(length / record) * record;
        }
        return sparse ? this.numbers(at) : "other";
    }

    private numbers(from: number): number[] | "more" | "other" {
        const lines = this.buffer.toString("latin1", from).split("\n");
        lines.pop();
        if (lines.length === 0) return "more";
        const count = decimal(lines[0]);
        if (Number.isNaN(count)) return "other";
        if (lines.length < 1 + 2 * count) return "more";
        const extents: number[] = [];
        let end = 0;
        for (let at = 1; at < 1 + 2 * count; at += 2) {
            const offset = decimal(lines[at]);
            const length = decimal(lines[at + 1]);
            if (!(offset >= end) || !(offset + length <= this.size)) return "other";
            end = offset + length;
            if (length > 0) extents.push(offset, length);
        }
        return extents;
    }
}

function decimal(text: string | undefined): number {
    return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}
