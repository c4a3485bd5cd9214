import type { ArchiveVerified } from "../../volumes/archive/check.js";
import type { SavedVolume } from "../../volumes/archive/save.js";

/** What a reviewer reads after a save. */
export interface ArchiveReport {
    /** Where it is, on the engine's machine. */
    path: string;
    /** ISO 8601: when the volumes were listed. The archive shows them as they were then. */
    createdAt: string;
    /** Size of the file. */
    bytes: number;
    /** Of the file, as `sha256sum` prints it. `sha256:…` */
    file: string;
    encrypted: boolean;
    /**
     * How it was verified after it was written: `"read back"` unpacked what is on the disk and compared every entry with its
     * manifest; `"digest of the file"` compared the bytes on the disk with those that were written, since nobody can open
     * an encrypted one without a private key.
     */
    verified: ArchiveVerified;
    /** What each volume held, with the digest that a proof of the restored one has too. */
    volumes: SavedVolume[];
    seconds: { save: number; check: number };
    /** Containers that were stopped or paused, where they ran before. */
    quiesced: string[];
    /** Those among them that did not end in time, so that the engine killed them. */
    killed: string[];
    /** Seconds from the first container that was kept from writing until all were let go, or until the commit. */
    freeze?: { seconds: number };
}
