import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Progress } from "../../provider/engine/progress.js";
import { CopyProgress } from "../../provider/volumes/copy-progress.js";
import { estimateLastPass } from "../../provider/volumes/estimate.js";
import { kinds, Manifest } from "../../provider/volumes/manifest.js";
import { ProgressTicker } from "../../provider/volumes/progress.js";
import { RecordingReporter } from "./workbench.js";

test("rate and time left come from what was measured over the last seconds", () => {
    const reporter = new RecordingReporter();
    let now = 0;
    const current: Progress = { bytes: 0, totalBytes: 1_000 };
    const ticker = new ProgressTicker(
        reporter,
        "copying",
        () => ({ ...current }),
        () => now,
    );
    for (const bytes of [0, 100, 300]) {
        current.bytes = bytes;
        ticker.tick();
        now += 1_000;
    }
    ticker.stop();
    expect(reporter.statuses.map(({ progress }) => progress)).toEqual([
        { bytes: 0, totalBytes: 1_000 },
        { bytes: 100, totalBytes: 1_000, rate: 100, left: 9_000 },
        { bytes: 300, totalBytes: 1_000, rate: 150, left: 4_667 },
    ]);
});

test("nothing left is told where nothing moves, or where there is more than was counted", () => {
    const reporter = new RecordingReporter();
    let now = 0;
    const current: Progress = { bytes: 50, totalBytes: 100 };
    const ticker = new ProgressTicker(
        reporter,
        "copying",
        () => ({ ...current }),
        () => now++,
    );
    ticker.tick();
    ticker.tick();
    current.bytes = 200;
    ticker.tick();
    ticker.stop();
    for (const { progress } of reporter.statuses) expect(progress).not.toHaveProperty("left");
});

test("cp's progress counts lines, ended calls, and large files as they grow", () => {
    const target = mkdtempSync(join(tmpdir(), "cutover-progress-"));
    try {
        const source = new Manifest();
        const stat = {
            mode: 0,
            uid: 0,
            gid: 0,
            links: 1,
            inodeLow: 1,
            inodeHigh: 0,
            mtimeSeconds: 0,
        };
        const times = { mtimeNanos: 0, ctimeSeconds: 0, ctimeNanos: 0 };
        source.add("", { ...stat, ...times, kind: kinds.directory, size: 0, blocks: 0 });
        const size = 64 << 20;
        source.add("large", { ...stat, ...times, kind: kinds.file, size, blocks: size / 512 });
        const unit = { folder: "", entries: [1], bytes: size, files: 1 };
        const copied = new CopyProgress(target, source, [unit]);
        const seen = (): [unknown, unknown] => [copied.progress().files, copied.progress().bytes];
        expect(seen()).toEqual([0, 0]);
        copied.begin(unit);
        writeFileSync(join(target, "large"), Buffer.alloc(8 << 20, 1));
        expect(copied.progress().bytes).toBeGreaterThanOrEqual(8 << 20);
        expect(copied.progress().bytes).toBeLessThan(9 << 20);
        copied.output(Buffer.from("'a' -> 'b'\n'c' -> 'd'\n"));
        copied.end(unit);
        expect(seen()).toEqual([1, size]);
    } finally {
        rmSync(target, { recursive: true });
    }
});

test("the last pass is expected from this migration's own figures, and says from which", () => {
    const pass = { scan: 0.5, copy: 10, entries: 100_000, bytes: 400 << 20 };
    const { ms, basis } = estimateLastPass({ entries: 1_000, bytes: 4 << 20 }, 0.4, [pass]);
    expect(ms).toBe(2_500);
    expect(basis).toBe(
        "1000 entries (4 MiB) changed since the last pass; 100000 entries (400 MiB) took 10 s to copy; a scan takes 400 ms; with proof and flush",
    );
    expect(estimateLastPass({ entries: 5, bytes: 0 }, 0.1, []).basis).toContain(
        "no pass was measured yet",
    );
});
