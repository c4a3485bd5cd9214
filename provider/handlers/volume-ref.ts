import { z } from "zod";
import type { VolumeRef } from "../volumes/refs.js";
import { dockerHostLeaf } from "./docker-host.js";
import { dockerNameLeaf } from "./input-leaves.js";
import { shape } from "./input-shape.js";

/** A volume: `{ docker: { volume } }`. The other two kinds are refused as not built yet. */
export function volumeRefShape(example: string) {
    const instead = `write { docker: { volume: "${example}" } }`;
    const notBuilt = { problem: "is not built yet", instead };
    const docker = shape(instead, {
        volume: dockerNameLeaf("volume", example),
        host: dockerHostLeaf().optional(),
    }).optional();
    const refused = { kubernetes: notBuilt, directory: notBuilt };
    return shape(instead, { docker }, refused).transform((ref, context): VolumeRef => {
        if (ref.docker) return { docker: ref.docker };
        context.addIssue({ code: "custom", message: "names no volume", params: { instead } });
        return z.NEVER;
    });
}
