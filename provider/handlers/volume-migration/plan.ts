import { volumeStepNames, volumeTitles } from "../../engine/handover/volume-plan.js";
import { hostOf, type Place, placeName, placeOf, type SourceRef } from "../../volumes/refs.js";
import { printable } from "../unknown.js";
import type { PreviewedMigration } from "./declaration.js";

/** What `pulumi up` will do, step by step; what is not known yet reads "(known after apply)". */
export function planOfMigration(declaration: PreviewedMigration, sync: boolean): string[] {
    if (!sync) return ["nothing is copied: only the settings change"];
    const { source, destination, verify, quiesce, onExisting } = declaration;
    const apart = hostOf(source) !== hostOf(destination);
    const outline = {
        source: printablePlace(source, apart),
        destination: printablePlace(destination, apart),
        verify: printable(verify),
        onExisting: printable(onExisting),
        ...(quiesce ? { quiesce: printableQuiesce(quiesce) } : {}),
    };
    const titles = volumeTitles(outline);
    return volumeStepNames(outline).map((name) => titles[name]);
}

function printablePlace(ref: SourceRef, withHost: boolean): Place {
    const name = printable(placeName(placeOf(ref)));
    const shown = withHost ? `${name} of ${printable(hostOf(ref) ?? "the local engine")}` : name;
    return "archive" in ref ? { archive: shown } : { volume: shown };
}

function printableQuiesce({ containers, how, then }: NonNullable<PreviewedMigration["quiesce"]>) {
    return { containers: containers.map(printable), how: printable(how), then: printable(then) };
}
