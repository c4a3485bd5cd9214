import type { DockerEngine } from "../platforms/docker/engine.js";

/** What is true of containers now, for a failure's message: `orders is running`. */
export async function containerStates(
    engine: DockerEngine,
    names: readonly string[],
): Promise<string[]> {
    const states: string[] = [];
    for (const name of names) {
        const found = await engine.container(name);
        states.push(found ? `${name} is ${found.status}` : `there is no container ${name}`);
    }
    return states;
}
