import type { Clock } from "../../engine/clock.js";
import { asCutoverError } from "../../engine/errors.js";
import type { DockerEngine } from "./engine.js";
import { ownLabels } from "./names.js";

/** What is in the way, and what to do about it. */
export interface CheckpointProblem {
    problem: string;
    next: string;
}

const without = 'or write memory: "none"';

/**
 * Why an engine cannot carry memory, found by trying: a process of ours is written to disk and started again.
 * @param image of the runner, which is on the engine
 */
export async function checkpointProblem(
    engine: DockerEngine,
    { image, prefix }: { image: string; prefix: string },
    clock: Clock,
): Promise<CheckpointProblem | undefined> {
    const { experimental, security } = await engine.info();
    if (!experimental) return notExperimental;
    const other = security.find((one) => /name=(userns|rootless)/.test(one));
    if (other)
        return {
            problem: `the engine runs with ${other}, and CRIU does not`,
            next: without.slice(3),
        };
    const id = await engine.create({
        image,
        entrypoint: "sleep",
        command: ["600"],
        network: "none",
        capabilities: [],
        labels: ownLabels(prefix, "mover"),
    });
    try {
        await engine.start(id);
        await engine.createCheckpoint(id, "trial");
        await untilEnded(engine, id, clock);
        await engine.startFrom(id, "trial", clock);
        return undefined;
    } catch (error) {
        return trialProblem(asCutoverError(error).details.lastLines ?? []);
    } finally {
        await engine.remove(id);
    }
}

const notExperimental: CheckpointProblem = {
    problem: 'the engine does not have "experimental" set',
    next: `set "experimental": true in its daemon.json and restart it, ${without}`,
};

/** By what the engine says of the trial. */
export function trialProblem(lines: readonly string[]): CheckpointProblem {
    const said = lines.join(" ");
    if (/experimental/i.test(said)) return notExperimental;
    if (/criu"?: executable file not found|criu: no such file/i.test(said)) {
        return {
            problem: "CRIU is missing on the engine's host",
            next: `install criu there, where the engine's PATH finds it, ${without}`,
        };
    }
    return {
        problem: `a trial with a process of ours failed: ${said}`,
        next: `see whether \`criu check\` is content on the engine's host, ${without}`,
    };
}

async function untilEnded(engine: DockerEngine, id: string, clock: Clock): Promise<void> {
    for (let look = 0; look < 100; look++) {
        if ((await engine.container(id))?.status === "exited") return;
        await clock.sleep(50);
    }
}
