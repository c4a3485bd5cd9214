import type { InputProblem } from "../../../engine/errors.js";
import { unknownProperty } from "../../input-shape.js";
import { listNames } from "../../nearest-name.js";
import { propertyPath } from "../../property-path.js";
import { isUnknown } from "../../unknown.js";
import { ownedProperties, passedProperties } from "../container-properties.js";
import type { Outline, SlotOutline } from "../outline.js";
import { reservedNames } from "../reserved-names.js";

const namePattern = /^[a-z0-9][a-z0-9-]{0,30}$/;

/** Names become parts of Docker names, host names and labels. */
export function nameProblems(names: readonly string[], path: PropertyKey[]): InputProblem[] {
    return names
        .filter((name) => !namePattern.test(name))
        .map((name) => ({
            path: propertyPath([...path, name]),
            problem: "is not a name",
            instead:
                "write 1 to 31 lower-case letters, digits and hyphens, the first one no hyphen",
        }));
}

/** Slots, their containers, and what of a container belongs to the environment. */
export function slotProblems(outline: Outline): InputProblem[] {
    const names = Object.keys(outline.slots);
    return [
        ...(outline.slotsReadable ? countProblems(names) : []),
        ...nameProblems(names, ["slots"]),
        ...names.flatMap((name) => oneSlot(name, outline.slots[name], outline.traffic.container)),
    ];
}

function countProblems(names: string[]): InputProblem[] {
    if (names.length === 1 || names.length === 2) return [];
    if (names.length === 0) {
        const example = '{ blue: { containers: { web: { image: "shop:1.4" } } } }';
        const instead = `write one or two, such as ${example}`;
        return [{ path: "slots", problem: "holds no slot", instead }];
    }
    return [
        {
            path: "slots",
            problem: `holds ${names.length} slots, ${listNames(names)}`,
            instead: "write one or two",
        },
    ];
}

function oneSlot(name: string, slot: SlotOutline | undefined, traffic: unknown): InputProblem[] {
    if (!slot?.readable) return [];
    const path = ["slots", name];
    const containers = Object.keys(slot.containers);
    if (containers.length === 0) {
        const instead = 'write one or more, such as { web: { image: "shop:1.4" } }';
        const problem = "holds no container";
        return [{ path: propertyPath([...path, "containers"]), problem, instead }];
    }
    return [
        ...nameProblems(containers, [...path, "containers"]),
        ...containers.flatMap((container) => {
            const owned = slot.containers[container]?.owned ?? [];
            return owned.map((property) =>
                ownedProblem(propertyPath([...path, "containers", container, property]), property),
            );
        }),
        ...backgroundProblems(name, slot, traffic),
    ];
}

function ownedProblem(path: string, property: string): InputProblem {
    if (Object.hasOwn(ownedProperties, property)) {
        const instead = ownedProperties[property as keyof typeof ownedProperties];
        return { path, problem: "belongs to the environment", instead };
    }
    return unknownProperty(path, property, passedProperties, reservedNames);
}

function backgroundProblems(name: string, slot: SlotOutline, traffic: unknown): InputProblem[] {
    const containers = Object.keys(slot.containers);
    return slot.background.flatMap((worker, index) => {
        // what is no text is the shape's to report
        if (typeof worker !== "string" || worker === "" || isUnknown(worker)) return [];
        const path = propertyPath(["slots", name, "background", index]);
        if (!containers.includes(worker)) {
            const instead = `write ${listNames(containers, "or")}`;
            return [{ path, problem: `names no container of slot ${name}`, instead }];
        }
        if (worker === traffic) {
            const problem = "names the container that gets the traffic";
            return [{ path, problem, instead: "leave it out, or change traffic.to" }];
        }
        if (slot.background.indexOf(worker) < index) {
            return [{ path, problem: "names a container again", instead: "leave it out" }];
        }
        return [];
    });
}
