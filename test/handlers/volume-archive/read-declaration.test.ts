import { describe, expect, test } from "vitest";
import { unknownValue as unknown } from "../../../provider/handlers/unknown.js";
import { pathAt } from "../../../provider/handlers/volume-archive/declaration.js";
import { wantsSave } from "../../../provider/handlers/volume-archive/job.js";
import { planOfArchive } from "../../../provider/handlers/volume-archive/plan.js";
import { readArchiveDeclaration } from "../../../provider/handlers/volume-archive/read-declaration.js";
import { changed, lines } from "../changed.js";
import {
    awkwardLeaves,
    awkwardNames,
    randomJson,
    randomNumbers,
    withOneReplaced,
} from "../random-json.js";

const recipient = `age1${"q".repeat(58)}`;
const orders = {
    source: { docker: { volume: "orders" } },
    archive: { path: "/srv/backups/orders.tar.zst" },
};
const full = {
    container: { docker: { name: "orders", host: "ssh://deploy@shop-1" } },
    archive: { path: "/srv/backups/orders-{time}.tar.zst", host: "ssh://deploy@shop-1" },
    quiesce: { containers: ["orders"], how: "pause", then: "stay" },
    include: ["/uploads"],
    exclude: ["*.tmp"],
    recipients: [recipient],
    onExisting: "replace",
    rerun: "2",
    timeout: "90 minutes",
    runnerImage: "runner:1",
};

const said = (changes: Record<string, unknown>) =>
    lines(readArchiveDeclaration(changed(orders, changes)).problems);
const read = (changes: Record<string, unknown> = {}) =>
    readArchiveDeclaration(changed(orders, changes)).declaration;

describe("what a program may say", () => {
    test("fills in every default; stopped writers run again", () => {
        const quiesce = { containers: ["orders"], how: "stop" };
        expect(read({ quiesce })).toStrictEqual({
            ...orders,
            quiesce: { ...quiesce, then: "restart" },
            onExisting: "refuse",
            timeout: "24 hours",
        });
    });

    test("takes everything that is written", () => {
        expect(readArchiveDeclaration(full)).toStrictEqual({ declaration: full, problems: [] });
    });

    test("takes a folder, and what preview does not know yet", () => {
        expect(said({ source: { directory: { path: "/srv/orders" } } })).toEqual([]);
        const leaves = {
            "source.docker.volume": unknown,
            "archive.path": unknown,
            recipients: unknown,
        };
        expect(said({ ...leaves, onExisting: unknown, timeout: unknown, rerun: unknown })).toEqual(
            [],
        );
    });
});

describe("what is wrong is said by its path", () => {
    test.each([
        [
            { source: undefined },
            'source: is missing; write source: { docker: { volume: "orders" } }, or container',
        ],
        [
            { container: { docker: { name: "orders" } } },
            "container: is named beside source; leave one of them out",
        ],
        [
            { archive: undefined },
            'archive: is missing; write { path: "/srv/backups/orders.tar.zst" }',
        ],
        [
            { "archive.path": "backups/a" },
            'archive.path: is not an absolute path; write an absolute path, such as "/srv/backups/orders.tar.zst"',
        ],
        [
            { "archive.path": "/" },
            'archive.path: is a folder; write an absolute path, such as "/srv/backups/orders.tar.zst"',
        ],
        [
            { "archive.path": "/srv/" },
            'archive.path: holds an empty part, "." or ".."; write an absolute path, such as "/srv/backups/orders.tar.zst"',
        ],
        [
            { "archive.path": "/srv/a.partial" },
            'archive.path: has the ending of what is not whole; write an absolute path, such as "/srv/backups/orders.tar.zst"',
        ],
        [
            { "archive.host": "ssh://other" },
            "archive.host: is another engine than source.docker.host, and an archive lies on the machine of its volumes in this version; leave it out",
        ],
        [
            { recipients: [] },
            "recipients: holds no recipient; leave it out to save without encryption",
        ],
        [
            { recipients: ["me"] },
            "recipients[0]: is no public key of age; write the public key that age-keygen prints: age1 and 58 more characters",
        ],
        [
            { recipients: ["AGE-SECRET-KEY-1HUNTER2"] },
            "recipients[0]: is a private key; write the public key that age-keygen prints: age1 and 58 more characters",
        ],
        [
            { onExisting: "update" },
            'onExisting: is none of its values; write "refuse" or "replace"',
        ],
        [{ include: [] }, "include: holds no pattern; leave it out to copy everything"],
        [{ recipient }, "recipient: is not a property; did you mean recipients?"],
        [{ identity: "x" }, expect.stringMatching(/^identity: is not a property; /)],
    ])("%o", (changes, problem) => {
        expect(said(changes as Record<string, unknown>)).toEqual([problem]);
    });

    test("never with a value that may be secret", () => {
        const key = `AGE-SECRET-KEY-1${"Q".repeat(58)}`;
        for (const path of ["recipients", "archive.path", "source.docker.volume", "rerun.x"])
            expect(said({ [path]: [key] }).join("\n")).not.toContain(key);
    });

    test("whatever is given, without a crash", () => {
        const random = randomNumbers(20_261_121);
        for (let n = 0; n < 20; n++) {
            const replacement = randomJson(random, awkwardLeaves, awkwardNames);
            for (const given of withOneReplaced(full, replacement)) {
                const { declaration, problems } = readArchiveDeclaration(given);
                expect(declaration === undefined).toBe(problems.length > 0);
            }
        }
    });
});

test("only what makes another archive saves once more", () => {
    const before = read() as NonNullable<ReturnType<typeof read>>;
    const differs = (changes: Record<string, unknown>) =>
        wantsSave(before, changed(before, changes) as typeof before);
    expect(differs({ timeout: "1 hour", onExisting: "replace" })).toBe(false);
    expect(differs({ quiesce: { containers: ["a"], how: "stop", then: "stay" } })).toBe(false);
    for (const changes of [{ rerun: "2" }, { recipients: [recipient] }, { "archive.path": "/b" }])
        expect(differs(changes)).toBe(true);
});

test("{time} is the moment of the save, in UTC", () => {
    const now = Date.parse("2026-01-31T23:59:59.999Z");
    expect(pathAt("/srv/a-{time}-{time}.zst", now)).toBe(
        "/srv/a-2026-01-31T23-59-59Z-2026-01-31T23-59-59Z.zst",
    );
});

test("a plan tells each step", () => {
    const declaration = readArchiveDeclaration(full).declaration as NonNullable<
        ReturnType<typeof read>
    >;
    expect(planOfArchive(declaration, true)).toEqual([
        "look at the volumes of orders, and where the archive is to be",
        "pause orders",
        "save the volumes of orders to /srv/backups/orders-{time}.tar.zst.partial, encrypted",
        "read the file back and compare its digest",
        "commit: name it /srv/backups/orders-{time}.tar.zst, in place of what has this name; orders stays paused",
        "end what still runs",
    ]);
    expect(planOfArchive(declaration, false)).toEqual([
        "nothing is saved: only the settings change",
    ]);
});
