import { type BigIntStats, closeSync, constants, lstatSync, openSync, readSync } from "node:fs";
import { CutoverError } from "../../engine/errors.js";
import type { CommandRunner } from "../../platforms/commands.js";
import { ArchiveReader } from "./archive-reader.js";
import { type ArchiveHeader, damaged, noArchive } from "./format.js";
import { Pipe } from "./pipe.js";

/** A file that is an archive by its first bytes. */
export interface FoundArchive {
    path: string;
    encrypted: boolean;
    /** Size of the file. */
    bytes: number;
    /** ISO 8601: when the file was last written. */
    written: string;
    /** Of one version of the file: changed, removed or replaced, it is another. */
    version: string;
}

const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const ageMagic = Buffer.from("age-encryption.org/v1\n");
const armorMagic = Buffer.from("-----BEGIN AGE ENCRYPTED FILE-----");

/** Looks at the first bytes. @throws CutoverError where there is no archive. */
export function findArchive(path: string): FoundArchive {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat) throw new CutoverError("there is no archive", { next: "check archive.path" });
    refuseOddFile(stat);
    const start = firstBytes(path);
    const begins = (magic: Buffer) => start.subarray(0, magic.length).equals(magic);
    const encrypted = begins(ageMagic) || begins(armorMagic);
    if (!encrypted && !begins(zstdMagic)) throw noArchive();
    return {
        path,
        encrypted,
        bytes: Number(stat.size),
        written: new Date(Number(stat.mtimeMs)).toISOString(),
        version: versionOf(stat),
    };
}

/** Not followed: a link may lead anywhere, and be changed while the archive is read. */
export function refuseOddFile(stat: BigIntStats): void {
    const kind = stat.isSymbolicLink()
        ? "a symbolic link"
        : stat.isDirectory()
          ? "a folder"
          : stat.isFile()
            ? undefined
            : "no regular file";
    if (kind)
        throw new CutoverError(`the archive's path is ${kind}`, {
            next: "name the file itself in archive.path",
        });
}

/** Of one version of a file. */
export function versionOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
    return [dev, ino, size, mtimeNs].join(":");
}

function firstBytes(path: string): Buffer {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
        const buffer = Buffer.alloc(64);
        return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, 0));
    } finally {
        closeSync(file);
    }
}

interface ReadTools {
    runner: CommandRunner;
    signal: AbortSignal;
}

/** The tar in an archive. An identity goes to age by its standard input, and is nowhere else. */
export class ArchiveStream {
    private readonly age: Pipe | undefined;
    private readonly zstd: Pipe;
    private readonly feeding: Promise<void>;
    /** Bytes of the tar so far. */
    bytes = 0;

    /** @throws CutoverError on an encrypted one without an identity. */
    constructor(found: FoundArchive, identity: string | undefined, { runner, signal }: ReadTools) {
        const zstd = ["zstd", "--decompress", "--stdout", "--quiet"] as const;
        if (!found.encrypted) {
            this.zstd = Pipe.start(
                runner,
                { argv: [...zstd, found.path], stdin: Buffer.alloc(0) },
                signal,
            );
            this.feeding = Promise.resolve();
            return;
        }
        if (identity === undefined) {
            throw new CutoverError("the archive is encrypted", {
                next: "write the age identity that opens it in archive.identity",
            });
        }
        this.age = Pipe.start(
            runner,
            {
                argv: ["age", "--decrypt", "--identity", "-", found.path],
                stdin: Buffer.from(`${identity}\n`),
            },
            signal,
        );
        this.zstd = Pipe.start(runner, { argv: zstd }, signal);
        this.feeding = this.feed(this.age, this.zstd);
        this.feeding.catch(() => {});
    }

    /** Piece by piece. @throws CutoverError where it cannot be read to its end. */
    async *pieces(): AsyncGenerator<Buffer> {
        for await (const chunk of this.zstd.output) {
            this.bytes += chunk.length;
            yield chunk;
        }
        await this.feeding;
        // age first: what it refuses is what zstd misses.
        await this.mustEndWell(this.age, ageProblem);
        await this.mustEndWell(this.zstd, zstdProblem);
    }

    /** Nothing more is read. */
    async close(): Promise<void> {
        this.age?.kill();
        this.zstd.kill();
        await this.zstd.ended().catch(() => {});
        await this.age?.ended().catch(() => {});
    }

    private async feed(age: Pipe, zstd: Pipe): Promise<void> {
        for await (const chunk of age.output) await zstd.write(chunk);
        zstd.closeInput();
    }

    private async mustEndWell(
        pipe: Pipe | undefined,
        problem: (text: string) => CutoverError,
    ): Promise<void> {
        if (!pipe) return;
        const { exitCode, complaints } = await pipe.ended();
        if (exitCode !== 0)
            throw problem(complaints.join(" ")).with({ exitCode, lastLines: complaints.slice(-4) });
    }
}

/** age tells a key that does not fit from a file that was changed. */
function ageProblem(text: string): CutoverError {
    if (/no identity matched/i.test(text)) {
        return new CutoverError("archive.identity does not open the archive", {
            next: "write the identity of one of the recipients that it was saved for",
        });
    }
    if (/unexpected EOF|failed to read|EOF/i.test(text)) return damaged("it ends in the middle");
    return damaged("age cannot decrypt all of it");
}

function zstdProblem(text: string): CutoverError {
    if (/premature end|unexpected end/i.test(text)) return damaged("it ends in the middle");
    return damaged("zstd cannot decompress all of it");
}

/** Enough for any header, and little to read. */
const mostHeaderBytes = 64 << 20;

/** What an archive says of itself, from its first bytes alone. */
export async function readHeader(
    found: FoundArchive,
    identity: string | undefined,
    tools: ReadTools,
): Promise<ArchiveHeader> {
    const stream = new ArchiveStream(found, identity, tools);
    const reader = new ArchiveReader();
    try {
        for await (const piece of stream.pieces()) {
            reader.push(piece);
            if (reader.header) return reader.header;
            if (stream.bytes > mostHeaderBytes) break;
        }
        throw noArchive();
    } finally {
        await stream.close();
    }
}
