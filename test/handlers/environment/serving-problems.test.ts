import { expect, test } from "vitest";
import { servingProblems } from "../../../provider/handlers/environment/serving-problems.js";
import { lines } from "../changed.js";
import { observed } from "./observed.js";
import { read, unknown } from "./shop.js";

const blueServes = observed({ blue: 100, green: 0 });
const digest = "slots.blue.containers.web.digest";

function said(changes: Record<string, unknown>, seen = blueServes): string[] {
    return lines(servingProblems(read(changes), seen));
}

const refusal = (key: string, weight = 100) =>
    `slots.blue.containers.${key}: was changed, and slot blue carries traffic (weight ${weight}); leave it as it is, change slot green instead, and move the weights to it`;

test("a change of the slot that serves is refused, by container", () => {
    expect(said({})).toEqual([]);
    expect(said({ [digest]: "other" })).toEqual([refusal("web")]);
    expect(said({ "slots.blue.containers.cache": undefined })).toEqual([refusal("cache")]);
    expect(said({ "slots.blue.containers.more": { image: "a", digest: "b", owned: [] } })).toEqual([
        refusal("more"),
    ]);
});

test("also of one that has part of the traffic, and where the router does not say", () => {
    const split = { volumes: {}, "traffic.weights": { blue: 10, green: 90 }, [digest]: "other" };
    expect(said(split, observed({ blue: 10, green: 90 }))).toEqual([refusal("web", 10)]);
    const { traffic: _traffic, ...silent } = observed({ blue: 100, green: 0 });
    expect(said({ [digest]: "other" }, silent)).toEqual([refusal("web")]);
});

test("a slot without traffic changes freely, and so does one that loses its traffic in the same change", () => {
    expect(said({ "slots.green.containers.web.digest": "other" })).toEqual([]);
    expect(said({ [digest]: "other", "traffic.weights": { blue: 0, green: 100 } })).toEqual([]);
});

test("one that is down may be mended, and what preview does not know counts as unchanged", () => {
    expect(said({ [digest]: "other" }, observed({ blue: 100, green: 0 }, { alive: {} }))).toEqual(
        [],
    );
    expect(said({ [digest]: unknown })).toEqual([]);
});

test("a background container that is parked beside the split is no change", () => {
    const seen = observed({ blue: 40, green: 60 });
    const background = {
        volumes: {},
        "traffic.weights": { blue: 40, green: 60 },
        "slots.blue.background": ["worker"],
        "slots.blue.containers.worker": { image: "a", digest: "b", owned: [] },
    };
    expect(said(background, seen)).toEqual([]);
});
