import type { BytePath } from "../names.js";

export const recordSize = 512;

/** A regular file of our own, with its padding: short plain names only. */
export function fileMember(name: string, content: Buffer): Buffer {
    const body = Buffer.alloc(padded(content.length));
    content.copy(body);
    return Buffer.concat([header(name, "0", content.length), body]);
}

/**
 * A further name of something: a hard link as the posix format has it. GNU tar writes none for FIFOs and devices, and
 * makes one of whatever it finds in an archive.
 */
export function linkMember(name: BytePath, target: BytePath): Buffer {
    const records = Buffer.concat([paxRecord("path", name), paxRecord("linkpath", target)]);
    const body = Buffer.alloc(padded(records.length));
    records.copy(body);
    return Buffer.concat([header("./link", "x", records.length), body, header("./link", "1", 0)]);
}

/** What ends a tar: two empty records. */
export const endOfArchive = Buffer.alloc(2 * recordSize);

/** Bytes from an end to that of its record. */
export function paddingOf(length: number): number {
    return (recordSize - (length % recordSize)) % recordSize;
}

function padded(length: number): number {
    return length + paddingOf(length);
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
export function paxRecord(key: string, value: string): Buffer {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length)
        length = String(length).length + rest.length;
    return Buffer.from(`${length}${rest}`, "latin1");
}

function header(name: string, type: "0" | "1" | "x", size: number): Buffer {
    const block = Buffer.alloc(recordSize);
    const octal = (value: number, at: number, length: number) =>
        block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
    block.write(name, 0, 100, "latin1");
    octal(0o600, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(size, 124, 12);
    octal(0, 136, 12);
    block.fill(" ", 148, 156);
    block.write(type, 156, "latin1");
    block.write("ustar\u000000", 257, "latin1");
    octal(
        block.reduce((sum, byte) => sum + byte, 0),
        148,
        7,
    );
    return block;
}
