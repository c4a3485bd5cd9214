import { expect, test } from "vitest";
import type { Assessment } from "../../provider/assess/assessment.js";
import { risksOf } from "../../provider/assess/risks.js";
import { assessed, assessedVolume } from "./assessed.js";

const told = (seen: Partial<Assessment>) =>
    risksOf(assessed(seen)).map(({ grade, what }) => `${grade}: ${what}`);

test("nothing to mind, nothing said", () => {
    expect(risksOf(assessed())).toEqual([]);
    expect(risksOf(assessed({ volumes: [] }))).toEqual([]);
});

test("who else writes, by name", () => {
    expect(risksOf(assessed({ volumes: [assessedVolume({ writers: ["a", "b"] })] }))).toEqual([
        {
            grade: "high",
            what: "data could be written by a, b too",
            advice: "name it in quiesce.containers, or stop it: the proof fails while it writes",
        },
    ]);
});

test("no room for the copies of all volumes together", () => {
    const large = assessedVolume({ measured: { allocated: 600_000 } });
    expect(told({ volumes: [large] })).toEqual([]);
    expect(told({ volumes: [large, large] })).toEqual([
        "high: the copies need 1.1 MiB, and 976.6 KiB are free",
    ]);
});

test("what a copy does not carry, and an empty volume", () => {
    const volume = assessedVolume({ measured: { sockets: 2, empty: true } });
    expect(told({ volumes: [volume] })).toEqual([
        "low: data holds 2 sockets, which no copy carries",
        "low: data is empty: Docker fills its copy from the image of whoever mounts it first",
    ]);
});

test("a large file that is always written to is copied again in the freeze", () => {
    const size = 100 * 1024 ** 2;
    const volume = assessedVolume({
        measured: { allocated: size, free: 10 * size },
        watched: { files: 1, bytes: size },
    });
    expect(told({ volumes: [volume] })).toEqual([
        "medium: most of data is in files that are written to all the time (100 MiB), and what changed is copied again in the freeze",
    ]);
});

test("what stays behind, the gravest first", () => {
    const seen = {
        removedAtEnd: true,
        binds: [
            { source: "/srv/a", path: "/a", writable: false },
            { source: "/srv/b", path: "/b", writable: true },
        ],
        layer: { changed: 1, paths: ["/tmp/x"] },
    };
    expect(told(seen)).toEqual([
        "high: the engine removes this container as soon as it stops (--rm): there is no way back to it",
        "medium: /b is /srv/b of the host, and no volume: it does not move",
        "medium: it wrote 1 file outside of its mounts (docker diff): what is there does not move",
        "low: /a is /srv/a of the host, and no volume: it does not move",
    ]);
});
