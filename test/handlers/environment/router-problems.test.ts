import { expect, test } from "vitest";
import type { PreviewedEnvironment } from "../../../provider/handlers/environment/declaration.js";
import type { GateInputs } from "../../../provider/handlers/environment/gate.js";
import { routerProblems } from "../../../provider/handlers/environment/router-problems.js";
import { lines } from "../changed.js";
import { observed } from "./observed.js";
import { read } from "./shop.js";

const seen = observed({ blue: 100, green: 0 });

function gateInputs(declaration: PreviewedEnvironment): GateInputs {
    return {
        ...declaration,
        prefix: "p-s-shop",
        origin: { project: "p", stack: "s", name: "shop" },
    };
}

function said(
    changes: Record<string, unknown>,
    before: Record<string, unknown> = {},
    what = seen,
): string[] {
    const now = read(changes);
    return lines(routerProblems(gateInputs(read(before)), gateInputs(now), now, what));
}

const refusal = (path: string) =>
    `${path}: was changed, and the router was made for what it was; a new router interrupts the traffic; change it back, or consent by removing the router (docker rm --force p-s-shop-router) right before pulumi up, which makes it anew`;

test("what the router is made from is not changed in silence", () => {
    expect(said({})).toEqual([]);
    expect(said({ routerImage: "haproxy:3" })).toEqual([refusal("routerImage")]);
    expect(said({}, { routerImage: "haproxy:3" })).toEqual([refusal("routerImage")]);
    expect(said({ "volumes.data.mode": "clone" })).toEqual([refusal("volumes.data.mode")]);
    const clone = { "volumes.data.mode": "clone" };
    expect(said({ ...clone, "volumes.data.safeMethodsOnly": true }, clone)).toEqual([
        refusal("volumes.data.safeMethodsOnly"),
    ]);
});

test("slots keep their names", () => {
    const renamed = {
        "slots.green": undefined,
        "slots.red": { containers: read().slots.green?.containers },
        "traffic.weights": { blue: 100, red: 0 },
        volumes: {},
    };
    expect(said(renamed, { volumes: {} })).toEqual([
        "traffic.weights.red: is the weight of a new slot, and slots keep their names after creation; write the weights of blue and green",
    ]);
});

test("a router that was removed is made anew, as it is declared then", () => {
    expect(said({ routerImage: "haproxy:3" }, {}, observed({}, { router: "absent" }))).toEqual([]);
});
