import { CutoverError } from "../engine/errors.js";
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
        source: new Digests(),
        destination: new Digests(),
    };
    const jobs: ContentJob[] = [];
    const wanted: { side: SideName; at: number }[] = [];
    let bytesCompared = 0;
    let total = 0;
    for (const [here, there] of pairs) {
        let read = false;
        for (const [side, at] of [
            ["source", here],
            ["destination", there],
        ] as const) {
            const manifest = sides[side];
            if (!digests[side].needs(manifest, at, session.records[side].get(manifest, at)))
                continue;
            jobs.push(await session.reader.job(session.roots[side], manifest, at, session.signal));
            wanted.push({ side, at });
            total += manifest.size[at] as number;
            read = true;
        }
        if (read) bytesCompared += sides.source.size[here] as number;
    }
    const bytesRead = await readAll(session, sides, jobs, wanted, digests, { message, total });
    const verdicts = pairs.map(([here, there]): Verdict => {
        const a = digests.source.get(sides.source, here);
        const b = digests.destination.get(sides.destination, there);
        return a === undefined || b === undefined ? "moved" : a === b ? "same" : "differs";
    });
    const sourceDigest = (at: number) =>
        sides.source.isFile(at) ? digests.source.get(sides.source, at) : undefined;
    return { verdicts, bytesRead, bytesCompared, sourceDigest };
}

async function readAll(
    session: Session,
    sides: Record<SideName, Manifest>,
    jobs: ContentJob[],
    wanted: { side: SideName; at: number }[],
    digests: Record<SideName, Digests>,
    told: { message: string; total: number },
): Promise<number> {
    let bytes = 0;
    const ticker = new ProgressTicker(session.reporter, told.message, () => ({
        bytes,
        totalBytes: told.total,
    }));
    try {
        const answers = await session.reader.digest(jobs, {
            signal: session.signal,
            onBytes: (more) => {
                bytes += more;
            },
        });
        answers.forEach((answer, index) => {
            const { side, at } = wanted[index] as { side: SideName; at: number };
            keep(session, side, sides[side], at, answer, digests[side]);
        });
        return bytes;
    } finally {
        ticker.stop();
    }
}

function keep(
    session: Session,
    side: SideName,
    manifest: Manifest,
    at: number,
    answer: ContentAnswer,
    found: Digests,
) {
    if (answer.error) {
        throw new CutoverError(
            `${escapeName(manifest.path(at))} of the ${side} could not be read: ${answer.error}`,
            {
                next: "see the kernel's log for errors of the disk",
            },
        );
    }
    if (answer.digest === undefined) return;
    found.set(manifest, at, answer.digest);
    if (!answer.fresh) session.records[side].set(manifest, at, answer.digest);
}

/** Digests of this comparison, by inode: all names of a file are answered by one reading. */
class Digests {
    private readonly known = new Map<number | string, string | undefined>();

    /** True when the inode is still to be read; asks once. */
    needs(manifest: Manifest, at: number, recorded: string | undefined): boolean {
        const inode = manifest.inode(at);
        if (this.known.has(inode)) return false;
        this.known.set(inode, recorded);
        return recorded === undefined;
    }

    set(manifest: Manifest, at: number, digest: string): void {
        this.known.set(manifest.inode(at), digest);
    }

    get(manifest: Manifest, at: number): string | undefined {
        return this.known.get(manifest.inode(at));
    }
}
