import { CutoverError } from "../../engine/errors.js";
import type { Measure } from "../mover.js";

/**
 * An archive is a tar of the posix format, compressed by zstd, and encrypted by age where there are recipients. In it,
 * in this order:
 *
 *     .pulumi-cutover/header.json           what is in it; a zstd frame of its own, so that it is read at once
 *     orders-v1/ …                          each volume in a folder of its name
 *     .pulumi-cutover/manifest/orders-v1/1  what that volume held: see manifest-text.ts; in several parts when it is long
 *     .pulumi-cutover/end.json              digests of the manifests; without it the archive is not whole
 *
 * The name of a volume begins with a letter or a digit, so that nothing in a volume can have a name of ours.
 */
export const ownFolder = ".pulumi-cutover";

export const ownNames = {
    header: `${ownFolder}/header.json`,
    manifest: (volume: string, part: number) => `${ownFolder}/manifest/${volume}/${part}`,
    end: `${ownFolder}/end.json`,
};

/** The volume and the number of a manifest's part; undefined where a name is none. */
export function manifestPart(path: string): { volume: string; part: number } | undefined {
    const [, volume, part] =
        /^\.pulumi-cutover\/manifest\/([^/]+)\/([1-9]\d{0,8})$/.exec(path) ?? [];
    return volume === undefined ? undefined : { volume, part: Number(part) };
}

/** The version of all this; another one is refused. */
export const formatVersion = 1;

/** What is known before the first volume is read. */
export interface ArchiveHeader {
    format: "pulumi-cutover archive";
    version: typeof formatVersion;
    /** ISO 8601: when the volumes were listed, which is what the archive shows. */
    createdAt: string;
    volumes: ArchivedVolume[];
    /** The container whose volumes these are, where one was named. */
    container?: string;
    include?: string[];
    exclude?: string[];
}

export interface ArchivedVolume extends Omit<Measure, "free"> {
    /** Its folder in the archive. */
    name: string;
}

/** What is known at the end. */
export interface ArchiveEnd {
    volumes: Record<string, VolumeEnd>;
}

export interface VolumeEnd {
    entries: number;
    /** sha256 of the manifest's parts, one after the other, in hexadecimal. */
    manifest: string;
    /** As a proof has it: of names, metadata and content. */
    digest: string;
}

/** What may be the name of a volume's folder. */
const folderName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export function isFolderName(name: unknown): name is string {
    return typeof name === "string" && name.length <= 255 && folderName.test(name);
}

/** Reads a header. @throws CutoverError on one that is none, or of another version. */
export function parseHeader(text: string): ArchiveHeader {
    const header = parseJson(text) as Partial<ArchiveHeader> | undefined;
    if (header?.format !== "pulumi-cutover archive") throw noArchive();
    if (header.version !== formatVersion) {
        throw new CutoverError(
            `the archive is of format ${JSON.stringify(header.version)}, and this version reads ${formatVersion}`,
            { next: "use the version of pulumi-cutover that wrote it, or open it by tar" },
        );
    }
    const { volumes, createdAt } = header;
    const whole =
        typeof createdAt === "string" &&
        !Number.isNaN(Date.parse(createdAt)) &&
        Array.isArray(volumes) &&
        volumes.length > 0 &&
        volumes.every(isVolume) &&
        new Set(volumes.map(({ name }) => name)).size === volumes.length;
    if (!whole) throw damaged("its header is not whole");
    return header as ArchiveHeader;
}

const counts = ["entries", "files", "directories", "symlinks", "specials", "sockets"] as const;

function isVolume(value: unknown): value is ArchivedVolume {
    const volume = value as Partial<ArchivedVolume> | null;
    if (typeof volume !== "object" || volume === null || !isFolderName(volume.name)) return false;
    const numbers = [...counts, "bytes", "allocated"] as const;
    return numbers.every((key) => Number.isSafeInteger(volume[key]) && (volume[key] ?? -1) >= 0);
}

/** Reads what ends an archive. */
export function parseEnd(text: string): ArchiveEnd {
    const end = parseJson(text) as Partial<ArchiveEnd> | undefined;
    if (typeof end?.volumes !== "object" || end.volumes === null)
        throw damaged("its end is not whole");
    return end as ArchiveEnd;
}

function parseJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

export function noArchive(): CutoverError {
    return new CutoverError("the file is no archive of pulumi-cutover", {
        next: "check archive.path",
    });
}

/** What cannot have been written like this. */
export function damaged(why: string): CutoverError {
    return new CutoverError(`the archive is damaged: ${why}`, {
        next: "restore from another archive",
    });
}
