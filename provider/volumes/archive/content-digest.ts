import { createHash } from "node:crypto";

const blockSize = 65_536;
const zeros = Buffer.alloc(blockSize);

/**
 * The digest of a file's content as `content-worker.ts` has it, for content that comes as a stream: sha256 over the size
 * and every block of 64 KiB that is not all zeros, each with its number. Holes need not be given.
 */
export class ContentDigest {
    private readonly hash = createHash("sha256");
    /** No longer than the file: of small ones there are many. */
    private readonly block: Buffer;
    private readonly number = Buffer.alloc(8);
    private current = 0;
    /** Whether anything was put into the current block. */
    private filled = false;

    constructor(private readonly size: number) {
        this.block = Buffer.alloc(Math.min(size, blockSize));
        this.number.writeBigUInt64LE(BigInt(size));
        this.hash.update(this.number);
    }

    /** Content at an offset; offsets only go up. */
    add(offset: number, bytes: Buffer): void {
        let at = 0;
        while (at < bytes.length) {
            const position = offset + at;
            const number = Math.floor(position / blockSize);
            if (number !== this.current) this.next(number);
            const inBlock = position - number * blockSize;
            const length = Math.min(blockSize - inBlock, bytes.length - at);
            bytes.copy(this.block, inBlock, at, at + length);
            this.filled = true;
            at += length;
        }
    }

    /** 32 bytes, one character each. */
    end(): string {
        this.next(-1);
        return this.hash.digest("binary");
    }

    private next(number: number): void {
        const length = Math.min(blockSize, this.size - this.current * blockSize);
        if (this.filled && length > 0) {
            if (this.block.compare(zeros, 0, length, 0, length) !== 0) {
                this.number.writeBigUInt64LE(BigInt(this.current));
                this.hash.update(this.number).update(this.block.subarray(0, length));
            }
            this.block.fill(0);
        }
        this.current = number;
        this.filled = false;
    }
}
