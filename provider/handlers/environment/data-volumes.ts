import type { DockerEngine } from "../../platforms/docker/engine.js";
import { labelKeys, names, ownLabels } from "../../platforms/docker/names.js";
import type { GateInputs, GateState } from "./gate.js";

export interface DataVolume {
    name: string;
    volume: string;
    /** Absent for a `shared` one. */
    slot?: string;
}

/** One real volume per slot; of a shared one, one for both. */
export function dataVolumes(
    inputs: Pick<GateInputs, "prefix" | "volumes">,
    slots: readonly string[],
): DataVolume[] {
    return Object.entries(inputs.volumes).flatMap(([volume, { mode }]) =>
        mode === "shared"
            ? [{ name: names.volume(inputs.prefix, volume, undefined), volume }]
            : slots.map((slot) => ({
                  name: names.volume(inputs.prefix, volume, slot),
                  volume,
                  slot,
              })),
    );
}

/** Volumes stay unless the program says otherwise; while one stays, so does the journal that says what is in it. */
export async function removeData(engine: DockerEngine, state: GateState): Promise<void> {
    const deleted = new Set(
        Object.keys(state.volumes).filter((name) => state.volumes[name]?.onDestroy === "delete"),
    );
    let kept = 0;
    for (const volume of await engine.volumes(ownLabels(state.prefix, "data"))) {
        if (deleted.has(volume.labels[labelKeys.volume] ?? ""))
            await engine.removeVolume(volume.name);
        else kept++;
    }
    if (kept === 0) await engine.removeVolume(names.journal(state.prefix));
}
