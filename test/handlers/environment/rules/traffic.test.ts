import { describe, expect, test } from "vitest";
import { said, unknown } from "../shop.js";

const oneSlot = { "slots.green": undefined };

describe("weights", () => {
    test.each([
        [{ blue: 90, green: 0 }, 90],
        [{ blue: 100, green: 100 }, 200],
        [{ blue: 0, green: 0 }, 0],
        [{ blue: 34, green: 33 }, 67],
    ])("%j do not add up", (weights, sum) => {
        expect(said({ volumes: {}, "traffic.weights": weights })).toEqual([
            `traffic.weights: add up to ${sum}; write integers from 0 to 100 that add up to 100`,
        ]);
    });

    test.each([
        ["negative", { blue: 110, green: -10 }, { blue: "110", green: "-10" }],
        ["fractional", { blue: 66.6, green: 33.4 }, { blue: "66.6", green: "33.4" }],
        ["over 100", { blue: 150, green: 0 }, { blue: "150" }],
        ["no number", { blue: Number.NaN, green: 0 }, { blue: "NaN" }],
        ["endless", { blue: Number.POSITIVE_INFINITY, green: 0 }, { blue: "Infinity" }],
    ])("%s", (_name, weights, bad) => {
        const lines = Object.entries(bad).map(
            ([slot, weight]) =>
                `traffic.weights.${slot}: is ${weight}; write an integer from 0 to 100`,
        );
        expect(said({ "traffic.weights": weights })).toEqual(lines);
    });

    test("a text", () => {
        expect(said({ "traffic.weights": { blue: "100", green: 0 } })).toEqual([
            "traffic.weights.blue: must be a number; write an integer from 0 to 100",
        ]);
    });

    test("for a slot that does not exist", () => {
        expect(said({ "traffic.weights": { blue: 100, green: 0, red: 0 } })).toEqual([
            "traffic.weights.red: is the weight of a slot that does not exist; write weights for blue and green only",
        ]);
    });

    test("with a slot's name misspelt", () => {
        expect(said({ "traffic.weights": { blue: 100, gren: 0 } })).toEqual([
            "traffic.weights.green: is missing; write the weight of slot green, 0 for no traffic",
            "traffic.weights.gren: is the weight of a slot that does not exist; write weights for blue and green only",
        ]);
    });

    test("missing for a slot", () => {
        expect(said({ "traffic.weights": { blue: 100 } })).toEqual([
            "traffic.weights.green: is missing; write the weight of slot green, 0 for no traffic",
        ]);
    });

    test("missing for all", () => {
        expect(said({ ...oneSlot, "traffic.weights": {} })).toEqual([
            "traffic.weights.blue: is missing; write the weight of slot blue, 0 for no traffic",
            "traffic.weights: name only slot blue; write the name of the other slot too, with the weight 0, such as green: 0; it may be declared later",
        ]);
    });

    test("missing for the slot that is not declared yet: the router knows both from the start", () => {
        expect(said({ ...oneSlot, "traffic.weights": { blue: 100 } })).toEqual([
            "traffic.weights: name only slot blue; write the name of the other slot too, with the weight 0, such as green: 0; it may be declared later",
        ]);
    });

    test("a name that is none, for the slot that is not declared yet", () => {
        expect(said({ ...oneSlot, "traffic.weights": { blue: 100, Green: 0 } })).toEqual([
            "traffic.weights.Green: is not a name; write 1 to 31 lower-case letters, digits and hyphens, the first one no hyphen",
        ]);
    });

    test("all of it on an absent slot", () => {
        expect(said({ ...oneSlot, "traffic.weights": { blue: 0, green: 100 } })).toEqual([
            "traffic.weights.green: puts all the weight on slot green, which is not declared; declare slots.green, or give the weight to blue",
        ]);
    });

    test("some of it on an absent slot", () => {
        const weights = { blue: 90, green: 10 };
        expect(said({ ...oneSlot, volumes: {}, "traffic.weights": weights })).toEqual([
            "traffic.weights.green: is 10, and slot green is not declared; declare slots.green, or write 0",
        ]);
    });

    test("for two absent slots", () => {
        expect(said({ ...oneSlot, "traffic.weights": { blue: 100, green: 0, red: 0 } })).toEqual([
            "traffic.weights.red: is the weight of a slot that does not exist; write weights for blue only",
        ]);
    });
});

describe("to", () => {
    test("a container that a slot does not have", () => {
        expect(said({ "traffic.to.container": "app" })).toEqual([
            "traffic.to.container: names no container of slot blue; write web or cache, or add it to slot blue",
            "traffic.to.container: names no container of slot green; write web or cache, or add it to slot green",
        ]);
        expect(said({ volumes: {}, "slots.green.containers.web": undefined })).toEqual([
            "traffic.to.container: names no container of slot green; write cache, or add it to slot green",
        ]);
    });

    test("nothing", () => {
        expect(said({ "traffic.to": {} })).toEqual([
            'traffic.to.container: is missing; write the name of a container of the slot, such as "web"',
            "traffic.to.port: is missing; write an integer from 1 to 65535, such as 3000",
        ]);
    });
});

describe("listen", () => {
    const nowhere =
        "traffic.listen: is missing; write a port, such as 8080, or write traffic.networks with the network of your own proxy";

    test("neither a port nor a network", () => {
        expect(said({ "traffic.listen": undefined })).toEqual([nowhere]);
        expect(said({ "traffic.listen": undefined, "traffic.networks": [] })).toEqual([nowhere]);
    });

    test("adopt without a port", () => {
        expect(
            said({
                "traffic.listen": undefined,
                "traffic.networks": ["proxy"],
                adopt: { container: "shop", maxGap: "20 seconds" },
            }),
        ).toEqual([
            "traffic.listen: is missing, and adopt takes over the port of the container; write that port",
        ]);
    });

    test("adopt with a port that is not known yet", () => {
        const adopt = { container: "shop", maxGap: "20 seconds" };
        expect(said({ "traffic.listen": unknown, adopt })).toEqual([]);
    });
});
