import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { readContainerMigration } from "../../provider/handlers/container-migration/read-declaration.js";
import { refusedProperties } from "../../provider/handlers/environment/container-properties.js";
import { readDeclaration } from "../../provider/handlers/environment/read-declaration.js";
import { readMigrationDeclaration } from "../../provider/handlers/volume-migration/read-declaration.js";
import type {
    BlueGreenEnvironmentArgs,
    SlotArgs,
} from "../../provider/resources/blue-green-environment-args.js";
import type { ContainerMigrationArgs } from "../../provider/resources/container-migration-args.js";
import type { VolumeMigrationArgs } from "../../provider/resources/volume-migration.js";

/** The programs of the design's first section, checked by the compiler. */
const orders: VolumeMigrationArgs = {
    source: { docker: { volume: "orders-v1" } },
    destination: { docker: { volume: "orders-v2" } },
    quiesce: { containers: ["orders"], how: "stop" },
};

const till: ContainerMigrationArgs = {
    container: { docker: { name: "till" } },
    to: { name: "till-2" },
    volumes: ["till-data"],
    binds: { "/srv/till": "/srv/till-2" },
    layer: "commit",
    memory: "checkpoint",
    grace: "20 seconds",
};

const shop: BlueGreenEnvironmentArgs = {
    platform: "docker",
    docker: { host: "ssh://deploy@shop-1" },
    slots: {
        blue: { containers: { web: { image: "shop:1.4" }, cache: { image: "redis:7" } } },
        green: { containers: { web: { image: "shop:2.0" }, cache: { image: "redis:7" } } },
    },
    volumes: {
        data: {
            mounts: { web: "/var/lib/shop" },
            mode: "handover",
            seed: { docker: { volume: "shop-data" } },
        },
    },
    traffic: {
        listen: 8080,
        to: { container: "web", port: 3000 },
        weights: { blue: 100, green: 0 },
    },
    health: { path: "/healthz", healthyAfter: 3, timeout: "60 seconds" },
    handover: {
        maxHold: "30 seconds",
        drain: { timeout: "5 seconds", then: "abort" },
        onRollback: "reverseSync",
    },
};

/** As the class passes slots: of each container its image, a digest and what it should not have. */
function passed(slots: Record<string, SlotArgs>) {
    return Object.fromEntries(
        Object.entries(slots).map(([name, { containers, background }]) => {
            const specs = Object.entries(containers).map(([key, spec]) => [
                key,
                { image: spec.image, digest: "3f1c", owned: refusedProperties(spec) },
            ]);
            return [name, { containers: Object.fromEntries(specs), background }];
        }),
    );
}

test("the programs of the design are taken as they are", () => {
    expect(readMigrationDeclaration(orders).problems).toEqual([]);
    expect(readContainerMigration(till).problems).toEqual([]);
    expect(readDeclaration({ ...shop, slots: passed(shop.slots) }).problems).toEqual([]);
});

test("every leaf but the plain ones takes an output", () => {
    const later = <T>(value: T) => pulumi.output(Promise.resolve(value)) as pulumi.Output<T>;
    const traffic: BlueGreenEnvironmentArgs["traffic"] = {
        listen: later(8080),
        networks: later(["proxy"]),
        to: { container: later("web"), port: later(3000) },
        // @ts-expect-error preview must know the weights
        weights: later({ blue: 100, green: 0 }),
    };
    const migration: Partial<VolumeMigrationArgs> = {
        source: { docker: { volume: later("orders-v1"), host: later("ssh://shop-1") } },
        timeout: later<"1 hour">("1 hour"),
        exclude: [later("cache/**")],
    };
    expect(Object.keys({ ...traffic, ...migration })).toHaveLength(7);
});

test("units are checked by the type", () => {
    // @ts-expect-error a number has no unit
    const bare: BlueGreenEnvironmentArgs["health"] = { timeout: 60 };
    // @ts-expect-error a text without its unit
    const text: BlueGreenEnvironmentArgs["health"] = { timeout: "60" };
    expect([bare, text]).toHaveLength(2);
});
