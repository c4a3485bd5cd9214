import type { z } from "zod";
import { dockerHostLeaf } from "../docker-host.js";
import {
    choiceLeaf,
    dockerNameLeaf,
    durationLeaf,
    flagLeaf,
    imageLeaf,
    integerLeaf,
    plainChoiceLeaf,
    textLeaf,
} from "../input-leaves.js";
import {
    input,
    listOf,
    mapOf,
    objectOrLeaf,
    plain,
    Refusal,
    type RefusedNames,
    shape,
} from "../input-shape.js";
import { passesShape } from "../passes.js";
import { dockerVolumeShape } from "../volume-ref.js";
import { listenLeaf } from "./listen.js";
import { mountShape } from "./mount.js";
import { reservedNames } from "./reserved-names.js";

/** A part of the arguments, where names are reserved for later versions. */
function part<Fields extends z.ZodRawShape>(
    instead: string,
    fields: Fields,
    refused: RefusedNames = {},
) {
    return shape(instead, fields, { ...reservedNames, ...refused });
}

const slotExample = '{ containers: { web: { image: "shop:1.4" } } }';

const nameOfContainer = textLeaf('the name of a container of the slot, such as "web"');

/** A container as the class passes it: none of its own arguments but the image, and their digest. */
export const containerShape = part('write the container, such as { image: "shop:1.4" }', {
    image: imageLeaf("shop:1.4"),
    digest: textLeaf("the digest of the container's arguments"),
    /** Names of properties that the program wrote and that are not the container's to have. */
    owned: listOf("write names", textLeaf("a name")).default([]),
});

export const slotShape = part(`write the slot, such as ${slotExample}`, {
    containers: mapOf(
        'write the containers, such as { web: { image: "shop:1.4" } }',
        containerShape,
    ),
    background: listOf('write names of containers, such as ["worker"]', nameOfContainer).default(
        [],
    ),
});

export const weightLeaf = plain<number>("write an integer from 0 to 100", (value) => {
    if (typeof value !== "number") return new Refusal("must be a number");
    const fits = Number.isInteger(value) && value >= 0 && value <= 100;
    return fits ? value : new Refusal(`is ${value}`);
});

export const modeLeaf = plainChoiceLeaf("handover", "clone", "shared");

/** What a program writes to say that it knows what `clone` means for canary users. */
export const acknowledgement = "canary writes are discarded";

export const volumeShape = part('write the volume, such as { mounts: { web: "/var/lib/shop" } }', {
    mounts: mapOf('write the container and the path, such as { web: "/var/lib/shop" }', mountShape),
    mode: modeLeaf.default("handover"),
    seed: dockerVolumeShape("shop-data").optional(),
    onDestroy: choiceLeaf("keep", "delete").default("keep"),
    acknowledge: choiceLeaf(acknowledgement).optional(),
    safeMethodsOnly: flagLeaf().optional(),
});

export const trafficShape = part(
    'write the traffic, such as { listen: 8080, to: { container: "web", port: 3000 }, weights: { blue: 100, green: 0 } }',
    {
        listen: listenLeaf().optional(),
        networks: listOf(
            'write names of Docker networks, such as ["proxy"]',
            dockerNameLeaf("network", "proxy"),
        ).default([]),
        to: part('write the container and its port, such as { container: "web", port: 3000 }', {
            container: nameOfContainer,
            port: integerLeaf(1, 65535, "3000"),
        }),
        weights: mapOf(
            "write the weight of each slot, such as { blue: 100, green: 0 }",
            weightLeaf,
        ),
    },
);

const healthPathLeaf = input<string>('write a path, such as "/healthz"', (value) => {
    if (typeof value !== "string") return new Refusal("must be a text");
    if (!value.startsWith("/")) return new Refusal('does not start with "/"');
    // it becomes part of a request line and of the router's configuration
    if (/[\s\p{Cc}#"'\\]/u.test(value)) return new Refusal("contains a character that no path has");
    return value;
});

export const healthShape = part('write the health check, such as { path: "/healthz" }', {
    path: healthPathLeaf.default("/"),
    healthyAfter: integerLeaf(1, 100, "3").default(3),
    timeout: durationLeaf("60 seconds").default("60 seconds"),
});

const discardLeaf = textLeaf("the token that the refusal printed", {
    test: /^[a-z0-9-]{8,128}$/,
    problem: "is not a token",
});

const rollbackChoices =
    '"reverseSync", "block" or { discard: "<the token that the refusal printed>" }';

const rollbackLeaf = input<"reverseSync" | "block">(`write ${rollbackChoices}`, (value) =>
    value === "reverseSync" || value === "block" ? value : new Refusal("is none of its values"),
);

export const maxHoldLeaf = durationLeaf("30 seconds").default("30 seconds");

export const drainTimeoutLeaf = durationLeaf("5 seconds", { orZero: true }).default("5 seconds");

export const handoverShape = part('write the hand-over, such as { maxHold: "30 seconds" }', {
    maxHold: maxHoldLeaf,
    drain: part('write the drain, such as { timeout: "5 seconds", then: "abort" }', {
        timeout: drainTimeoutLeaf,
        then: choiceLeaf("abort", "rollback").default("abort"),
    }).prefault({}),
    onRollback: objectOrLeaf(
        part(`write ${rollbackChoices}`, { discard: discardLeaf }),
        rollbackLeaf,
    ).default("block"),
    passes: passesShape,
});

export const adoptShape = part('write { container: "shop", maxGap: "20 seconds" }', {
    container: dockerNameLeaf("container", "shop"),
    maxGap: durationLeaf("20 seconds"),
});

const platformLeaf = plain<"docker">('write platform: "docker"', (value) => {
    if (value === "docker") return value;
    if (value === "kubernetes") return new Refusal('"kubernetes" is not built yet');
    if (typeof value !== "string") return new Refusal("must be a text");
    return new Refusal(`is ${JSON.stringify(value)}`);
});

const misplaced: RefusedNames = {
    kubernetes: {
        problem: "is not built yet",
        instead: 'leave it out, and write platform: "docker"',
    },
    networks: { problem: "belongs to the traffic", instead: "write traffic.networks" },
    listen: { problem: "belongs to the traffic", instead: "write traffic.listen" },
    weights: { problem: "belongs to the traffic", instead: "write traffic.weights" },
    host: { problem: "belongs to docker", instead: "write docker.host" },
};

/** Everything that a program says of an environment. */
export const environmentShape = part(
    "write the environment's arguments",
    {
        platform: platformLeaf,
        docker: part('write { host: "ssh://deploy@shop-1" }', {
            host: dockerHostLeaf().optional(),
        }).prefault({}),
        slots: mapOf(`write one or two slots, such as { blue: ${slotExample} }`, slotShape),
        volumes: mapOf(
            'write the volumes by name, such as { data: { mounts: { web: "/var/lib/shop" } } }',
            volumeShape,
        ).prefault({}),
        traffic: trafficShape,
        health: healthShape.prefault({}),
        handover: handoverShape.prefault({}),
        adopt: adoptShape.optional(),
        runnerImage: imageLeaf("registry.example.com/cutover-runner:1").optional(),
        routerImage: imageLeaf("haproxy:2.6").optional(),
    },
    misplaced,
);

export type ReadEnvironment = z.output<typeof environmentShape>;
