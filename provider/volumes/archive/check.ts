import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { CutoverError } from "../../engine/errors.js";
import type { Reporter } from "../../engine/progress.js";
import type { CommandRunner } from "../../platforms/commands.js";
import { ProgressTicker } from "../progress.js";
import { runTool } from "../tool.js";
import { ArchiveReader, type ReadVolume } from "./archive-reader.js";
import { damaged } from "./format.js";
import { ArchiveStream, type FoundArchive, findArchive } from "./read.js";
import type { Saved } from "./save.js";

interface CheckTools {
    runner: CommandRunner;
    reporter: Reporter;
    signal: AbortSignal;
}

/** How an archive was verified after it was written. */
export type ArchiveVerified = "read back" | "digest of the file";

/**
 * Verifies an archive on the disk. One that is not encrypted is unpacked on the way and compared with its own manifest and
 * with what was saved, entry by entry. An encrypted one cannot be opened without a private key, which is not here: the file
 * is compared with the stream that was written, and the stream with the volume when it was.
 */
export async function checkArchive(
    path: string,
    saved: Saved,
    tools: CheckTools,
): Promise<{ verified: ArchiveVerified; seconds: number }> {
    const started = performance.now();
    // Not while the writers stand still: they wait for the save alone.
    await flush(path);
    await dropCache(path, tools);
    const found = findArchive(path);
    if (found.bytes !== saved.bytes) throw damaged("it has another size than was written");
    if (found.encrypted) await checkDigest(path, saved, tools);
    else {
        const volumes = await readArchive(found, undefined, tools);
        for (const { name, digest } of saved.volumes) {
            if (volumes.get(name)?.digest !== digest)
                throw damaged(`volume ${name} is not what was saved`);
        }
    }
    const verified = found.encrypted ? "digest of the file" : "read back";
    return { verified, seconds: (performance.now() - started) / 1_000 };
}

/** Reads all of it and checks all of it; writes nothing. */
export async function readArchive(
    found: FoundArchive,
    identity: string | undefined,
    tools: CheckTools,
): Promise<Map<string, ReadVolume>> {
    const stream = new ArchiveStream(found, identity, tools);
    const reader = new ArchiveReader();
    const progress = () => ({ bytes: reader.bytes });
    const ticker = new ProgressTicker(tools.reporter, "reading the archive", progress);
    try {
        for await (const piece of stream.pieces()) reader.push(piece);
        return reader.finish();
    } finally {
        ticker.stop();
        await stream.close();
    }
}

async function checkDigest(path: string, saved: Saved, tools: CheckTools): Promise<void> {
    const hash = createHash("sha256");
    let bytes = 0;
    const progress = () => ({ bytes, totalBytes: saved.bytes });
    const ticker = new ProgressTicker(tools.reporter, "reading the archive", progress);
    try {
        for await (const piece of createReadStream(path, {
            highWaterMark: 1 << 20,
            signal: tools.signal,
        })) {
            hash.update(piece as Buffer);
            bytes += (piece as Buffer).length;
        }
    } finally {
        ticker.stop();
    }
    if (hash.digest("hex") !== saved.file) throw damaged("it is not what was written");
}

async function flush(path: string): Promise<void> {
    const file = await open(path, "r");
    try {
        await file.sync();
    } finally {
        await file.close();
    }
}

/** What is read afterwards comes from the disk, as far as the kernel can be asked for it. */
async function dropCache(path: string, { runner, signal }: CheckTools): Promise<void> {
    const argv = ["dd", `if=${path}`, "iflag=nocache", "count=0", "status=none"] as const;
    const { exitCode, complaints } = await runTool(runner, { argv }, { signal });
    if (exitCode !== 0)
        throw new CutoverError("the archive cannot be read again", { lastLines: complaints });
}
