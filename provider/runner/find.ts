import { CutoverError } from "../engine/errors.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { labelKeys } from "../platforms/docker/names.js";

/** The prefix that a name stands for: it is one itself, or the name of a resource that only one stack has here. */
export async function findPrefix(engine: DockerEngine, name: string): Promise<string> {
    const journals = await engine.volumes({ [labelKeys.role]: "journal" });
    const known = journals.map(({ labels }) => ({
        prefix: labels[labelKeys.prefix] ?? "",
        name: labels[labelKeys.name],
    }));
    if (known.some(({ prefix }) => prefix === name)) return name;
    const named = known.filter((one) => one.name === name).map(({ prefix }) => prefix);
    const [only] = named;
    if (only !== undefined && named.length === 1) return only;
    const choices = (named.length > 1 ? named : known.map(({ prefix }) => prefix)).sort();
    throw new CutoverError(
        named.length > 1
            ? `several stacks have a ${name} here`
            : `there is no ${name} on this engine`,
        {
            next:
                choices.length > 0
                    ? `write one of: ${choices.join(", ")}`
                    : "check the engine: --host, or DOCKER_HOST",
        },
    );
}
