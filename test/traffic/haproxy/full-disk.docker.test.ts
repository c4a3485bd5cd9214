import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
    ControlFolder,
    controlNames,
    deadlineIn,
    holdMap,
} from "../../../provider/traffic/haproxy/control-files.js";

/** A real file system of 2 MiB, full to its last block. */
describe("a full disk", () => {
    let base: string;
    let mount: string;
    beforeEach(() => {
        base = mkdtempSync(join(tmpdir(), "cutover-full-"));
        mount = join(base, "disk");
        mkdirSync(mount);
        execFileSync("truncate", ["--size", "4M", join(base, "image")]);
        execFileSync("mkfs.ext4", ["-q", "-m", "0", join(base, "image")]);
        execFileSync("mount", ["-o", "loop", join(base, "image"), mount]);
    });
    afterEach(() => {
        execFileSync("umount", [mount]);
        rmSync(base, { recursive: true });
    });

    function fill(): void {
        for (let size = 65_536; size >= 512; size /= 2) {
            for (let n = 0; ; n++) {
                try {
                    writeFileSync(join(mount, `filler-${size}-${n}`), "x".repeat(size));
                } catch {
                    break;
                }
            }
        }
        expect(statfsSync(mount).bavail).toBe(0);
    }

    test("does not keep a hold on: the release is written from the room kept back", () => {
        const folder = new ControlFolder(mount);
        folder.keepSpare();
        folder.write(controlNames.hold, holdMap(7));
        fill();
        folder.write(controlNames.hold, holdMap(0));
        expect(deadlineIn(folder.read(controlNames.hold))).toBe(0);
    });

    test("without room kept back the old file stays, whole", () => {
        const folder = new ControlFolder(mount);
        folder.write(controlNames.hold, holdMap(7));
        fill();
        expect(() => folder.write(controlNames.hold, holdMap(0))).toThrow(
            /^could not write the router's hold\.map: ENOSPC/,
        );
        expect(deadlineIn(folder.read(controlNames.hold))).toBe(7);
    });
});
