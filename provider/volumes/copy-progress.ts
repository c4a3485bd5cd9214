import { lstatSync } from "node:fs";
import type { Progress } from "../engine/progress.js";
import type { Manifest } from "./manifest.js";
import type { CopyUnit } from "./movers/copy-calls.js";
import { pathBytes } from "./names.js";

/** Files from this size on are looked at while they grow. */
const large = 16 << 20;

/**
 * How far calls of cp are: names by the lines of `cp -v`; bytes of calls that have ended, and what large files that are
 * being written take in the destination by now. Nothing is guessed from one for the other.
 */
export class CopyProgress {
    private names = 0;
    private ended = 0;
    private readonly running = new Set<CopyUnit>();
    private readonly totalFiles: number;
    private readonly totalBytes: number;

    constructor(
        private readonly target: string,
        private readonly source: Manifest,
        units: readonly CopyUnit[],
    ) {
        this.totalFiles = units.reduce((sum, unit) => sum + unit.files, 0);
        this.totalBytes = units.reduce((sum, unit) => sum + unit.bytes, 0);
    }

    get bytes(): number {
        return this.ended;
    }

    begin(unit: CopyUnit): void {
        this.running.add(unit);
    }

    /** Output of `cp -v`: it escapes newlines in names, so that a line is a name. */
    output(chunk: Buffer): void {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.names++;
    }

    end(unit: CopyUnit): void {
        this.running.delete(unit);
        this.ended += unit.bytes;
    }

    progress(): Progress {
        let growing = 0;
        for (const unit of this.running) {
            for (const at of unit.entries) growing += this.written(at);
        }
        return {
            files: Math.min(this.names, this.totalFiles),
            totalFiles: this.totalFiles,
            bytes: Math.min(this.ended + growing, this.totalBytes),
            totalBytes: this.totalBytes,
        };
    }

    private written(at: number): number {
        const allocated = this.source.allocated(at);
        if (!this.source.isFile(at) || allocated < large) return 0;
        const stat = lstatSync(pathBytes(this.target, this.source.path(at)), {
            throwIfNoEntry: false,
        });
        return Math.min((stat?.blocks ?? 0) * 512, allocated);
    }
}
