import { describe, expect, test } from "vitest";
import { formatProblem } from "../../../provider/engine/errors.js";
import { readContainerMigration } from "../../../provider/handlers/container-migration/read-declaration.js";
import { unknownValue } from "../../../provider/handlers/unknown.js";

const shop = { container: { docker: { name: "shop" } }, to: { name: "shop-2" } };

const problems = (raw: unknown) => readContainerMigration(raw).problems.map(formatProblem);

test("every default is filled in", () => {
    expect(readContainerMigration(shop)).toEqual({
        declaration: {
            ...shop,
            binds: {},
            layer: "image",
            memory: "none",
            verify: "content",
            passes: { max: 5, settle: "16 MiB" },
            health: { timeout: "60 seconds" },
            onExisting: "refuse",
            timeout: "24 hours",
        },
        problems: [],
    });
    const { declaration } = readContainerMigration({ ...shop, volumes: ["data"] });
    expect(declaration).toMatchObject({ only: ["data"] });
});

test("leaves that are not known yet are taken", () => {
    const later = { container: { docker: { name: unknownValue } }, to: { name: "shop-2" } };
    expect(problems({ ...later, volumes: [unknownValue], memory: unknownValue })).toEqual([]);
});

describe("what is wrong is said by its path", () => {
    test.each([
        [
            {},
            [
                'container: is missing; write { docker: { name: "orders" } }',
                'to: is missing; write { name: "orders-2" }',
            ],
        ],
        [
            { ...shop, to: {} },
            ['to.name: is missing; write the name of a Docker container, such as "orders-2"'],
        ],
        [
            { ...shop, to: { name: "shop" } },
            [
                "to.name: is the name of the container itself, which stays, stopped; write another name",
            ],
        ],
        [
            { ...shop, to: { name: "shop-2", host: "ssh://deploy@shop-2" } },
            [
                "to.host: is another engine than container.docker.host, and a container moves within one engine in this version; leave it out",
            ],
        ],
        [
            { ...shop, container: { kubernetes: {}, docker: { name: "shop" } } },
            ['container.kubernetes: is not built yet; write { docker: { name: "orders" } }'],
        ],
        [
            { ...shop, volumes: ["data", "data"] },
            ["volumes[1]: names a volume again; leave it out"],
        ],
        [
            { ...shop, binds: { "srv/a": "/srv/b", "/srv/c": "d" } },
            [
                'binds["/srv/c"]: is not an absolute path; write a folder of the host, such as "/srv/orders"',
                'binds["srv/a"]: is not an absolute path; write the folder of the host that the container mounts, such as "/srv/a"',
            ],
        ],
        [
            { ...shop, layer: "all", memory: "dump", grace: "9", mem: 1, volume: [] },
            [
                'layer: is none of its values; write "image" or "commit"',
                'memory: is none of its values; write "none" or "checkpoint"',
                'grace: must be a length of time with its unit; write a duration such as "30 seconds"',
                "mem: is not a property; did you mean memory?",
                "volume: is not a property; did you mean volumes?",
            ],
        ],
    ])("%j", (raw, expected) => {
        expect(problems(raw)).toEqual(expected);
    });
});
