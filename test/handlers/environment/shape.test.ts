import { describe, expect, test } from "vitest";
import { passedProperties } from "../../../provider/handlers/environment/container-properties.js";
import { container, said } from "./shop.js";

type Rule = [name: string, changes: Record<string, unknown>, ...lines: string[]];

function rules(title: string, table: Rule[]) {
    describe(title, () => {
        test.each(table)("%s", (_name, changes, ...lines) => {
            expect(said(changes)).toEqual(lines);
        });
    });
}

rules("platform and engine", [
    [
        "kubernetes",
        { platform: "kubernetes" },
        'platform: "kubernetes" is not built yet; write platform: "docker"',
    ],
    ["podman", { platform: "podman" }, 'platform: is "podman"; write platform: "docker"'],
    ["a number", { platform: 1 }, 'platform: must be a text; write platform: "docker"'],
    [
        "settings of kubernetes",
        { kubernetes: { context: "prod" } },
        'kubernetes: is not built yet; leave it out, and write platform: "docker"',
    ],
    ...(
        [
            ["tcp://", "names no engine after tcp://"],
            ["ssh://", "names no engine after ssh://"],
            ["unix://", "names no engine after unix://"],
            ["unix://docker.sock", "is not an absolute path to a socket"],
            ["http://shop-1:2375", "has a scheme that is not supported"],
            ["npipe:////./pipe/docker_engine", "has a scheme that is not supported"],
            ["shop-1", "is not the address of a Docker engine"],
            ["", "is not the address of a Docker engine"],
            ["ssh://-oProxyCommand=x", "is not the address of a Docker engine"],
            ["ssh://-l@shop-1", "is not the address of a Docker engine"],
            ["ssh://deploy@", "is not the address of a Docker engine"],
            ["tcp://shop-1:99999", "is not the address of a Docker engine"],
            ["tcp://shop 1", "is not the address of a Docker engine"],
        ] as const
    ).map(
        ([host, problem]): Rule => [
            `host ${JSON.stringify(host)}`,
            { "docker.host": host },
            `docker.host: ${problem}; write it as DOCKER_HOST has it: "ssh://deploy@shop-1", "unix:///var/run/docker.sock" or "tcp://10.0.0.5:2376"`,
        ],
    ),
    [
        "a password in the host",
        { "docker.host": "ssh://deploy:hunter2@shop-1" },
        "docker.host: holds a password; leave it out, and use an SSH key",
    ],
]);

rules("reserved for later", [
    [
        "release",
        { release: { image: "shop:2.0" } },
        "release: is reserved for a later version; leave it out, and write both slots",
    ],
    [
        "candidate",
        { "slots.green.candidate": true },
        "slots.green.candidate: is reserved for a later version; leave it out, and write both slots",
    ],
    [
        "rollout",
        { rollout: [10, 50] },
        "rollout: is reserved for a later version; leave it out, and change the weights",
    ],
    [
        "prepare",
        { "volumes.data.prepare": { image: "postgres:17" } },
        "volumes.data.prepare: is reserved for a later version; leave it out",
    ],
    [
        "keep",
        { "volumes.data.keep": 3 },
        "volumes.data.keep: is reserved for a later version; leave it out: the slot that does not serve keeps its data as they were",
    ],
    [
        "protocol",
        { "traffic.protocol": "tcp" },
        "traffic.protocol: is reserved for a later version; leave it out: this version carries HTTP",
    ],
    [
        "in a container",
        { "slots.blue.containers.web": container("shop:1.4", "prepare") },
        "slots.blue.containers.web.prepare: is reserved for a later version; leave it out",
    ],
]);

rules("unknown properties", [
    ["near a known one", { slotz: {} }, "slotz: is not a property; did you mean slots?"],
    [
        "letters swapped",
        { "traffic.wieghts": {} },
        "traffic.wieghts: is not a property; did you mean weights?",
    ],
    [
        "another case",
        { "volumes.data.mounts.web": { path: "/data", readonly: true } },
        "volumes.data.mounts.web.readonly: is not a property; did you mean readOnly?",
    ],
    [
        "far from all",
        { "health.colour": 1 },
        "health.colour: is not a property; write one of healthyAfter, path or timeout",
    ],
    [
        "with a strange name",
        { docker: { "my host": 1 } },
        'docker["my host"]: is not a property; write host',
    ],
    [
        "out of its place",
        { networks: ["proxy"] },
        "networks: belongs to the traffic; write traffic.networks",
    ],
    [
        "in a container, near",
        { "slots.blue.containers.web": container("shop:1.4", "environment", "memroy") },
        "slots.blue.containers.web.environment: is not a property; did you mean envs?",
        "slots.blue.containers.web.memroy: is not a property; did you mean memory?",
    ],
    [
        "in a container, far",
        { "slots.blue.containers.web": container("shop:1.4", "colour") },
        "slots.blue.containers.web.colour: is not a property; leave it out",
    ],
]);

const durations = [
    ["health.timeout", "60 seconds"],
    ["handover.maxHold", "30 seconds"],
    ["handover.drain.timeout", "5 seconds"],
] as const;

rules("units", [
    ...durations.flatMap(([path, example]) =>
        [30, "30", "30s", "thirty seconds", "", true].map(
            (value): Rule => [
                `${path} ${JSON.stringify(value)}`,
                { [path]: value },
                `${path}: must be a length of time with its unit; write a duration such as "${example}"`,
            ],
        ),
    ),
    [
        "adopt.maxGap without its unit",
        { adopt: { container: "shop", maxGap: 20 } },
        'adopt.maxGap: must be a length of time with its unit; write a duration such as "20 seconds"',
    ],
    [
        "no time at all",
        { "health.timeout": "0 seconds" },
        'health.timeout: must be longer than 0; write a duration such as "60 seconds"',
    ],
    [
        "longer than a timer can wait",
        { "health.timeout": "577 hours" },
        'health.timeout: must be at most 576 hours; write a duration such as "60 seconds"',
    ],
    ...[64, "64", "64 MB", "lots"].map(
        (value): Rule => [
            `passes.settle ${JSON.stringify(value)}`,
            { "handover.passes.settle": value },
            'handover.passes.settle: must be an amount of data with its unit; write a size such as "16 MiB"',
        ],
    ),
]);

rules("numbers", [
    ...[0, 65536, -1].map(
        (value): Rule => [
            `port ${value}`,
            { "traffic.to.port": value },
            "traffic.to.port: is out of range; write an integer from 1 to 65535, such as 3000",
        ],
    ),
    [
        "port 80.5",
        { "traffic.to.port": 80.5 },
        "traffic.to.port: must be an integer; write an integer from 1 to 65535, such as 3000",
    ],
    [
        'port "3000"',
        { "traffic.to.port": "3000" },
        "traffic.to.port: must be a number; write an integer from 1 to 65535, such as 3000",
    ],
    [
        "healthyAfter 0",
        { "health.healthyAfter": 0 },
        "health.healthyAfter: is out of range; write an integer from 1 to 100, such as 3",
    ],
    [
        "passes.max 0",
        { "handover.passes.max": 0 },
        "handover.passes.max: is out of range; write an integer from 1 to 100, such as 5",
    ],
]);

const listen =
    'write a port from 1 to 65535, such as 8080, or an IP address and a port, such as "127.0.0.1:8080"';

rules("listen", [
    ["out of range", { "traffic.listen": 70000 }, `traffic.listen: is out of range; ${listen}`],
    ["zero", { "traffic.listen": "127.0.0.1:0" }, `traffic.listen: is out of range; ${listen}`],
    ["a fraction", { "traffic.listen": 80.5 }, `traffic.listen: must be an integer; ${listen}`],
    ...["8080", "localhost:8080", ":8080", "::1:8080", "[127.0.0.1]:80", "127.0.0.1:", ""].map(
        (value): Rule => [
            JSON.stringify(value),
            { "traffic.listen": value },
            `traffic.listen: is not an address and a port; ${listen}`,
        ],
    ),
    [
        "an object",
        { "traffic.listen": { port: 8080 } },
        `traffic.listen: must be a port, or an address and a port; ${listen}`,
    ],
]);

const path = 'write an absolute path in its shortest form, such as "/var/lib/shop"';

rules("mounts", [
    ...(
        [
            ["var/lib/shop", "is not an absolute path"],
            ["", "is not an absolute path"],
            ["/", "is the root of the container"],
            ["/var/../etc", 'contains ".."'],
            ["/var/..", 'contains ".."'],
            ["/var/./shop", 'contains "."'],
            ["/var/lib/", 'ends with "/"'],
            ["/var//lib", 'contains "//"'],
            ["/var\nlib", "contains a control character"],
            [7, "must be a text"],
        ] as const
    ).map(
        ([mount, problem]): Rule => [
            JSON.stringify(mount),
            { "volumes.data.mounts.web": mount },
            `volumes.data.mounts.web: ${problem}; ${path}`,
        ],
    ),
    [
        "in the long form",
        { "volumes.data.mounts.web": { path: "data", readOnly: "yes" } },
        `volumes.data.mounts.web.path: is not an absolute path; ${path}`,
        "volumes.data.mounts.web.readOnly: must be true or false; write true or false",
    ],
]);

rules("volumes", [
    [
        "an unknown mode",
        { "volumes.data.mode": "hand-over" },
        'volumes.data.mode: is "hand-over"; write "handover", "clone" or "shared"',
    ],
    [
        "onDestroy",
        { "volumes.data.onDestroy": "erase" },
        'volumes.data.onDestroy: is none of its values; write "keep" or "delete"',
    ],
    [
        "acknowledge",
        { "volumes.data.mode": "clone", "volumes.data.acknowledge": "yes" },
        'volumes.data.acknowledge: is another text; write "canary writes are discarded"',
    ],
    [
        "a seed of Kubernetes",
        { "volumes.data.seed": { kubernetes: { claim: "data" } } },
        'volumes.data.seed.kubernetes: is not built yet; write { docker: { volume: "shop-data" } }',
    ],
    [
        "a directory as seed",
        { "volumes.data.seed": { directory: { path: "/srv/data" } } },
        'volumes.data.seed.directory: is not built yet; write { docker: { volume: "shop-data" } }',
    ],
    [
        "a seed that names nothing",
        { "volumes.data.seed": {} },
        'volumes.data.seed: names no volume; write { docker: { volume: "shop-data" } }',
    ],
    [
        "a seed that is a path",
        { "volumes.data.seed": { docker: { volume: "/srv/data" } } },
        'volumes.data.seed.docker.volume: is not a name for a Docker volume; write the name of a Docker volume, such as "shop-data"',
    ],
]);

rules("health", [
    [
        "a relative path",
        { "health.path": "healthz" },
        'health.path: does not start with "/"; write a path, such as "/healthz"',
    ],
    ...["/a b", "/a\r\nHost: x", "/a#b", '/a"b'].map(
        (value): Rule => [
            JSON.stringify(value),
            { "health.path": value },
            'health.path: contains a character that no path has; write a path, such as "/healthz"',
        ],
    ),
]);

const rollback =
    'write "reverseSync", "block" or { discard: "<the token that the refusal printed>" }';

rules("hand-over", [
    [
        "an unknown onRollback",
        { "handover.onRollback": "discard" },
        `handover.onRollback: is none of its values; ${rollback}`,
    ],
    [
        "onRollback with another property",
        { "handover.onRollback": { drop: "0f3a77c19d" } },
        "handover.onRollback.discard: is missing; write the token that the refusal printed",
        "handover.onRollback.drop: is not a property; write discard",
    ],
    ...(
        [
            ["yes", "is not a token"],
            ["<the token that the refusal printed>", "is not a token"],
            ["", "is empty"],
            [true, "must be a text"],
        ] as const
    ).map(
        ([token, problem]): Rule => [
            `discard ${JSON.stringify(token)}`,
            { "handover.onRollback": { discard: token } },
            `handover.onRollback.discard: ${problem}; write the token that the refusal printed`,
        ],
    ),
    [
        "drain.then",
        { "handover.drain.then": "kill" },
        'handover.drain.then: is none of its values; write "abort" or "rollback"',
    ],
]);

rules("adopt, images and networks", [
    [
        "adopt of nothing",
        { adopt: {} },
        'adopt.container: is missing; write the name of a Docker container, such as "shop"',
        'adopt.maxGap: is missing; write a duration such as "20 seconds"',
    ],
    [
        "adopt by an image's name",
        { adopt: { container: "shop:1.4", maxGap: "20 seconds" } },
        'adopt.container: is not a name for a Docker container; write the name of a Docker container, such as "shop"',
    ],
    [
        "an image with a space",
        { "slots.blue.containers.web.image": "shop 1.4" },
        'slots.blue.containers.web.image: is not a name for an image; write the name of an image, such as "shop:1.4"',
    ],
    [
        "an image that reads as an option",
        { runnerImage: "--privileged" },
        'runnerImage: is not a name for an image; write the name of an image, such as "registry.example.com/cutover-runner:1"',
    ],
    [
        "one network that is no list",
        { "traffic.networks": "proxy" },
        'traffic.networks: must be a list; write names of Docker networks, such as ["proxy"]',
    ],
    [
        "a network without a name",
        { "traffic.networks": [""] },
        'traffic.networks[0]: is empty; write the name of a Docker network, such as "proxy"',
    ],
]);

test("what reaches a container as it is written includes its image", () => {
    expect(passedProperties).toContain("image");
});
