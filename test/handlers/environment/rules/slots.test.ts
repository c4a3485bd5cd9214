import { describe, expect, test } from "vitest";
import {
    ownedProperties,
    refusedProperties,
} from "../../../../provider/handlers/environment/container-properties.js";
import { container, said, unknown } from "../shop.js";

const stateless = { volumes: {}, "traffic.weights": { blue: 100, green: 0 } };
const slot = { containers: { web: container("shop:1.4") } };
const name =
    "is not a name; write 1 to 31 lower-case letters, digits and hyphens, the first one no hyphen";

describe("slots", () => {
    test("none", () => {
        expect(said({ slots: {} })).toEqual([
            'slots: holds no slot; write one or two, such as { blue: { containers: { web: { image: "shop:1.4" } } } }',
        ]);
    });

    test("three", () => {
        const weights = { blue: 100, green: 0, red: 0 };
        expect(
            said({ slots: { blue: slot, green: slot, red: slot }, "traffic.weights": weights }),
        ).toEqual(["slots: holds 3 slots, blue, green and red; write one or two"]);
    });

    test("one without containers", () => {
        expect(said({ "slots.green.containers": {} })).toEqual([
            'slots.green.containers: holds no container; write one or more, such as { web: { image: "shop:1.4" } }',
        ]);
        expect(said({ "slots.green": {} })).toEqual([
            'slots.green.containers: is missing; write the containers, such as { web: { image: "shop:1.4" } }',
        ]);
        expect(said({ "slots.green": "shop:2.0" })).toEqual([
            'slots.green: must be an object; write the slot, such as { containers: { web: { image: "shop:1.4" } } }',
        ]);
    });

    test.each(["Blue", "-blue", "blue_1", "b".repeat(32)])("a slot named %j", (odd) => {
        const change = {
            ...stateless,
            slots: { [odd]: slot },
            "traffic.weights": { [odd]: 100, green: 0 },
        };
        expect(said(change)).toEqual([`slots.${odd}: ${name}`]);
    });

    test.each(["blue 1", "blue.1", "", "blü"])("a slot named %j, quoted", (odd) => {
        const change = {
            ...stateless,
            slots: { [odd]: slot },
            "traffic.weights": { [odd]: 100, green: 0 },
        };
        expect(said(change)).toEqual([`slots[${JSON.stringify(odd)}]: ${name}`]);
    });

    test("a slot named __proto__, which must not vanish", () => {
        const slots: unknown = JSON.parse('{ "blue": {}, "__proto__": {} }');
        expect(said({ slots })).toContain(
            'slots: holds "__proto__"; write one or two slots, such as { blue: { containers: { web: { image: "shop:1.4" } } } }',
        );
    });

    test("names of containers", () => {
        expect(
            said({ "slots.green.containers": { web: container("a"), Web: container("a") } }),
        ).toEqual([`slots.green.containers.Web: ${name}`]);
    });
});

describe("background", () => {
    test("a container that does not exist", () => {
        expect(said({ "slots.blue.background": ["cache", "wroker"] })).toEqual([
            "slots.blue.background[1]: names no container of slot blue; write web or cache",
        ]);
    });

    test("the container that gets the traffic", () => {
        expect(said({ "slots.blue.background": ["web"] })).toEqual([
            "slots.blue.background[0]: names the container that gets the traffic; leave it out, or change traffic.to",
        ]);
    });

    test("one twice", () => {
        expect(said({ "slots.blue.background": ["cache", "cache"] })).toEqual([
            "slots.blue.background[1]: names a container again; leave it out",
        ]);
    });

    test("unknown ones are not the same one twice", () => {
        expect(said({ "slots.blue.background": [unknown, unknown] })).toEqual([]);
    });

    test("no list, or a list of something else", () => {
        expect(said({ "slots.blue.background": "cache" })).toEqual([
            'slots.blue.background: must be a list; write names of containers, such as ["worker"]',
        ]);
        expect(said({ "slots.blue.background": [1] })).toEqual([
            'slots.blue.background[0]: must be a text; write the name of a container of the slot, such as "web"',
        ]);
    });
});

describe("what the environment owns of a container", () => {
    test.each(Object.entries(ownedProperties))("%s", (property, instead) => {
        const web = container("shop:1.4", property);
        expect(said({ "slots.blue.containers.web": web })).toEqual([
            `slots.blue.containers.web.${property}: belongs to the environment; ${instead}`,
        ]);
    });

    test("is found among a container's arguments", () => {
        const spec = { image: "shop:1.4", envs: ["A=1"], ports: [], name: undefined, rm: null };
        expect(refusedProperties(spec)).toEqual(["ports"]);
        expect(refusedProperties({ image: "shop:1.4", toString: 1, colour: 1 })).toEqual([
            "toString",
            "colour",
        ]);
    });
});
