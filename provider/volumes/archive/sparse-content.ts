import { damaged } from "./format.js";
import { recordSize } from "./tar-blocks.js";

/** A map longer than this is none: every line is at least two bytes, and a file has fewer pieces. */
const mostMapBytes = 1 << 30;

/**
 * The stored bytes of a sparse file (GNU tar manual, "PAX format, version 1.0"): a map in decimal lines (how many pieces,
 * then offset and length of each), up to a whole record, then the pieces one after the other.
 */
export class SparseContent {
    private extents: [number, number][] | undefined;
    private mapBytes = 0;
    private line = "";
    private readonly numbers: number[] = [];
    private piece = 0;
    private inPiece = 0;
    /** Of the map's last record, what is to be passed over. */
    private skip = 0;

    constructor(
        private readonly size: number,
        private readonly data: (offset: number, bytes: Buffer) => void,
    ) {}

    push(bytes: Buffer): void {
        let at = 0;
        while (!this.extents && at < bytes.length) at = this.readMap(bytes, at);
        const skipped = Math.min(this.skip, bytes.length - at);
        this.skip -= skipped;
        at += skipped;
        while (at < bytes.length) at = this.readPiece(bytes, at);
    }

    /** @throws CutoverError when something is missing. */
    end(): void {
        if (!this.extents || this.piece < this.extents.length) throw wrongMap();
    }

    private readMap(bytes: Buffer, at: number): number {
        const newline = bytes.indexOf(0x0a, at);
        const end = newline < 0 ? bytes.length : newline + 1;
        this.line += bytes.toString("latin1", at, newline < 0 ? end : newline);
        this.mapBytes += end - at;
        if (this.line.length > 16 || this.mapBytes > mostMapBytes) throw wrongMap();
        if (newline < 0) return end;
        if (!/^\d{1,16}$/.test(this.line)) throw wrongMap();
        this.numbers.push(Number(this.line));
        this.line = "";
        if (this.numbers.length === 1 + 2 * (this.numbers[0] as number)) this.finishMap();
        return end;
    }

    private finishMap(): void {
        const extents: [number, number][] = [];
        let before = 0;
        for (let at = 1; at < this.numbers.length; at += 2) {
            const [offset, length] = [this.numbers[at] as number, this.numbers[at + 1] as number];
            if (offset < before || offset + length > this.size) throw wrongMap();
            before = offset + length;
            if (length > 0) extents.push([offset, length]);
        }
        this.extents = extents;
        this.skip = (recordSize - (this.mapBytes % recordSize)) % recordSize;
    }

    private readPiece(bytes: Buffer, at: number): number {
        const [offset, length] = this.extents?.[this.piece] ?? [0, 0];
        if (length === 0) throw wrongMap();
        const take = Math.min(length - this.inPiece, bytes.length - at);
        this.data(offset + this.inPiece, bytes.subarray(at, at + take));
        this.inPiece += take;
        if (this.inPiece === length) {
            this.piece++;
            this.inPiece = 0;
        }
        return at + take;
    }
}

function wrongMap() {
    return damaged("the map of a sparse file cannot be read");
}
