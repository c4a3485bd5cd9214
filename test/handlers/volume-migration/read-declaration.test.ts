import { describe, expect, test } from "vitest";
import { unknownValue as unknown } from "../../../provider/handlers/unknown.js";
import {
    copyStrategies,
    isKnownMigration,
} from "../../../provider/handlers/volume-migration/declaration.js";
import { readMigrationDeclaration } from "../../../provider/handlers/volume-migration/read-declaration.js";
import { strategies } from "../../../provider/volumes/first-copy.js";
import { changed, lines } from "../changed.js";
import {
    awkwardLeaves,
    awkwardNames,
    randomJson,
    randomNumbers,
    withOneReplaced,
} from "../random-json.js";

const orders = {
    source: { docker: { volume: "orders-v1" } },
    destination: { docker: { volume: "orders-v2" } },
};

const full = {
    ...orders,
    quiesce: { containers: ["orders", "worker"], how: "pause", then: "restart" },
    include: ["/uploads"],
    exclude: ["/cache", "*.tmp"],
    verify: "metadata",
    strategy: "rsync",
    passes: { max: 2, settle: "1 MiB" },
    onExisting: "update",
    maxDelete: "25%",
    parallel: 3,
    priority: "low",
    rerun: "2",
    timeout: "90 minutes",
    runnerImage: "runner:1",
};

function said(changes: Record<string, unknown>): string[] {
    return lines(readMigrationDeclaration(changed(orders, changes)).problems);
}

function read(changes: Record<string, unknown> = {}) {
    return readMigrationDeclaration(changed(orders, changes)).declaration;
}

describe("what a program may say", () => {
    test("fills in every default", () => {
        expect(read()).toStrictEqual({
            ...orders,
            verify: "content",
            strategy: "auto",
            passes: { max: 5, settle: "16 MiB" },
            onExisting: "refuse",
            maxDelete: "50%",
            priority: "normal",
            timeout: "24 hours",
        });
    });

    test("takes everything that is written", () => {
        expect(readMigrationDeclaration(full)).toStrictEqual({ declaration: full, problems: [] });
    });

    test("leaves stopped writers stopped by default", () => {
        const quiesce = { containers: ["orders"], how: "stop" };
        expect(read({ quiesce })?.quiesce).toStrictEqual({ ...quiesce, then: "stay" });
    });

    test("takes one engine that is named twice", () => {
        const host = "ssh://deploy@shop-1";
        expect(said({ "source.docker.host": host, "destination.docker.host": host })).toEqual([]);
    });

    test("takes every way to copy that there is", () => {
        expect(copyStrategies).toEqual(["auto", ...strategies]);
    });

    test("takes an empty exclude", () => {
        expect(read({ exclude: [] })?.exclude).toEqual([]);
    });
});

test("what preview does not know yet is accepted for every leaf", () => {
    const changes = {
        source: { docker: { volume: unknown, host: unknown } },
        destination: { docker: { volume: unknown, host: unknown } },
        quiesce: { containers: unknown, how: unknown, then: unknown },
        include: unknown,
        exclude: [unknown, unknown],
        verify: unknown,
        strategy: unknown,
        passes: { max: unknown, settle: unknown },
        onExisting: unknown,
        bandwidthLimit: unknown,
        maxDelete: unknown,
        parallel: unknown,
        priority: unknown,
        rerun: unknown,
        timeout: unknown,
        runnerImage: unknown,
    };
    const declaration = read(changes);
    expect(declaration).toStrictEqual({
        ...changes,
        quiesce: { ...changes.quiesce, containers: [unknown] },
        include: [unknown],
    });
    expect(declaration && isKnownMigration(declaration)).toBe(false);
    const known = read();
    expect(known && isKnownMigration(known)).toBe(true);
});

describe("volumes", () => {
    test("the same one twice", () => {
        expect(said({ "destination.docker.volume": "orders-v1" })).toEqual([
            "destination.docker.volume: is the source itself; write another volume",
        ]);
    });

    test("on two engines, of one name", () => {
        const other = { "source.docker.host": "ssh://deploy@shop-1" };
        expect(said({ ...other, "destination.docker.volume": "orders-v1" })).toEqual([]);
    });

    test("of a kind that is not built yet", () => {
        expect(said({ source: { kubernetes: { claim: "orders" } } })).toEqual([
            'source.kubernetes: is not built yet; write { docker: { volume: "orders-v1" } }',
        ]);
    });

    test("of two kinds at once", () => {
        expect(said({ "source.directory": { path: "/srv/orders" } })).toEqual([
            "source: names two volumes; leave one of them out",
        ]);
    });

    test.each([
        ["orders", "is not an absolute path"],
        ["/srv/../orders", 'holds an empty part, "." or ".."'],
        ["/srv//orders", 'holds an empty part, "." or ".."'],
        ["/srv/orders/", 'holds an empty part, "." or ".."'],
        ["/srv/or\nders", "holds a control character"],
        ["/", "belongs to the machine itself"],
        ["/etc", "belongs to the machine itself"],
        ["/proc/1", "belongs to the machine itself"],
        [7, "must be a text"],
        [undefined, "is missing"],
    ])("in the folder %j", (path, problem) => {
        expect(said({ source: { directory: { path } } })).toEqual([
            `source.directory.path: ${problem}; write an absolute path, such as "/srv/orders-v1"`,
        ]);
    });

    test.each([
        ["/srv/a", "/srv/a", "is the source itself; write another folder"],
        ["/srv/a", "/srv/a/b", "lies in the source; write a folder that lies beside it"],
        ["/srv/a/b", "/srv/a", "holds the source; write a folder that lies beside it"],
    ])("from the folder %j into %j", (from, to, line) => {
        const refs = {
            source: { directory: { path: from } },
            destination: { directory: { path: to } },
        };
        expect(said(refs)).toEqual([`destination.directory.path: ${line}`]);
    });

    test("from a folder into one beside it, or of another machine", () => {
        const source = { directory: { path: "/srv/a" } };
        const destination = { directory: { path: "/srv/ab" } };
        expect(said({ source, destination })).toEqual([]);
        const there = { directory: { path: "/srv/a", host: "ssh://deploy@shop-1" } };
        expect(said({ source, destination: there })).toEqual([]);
    });

    test.each(["/srv/orders", "-v", "o", "or ders", "../orders"])("named %j", (volume) => {
        expect(said({ "source.docker.volume": volume })).toEqual([
            'source.docker.volume: is not a name for a Docker volume; write the name of a Docker volume, such as "orders-v1"',
        ]);
    });

    test("missing", () => {
        const source = 'write { docker: { volume: "orders-v1" } }';
        const destination = 'write { docker: { volume: "orders-v2" } }';
        expect(lines(readMigrationDeclaration(undefined).problems)).toEqual([
            `source: is missing; ${source}`,
            `destination: is missing; ${destination}`,
        ]);
        expect(said({ source: "orders-v1", "destination.docker": undefined })).toEqual([
            `source: must be an object; ${source}`,
            `destination: names no volume; ${destination}`,
        ]);
    });
});

test.each([
    ["20", "must be an amount of data with its unit"],
    ["1 KiB", "must be at least 64 KiB"],
])("bandwidthLimit: %j", (bandwidthLimit, problem) => {
    expect(said({ bandwidthLimit })).toEqual([
        `bandwidthLimit: ${problem}; write a size such as "20 MiB"`,
    ]);
});

describe("quiesce", () => {
    test("nothing", () => {
        expect(said({ quiesce: {} })).toEqual([
            'quiesce.containers: is missing; write names of containers, such as ["orders"]',
            'quiesce.how: is missing; write "stop" or "pause"',
        ]);
    });

    test("no container", () => {
        expect(said({ quiesce: { containers: [], how: "stop" } })).toEqual([
            "quiesce.containers: holds no container; write the containers that write to the volume, or leave quiesce out",
        ]);
    });

    test("one twice", () => {
        expect(said({ quiesce: { containers: ["orders", "orders"], how: "stop" } })).toEqual([
            "quiesce.containers[1]: names a container again; leave it out",
        ]);
    });

    test("in another way", () => {
        expect(said({ quiesce: { containers: ["orders"], how: "kill", then: "go" } })).toEqual([
            'quiesce.how: is none of its values; write "stop" or "pause"',
            'quiesce.then: is none of its values; write "stay" or "restart"',
        ]);
    });

    test("what is no container's name", () => {
        expect(said({ quiesce: { containers: ["orders:1"], how: "stop" } })).toEqual([
            'quiesce.containers[0]: is not a name for a Docker container; write the name of a Docker container, such as "orders"',
        ]);
    });
});

describe("the rest", () => {
    test.each([
        [
            { verify: "checksum" },
            'verify: is none of its values; write "content", "metadata" or "none"',
        ],
        [
            { strategy: "scp" },
            'strategy: is none of its values; write "auto", "reflink", "parallel copy", "stream" or "rsync"',
        ],
        [
            { onExisting: "overwrite" },
            'onExisting: is none of its values; write "refuse" or "update"',
        ],
        [
            { maxDelete: "half" },
            'maxDelete: must be a part such as 50%, or a number of names; write a part such as "50%", or a number of names such as 1000',
        ],
        [
            { maxDelete: "101%" },
            'maxDelete: must be at most 100%; write a part such as "50%", or a number of names such as 1000',
        ],
        [
            { maxDelete: -1 },
            'maxDelete: must be a whole number; write a part such as "50%", or a number of names such as 1000',
        ],
        [{ parallel: 0 }, "parallel: is out of range; write an integer from 1 to 64, such as 4"],
        [
            { parallel: "all" },
            "parallel: must be a number; write an integer from 1 to 64, such as 4",
        ],
        [{ priority: "idle" }, 'priority: is none of its values; write "low" or "normal"'],
        [{ rerun: 2 }, 'rerun: must be a text; write a text, such as "2"'],
        [
            { timeout: 3600 },
            'timeout: must be a length of time with its unit; write a duration such as "24 hours"',
        ],
        [
            { "passes.settle": "16MB" },
            'passes.settle: must be an amount of data with its unit; write a size such as "16 MiB"',
        ],
        [
            { "passes.max": 0.5 },
            "passes.max: must be an integer; write an integer from 1 to 100, such as 5",
        ],
        [{ include: [] }, "include: holds no pattern; leave it out to copy everything"],
        [{ include: "cache" }, 'include: must be a list; write patterns, such as ["/cache"]'],
        [{ exclude: [""] }, "exclude[0]: is empty; leave it out to take everything"],
        [{ exclude: [1] }, 'exclude[0]: must be a text; write a pattern, such as "/cache"'],
        [
            { exclude: ["cache", "[ab]"] },
            "exclude[1]: has a character class, which is not supported; write \\[ for a bracket",
        ],
        [
            { include: ["../orders"] },
            "include[0]: holds a part . or ..; write the path from the volume's root",
        ],
        [{ destinaton: {} }, "destinaton: is not a property; did you mean destination?"],
        [
            { "quiesce.restart": true, "quiesce.how": "stop", "quiesce.containers": ["orders"] },
            "quiesce.restart: is not a property; write one of containers, how or then",
        ],
    ])("%j", (changes, line) => {
        expect(said(changes)).toEqual([line]);
    });

    test("never prints what may be secret", () => {
        const secret = "hunter2\n: {} s3cret";
        for (const raw of withOneReplaced(full, secret)) {
            const { problems } = readMigrationDeclaration(raw);
            expect(lines(problems).join("\n")).not.toMatch(/hunter2|s3cret/);
        }
    });
});

describe("never throws, and gives either a declaration or problems", () => {
    function hold(raw: unknown) {
        const { declaration, problems } = readMigrationDeclaration(raw);
        expect(declaration === undefined, JSON.stringify(raw)).toBe(problems.length > 0);
        for (const { problem, instead } of problems) expect(instead, problem).toMatch(/^\S/);
        if (declaration) expect(JSON.parse(JSON.stringify(declaration))).toStrictEqual(declaration);
    }

    test("for each awkward leaf at each place", () => {
        for (const leaf of awkwardLeaves) for (const raw of withOneReplaced(full, leaf)) hold(raw);
    });

    test("for random JSON", () => {
        const random = randomNumbers(9);
        const names = [...Object.keys(full), "docker", "volume", "host", ...awkwardNames];
        for (let turn = 0; turn < 3000; turn++) hold(randomJson(random, awkwardLeaves, names));
    });
});
