import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { CutoverError } from "../engine/errors.js";
import type { Reserve } from "../engine/handover/tools.js";

/** In the journal's volume, as the runner sees it. */
export const reservePath = "/journal/reserve";

const megabyte = Buffer.alloc(1024 * 1024, 0xa5);

/**
 * A file in the journal's volume, which lies on the engine's own disk: starting a container fails on a full one, so room
 * for the way back is kept until it is needed.
 */
export function fileReserve(path: string, megabytes = 32): Reserve {
    return {
        async take() {
            const file = openSync(path, "w", 0o600);
            try {
                for (let i = 0; i < megabytes; i++) writeWhole(file, megabyte);
                fsyncSync(file);
            } catch (cause) {
                throw new CutoverError(
                    `there is no room on the engine's disk to keep ${megabytes} MiB back for the way back`,
                    {
                        cause,
                        lastLines: [cause instanceof Error ? cause.message : String(cause)],
                        next: "make room there",
                    },
                );
            } finally {
                closeSync(file);
            }
        },
        async giveBack() {
            rmSync(path, { force: true });
        },
    };
}

function writeWhole(file: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
