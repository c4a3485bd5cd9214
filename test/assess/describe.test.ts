import { expect, test } from "vitest";
import { describeAssessment } from "../../provider/assess/describe.js";
import { assessed, assessedVolume } from "./assessed.js";

test("a container with a volume and a risk", () => {
    const volume = assessedVolume({
        measured: { files: 1, symlinks: 0, specials: 2, sockets: 1 },
        watched: { files: 2, bytes: 4096 },
    });
    const risks = [{ grade: "low" as const, what: "something", advice: "mind it" }];
    expect(describeAssessment(assessed({ volumes: [volume], risks }))).toBe(
        `orders (redis:7, running)
  would move
    data at /data: 4.9 KiB (8 KiB on the disk) in 1 file, 1 folder, 2 FIFOs or devices, 1 socket
      in 3 s 2 files of 4 KiB in all were written to
  would take
    disk    8 KiB
    freeze  1 s for the last pass and its proof, and the time to stop and start
  risks
    low     something
            mind it`,
    );
});

test("one without volumes, and without risks", () => {
    const { freeze: _, ...without } = assessed({ volumes: [], status: "exited" });
    expect(describeAssessment(without)).toBe(
        `orders (redis:7, exited)
  has no volume: nothing would move
  no risks were seen`,
    );
});

test("an empty volume that nobody writes to", () => {
    const none = { files: 0, directories: 0, symlinks: 0, bytes: 0, allocated: 4096 };
    const text = describeAssessment(assessed({ volumes: [assessedVolume({ measured: none })] }));
    expect(text).toContain("data at /data: 0 B (4 KiB on the disk) in no files");
    expect(text).toContain("      in 3 s nothing was written");
});
