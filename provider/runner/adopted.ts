import { CutoverError } from "../engine/errors.js";
import type { Adopted } from "../engine/handover/tools.js";
import type { Journal } from "../engine/journal.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { isAlive } from "../platforms/docker/facts.js";

type Policy = "no" | "unless-stopped" | "always" | "on-failure";

/** The container that `adopt` names. Its restart policy is kept in the journal, for the way back. */
export function adoptedContainer(
    name: string,
    job: string,
    engine: DockerEngine,
    journal: Journal,
): Adopted {
    const remembered = (): Policy | undefined => {
        const note = journal
            .entries()
            .find((entry) => entry.job === job && entry.kind === "note" && entry.step === "adopt");
        return (note?.data as { restartPolicy: Policy } | undefined)?.restartPolicy;
    };
    return {
        async look() {
            const facts = await engine.container(name);
            if (!facts) {
                throw new CutoverError(`adopt.container: there is no container ${name}`, {
                    next: "start it, or leave adopt out when its data were moved already",
                });
            }
            if (!isAlive(facts))
                throw new CutoverError(`adopt.container: ${name} is ${facts.status}, not running`);
            if (remembered() === undefined) {
                journal.append({
                    kind: "note",
                    job,
                    step: "adopt",
                    data: { restartPolicy: facts.restartPolicy },
                });
            }
        },
        async stop() {
            await engine.setRestartPolicy(name, "no");
            const { killed } = await engine.stop(name);
            return { killed: killed ? [name] : [] };
        },
        async startAgain() {
            const facts = await engine.container(name);
            if (!facts) throw new CutoverError(`the adopted container ${name} is gone`);
            if (!isAlive(facts)) await engine.start(name);
            await engine.setRestartPolicy(name, remembered() ?? "no");
        },
    };
}
