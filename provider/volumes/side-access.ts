import { lstatSync, statfsSync } from "node:fs";
import type { CommandRunner } from "../platforms/commands.js";
import { ContentReader } from "./content.js";
import { type BytePath, pathBytes } from "./names.js";

/** One side of a migration, wherever it is: the tools that work on it, and what only its own machine can tell. */
export interface SideAccess {
    runner: CommandRunner;
    reader: Pick<ContentReader, "digest" | "close">;
    /** Whether its change times tell of every write; where not, no earlier reading is trusted. */
    changeTimesTell: boolean;
    /** Bytes that an unprivileged process, such as the service, can still write there. */
    free(): Promise<number>;
    /** The numbers of devices, "vanished" for those that are gone. */
    devices(paths: readonly BytePath[]): Promise<string[]>;
    /** Its clock, in milliseconds: change times are by it. */
    now(): number;
}

/** A side on this machine. Both may share one reader: then files are compared as they are read. */
export function localSide(
    runner: CommandRunner,
    root: string,
    reader = new ContentReader(runner),
): SideAccess {
    return {
        runner,
        reader,
        changeTimesTell: changeTimesTell(root),
        free: async () => freeBytes(root),
        devices: async (paths) => paths.map((path) => deviceOf(root, path)),
        now: Date.now,
    };
}

/** Bytes that an unprivileged process, such as the service, can still write where a path lies. */
export function freeBytes(path: string): number {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
}

/** `find` has no directive for a device's numbers; there are few. */
export function deviceOf(root: string, path: BytePath): string {
    const stat = lstatSync(pathBytes(root, path), { throwIfNoEntry: false });
    return stat ? String(stat.rdev) : "vanished";
}

/**
 * File systems whose change times tell of every write, those through mmap included: a page's first store after each
 * write-back sets them (ext4, XFS, btrfs). On others (tmpfs never sees stores, NFS and FUSE cache times) no earlier
 * reading is trusted.
 */
const trustedTypes: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e]);

export function changeTimesTell(root: string): boolean {
    return trustedTypes.has(statfsSync(root).type);
}
