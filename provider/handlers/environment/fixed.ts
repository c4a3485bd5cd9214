import { isDeepStrictEqual } from "node:util";
import type { InputProblem } from "../../engine/errors.js";
import { propertyPath } from "../property-path.js";
import { holdsUnknown } from "../unknown.js";
import type { PreviewedEnvironment, VolumeMode } from "./declaration.js";

/**
 * What is fixed once an environment exists and was changed all the same. Unknown values are taken
 * as unchanged.
 */
export function fixedProblems(
    olds: PreviewedEnvironment,
    news: PreviewedEnvironment,
): InputProblem[] {
    const instead = wayOn(olds);
    const changed = [
        ...changedLeaf("platform", olds.platform, news.platform),
        ...changedLeaf("docker.host", olds.host, news.host),
        ...changedLeaf("traffic.listen", olds.traffic.listen, news.traffic.listen),
        ...changedLeaf(
            "traffic.to.container",
            olds.traffic.to.container,
            news.traffic.to.container,
        ),
        ...changedLeaf("traffic.to.port", olds.traffic.to.port, news.traffic.to.port),
        ...changedVolumes(olds, news),
    ];
    return changed.map(({ path, how }) => ({
        path,
        problem: `cannot be ${how} after creation`,
        instead,
    }));
}

interface Change {
    path: string;
    how: "changed" | "added" | "removed";
}

function changedLeaf(path: string, old: unknown, now: unknown): Change[] {
    if (holdsUnknown(old) || holdsUnknown(now) || isDeepStrictEqual(old, now)) return [];
    return [{ path, how: "changed" }];
}

function changedVolumes(olds: PreviewedEnvironment, news: PreviewedEnvironment): Change[] {
    return bothNames(olds.volumes, news.volumes).flatMap((name) => {
        const path = ["volumes", name];
        const old = olds.volumes[name];
        const now = news.volumes[name];
        if (!old || !now) return [addedOrRemoved(path, old)];
        return [
            ...changedMode(path, old.mode, now.mode),
            ...changedMounts(path, old.mounts, now.mounts),
        ];
    });
}

/** A shared volume is another real volume than those of the slots: the data would stay behind in silence. */
function changedMode(path: string[], old: VolumeMode, now: VolumeMode): Change[] {
    const physical = (old === "shared") !== (now === "shared");
    return physical ? [{ path: propertyPath([...path, "mode"]), how: "changed" }] : [];
}

type Mounts = PreviewedEnvironment["volumes"][string]["mounts"];

function changedMounts(path: string[], old: Mounts, now: Mounts): Change[] {
    return bothNames(old, now).flatMap((container) => {
        const mountPath = [...path, "mounts", container];
        const [before, after] = [old[container], now[container]];
        if (!before || !after) return [addedOrRemoved(mountPath, before)];
        const printed = propertyPath(mountPath);
        const parts = ["path", "readOnly"] as const;
        const changes = parts.flatMap((part) => changedLeaf(printed, before[part], after[part]));
        return changes.slice(0, 1);
    });
}

function addedOrRemoved(path: string[], old: unknown): Change {
    return { path: propertyPath(path), how: old ? "removed" : "added" };
}

function bothNames(one: object, other: object): string[] {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}

/** A new environment that starts with this one's data. */
function wayOn({ volumes }: PreviewedEnvironment): string {
    const [name] = Object.keys(volumes);
    if (name === undefined) return "declare a new environment with it, and remove this one later";
    const seed = propertyPath(["volumes", name, "seed"]);
    const current = propertyPath(["volumes", name, "current"]);
    return `declare a new environment with it, seeded from this one (${seed}: { docker: { volume: <this environment>.${current} } })`;
}
