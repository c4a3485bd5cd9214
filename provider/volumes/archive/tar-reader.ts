import type { BytePath } from "../names.js";
import { damaged } from "./format.js";
import { paddingOf, recordSize } from "./tar-blocks.js";

/** One member of a tar, as its headers have it. */
export interface TarMember {
    path: BytePath;
    /** "0" a file, "1" a hard link, "2" a symbolic link, "3" and "4" devices, "5" a folder, "6" a FIFO. */
    type: string;
    mode: number;
    uid: number;
    gid: number;
    /** Of the content as a program reads it, holes included. */
    size: number;
    /** Bytes that the archive has of it. */
    stored: number;
    /** As a `Manifest` has them. */
    mtimeSeconds: number;
    mtimeNanos: number;
    /** Text of a symbolic link, or the path of what a hard link names. */
    link: string;
    major: number;
    minor: number;
    /** As `readAttributes` has them; undefined where there are none. */
    attributes?: string;
    /** Its stored bytes begin with a map of where data is. */
    sparse: boolean;
    /** Its headers as they are in the archive. */
    raw: Buffer;
}

export interface TarSink {
    member(member: TarMember): void;
    /** Bytes of the current member, as stored. */
    data(bytes: Buffer): void;
    /** What follows them up to a whole record. */
    padding(bytes: Buffer): void;
    /** All of the current member was read. */
    memberEnd(): void;
}

/** More than any name, link and set of attributes take together. */
const mostPaxBytes = 16 << 20;
const types = new Set(["0", "1", "2", "3", "4", "5", "6"]);

/**
 * Reads a tar of the posix format as GNU tar writes it, piece by piece. Whatever else there is in tars is refused: an
 * archive of ours never has it.
 */
export class TarReader {
    private pending: Buffer[] = [];
    private pendingBytes = 0;
    /** Bytes that are needed before anything can be done. */
    private wanted = recordSize;
    private state: "header" | "pax" | "data" | "padding" | "over" = "header";
    private paxLength = 0;
    private paxRaw: Buffer | undefined;
    private pax: Map<string, string> | undefined;
    private left = 0;
    private paddingLeft = 0;

    constructor(private readonly sink: TarSink) {}

    /** True from the first of the two records that end an archive on. */
    get over(): boolean {
        return this.state === "over";
    }

    push(chunk: Buffer): void {
        let rest = chunk;
        while (rest.length > 0 && this.state !== "over") {
            if (this.state === "data" || this.state === "padding") rest = this.pass(rest);
            else rest = this.collect(rest);
        }
    }

    /** @throws CutoverError when it was in the middle of something. */
    end(): void {
        if (this.state !== "over") throw damaged("it ends in the middle");
    }

    private pass(chunk: Buffer): Buffer {
        const inData = this.state === "data";
        const length = Math.min(chunk.length, inData ? this.left : this.paddingLeft);
        const piece = chunk.subarray(0, length);
        if (inData) {
            this.left -= length;
            this.sink.data(piece);
        } else {
            this.paddingLeft -= length;
            this.sink.padding(piece);
        }
        this.advance();
        return chunk.subarray(length);
    }

    /** To whatever comes after what was passed on. */
    private advance(): void {
        if (this.left > 0) this.state = "data";
        else if (this.paddingLeft > 0) this.state = "padding";
        else {
            this.sink.memberEnd();
            this.expect("header", recordSize);
        }
    }

    private collect(chunk: Buffer): Buffer {
        const take = Math.min(chunk.length, this.wanted - this.pendingBytes);
        this.pending.push(chunk.subarray(0, take));
        this.pendingBytes += take;
        if (this.pendingBytes === this.wanted) {
            const whole = Buffer.concat(this.pending);
            this.pending = [];
            this.pendingBytes = 0;
            if (this.state === "pax") this.readPax(whole);
            else this.readHeader(whole);
        }
        return chunk.subarray(take);
    }

    private expect(state: "header" | "pax", wanted: number): void {
        this.state = state;
        this.wanted = wanted;
    }

    private readHeader(block: Buffer): void {
        if (block.every((byte) => byte === 0)) {
            if (this.pax) throw damaged("a header is missing");
            this.state = "over";
            return;
        }
        checkSum(block);
        const type = block.toString("latin1", 156, 157);
        if (type === "x") this.beginPax(block);
        else if (types.has(type)) this.beginMember(block, type);
        else throw damaged(`it holds a member of type ${JSON.stringify(type)}`);
    }

    private beginPax(block: Buffer): void {
        if (this.pax) throw damaged("a header is missing");
        this.paxLength = octal(block, 124, 12);
        if (this.paxLength === 0 || this.paxLength > mostPaxBytes)
            throw damaged("a header is too long");
        this.paxRaw = block;
        this.expect("pax", this.paxLength + paddingOf(this.paxLength));
    }

    private readPax(body: Buffer): void {
        this.pax = parsePax(body.subarray(0, this.paxLength));
        this.paxRaw = Buffer.concat([this.paxRaw as Buffer, body]);
        this.expect("header", recordSize);
    }

    private beginMember(block: Buffer, type: string): void {
        const pax = this.pax ?? new Map<string, string>();
        const raw = this.paxRaw ? Buffer.concat([this.paxRaw, block]) : block;
        this.pax = undefined;
        this.paxRaw = undefined;
        const member = memberOf(block, type, pax, raw);
        this.left = member.stored;
        this.paddingLeft = paddingOf(member.stored);
        this.sink.member(member);
        this.advance();
    }
}

function memberOf(
    block: Buffer,
    type: string,
    pax: ReadonlyMap<string, string>,
    raw: Buffer,
): TarMember {
    const sparse = pax.get("GNU.sparse.major") === "1";
    const stored = pax.has("size") ? decimal(pax.get("size")) : octal(block, 124, 12);
    const time = pax.get("mtime") ?? String(octal(block, 136, 12));
    const attributes = attributesOf(pax);
    const named = sparse ? pax.get("GNU.sparse.name") : pax.get("path");
    return {
        path: (named ?? nameOf(block)).replace(/\/+$/, ""),
        type,
        mode: octal(block, 100, 8) & 0o7777,
        uid: pax.has("uid") ? decimal(pax.get("uid")) : octal(block, 108, 8),
        gid: pax.has("gid") ? decimal(pax.get("gid")) : octal(block, 116, 8),
        size: sparse ? decimal(pax.get("GNU.sparse.realsize")) : stored,
        stored: type === "0" ? stored : 0,
        ...timeOf(time),
        link: pax.get("linkpath") ?? text(block, 157, 100),
        major: octal(block, 329, 8),
        minor: octal(block, 337, 8),
        ...(attributes === undefined ? {} : { attributes }),
        sparse,
        raw,
    };
}

function nameOf(block: Buffer): string {
    const prefix = text(block, 345, 155);
    const name = text(block, 0, 100);
    return prefix === "" ? name : `${prefix}/${name}`;
}

function text(block: Buffer, at: number, length: number): string {
    const end = block.indexOf(0, at);
    return block.toString("latin1", at, end < 0 || end > at + length ? at + length : end);
}

/** `-1.5` is a true decimal; a `Manifest` has seconds rounded down, and nanoseconds from there on. */
function timeOf(text: string): { mtimeSeconds: number; mtimeNanos: number } {
    const [, sign, seconds, fraction = ""] = /^(-?)(\d{1,15})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
    if (seconds === undefined) throw damaged("a time cannot be read");
    const [whole, nanos] = [Number(seconds), Number(fraction.padEnd(9, "0"))];
    if (sign !== "-") return { mtimeSeconds: whole, mtimeNanos: nanos };
    if (nanos === 0) return { mtimeSeconds: -whole - 0.5, mtimeNanos: 0 };
    return { mtimeSeconds: -whole - 1.5, mtimeNanos: 1e9 - nanos };
}

const attributeKey = "SCHILY.xattr.";

/** In the text that getfattr prints, sorted by line. */
function attributesOf(pax: ReadonlyMap<string, string>): string | undefined {
    const lines: string[] = [];
    for (const [key, value] of pax) {
        if (!key.startsWith(attributeKey)) continue;
        const name = key.slice(attributeKey.length).replaceAll("%3D", "=").replaceAll("%25", "%");
        const quoted = name.replace(
            /[=\n\r\\]/g,
            (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`,
        );
        const hex = Buffer.from(value, "latin1").toString("hex");
        lines.push(`${quoted}=0x${hex}`);
    }
    return lines.length > 0 ? lines.sort().join("\n") : undefined;
}

/** Records of `LENGTH KEY=VALUE\n`; values may hold anything. */
export function parsePax(body: Buffer): Map<string, string> {
    const records = new Map<string, string>();
    let at = 0;
    while (at < body.length) {
        const space = body.indexOf(0x20, at);
        const length =
            space < 0 || space - at > 9 ? Number.NaN : decimal(body.toString("latin1", at, space));
        const end = at + length;
        if (!(end > space + 1) || end > body.length || body[end - 1] !== 0x0a)
            throw damaged("a header cannot be read");
        const record = body.toString("latin1", space + 1, end - 1);
        const equals = record.indexOf("=");
        if (equals < 1) throw damaged("a header cannot be read");
        records.set(record.slice(0, equals), record.slice(equals + 1));
        at = end;
    }
    return records;
}

function decimal(digits: string | undefined): number {
    if (digits === undefined || !/^\d{1,15}$/.test(digits))
        throw damaged("a number cannot be read");
    return Number(digits);
}

function octal(block: Buffer, at: number, length: number): number {
    const digits = text(block, at, length).trim();
    if (digits === "") return 0;
    if (!/^[0-7]{1,12}$/.test(digits)) throw damaged("a number cannot be read");
    return Number.parseInt(digits, 8);
}

/** The sum of all bytes, its own field taken as spaces. */
function checkSum(block: Buffer): void {
    let sum = 0;
    for (let at = 0; at < recordSize; at++)
        sum += at >= 148 && at < 156 ? 0x20 : (block[at] as number);
    if (sum !== octal(block, 148, 8)) throw damaged("a header's sum is wrong");
}
