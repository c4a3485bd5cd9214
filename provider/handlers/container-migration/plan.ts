import { containerStepNames, containerTitles } from "../../engine/handover/container-plan.js";
import { printable } from "../unknown.js";
import type { PreviewedContainerMigration } from "./declaration.js";

/**
 * What `pulumi up` will do, step by step; what is not known yet reads "(known after apply)".
 * @param volumes that are copied; undefined where the engine could not be looked at
 */
export function planOfMove(
    declaration: PreviewedContainerMigration,
    volumes: readonly string[] | undefined,
    move: boolean,
): string[] {
    if (!move) return ["nothing moves: only the settings change"];
    const outline = {
        container: printable(declaration.container.docker.name),
        name: printable(declaration.to.name),
        ...(volumes ? { volumes: volumes.map(printable) } : {}),
        layer: printable(declaration.layer),
        memory: printable(declaration.memory),
        verify: printable(declaration.verify),
        onExisting: printable(declaration.onExisting),
    };
    const titles = containerTitles(outline);
    return containerStepNames(outline).map((name) => titles[name]);
}
