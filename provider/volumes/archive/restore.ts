import { readdirSync, realpathSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { CutoverError } from "../../engine/errors.js";
import { formatBytes } from "../../engine/units.js";
import { readAttributes } from "../attributes.js";
import { compareMetadata, Differences, type Side, versionDigest } from "../compare.js";
import type { ContentJob } from "../content-worker.js";
import { DistinctBytes } from "../distinct-bytes.js";
import type { Manifest } from "../manifest.js";
import { createMatcher } from "../matcher.js";
import { measureSide } from "../measure.js";
import type {
    Declined,
    Measure,
    Mover,
    PassReport,
    Proof,
    Settled,
    VerifyLevel,
} from "../mover.js";
import { escapeName, pathBytes } from "../names.js";
import { ProgressTicker } from "../progress.js";
import { scan } from "../scan.js";
import { type Session, type SideName, scanSide, syncFileSystem } from "../session.js";
import { freeBytes } from "../side-access.js";
import { ArchiveReader, type ReadVolume } from "./archive-reader.js";
import { readArchive } from "./check.js";
import type { ArchivedVolume } from "./format.js";
import { closeSession, openSession } from "./open-session.js";
import { Pipe } from "./pipe.js";
import { ArchiveStream, type FoundArchive, findArchive, readHeader } from "./read.js";
import { endOfArchive } from "./tar-blocks.js";
import { extractCall } from "./tar-calls.js";

export interface RestoreOptions {
    /** The archive, as the mover sees it. */
    archive: string;
    /** Which of its volumes. @default the only one */
    volume?: string;
    destination: string;
}

/**
 * Restores one volume of an archive as a mover: the source is the archive, there is one pass, and the proof compares what
 * is in the volume then with the archive's manifest.
 */
export class ArchiveMover implements Mover {
    private readonly session: Session;
    private found: FoundArchive | undefined;
    private about: ArchivedVolume | undefined;
    private restored: ReadVolume | undefined;
    private identity: string | undefined;
    private readonly ending = new AbortController();

    constructor(
        private readonly options: RestoreOptions,
        tools: Pick<Session, "runner" | "reporter" | "signal">,
    ) {
        const roots = {
            source: dirname(options.archive),
            destination: realpathSync(options.destination),
        };
        const signal = AbortSignal.any([tools.signal, this.ending.signal]);
        this.session = openSession({ ...tools, signal }, roots, createMatcher());
    }

    async measure(side: SideName): Promise<Measure> {
        if (side === "destination") return measureSide(this.session, "destination");
        const { name: _name, ...about } = await this.volume();
        return { ...about, free: freeBytes(this.session.roots.source) };
    }

    async livePass(): Promise<PassReport> {
        throw new CutoverError("an archive does not change: there are no live passes");
    }

    async verifySettled(): Promise<Settled> {
        return { entries: 0, bytes: 0, seconds: 0, watched: false };
    }

    async expectLastPass(): Promise<{ ms: number; basis: string }> {
        throw new CutoverError("an archive is restored without a freeze");
    }

    async lastPass(): Promise<PassReport> {
        const started = performance.now();
        const { name, entries, allocated } = await this.volume();
        const deletes = await this.makeEmpty();
        this.refuseWithoutRoom(allocated);
        this.restored = await this.extract(name, allocated);
        return {
            number: 1,
            last: true,
            mover: "archive",
            files: entries,
            bytes: distinctBytes(this.restored.side.manifest),
            deletes,
            seconds: (performance.now() - started) / 1_000,
        };
    }

    flush(): Promise<void> {
        return syncFileSystem(this.session, "destination");
    }

    async prove(level: VerifyLevel): Promise<Proof> {
        const started = performance.now();
        const { side, digest } = this.wasRestored();
        const found = new Differences();
        let [bytesEqual, bytesCompared] = [0, 0];
        if (level !== "none") {
            const there = await this.destinationSide();
            const pairs = compareMetadata(side, there, found);
            if (level === "content") {
                bytesCompared = await this.compareContent(there.manifest, pairs, found);
                bytesEqual = found.count === 0 ? distinctBytes(side.manifest) : 0;
            }
        }
        return {
            level,
            basis: "every name",
            equal: found.count === 0,
            entries: side.manifest.count - 1,
            bytesEqual,
            bytesCompared,
            digest,
            seconds: (performance.now() - started) / 1_000,
            differences: found.first,
            differenceCount: found.count,
        };
    }

    async unchangedSinceProof(): Promise<{ unchanged: boolean; changes: string[] }> {
        const unchanged = findArchive(this.options.archive).version === this.archive().version;
        return { unchanged, changes: unchanged ? [] : ["the archive is another file now"] };
    }

    async fingerprint(side: SideName): Promise<string> {
        if (side === "source") return this.archive().version;
        const { sides, roots, signal } = this.session;
        const all = createMatcher();
        return versionDigest(await scan(sides.destination, roots.destination, all, { signal }));
    }

    async declined(): Promise<Declined[]> {
        return [];
    }

    async link(): Promise<undefined> {
        return undefined;
    }

    async unlock(identity: string): Promise<void> {
        this.identity = identity;
    }

    async close(): Promise<void> {
        this.ending.abort(new CutoverError("the mover was closed"));
        await closeSession(this.session);
    }

    private archive(): FoundArchive {
        this.found ??= findArchive(this.options.archive);
        return this.found;
    }

    private async volume(): Promise<ArchivedVolume> {
        this.about ??= await this.chooseVolume();
        return this.about;
    }

    private async chooseVolume(): Promise<ArchivedVolume> {
        const header = await readHeader(this.archive(), this.identity, this.session);
        const wanted = this.options.volume;
        const names = header.volumes.map(({ name }) => name);
        const [only] = header.volumes;
        if (wanted === undefined && only && names.length === 1) return only;
        const found = header.volumes.find(({ name }) => name === wanted);
        if (found) return found;
        throw new CutoverError(
            wanted === undefined
                ? `the archive holds ${names.length} volumes`
                : `the archive holds no volume ${wanted}`,
            { next: `write one of these in archive.volume: ${names.join(", ")}` },
        );
    }

    /**
     * What is there goes only when the archive was read to its end and found whole: nobody is to lose data for one that
     * cannot be restored.
     */
    private async makeEmpty(): Promise<number> {
        const { destination } = this.session.roots;
        const there = await scanSide(this.session, "destination", false);
        if (there.count === 1 && there.sockets.length === 0) return 0;
        await readArchive(this.archive(), this.identity, this.session);
        for (const name of readdirSync(destination, { encoding: "buffer" })) {
            if (name.toString("latin1") === "lost+found") continue;
            rmSync(pathBytes(destination, name.toString("latin1")), { recursive: true });
        }
        return there.count - 1;
    }

    private refuseWithoutRoom(needed: number): void {
        const free = freeBytes(this.session.roots.destination);
        if (needed <= free) return;
        throw new CutoverError(
            `the destination has ${formatBytes(free)} free, and ${formatBytes(needed)} are to be written`,
            { next: "make room where the destination lies, or take a larger one" },
        );
    }

    private async extract(name: string, totalBytes: number): Promise<ReadVolume> {
        const { runner, roots, signal, reporter } = this.session;
        const out: Buffer[] = [];
        const reader = new ArchiveReader({
            volume: (one) => one === name,
            bytes: (raw) => void out.push(raw),
        });
        const stream = new ArchiveStream(this.archive(), this.identity, this.session);
        const tar = Pipe.start(runner, extractCall(name, roots.destination), signal);
        const progress = () => ({ bytes: reader.bytes, totalBytes });
        const ticker = new ProgressTicker(reporter, "restoring", progress);
        try {
            for await (const piece of stream.pieces()) {
                reader.push(piece);
                await tar.write(Buffer.concat(out.splice(0)));
                if (tar.failed) break;
            }
            // What ended too early tar would only wonder about; what tar could not do says nothing of the archive.
            const volumes = tar.failed ? undefined : reader.finish();
            await tar.write(endOfArchive);
            tar.closeInput();
            await this.tarMustEnd(tar);
            return volumes?.get(name) as ReadVolume;
        } finally {
            ticker.stop();
            tar.kill();
            await stream.close();
        }
    }

    private async tarMustEnd(tar: Pipe): Promise<void> {
        const { exitCode, complaints } = await tar.ended();
        if (exitCode === 0) return;
        const full = complaints.some((line) => line.includes("No space left on device"));
        const free = formatBytes(freeBytes(this.session.roots.destination));
        throw new CutoverError(
            full
                ? `the destination is full: ${free} left there; the partial copy stays`
                : "tar could not restore all of it",
            {
                exitCode,
                lastLines: complaints.slice(-8),
                ...(full
                    ? { next: "make room where the destination lies, or take a larger one" }
                    : {}),
            },
        );
    }

    private wasRestored(): ReadVolume {
        if (!this.restored) throw new CutoverError("nothing was restored yet");
        return this.restored;
    }

    private async destinationSide(): Promise<Side> {
        const { runner, roots, signal } = this.session;
        const manifest = await scanSide(this.session, "destination", false);
        return { manifest, attributes: await readAttributes(runner, roots.destination, signal) };
    }

    /** Every file of the destination is read, each inode once. Returns the bytes that were. */
    private async compareContent(
        there: Manifest,
        pairs: readonly [number, number][],
        found: Differences,
    ): Promise<number> {
        const { side } = this.wasRestored();
        const seen = new Set<number | string>();
        const distinct = pairs.filter(
            ([, at]) => !seen.has(there.inode(at)) && seen.add(there.inode(at)),
        );
        const total = distinct.reduce((sum, [, at]) => sum + (there.size[at] as number), 0);
        let bytes = 0;
        const progress = () => ({ bytes, totalBytes: total });
        const ticker = new ProgressTicker(this.session.reporter, "comparing content", progress);
        try {
            const answers = await this.session.sides.destination.reader.digest(
                distinct.map(([, at]) => this.job(there, at)),
                {
                    signal: this.session.signal,
                    onBytes: (more) => {
                        bytes += more;
                    },
                },
            );
            answers.forEach(({ digest, error }, index) => {
                const [at] = distinct[index] as [number, number];
                const path = side.manifest.path(at);
                if (error)
                    throw new CutoverError(`${escapeName(path)} could not be read: ${error}`);
                if (digest === undefined) found.add(path, "changed while it was compared");
                else if (digest !== side.digests.get(at)) found.add(path, "content differs");
            });
        } finally {
            ticker.stop();
        }
        return total;
    }

    private job(there: Manifest, at: number): ContentJob {
        const root = Buffer.from(this.session.roots.destination, "utf8").toString("latin1");
        return {
            path: `${root}/${there.path(at)}`,
            size: there.size[at] as number,
            ctimeSeconds: there.ctimeSeconds[at] as number,
            ctimeNanos: there.ctimeNanos[at] as number,
        };
    }
}

function distinctBytes(manifest: Manifest): number {
    const distinct = new DistinctBytes(manifest);
    for (let at = 0; at < manifest.count; at++) if (manifest.isFile(at)) distinct.add(at);
    return distinct.bytes;
}
