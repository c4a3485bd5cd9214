import { describe, expect, test } from "vitest";
import { unknownValue as unknown } from "../../../provider/handlers/unknown.js";
import { aimOf, migrationJob, wantsSync } from "../../../provider/handlers/volume-migration/job.js";
import { planOfMigration } from "../../../provider/handlers/volume-migration/plan.js";
import { readMigrationDeclaration } from "../../../provider/handlers/volume-migration/read-declaration.js";
import { changed, lines } from "../changed.js";

const identity = `AGE-SECRET-KEY-1${"Q".repeat(58)}`;
const restore = {
    source: { archive: { path: "/srv/backups/orders.tar.zst" } },
    destination: { docker: { volume: "orders" } },
};

const said = (changes: Record<string, unknown>) =>
    lines(readMigrationDeclaration(changed(restore, changes)).problems);

function read(changes: Record<string, unknown> = {}) {
    const { declaration } = readMigrationDeclaration(changed(restore, changes));
    return declaration as NonNullable<typeof declaration>;
}

describe("an archive as a source", () => {
    test("is looked for on the destination's machine", () => {
        expect(read().source).toEqual(restore.source);
        const host = "ssh://deploy@shop-2";
        const archive = { ...restore.source.archive, host };
        expect(read({ "destination.docker.host": host }).source).toEqual({ archive });
    });

    test("has a volume, and a key that preview may not know", () => {
        const named = { "source.archive.volume": "orders", "source.archive.identity": identity };
        expect(read(named).source).toEqual({
            archive: { ...restore.source.archive, volume: "orders", identity },
        });
        expect(
            said({ "source.archive.identity": unknown, "source.archive.path": unknown }),
        ).toEqual([]);
    });

    test.each([
        [
            { quiesce: { containers: ["a1"], how: "stop" } },
            "quiesce: is not for an archive, which is restored whole; leave it out",
        ],
        [
            { include: ["/a"] },
            "include: is not for an archive, which is restored whole; leave it out",
        ],
        [
            { exclude: ["/a"] },
            "exclude: is not for an archive, which is restored whole; leave it out",
        ],
        [
            { strategy: "auto" },
            "strategy: is not for an archive, which is restored whole; leave it out",
        ],
        [
            { bandwidthLimit: "20 MiB" },
            "bandwidthLimit: is not for an archive, which is restored whole; leave it out",
        ],
        [
            { "passes.max": 1 },
            "passes: is not for an archive, which is restored whole; leave it out",
        ],
        [
            { "source.archive.host": "ssh://a" },
            "source.archive.host: is another engine than the destination's, and an archive is restored on its own machine in this version; leave it out",
        ],
        [
            { "source.archive.path": "orders" },
            'source.archive.path: is not an absolute path; write an absolute path, such as "/srv/backups/orders.tar.zst"',
        ],
        [
            { "source.archive.identity": "hunter2" },
            "source.archive.identity: is no private key of age; write the private key that age-keygen prints, as a secret: AGE-SECRET-KEY-1 and 58 more characters",
        ],
        [
            { "source.archive.key": "hunter2" },
            "source.archive.key: is not a property; write one of host, identity, path or volume",
        ],
        [
            { destination: restore.source },
            expect.stringMatching(/^destination\.archive: is not a property; /),
        ],
    ])("%j", (changes, problem) => {
        expect(said(changes as Record<string, unknown>)).toEqual([problem]);
    });
});

describe("the key", () => {
    const before = read({ "source.archive.identity": identity });
    const job = migrationJob(
        { ...before, prefix: "p", origin: { project: "p", stack: "s", name: "n" } } as Parameters<
            typeof migrationJob
        >[0],
        "runner",
    );

    test("is in no job, plan or aim", () => {
        expect(job.source).toEqual({ archive: "/srv/backups/orders.tar.zst", locked: true });
        expect(JSON.stringify([job, planOfMigration(before, true)])).not.toContain(identity);
        expect(aimOf(before)).toBe(aimOf(read()));
    });

    test("of another recipient restores nothing again", () => {
        expect(wantsSync(before, read())).toBe(false);
        expect(wantsSync(before, read({ "source.archive.path": "/b" }))).toBe(true);
    });
});

test("a plan tells that a volume is emptied first", () => {
    expect(planOfMigration(read({ onExisting: "update" }), true)).toEqual([
        "look at archive and volume",
        "restore /srv/backups/orders.tar.zst into orders, emptied first, and prove the copy (content)",
        "commit: the copy is whole",
        "end the mover",
    ]);
});
