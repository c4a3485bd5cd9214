import { expect, test } from "vitest";
import { decide } from "../../../provider/handlers/environment/decide.js";
import type { HandoverInputs } from "../../../provider/handlers/environment/handover.js";
import {
    afterwards,
    observedFromState,
    observedState,
} from "../../../provider/handlers/environment/handover-state.js";
import { observed } from "./observed.js";
import { read } from "./shop.js";

const { traffic, ...rest } = read();
const { weights, ...settings } = traffic;
const inputs: HandoverInputs = {
    prefix: "p-s-shop",
    origin: { project: "p", stack: "s", name: "shop" },
    weights,
    containers: { blue: { web: "id-1", cache: "id-2" }, green: { web: "id-3", cache: "id-4" } },
    settings: { ...rest, traffic: settings },
    plan: { summary: "blue begins to serve" },
};

test("without a look at the target, a plan takes the state for what is there", () => {
    expect(decide(read(), observedFromState(inputs))).toEqual({ kind: "nothing" });
    const moved = read({ "traffic.weights": { blue: 0, green: 100 } });
    expect(decide(moved, observedFromState(inputs))).toMatchObject({
        transition: { kind: "handover", from: "blue", to: "green" },
    });
    expect(decide(read(), observedFromState(undefined))).toMatchObject({
        transition: { kind: "start", slot: "blue", seed: true },
    });
});

test("what is saved after a failure is what was seen, never what was wanted", () => {
    const wanted = { ...inputs, weights: { blue: 0, green: 100 } };
    const seen = observed({ blue: 100, green: 0 });
    expect(observedState(wanted, "instance", undefined, seen)).toMatchObject({
        weights: { blue: 100, green: 0 },
        active: "blue",
        instance: "instance",
    });
    const nothing = { blue: 0, green: 0 };
    expect(observedState(wanted, "instance", undefined, undefined).weights).toEqual(nothing);
    const before = observedState(inputs, "instance", undefined, seen);
    expect(observedState(wanted, "instance", before, undefined).weights).toEqual(before.weights);
    const down = observed({ blue: 100, green: 0 }, { alive: {} });
    expect(observedState(wanted, "instance", undefined, down).weights).toEqual(nothing);
});

test("an error says what is true now, and what to do next", () => {
    const next =
        "mend the cause and run pulumi up again; npx pulumi-cutover status p-s-shop shows more";
    const state = (text: string) => ({ state: text, next });
    const none = observed({ blue: 0, green: 0 });
    expect(afterwards(inputs, observed({ blue: 100, green: 0 }), undefined)).toEqual(
        state("blue serves"),
    );
    expect(afterwards(inputs, observed({ blue: 50, green: 50 }), undefined)).toEqual(
        state("blue and green serve"),
    );
    expect(afterwards(inputs, none, undefined)).toEqual(state("nothing serves"));
    expect(afterwards(inputs, none, "old-shop")).toEqual(state("old-shop serves again"));
    expect(afterwards(inputs, undefined, undefined)).toEqual(
        state("not known: the target could not be looked at; what was begun there goes on"),
    );
});
