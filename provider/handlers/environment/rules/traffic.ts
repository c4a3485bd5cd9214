import type { InputProblem } from "../../../engine/errors.js";
import { listNames } from "../../nearest-name.js";
import { propertyPath } from "../../property-path.js";
import { isUnknown } from "../../unknown.js";
import type { Outline } from "../outline.js";
import { nameProblems } from "./slots.js";

/** Weights against slots, the container that gets the traffic, and where the router listens. */
export function trafficProblems(outline: Outline): InputProblem[] {
    const slots = Object.keys(outline.slots);
    const weights = outline.traffic.weights;
    return [
        ...listenProblems(outline),
        ...targetProblems(outline),
        ...(weights ? sumProblems(weights) : []),
        ...(weights && slots.length > 0 ? placeProblems(weights, slots) : []),
    ];
}

function listenProblems({ traffic, adopts }: Outline): InputProblem[] {
    if (!traffic.given || traffic.listen !== undefined) return [];
    const networks = Array.isArray(traffic.networks) ? traffic.networks.length : 0;
    if (adopts) {
        const problem = "is missing, and adopt takes over the port of the container";
        return [{ path: "traffic.listen", problem, instead: "write that port" }];
    }
    if (networks > 0 || isUnknown(traffic.networks)) return [];
    const instead =
        "write a port, such as 8080, or write traffic.networks with the network of your own proxy";
    return [{ path: "traffic.listen", problem: "is missing", instead }];
}

function targetProblems({ slots, traffic: { container } }: Outline): InputProblem[] {
    if (typeof container !== "string" || container === "" || isUnknown(container)) return [];
    return Object.entries(slots).flatMap(([name, slot]) => {
        const containers = Object.keys(slot.containers);
        if (containers.length === 0 || containers.includes(container)) return [];
        const problem = `names no container of slot ${name}`;
        const instead = `write ${listNames(containers, "or")}, or add it to slot ${name}`;
        return [{ path: "traffic.to.container", problem, instead }];
    });
}

type WeightsOutline = Record<string, number | undefined>;

function sumProblems(weights: WeightsOutline): InputProblem[] {
    const given = Object.values(weights);
    if (given.length === 0 || given.includes(undefined)) return [];
    const sum = given.reduce<number>((total, weight) => total + (weight ?? 0), 0);
    if (sum === 100) return [];
    return [
        {
            path: "traffic.weights",
            problem: `add up to ${sum}`,
            instead: "write integers from 0 to 100 that add up to 100",
        },
    ];
}

function placeProblems(weights: WeightsOutline, slots: string[]): InputProblem[] {
    const missing = slots
        .filter((slot) => !Object.hasOwn(weights, slot))
        .map((slot) => ({
            path: propertyPath(["traffic", "weights", slot]),
            problem: "is missing",
            instead: `write the weight of slot ${slot}, 0 for no traffic`,
        }));
    const absent = Object.keys(weights).filter((slot) => !slots.includes(slot));
    // the other slot of two may be absent, with the weight 0
    const room = 2 - slots.length;
    return [
        ...missing,
        ...nameProblems(absent, ["traffic", "weights"]),
        ...(room === 1 && absent.length === 0 ? otherSlotProblems(slots) : []),
        ...absent.flatMap((slot, index) =>
            index < room ? absentSlot(slot, weights[slot], slots) : strangeSlot(slot, slots),
        ),
    ];
}

/** The router knows both servers by name from the start: a name that came later would be unknown to it. */
function otherSlotProblems(slots: string[]): InputProblem[] {
    const example = slots.includes("green") ? "blue" : "green";
    return [
        {
            path: "traffic.weights",
            problem: `name only slot ${slots[0]}`,
            instead: `write the name of the other slot too, with the weight 0, such as ${example}: 0; it may be declared later`,
        },
    ];
}

function absentSlot(slot: string, weight: number | undefined, slots: string[]): InputProblem[] {
    if (weight === undefined || weight === 0) return [];
    const path = propertyPath(["traffic", "weights", slot]);
    const declare = `declare ${propertyPath(["slots", slot])}`;
    if (weight === 100) {
        const problem = `puts all the weight on slot ${slot}, which is not declared`;
        return [{ path, problem, instead: `${declare}, or give the weight to ${slots[0]}` }];
    }
    const problem = `is ${weight}, and slot ${slot} is not declared`;
    return [{ path, problem, instead: `${declare}, or write 0` }];
}

function strangeSlot(slot: string, slots: string[]): InputProblem[] {
    const path = propertyPath(["traffic", "weights", slot]);
    const instead = `write weights for ${listNames(slots)} only`;
    return [{ path, problem: "is the weight of a slot that does not exist", instead }];
}
