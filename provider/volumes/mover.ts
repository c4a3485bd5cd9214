import type { Reporter } from "../engine/progress.js";
import type { MaxDelete } from "./max-delete.js";
import type { Priority } from "./priority.js";
import type { LinkReport } from "./remote/link-speed.js";

/** One pass over a volume, as the report shows it. */
export interface PassReport {
    /** 1 for the first. */
    number: number;
    /** True for the pass under the freeze: nothing writes any more. */
    last: boolean;
    /** The rung of the ladder that copied: "reflink", "parallel copy", "rsync". */
    mover: string;
    /** Entries created or changed in the destination. */
    files: number;
    /** Bytes of file content written. */
    bytes: number;
    /** Entries removed from the destination. */
    deletes: number;
    seconds: number;
}

/** A rung of the ladder that did not copy, and why. */
export interface Declined {
    mover: string;
    reason: string;
}

export type VerifyLevel = "content" | "metadata" | "none";

/**
 * How a proof was made: by a look at every name while nothing wrote, or by one while the source was still written to, and
 * then, while nothing wrote, at every name of either side that the kernel told something had happened to since.
 */
export type ProofBasis = "every name" | "what changed since every name was proven";

/** What an independent look at both sides found. */
export interface Proof {
    level: VerifyLevel;
    basis: ProofBasis;
    equal: boolean;
    entries: number;
    /** Of the files whose content is equal: compared in this look, or before and not changed since. */
    bytesEqual: number;
    /** Those of them that were read in this look. */
    bytesCompared: number;
    /** Of the source's names, metadata and content; the same for the same tree. `sha256:…` */
    digest: string;
    seconds: number;
    /** The first differences, names escaped for the screen: `b "a\nb": content differs`. */
    differences: string[];
    /** How many differences in all. */
    differenceCount: number;
}

/** A volume measured: what preview and the plan show. */
export interface Measure {
    /** Every name, directories included. */
    entries: number;
    files: number;
    directories: number;
    symlinks: number;
    /** FIFOs and device nodes. */
    specials: number;
    /** Never carried by any mover: reported. */
    sockets: number;
    /** Apparent bytes of all files, a hard link counted once. */
    bytes: number;
    /** Bytes that take room on the disk. */
    allocated: number;
    /** Room left where it lies. */
    free: number;
    /** True when there is nothing but the root (and lost+found). */
    empty: boolean;
    /** Newest ctime of any entry, ISO 8601: its "age". */
    newest?: string;
    /** One look at every name took so long; absent where nothing was looked at. */
    scanSeconds?: number;
}

/** What a comparison during the live passes found equal. */
export interface Settled {
    entries: number;
    /** Bytes of content that were read for it. */
    bytes: number;
    seconds: number;
    /** From now on a watch tells what changes, so that a pass costs no more than that. */
    watched: boolean;
}

export interface PassesOptions {
    /** Live passes stop when what a pass copied is at most this. */
    settle: { bytes: number; files: number };
    /** Most live passes. */
    max: number;
}

/**
 * Copies one volume into another, in passes, and proves it. One session lives through a whole migration, so that the
 * last pass costs what changed since the pass before. `serve.ts` runs one in a container; tests run it in process.
 * The source is never written to.
 */
export interface Mover {
    measure(side: "source" | "destination"): Promise<Measure>;
    /** A live pass: the source may be written to meanwhile; what vanishes under it is no failure. */
    livePass(): Promise<PassReport>;
    /**
     * Compares what has settled since it was copied, so that the proof under the freeze re-reads only what changed. Where a
     * look at every name takes long, this is the moment from which a watch tells what changes: it proves all the rest now.
     */
    verifySettled(): Promise<Settled>;
    /** What the last pass is expected to take now, in milliseconds, from what was measured. */
    expectLastPass(): Promise<{ ms: number; basis: string }>;
    /** The last pass: nothing may write any more. */
    lastPass(): Promise<PassReport>;
    /** Flushes the destination to disk (file system wide). */
    flush(): Promise<void>;
    /** An independent look at both sides; at which names, the proof says. */
    prove(level: VerifyLevel): Promise<Proof>;
    /** Looks at the source once more: has anything changed since the proof? Names the first changes. */
    unchangedSinceProof(): Promise<{ unchanged: boolean; changes: string[] }>;
    /** Digest of names, metadata and change times of a side: to see later whether it was written to. */
    fingerprint(side: "source" | "destination"): Promise<string>;
    /** Rungs that were declined so far. */
    declined(): Promise<Declined[]>;
    /** What was measured of the link between two hosts; undefined on one host, and before the first pass. */
    link(): Promise<LinkReport | undefined>;
    /** Takes the private key for an encrypted archive: only a mover that restores one has it. */
    unlock?(identity: string): Promise<void>;
    /** Ends movers that still run; the partial copy stays. */
    close(): Promise<void>;
}

export interface MoverOptions {
    /** Directory of the source (mounted read-only) and of the destination. */
    source: string;
    destination: string;
    /** Globs relative to the root, as rsync has them; the same in copy and proof. */
    include?: string[];
    exclude?: string[];
    /** Restores this archive instead: a file in the source's folder, and which of its volumes. */
    archive?: { file: string; volume?: string };
    /** Only this rung. @default "auto" */
    strategy?: string;
    /** Bytes a second, of copies on one machine; between hosts the source's end keeps to it. */
    limit?: number;
    /**
     * Writers are paused for the last pass, not ended: what they store through mappings is told by no watch, so that every
     * name is looked at under the freeze, whatever it takes. @default false
     */
    paused?: boolean;
    /** Refuses a pass that would delete more of what the destination holds already. @default no limit */
    maxDelete?: MaxDelete;
    /** Calls of cp, and threads that compare content, side by side. @default as many as there are processors, at most 8 */
    parallel?: number;
    /** Of a mover in a process of its own: it lowers its own. @default "normal" */
    priority?: Priority;
    /**
     * Milliseconds that looking at every name of both sides may take under the freeze; where it takes longer, only what
     * changed is looked at. @default 1000, and 10,000 names whatever these take
     */
    fullLook?: number;
    reporter: Reporter;
    signal: AbortSignal;
}
