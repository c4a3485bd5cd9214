import { Transform } from "node:stream";

const block = 512;

/** One entry of a tar archive, as its header has it. */
interface Header {
    name: string;
    size: number;
    /** `"x"` and `"L"` belong to the entry that follows. */
    type: string;
}

/**
 * Passes a tar archive on, without the content of some entries: what is dropped is the whole entry. It reads no more than
 * a header ahead, whatever the size of the archive.
 * @param keep by the path in the archive
 */
export function tarFilter(keep: (name: string) => boolean): Transform {
    const parser = new TarParser(keep);
    return new Transform({
        transform(chunk: Buffer, _encoding, done) {
            try {
                for (const part of parser.feed(chunk)) this.push(part);
                done();
            } catch (error) {
                done(error instanceof Error ? error : new Error(String(error)));
            }
        },
        flush(done) {
            for (const part of parser.rest()) this.push(part);
            done();
        },
    });
}

class TarParser {
    private pending: Buffer = Buffer.alloc(0);
    /** Bytes of the entry at hand that are still to come, padding included. */
    private left = 0;
    private passing = true;
    /** Headers that wait for the entry that they belong to. */
    private held: Buffer[] = [];
    private holding = false;
    private name: string | undefined;

    constructor(private readonly keep: (name: string) => boolean) {}

    feed(chunk: Buffer): Buffer[] {
        const out: Buffer[] = [];
        this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
        for (;;) {
            if (this.left > 0) {
                if (!this.body(out)) return out;
            } else if (!this.header(out)) return out;
        }
    }

    /** Of an archive that ends within an entry: whoever reads it says so. */
    rest(): Buffer[] {
        return [...this.held, this.pending];
    }

    private body(out: Buffer[]): boolean {
        // The header of a long name is read as a whole.
        const wanted = this.holding ? this.left : Math.min(this.left, this.pending.length);
        if (wanted === 0 || this.pending.length < wanted) return false;
        const part = this.take(wanted);
        this.left -= wanted;
        if (this.holding) {
            this.held.push(part);
            this.name = longName(part) ?? this.name;
        } else if (this.passing) out.push(part);
        return true;
    }

    private header(out: Buffer[]): boolean {
        if (this.pending.length < block) return false;
        const bytes = this.take(block);
        const { name, size, type } = readHeader(bytes);
        this.left = Math.ceil(size / block) * block;
        this.holding = type === "x" || type === "L";
        if (this.holding) {
            this.held.push(bytes);
            return true;
        }
        this.passing = this.keep(this.name ?? name);
        if (this.passing) out.push(...this.held, bytes);
        this.held = [];
        this.name = undefined;
        return true;
    }

    private take(count: number): Buffer {
        const part = this.pending.subarray(0, count);
        this.pending = this.pending.subarray(count);
        return part;
    }
}

function readHeader(bytes: Buffer): Header {
    const text = (from: number, to: number) => {
        const field = bytes.subarray(from, to).toString("utf8");
        const end = field.indexOf("\0");
        return end < 0 ? field : field.slice(0, end);
    };
    const prefix = text(257, 262) === "ustar" ? text(345, 500) : "";
    const name = text(0, 100);
    return {
        name: prefix ? `${prefix}/${name}` : name,
        size: sizeIn(bytes),
        type: String.fromCharCode(bytes[156] ?? 0),
    };
}

/** Octal digits, or from 8 GiB on a number of its own with the highest bit set. */
function sizeIn(bytes: Buffer): number {
    const field = bytes.subarray(124, 136);
    if (((field[0] ?? 0) & 0x80) === 0)
        return Number.parseInt(field.toString("latin1").replace(/\0.*$/, "").trim() || "0", 8);
    return field.subarray(4).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** The path in a header of type "x" (`25 path=…`) or "L" (the path itself). */
function longName(body: Buffer): string | undefined {
    const text = body.toString("utf8").replace(/\0+$/, "");
    const [, path] = /(?:^|\n)\d+ path=(.*)\n/.exec(text) ?? [];
    if (path !== undefined) return path;
    return /^\d+ [^=\n]+=/.test(text) ? undefined : text;
}
