import type { InputProblem } from "../../engine/errors.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { names } from "../../platforms/docker/names.js";
import type { Decision } from "./decide.js";
import type { PreviewedEnvironment } from "./declaration.js";
import type { Observed } from "./observe.js";

/** A rollback that drops what the newer slot wrote goes back to what the older one left: that has to be there still. */
export async function discardProblems(
    decision: Decision,
    { volumes }: PreviewedEnvironment,
    { record }: Observed,
    prefix: string,
    engine: DockerEngine,
): Promise<InputProblem[]> {
    if (decision.kind !== "transition") return [];
    const { transition } = decision;
    if (transition.kind !== "handover" || transition.data !== "discard") return [];
    const { to } = transition;
    const left = Date.parse(record.left[to] ?? "");
    const own = Object.keys(volumes).filter((name) => volumes[name]?.mode !== "shared");
    const physical = own.map((name) => names.volume(prefix, name, to));
    const facts = await Promise.all(physical.map((name) => engine.volume(name)));
    return physical.flatMap((volume, index) => {
        const created = Date.parse(facts[index]?.createdAt ?? "");
        if (created <= left) return [];
        return [
            {
                path: "handover.onRollback.discard",
                problem: `goes back to what ${to} left in volume ${volume}, and somebody removed that`,
                instead: 'write handover.onRollback: "reverseSync"',
            },
        ];
    });
}
