import { CutoverError } from "../../engine/errors.js";
import type { Reporter } from "../../engine/progress.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import type { GateInputs } from "./gate.js";

/** Before the idle slot's old container is let go, its new image is there. */
export async function pullImages(
    engine: DockerEngine,
    inputs: GateInputs,
    reporter: Reporter,
): Promise<void> {
    for (const [slot, { containers }] of Object.entries(inputs.slots)) {
        for (const [key, { image }] of Object.entries(containers)) {
            if (await engine.imageExists(image)) continue;
            reporter.status(`pulling ${image}`);
            await engine.pull(image).catch((error: CutoverError) => {
                throw new CutoverError(
                    `slots.${slot}.containers.${key}.image: ${image} is not on the engine and cannot be pulled`,
                    {
                        ...error.details,
                        state: "nothing was changed",
                        next: "check its name, or load it onto the engine",
                    },
                );
            });
        }
    }
}
