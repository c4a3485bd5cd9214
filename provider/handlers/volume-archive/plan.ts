import { archiveStepNames, archiveTitles } from "../../engine/handover/archive-plan.js";
import { placeName, placeOf } from "../../volumes/refs.js";
import { printable } from "../unknown.js";
import type { PreviewedArchive } from "./declaration.js";

/** What `pulumi up` will do, step by step; what is not known yet reads "(known after apply)". */
export function planOfArchive(declaration: PreviewedArchive, save: boolean): string[] {
    if (!save) return ["nothing is saved: only the settings change"];
    const { source, container, archive, recipients, quiesce, onExisting } = declaration;
    const outline = {
        from: source
            ? String(printable(placeName(placeOf(source))))
            : `the volumes of ${printable(container?.docker.name)}`,
        path: printable(archive.path),
        encrypted: (recipients ?? []).length > 0,
        onExisting: printable(onExisting),
        ...(quiesce ? { quiesce: printableQuiesce(quiesce) } : {}),
    };
    const titles = archiveTitles(outline);
    return archiveStepNames(outline).map((name) => titles[name]);
}

function printableQuiesce({ containers, how, then }: NonNullable<PreviewedArchive["quiesce"]>) {
    return { containers: containers.map(printable), how: printable(how), then: printable(then) };
}
