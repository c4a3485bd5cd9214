import type { InputProblem } from "../../../engine/errors.js";
import { listNames } from "../../nearest-name.js";
import { propertyPath } from "../../property-path.js";
import { isUnknown } from "../../unknown.js";
import type { Outline, VolumeOutline } from "../outline.js";
import { nameProblems } from "./slots.js";

/** Volumes against slots and weights. */
export function volumeProblems(outline: Outline): InputProblem[] {
    const split = splitOf(outline);
    return [
        ...nameProblems(Object.keys(outline.volumes), ["volumes"]),
        ...takenNames(Object.keys(outline.volumes)),
        ...Object.entries(outline.volumes).flatMap(([name, volume]) => [
            ...mountProblems(name, volume, outline),
            ...seedProblems(name, volume, outline),
            ...consentProblems(name, volume, split),
        ]),
        ...samePathProblems(outline),
        ...splitProblems(outline, split),
    ];
}

/** A shared volume of such a name would be the very volume that the environment keeps its own things in. */
function takenNames(names: readonly string[]): InputProblem[] {
    return names
        .filter((name) => name === "journal" || name === "control")
        .map((name) => ({
            path: propertyPath(["volumes", name]),
            problem: "is a name that the environment needs itself",
            instead: "write another name",
        }));
}

function mountProblems(name: string, volume: VolumeOutline, { slots }: Outline): InputProblem[] {
    if (!volume.mounts) return [];
    const mounted = Object.keys(volume.mounts);
    const path = ["volumes", name, "mounts"];
    if (mounted.length === 0) {
        const instead = 'write the container and the path, such as { web: "/var/lib/shop" }';
        return [{ path: propertyPath(path), problem: "holds no mount", instead }];
    }
    return mounted.flatMap((container) =>
        Object.entries(slots).flatMap(([slot, { containers }]) => {
            const there = Object.keys(containers);
            if (there.length === 0 || there.includes(container)) return [];
            const problem = `names no container of slot ${slot}`;
            const instead = `write ${listNames(there, "or")}, or add it to slot ${slot}`;
            return [{ path: propertyPath([...path, container]), problem, instead }];
        }),
    );
}

function seedProblems(name: string, volume: VolumeOutline, { host }: Outline): InputProblem[] {
    const { seedHost } = volume;
    if (typeof seedHost !== "string" || isUnknown(seedHost) || isUnknown(host)) return [];
    if (seedHost === host) return [];
    const path = propertyPath(["volumes", name, "seed", "docker", "host"]);
    const problem = "is another engine than docker.host, and a seed is on the environment's engine";
    return [{ path, problem, instead: "leave it out, or write the same in docker.host" }];
}

/** "90/10" when both slots get traffic, else undefined. */
function splitOf({ traffic: { weights = {} } }: Outline): string | undefined {
    const given = Object.values(weights);
    const shares = given.filter((weight) => weight !== undefined && weight > 0);
    return shares.length > 1 && !given.includes(undefined) ? shares.join("/") : undefined;
}

function consentProblems(
    name: string,
    { mode, acknowledge, safeMethodsOnly }: VolumeOutline,
    split: string | undefined,
): InputProblem[] {
    if (mode === undefined) return [];
    if (mode !== "clone") {
        return Object.entries({ acknowledge, safeMethodsOnly })
            .filter(([, value]) => value !== undefined)
            .map(([property]) => ({
                path: propertyPath(["volumes", name, property]),
                problem: `says something of mode "clone", and the mode is "${mode}"`,
                instead: 'leave it out, or write mode: "clone"',
            }));
    }
    const safe = safeMethodsOnly === true || isUnknown(safeMethodsOnly);
    if (!split || acknowledge !== undefined || safe) return [];
    return [
        {
            path: propertyPath(["volumes", name]),
            problem: `has the mode "clone", and weights split ${split} lose what canary users write`,
            instead: 'write acknowledge: "canary writes are discarded", or safeMethodsOnly: true',
        },
    ];
}

function samePathProblems({ volumes }: Outline): InputProblem[] {
    const taken = new Map<string, string>();
    return Object.entries(volumes).flatMap(([name, { mounts = {} }]) =>
        Object.entries(mounts).flatMap(([container, mount]) => {
            if (!mount || isUnknown(mount.path)) return [];
            const path = propertyPath(["volumes", name, "mounts", container]);
            const place = JSON.stringify([container, mount.path]);
            const first = taken.get(place);
            if (first === undefined) taken.set(place, path);
            if (first === undefined) return [];
            const problem = `is the same path of the same container as ${first}`;
            return [{ path, problem, instead: "write another path" }];
        }),
    );
}

function splitProblems({ volumes }: Outline, split: string | undefined): InputProblem[] {
    const names = Object.keys(volumes).filter((name) => volumes[name]?.mode === "handover");
    if (!split || names.length === 0) return [];
    const many = names.length > 1;
    const list = listNames(names.map((name) => propertyPath(["volumes", name])));
    const whose = many ? `${list} have` : `${list} has`;
    return [
        {
            path: "traffic.weights",
            problem: `split the traffic ${split}, and ${whose} the mode "handover", where one slot writes`,
            instead:
                `write 100 and 0, or give ${many ? "these volumes" : "this volume"} the mode "clone" ` +
                '(the canary works on a copy that is thrown away) or "shared" (both slots write to one volume)',
        },
    ];
}
