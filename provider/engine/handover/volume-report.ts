import type { Declined, PassReport, Proof, VerifyLevel } from "../../volumes/mover.js";
import type { FreezeReport } from "./freeze.js";

/** What a reviewer reads after a migration. */
export interface MigrationReport {
    source: string;
    destination: string;
    /** The way that made the first copy: `"reflink"`, `"parallel copy"` or `"rsync"`. */
    strategy: string;
    /** The cheaper ways that were not taken, each with the reason. */
    declined: Declined[];
    /** Each pass: files, bytes, deletes and seconds; the last one ran while nothing wrote. */
    passes: PassReport[];
    totals: { files: number; bytes: number; deletes: number; seconds: number };
    /** Sockets in the source. They are not carried: the service that listens on one makes it anew. */
    sockets: number;
    /** What the independent look at both sides compared. */
    verified: VerifyLevel;
    /** Of the source's names, metadata and content: the same for the same tree. Absent where nothing was verified. */
    digest?: string;
    proof?: Proof;
    /** Containers that were stopped or paused for the last pass, where they ran before. */
    quiesced: string[];
    /** Those among them that did not end in time, so that the engine killed them. */
    killed: string[];
    /** Seconds from the first container that was kept from writing until all were let go, or until the commit. */
    freeze?: FreezeReport;
    /** By which a later sync sees whether the destination was written to since. */
    fingerprint: string;
}

export function totalsOf(passes: readonly PassReport[]): MigrationReport["totals"] {
    const totals = { files: 0, bytes: 0, deletes: 0, seconds: 0 };
    for (const { files, bytes, deletes, seconds } of passes) {
        totals.files += files;
        totals.bytes += bytes;
        totals.deletes += deletes;
        totals.seconds += seconds;
    }
    return totals;
}
