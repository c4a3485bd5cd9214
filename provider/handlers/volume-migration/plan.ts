import { volumeStepNames, volumeTitles } from "../../engine/handover/volume-plan.js";
import { type Place, placeName, placeOf, type VolumeRef } from "../../volumes/refs.js";
import { printable } from "../unknown.js";
import type { PreviewedMigration } from "./declaration.js";

/** What `pulumi up` will do, step by step; what is not known yet reads "(known after apply)". */
export function planOfMigration(declaration: PreviewedMigration, sync: boolean): string[] {
    if (!sync) return ["nothing is copied: only the settings change"];
    const { source, destination, verify, quiesce, onExisting } = declaration;
    const outline = {
        source: printablePlace(source),
        destination: printablePlace(destination),
        verify: printable(verify),
        onExisting: printable(onExisting),
        ...(quiesce ? { quiesce: printableQuiesce(quiesce) } : {}),
    };
    const titles = volumeTitles(outline);
    return volumeStepNames(outline).map((name) => titles[name]);
}

function printablePlace(ref: VolumeRef): Place {
    return { volume: printable(placeName(placeOf(ref))) };
}

function printableQuiesce({ containers, how, then }: NonNullable<PreviewedMigration["quiesce"]>) {
    return { containers: containers.map(printable), how: printable(how), then: printable(then) };
}
