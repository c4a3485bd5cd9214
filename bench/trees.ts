import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** So many files of 4 KiB in 100 folders; what half of them hold can be compressed about as text can. */
export function smallFiles(folder: string, count: number): void {
    for (let file = 0; file < count; file++) {
        const at = join(folder, `folder ${file % 100}`);
        if (file < 100) mkdirSync(at, { recursive: true });
        writeFileSync(
            join(at, `file ${file}`),
            file % 200 < 100 ? textLike(4096) : randomBytes(4096),
        );
    }
}

/** One file of so many bytes, written a MiB at a time. */
export function largeFile(
    path: string,
    mebibytes: number,
    content: (bytes: number) => Buffer = randomBytes,
): void {
    const fd = openSync(path, "w");
    for (let at = 0; at < mebibytes; at++) writeSync(fd, content(1 << 20));
    closeSync(fd);
}

/** Lines as a log has them: zstd makes about a fifth of it. */
export function textLike(bytes: number): Buffer {
    const numbers = randomBytes(Math.ceil(bytes / 20));
    const lines = [...numbers].map((number, at) => `request ${at} took ${number} ms\n`);
    return Buffer.from(lines.join("")).subarray(0, bytes);
}
