import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import type { Reserve } from "../engine/handover/tools.js";

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
                for (let i = 0; i < megabytes; i++) writeSync(file, megabyte);
                fsyncSync(file);
            } finally {
                closeSync(file);
            }
        },
        async giveBack() {
            rmSync(path, { force: true });
        },
    };
}
