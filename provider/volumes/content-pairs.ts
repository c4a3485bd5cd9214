import { CutoverError } from "../engine/errors.js";
import { type ContentRecords, worthSkipping } from "./content.js";
import type { ContentAnswer, ContentJob } from "./content-worker.js";
import type { Manifest } from "./manifest.js";
import { escapeName } from "./names.js";
import { ProgressTicker } from "./progress.js";
import type { Session, SideName } from "./session.js";

export type Verdict = "same" | "differs" | "moved";

export interface Compared {
    /** For each pair, in order. */
    verdicts: Verdict[];
    /** Bytes read on both sides. */
    bytesRead: number;
    /** Bytes of content that were read for this comparison, counted once a pair. */
    bytesCompared: number;
    /** The digest of an entry of the source, where it is known now. */
    sourceDigest: (at: number) => string | undefined;
}

/**
 * Compares the content of pairs of files. What was read before and has the same change time is not read again; what is
 * read is remembered, unless it changed so shortly before that its change time cannot be trusted.
 */
export async function comparePairs(
    session: Session,
    sides: Record<SideName, Manifest>,
    pairs: readonly [number, number][],
    message: string,
): Promise<Compared> {
    const digests: Record<SideName, Digests> = {
        source: new Digests(session.records.source),
        destination: new Digests(session.records.destination),
    };
    const totalBytes = bytesToRead(session, sides, pairs);
    let bytesRead = 0;
    let bytesCompared = 0;
    let done = 0;
    const files = pairs.length;
    const progress = () => ({ bytes: bytesRead, totalBytes, files: done, totalFiles: files });
    const ticker = new ProgressTicker(session.reporter, message, progress);
    const onBytes = (more: number) => {
        bytesRead += more;
    };
    try {
        for (let from = 0; from < pairs.length; from += slice) {
            const part = pairs.slice(from, from + slice);
            bytesCompared += await readSlice(session, sides, part, digests, onBytes);
            done += part.length;
        }
    } finally {
        ticker.stop();
    }
    const verdicts = pairs.map(([here, there]): Verdict => {
        const a = digests.source.get(sides.source, here);
        const b = digests.destination.get(sides.destination, there);
        return a === undefined || b === undefined ? "moved" : a === b ? "same" : "differs";
    });
    const sourceDigest = (at: number) =>
        sides.source.isFile(at) ? digests.source.get(sides.source, at) : undefined;
    return { verdicts, bytesRead, bytesCompared, sourceDigest };
}

/** Pairs in work at once: enough for all threads, and little to hold in memory. */
const slice = 20_000;

/** Before anything is read: what is not known yet, hard links once for each name. */
function bytesToRead(
    session: Session,
    sides: Record<SideName, Manifest>,
    pairs: readonly [number, number][],
): number {
    let total = 0;
    for (const [here, there] of pairs) {
        if (!session.records.source.knows(sides.source, here))
            total += sides.source.size[here] as number;
        if (!session.records.destination.knows(sides.destination, there)) {
            total += sides.destination.size[there] as number;
        }
    }
    return total;
}

/** Returns the bytes of content that were compared anew. */
async function readSlice(
    session: Session,
    sides: Record<SideName, Manifest>,
    pairs: readonly [number, number][],
    digests: Record<SideName, Digests>,
    onBytes: (more: number) => void,
): Promise<number> {
    const wanted: Wanted[] = [];
    let bytesCompared = 0;
    for (const [here, there] of pairs) {
        const needs = (side: SideName, at: number) => digests[side].needs(sides[side], at);
        const [source, destination] = [needs("source", here), needs("destination", there)];
        if (source || destination) bytesCompared += sides.source.size[here] as number;
        const holes = worthSkipping(sides.source, here) || worthSkipping(sides.destination, there);
        if (source && destination && !holes && readsBoth(session))
            wanted.push({ side: "source", at: here, twin: there });
        else {
            if (source) wanted.push({ side: "source", at: here });
            if (destination) wanted.push({ side: "destination", at: there });
        }
    }
    const context = { session, sides, digests, onBytes };
    const apart = await readWanted(context, wanted);
    // Two that differ are read once more, each by itself: other names may have to be compared with either.
    await readWanted(context, apart);
    return bytesCompared;
}

/** One file to read, or a pair of the same size at once. */
interface Wanted {
    side: SideName;
    at: number;
    /** The entry of the destination that is read along with one of the source. */
    twin?: number;
}

interface ReadContext {
    session: Session;
    sides: Record<SideName, Manifest>;
    digests: Record<SideName, Digests>;
    onBytes: (more: number) => void;
}

/** Reads and keeps what comes of it. Returns what has to be read again, each side by itself. */
async function readWanted(context: ReadContext, wanted: readonly Wanted[]): Promise<Wanted[]> {
    const { session, sides, onBytes } = context;
    const jobs: ContentJob[] = wanted.map(({ side, at, twin }) => {
        const job: ContentJob = version(session, side, sides[side], at);
        if (twin !== undefined) job.twin = version(session, "destination", sides.destination, twin);
        if (worthSkipping(sides[side], at)) job.holed = true;
        return job;
    });
    const answers = await digest(context, wanted, jobs, onBytes);
    const apart: Wanted[] = [];
    answers.forEach((answer, index) => {
        const { side, at, twin } = wanted[index] as Wanted;
        if (twin !== undefined && (answer.differs || answer.error)) {
            apart.push({ side: "source", at }, { side: "destination", at: twin });
            return;
        }
        keep(context, side, at, answer);
        if (twin !== undefined) keep(context, "destination", twin, answer);
    });
    return apart;
}

/** By the reader of each side; one that reads both is asked once. */
async function digest(
    { session }: ReadContext,
    wanted: readonly Wanted[],
    jobs: readonly ContentJob[],
    onBytes: (more: number) => void,
): Promise<ContentAnswer[]> {
    const options = { signal: session.signal, onBytes };
    if (readsBoth(session)) return session.sides.source.reader.digest(jobs, options);
    const answers = new Array<ContentAnswer>(jobs.length);
    const bySide = (["source", "destination"] as const).map(async (side) => {
        const places = [...jobs.keys()].filter((index) => wanted[index]?.side === side);
        const own = places.map((index) => jobs[index] as ContentJob);
        const found = await session.sides[side].reader.digest(own, options);
        for (const [at, index] of places.entries()) answers[index] = found[at] as ContentAnswer;
    });
    await Promise.all(bySide);
    return answers;
}

/** One that reads both sides compares as it reads, which is half of the work. */
function readsBoth({ sides }: Session): boolean {
    return sides.source.reader === sides.destination.reader;
}

function version(session: Session, side: SideName, manifest: Manifest, at: number) {
    const root = Buffer.from(session.roots[side], "utf8").toString("latin1");
    return {
        path: `${root}/${manifest.path(at)}`,
        size: manifest.size[at] as number,
        ctimeSeconds: manifest.ctimeSeconds[at] as number,
        ctimeNanos: manifest.ctimeNanos[at] as number,
    };
}

function keep(context: ReadContext, side: SideName, at: number, answer: ContentAnswer): void {
    const { digests, sides } = context;
    const manifest = sides[side];
    if (answer.error) {
        throw new CutoverError(
            `${escapeName(manifest.path(at))} of the ${side} could not be read: ${answer.error}`,
            { next: "see the kernel's log for errors of the disk" },
        );
    }
    if (answer.digest === undefined) return;
    digests[side].set(manifest, at, answer.digest, !answer.fresh);
}

/** Digests of this comparison, by inode, where the records do not have them: all names of a file are answered by one reading. */
class Digests {
    private readonly known = new Map<number | string, string | undefined>();

    constructor(private readonly records: ContentRecords) {}

    /** True when the inode is still to be read; asks once. */
    needs(manifest: Manifest, at: number): boolean {
        if (this.records.knows(manifest, at)) return false;
        const inode = manifest.inode(at);
        if (this.known.has(inode)) return false;
        this.known.set(inode, undefined);
        return true;
    }

    /** @param lasting the digest holds for this version of the file, not for this comparison alone */
    set(manifest: Manifest, at: number, digest: string, lasting: boolean): void {
        if (lasting) {
            this.records.set(manifest, at, digest);
            this.known.delete(manifest.inode(at));
        } else this.known.set(manifest.inode(at), digest);
    }

    get(manifest: Manifest, at: number): string | undefined {
        const fresh = this.known.size > 0 ? this.known.get(manifest.inode(at)) : undefined;
        return fresh ?? this.records.get(manifest, at);
    }
}
