import type { Declined, PassReport, Proof, VerifyLevel } from "../../volumes/mover.js";
import type { LinkReport } from "../../volumes/remote/link-speed.js";
import type { StepResults } from "../steps.js";
import { formatBytes, formatMilliseconds } from "../units.js";
import type { FreezeReport } from "./freeze.js";

/** What a reviewer reads of one copy. */
export interface CopyReport {
    source: string;
    destination: string;
    /** The way that made the first copy: `"reflink"`, `"parallel copy"`, `"stream"` or `"rsync"`. */
    strategy: string;
    /** The cheaper ways that were not taken, each with the reason. */
    declined: Declined[];
    /** Each pass: files, bytes, deletes and seconds; the last one ran while nothing wrote. */
    passes: PassReport[];
    totals: { files: number; bytes: number; deletes: number; seconds: number };
    /** Why the live passes ended before what was left was small, with measured figures; absent where it was small. */
    unsettled?: string;
    /** What the independent look at both sides compared. */
    verified: VerifyLevel;
    /** Of the source's names, metadata and content: the same for the same tree. Absent where nothing was verified. */
    digest?: string;
    proof?: Proof;
}

/** What a reviewer reads after a migration. */
export interface MigrationReport extends CopyReport {
    /** Sockets in the source. They are not carried: the service that listens on one makes it anew. */
    sockets: number;
    /** Containers that were stopped or paused for the last pass, where they ran before. */
    quiesced: string[];
    /** Those among them that did not end in time, so that the engine killed them. */
    killed: string[];
    /** Seconds from the first container that was kept from writing until all were let go, or until the commit. */
    freeze?: FreezeReport;
    /** Of a copy between two hosts: how the data came, how fast the link was, and whether they were compressed. */
    link?: LinkReport & { way: string };
    /** By which a later sync sees whether the destination was written to since. */
    fingerprint: string;
}

/** What a reviewer reads after a change of an environment. */
export interface EnvironmentReport {
    /** Each volume that was copied; absent where none was. */
    volumes?: VolumeReport[];
    /** Absent where no request had to wait. */
    freeze?: FreezeReport;
    /** Seconds until each slot that was started was healthy. */
    started: Record<string, { seconds: number }>;
    /** Containers that did not end in time, so that the engine killed them. */
    killed: string[];
}

/** The copy of one of an environment's volumes. */
export interface VolumeReport extends CopyReport {
    /** Its name in the program. */
    volume: string;
}

/** What a reviewer reads after a container has moved. */
export interface ContainerReport {
    /** The old container: stopped, with restart policy "no", and otherwise as it was. */
    container: string;
    /** The new one. */
    name: string;
    id: string;
    image: string;
    /** Each volume that was copied. */
    volumes: VolumeReport[];
    layer: {
        kept: "image" | "commit";
        /** How many paths of the old container's own layer differ from its image. */
        changed: number;
        /** The first 200 of them. With `"image"` they stayed behind. */
        paths: string[];
    };
    memory: {
        kept: "none" | "checkpoint";
        /** Of the checkpoint on disk. */
        bytes?: number;
        /** What would have been quicker, and why it was not taken. */
        declined: Declined[];
    };
    /** Whether the engine had to kill the old container. */
    killed: string[];
    /** Seconds from the old container's stop until the new one was healthy. */
    gap: { seconds: number };
    /** Seconds that the new one took to be healthy, a part of the gap. */
    started: { seconds: number };
}

/** By what each step of a job returned. */
export function environmentReport(results: StepResults): EnvironmentReport {
    const steps = Object.entries(results) as [string, StepData | undefined][];
    const { seconds = 0, held = 0 } = (results.release ?? {}) as Partial<FreezeReport>;
    const volumes = steps.findLast(([, data]) => data?.volumes)?.[1]?.volumes;
    const cut = (results.drain as StepData | undefined)?.cut ?? 0;
    return {
        ...(volumes?.length ? { volumes } : {}),
        ...(seconds > 0 ? { freeze: { seconds, held, cut } } : {}),
        started: (results.start ?? {}) as EnvironmentReport["started"],
        killed: steps.flatMap(([, data]) => data?.killed ?? []),
    };
}

/** What steps return that is of interest afterwards. */
interface StepData {
    volumes?: VolumeReport[];
    killed?: string[];
    cut?: number;
}

/** Passes and proof of one copy, in the form that reports have. */
export function copyReport(copy: {
    source: string;
    destination: string;
    passes: readonly PassReport[];
    unsettled?: string | undefined;
    declined: Declined[];
    verified: VerifyLevel;
    proof: Proof | undefined;
}): CopyReport {
    const { source, destination, passes, unsettled, declined, verified, proof } = copy;
    return {
        source,
        destination,
        strategy: passes[0]?.mover ?? "rsync",
        declined,
        passes: [...passes],
        totals: totalsOf(passes),
        ...(unsettled === undefined ? {} : { unsettled }),
        verified,
        ...(proof ? { digest: proof.digest, proof } : {}),
    };
}

/** For the row: what a pass wrote, folders counted as entries too. */
export function describePass({ bytes, files, deletes, seconds }: PassReport): string {
    const deleted = deletes ? `, ${deletes} deleted` : "";
    return `${formatBytes(bytes)} in ${countEntries(files)}${deleted}, ${formatMilliseconds(seconds * 1000)}`;
}

export function countEntries(count: number): string {
    return count === 1 ? "1 entry" : `${count} entries`;
}

function totalsOf(passes: readonly PassReport[]): CopyReport["totals"] {
    const totals = { files: 0, bytes: 0, deletes: 0, seconds: 0 };
    for (const { files, bytes, deletes, seconds } of passes) {
        totals.files += files;
        totals.bytes += bytes;
        totals.deletes += deletes;
        totals.seconds += seconds;
    }
    return totals;
}
