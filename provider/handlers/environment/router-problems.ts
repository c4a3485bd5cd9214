import type { InputProblem } from "../../engine/errors.js";
import { names } from "../../platforms/docker/names.js";
import { listNames } from "../nearest-name.js";
import { propertyPath } from "../property-path.js";
import { sameJson } from "../same-json.js";
import { holdsUnknown } from "../unknown.js";
import type { PreviewedEnvironment } from "./declaration.js";
import type { GateInputs } from "./gate.js";
import type { Observed } from "./observe.js";

/**
 * The router is made once, and a new one interrupts the traffic: whoever changes what it is made from says so by
 * removing it. Where it is gone, the next `pulumi up` makes it anew.
 */
export function routerProblems(
    olds: GateInputs | undefined,
    inputs: GateInputs,
    { traffic }: PreviewedEnvironment,
    observed: Observed,
): InputProblem[] {
    if (observed.router === "absent") return [];
    return [
        ...strangeSlots(traffic.weights, observed),
        ...(olds ? changesOfRouter(olds, inputs) : []),
    ];
}

/** The router knows two servers by name, from the start. */
function strangeSlots(
    weights: Readonly<Record<string, number>>,
    { traffic }: Observed,
): InputProblem[] {
    if (!traffic) return [];
    const known = Object.keys(traffic.slots);
    return Object.keys(weights)
        .filter((slot) => !known.includes(slot))
        .map((slot) => ({
            path: propertyPath(["traffic", "weights", slot]),
            problem: "is the weight of a new slot, and slots keep their names after creation",
            instead: `write the weights of ${listNames(known)}`,
        }));
}

function changesOfRouter(olds: GateInputs, inputs: GateInputs): InputProblem[] {
    const router = names.router(inputs.prefix);
    const changed = [
        ...(sameJson(olds.routerImage, inputs.routerImage) ? [] : ["routerImage"]),
        ...Object.keys(inputs.volumes).flatMap((name) =>
            routerReads(olds.volumes[name], inputs.volumes[name]).map((property) =>
                propertyPath(["volumes", name, property]),
            ),
        ),
    ];
    return changed.map((path) => ({
        path,
        problem:
            "was changed, and the router was made for what it was; a new router interrupts the traffic",
        instead: `change it back, or consent by removing the router (docker rm --force ${router}) right before pulumi up, which makes it anew`,
    }));
}

type Volume = GateInputs["volumes"][string];

/** Sticky sessions, failover and the slot for unsafe methods are in the router's configuration. */
function routerReads(old: Volume | undefined, now: Volume | undefined): string[] {
    if (!old || !now || holdsUnknown(old) || holdsUnknown(now)) return [];
    return [
        ...(old.mode === now.mode ? [] : ["mode"]),
        ...((old.safeMethodsOnly ?? false) === (now.safeMethodsOnly ?? false)
            ? []
            : ["safeMethodsOnly"]),
    ];
}
