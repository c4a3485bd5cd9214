import type { DockerEngine } from "../../platforms/docker/engine.js";
import { hostOf } from "../../volumes/refs.js";
import { dockerEngine } from "../docker-target.js";
import type { HandlerContext } from "../handler.js";
import type { PreviewedMigration } from "./declaration.js";

/** The engines that a migration works on; one and the same where source and destination name the same host. */
export interface Engines {
    source: DockerEngine;
    /** The target: the runner works here. */
    destination: DockerEngine;
}

export function enginesOf(
    { source, destination }: Pick<PreviewedMigration, "source" | "destination">,
    context: HandlerContext,
): Engines {
    const target = dockerEngine(hostOf(destination), context);
    if (hostOf(source) === hostOf(destination)) return { source: target, destination: target };
    return { source: dockerEngine(hostOf(source), context), destination: target };
}
